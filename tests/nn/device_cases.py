"""What networks on another device have to do as on this one."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralnet import BestWeights, GradientClipping, NeuralNetMLP, WeightAverage, train
from neuralnet.checks import Array


def with_everything(hidden: str, output: str, loss: str) -> dict[str, Any]:
    """Return the settings of a network that uses each kind of regularization."""
    return {
        "hidden_activation": hidden,
        "output_activation": output,
        "loss": loss,
        "l2": 0.01,
        "batch_norm": True,
        "dropout": 0.2,
        "label_smoothing": 0.1,
    }


def learn(model: NeuralNetMLP, X: Array, labels: Array, rate: float, size: int) -> None:
    """Train a network for three epochs, weighted and validated, with the callbacks that compute."""
    callbacks = [GradientClipping(0.5), WeightAverage(0.9, every=2), BestWeights()]
    weights = np.linspace(0.5, 2, len(X))
    train(
        model, X, labels, X[:9], labels[:9], 3, rate, size, optimizer="adamw",
        sample_weight=weights, callbacks=callbacks,
    )  # fmt: skip
