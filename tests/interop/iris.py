"""The standardized iris data, with a small classifier for them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.datasets import load_iris, make_multilabel_classification

from neuralnet.checks import Array
from neuralnet.interop.classifier import NeuralNetClassifier

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NAMES = np.array(["setosa", "versicolor", "virginica"])[Y]


def iris_classifier(**changes: Any) -> NeuralNetClassifier:
    """Return a small classifier for the iris data."""
    settings: dict[str, Any] = {"max_iter": 8, "random_state": 0, "learning_rate_init": 0.02}
    return NeuralNetClassifier(**({"hidden_layer_sizes": 8} | settings | changes))


def multilabel_data() -> tuple[Array, Array]:
    """Return scaled examples with an indicator matrix of four labels."""
    x, y = make_multilabel_classification(120, 6, n_classes=4, random_state=0)
    return x / x.std(axis=0), y
