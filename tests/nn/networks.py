"""A small network and examples for it, and the outputs that go with each loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralnet import NeuralNetMLP
from neuralnet.checks import Array

OUTPUTS = [
    ("identity", "mean_squared_error"),
    ("sigmoid", "mean_squared_error"),
    ("softmax", "mean_squared_error"),
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
]


def a_network(**changes: Any) -> tuple[NeuralNetMLP, Array, Array]:
    settings: dict[str, Any] = {
        "hidden_activation": "gelu",
        "output_activation": "softmax",
        "loss": "cross_entropy",
        "dtype": "float64",
    }
    model = NeuralNetMLP(5, (4, 3), 3, **(settings | changes))
    rng = np.random.default_rng(0)
    return model, rng.normal(0, 1, (6, 5)), np.array([0, 1, 2, 2, 1, 0])
