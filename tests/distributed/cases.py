"""Trainings that several processes have to do like one."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralnet import (
    Augmentation,
    AugmentedImages,
    EarlyStopping,
    GradientClipping,
    NeuralNetMLP,
    WeightAverage,
    train,
)

RNG = np.random.default_rng(0)
# 201 examples in batches of 50 leave a batch of one, in which only the first process has a row.
PIXELS, LABELS = RNG.integers(0, 256, (201, 64), dtype=np.uint8), RNG.integers(0, 4, 201)
AUGMENTATION = Augmentation(
    rotation=15, scale=0.1, shift=1, alpha=5, sigma=2, thickness=1, contrast=0.2, blur=0.3,
    lines=0.3, noise=0.1, flags=0.5, image_shape=(8, 8),
)  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "classic": {"network": {"hidden_activation": "sigmoid"}, "optimizer": "sgd"},
    "relu": {"network": {"hidden_activation": "relu", "l2": 0.01}},
    "gelu": {"network": {"hidden_activation": "gelu"}},
    "batch norm": {"network": {"batch_norm": True}, "minibatch_size": 49},
    # The last batch has 2 rows, so that the third process has none.
    "batch norm, few rows": {
        "network": {"batch_norm": True, "hidden_activation": "relu"},
        "minibatch_size": 49,
        "images": PIXELS[:100],
    },
    "dropout": {"network": {"dropout": 0.3}},
    "augmentation": {"images": AugmentedImages(PIXELS, AUGMENTATION)},
    "sample weights": {"sample_weight": RNG.random(201)},
    "weights of 0": {"sample_weight": np.arange(201) % 5 == 0},
    "a process with weights of 0": {"sample_weight": np.arange(201) > 150, "shuffle": False},
    "running loss, in order": {"running_loss": True, "shuffle": False},
    "everything": {
        "network": {"batch_norm": True, "dropout": 0.3, "label_smoothing": 0.1, "l2": 0.01},
        "minibatch_size": 49,
        "sample_weight": RNG.random(201),
        "optimizer": "adamw",
        "images": AugmentedImages(PIXELS, AUGMENTATION),
    },
}


def trained(comm: Any, **settings: Any) -> tuple[np.ndarray, Any]:
    """Return the state of a network after a training, and its history."""
    network = {
        "hidden_activation": "tanh",
        "output_activation": "softmax",
        "loss": "cross_entropy",
        "dtype": "float64",
    } | settings.pop("network", {})
    if network["hidden_activation"] == "sigmoid":
        network |= {"output_activation": "sigmoid", "loss": "mean_squared_error"}
    model = NeuralNetMLP(64, (20, 12), 4, seed=1, **network)
    arguments: dict[str, Any] = {
        "num_epochs": 4,
        "minibatch_size": 50,
        "learning_rate": 0.01,
        "optimizer": "adam",
        "seed": 3,
        "callbacks": [WeightAverage(0.9, every=2), GradientClipping(1.0), EarlyStopping(3)],
    } | settings
    images = arguments.pop("images", PIXELS)
    y = LABELS[: len(getattr(images, "images", images))]
    history = train(model, images, y, PIXELS[:33], LABELS[:33], comm=comm, **arguments)
    return model.parameters.state.copy(), history
