"""Networks with random weights, biases and batch statistics, so that each number matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.regularization import BatchNorm

LOSSES = {
    "softmax": "cross_entropy",
    "sigmoid": "binary_cross_entropy",
    "identity": "mean_squared_error",
}


def random_network(
    num_hidden: tuple[int, ...] = (7, 5),
    output: str = "softmax",
    *,
    num_features: int = 12,
    num_classes: int = 4,
    seed: int = 0,
    **settings: Any,
) -> NeuralNetMLP:
    """Build a network with random values in all parameters, like a trained one."""
    settings.setdefault("loss", LOSSES[output])
    model = NeuralNetMLP(
        num_features, num_hidden, num_classes, output_activation=output, seed=seed, **settings
    )
    rng = np.random.default_rng(seed + 1)
    for values in model.parameters.tensors().values():
        if values.ndim == 1:
            values[...] = rng.normal(0, 0.5, values.shape)
    for layer in model.layers:
        if isinstance(layer, BatchNorm):
            layer.scale[...] = rng.uniform(0.5, 2, layer.num_units)
            layer.variance[...] = rng.uniform(0.05, 3, layer.num_units)
    return model


def random_pixels(model: NeuralNetMLP, num_rows: int = 33) -> NDArray[np.uint8]:
    """Draw random pixels, with one all-zero row and one all-255 row."""
    rng = np.random.default_rng(8)
    pixels = rng.integers(0, 256, (num_rows, model.num_features), dtype=np.uint8)
    pixels[0], pixels[1] = 0, 255
    return pixels


def random_features(model: NeuralNetMLP, num_rows: int = 33) -> NDArray[np.float32]:
    """Draw random floating-point features."""
    drawn = np.random.default_rng(9).normal(0, 2, (num_rows, model.num_features))
    return drawn.astype(np.float32)
