"""Data sets and networks for the tests of advice."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.datasets import (
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
    load_wine,
    make_classification,
    make_moons,
    make_regression,
)

from neuralnet import (
    History,
    NeuralNetMLP,
    TrainingWarning,
)
from neuralnet.checks import Array
from neuralnet.data.sample import load_sample

Sets = tuple[Array, Array, Array, Array]
CLASSIFIER: dict[str, Any] = {
    "hidden_activation": "relu",
    "output_activation": "softmax",
    "loss": "cross_entropy",
}
REGRESSOR: dict[str, Any] = {"hidden_activation": "relu", "output_activation": "identity"}


def standardized(X: Array) -> Array:
    deviation = X.std(axis=0)
    return np.asarray((X - X.mean(axis=0)) / np.where(deviation, deviation, 1), np.float32)


def split(X: Array, y: Array) -> Sets:
    order = np.random.default_rng(0).permutation(len(y))
    first, second = np.split(order, [int(0.8 * len(y))])
    return X[first], y[first], X[second], y[second]


def _digits() -> Sets:
    sample = load_sample()
    order = np.random.default_rng(0).permutation(len(sample.images))[:3000]
    return split(sample.images[order], sample.labels[order])


DIGITS = _digits()
IRIS = split(standardized(load_iris().data), load_iris().target)
WINE = split(standardized(load_wine().data), load_wine().target)
CANCER = split(standardized(load_breast_cancer().data), load_breast_cancer().target)
SMALL_DIGITS = split(standardized(load_digits().data), load_digits().target)
DIABETES = split(
    standardized(load_diabetes().data), standardized(load_diabetes().target.reshape(-1, 1))
)
MOONS = split(*make_moons(400, noise=0.1, random_state=0))
_X, _Y = make_regression(500, 10, random_state=0, noise=5)
REGRESSION = split(standardized(_X), standardized(_Y.reshape(-1, 1)))
_X, _Y = make_classification(
    1000, 20, n_informative=10, n_classes=3, weights=[0.8, 0.15, 0.05], random_state=0
)
IMBALANCED = split(standardized(_X), _Y)
FLOATS = DIGITS[0].astype(np.float32)
RANDOM = np.random.default_rng(5)


def net(
    num_features: int = 784, num_hidden: Any = 50, num_classes: int = 10, **settings: Any
) -> Any:
    return NeuralNetMLP(num_features, num_hidden, num_classes, **settings)


def advice_of(training: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = training()
    said = [str(one.message) for one in caught if one.category is TrainingWarning]
    if isinstance(result, History):
        assert result.advice == said
    return said
