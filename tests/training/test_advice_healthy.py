"""Advice: nothing is said about healthy trainings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    SGD,
    Augmentation,
    AugmentedImages,
    BestWeights,
    Cosine,
    EarlyStopping,
    NeuralNetClassifier,
    NeuralNetRegressor,
    OneCycle,
    Step,
    WeightAverage,
    train,
)
from tests.training.advice_data import (
    CANCER,
    CLASSIFIER,
    DIABETES,
    DIGITS,
    IMBALANCED,
    IRIS,
    MOONS,
    REGRESSION,
    REGRESSOR,
    SMALL_DIGITS,
    WINE,
    advice_of,
    net,
)

# One example in twenty is positive; the weights make both classes count as much.
_X = np.random.default_rng(0).normal(size=(2000, 20))
_Y = (_X[:, :3].sum(axis=1) > 2.85).astype(np.int64)
RARE = _X, _Y, np.where(_Y, 0.5 / _Y.mean(), 0.5 / (1 - _Y.mean()))

HEALTHY: dict[str, Callable[[], Any]] = {
    "the classic network": lambda: train(net(), *DIGITS, 20),
    "without validation": lambda: train(net(), *DIGITS[:2], num_epochs=10),
    "classic with Adam": lambda: train(net(), *DIGITS, 10, optimizer="adam"),
    "ReLU with Adam": lambda: train(
        net(784, (256, 128), **CLASSIFIER), *DIGITS, 6, optimizer="adam"
    ),
    "ReLU with SGD": lambda: train(net(784, (128, 64), **CLASSIFIER), *DIGITS, 8, 0.05),
    "the recipe quick": lambda: train(
        net(784, (256, 128), batch_norm=True, **CLASSIFIER),
        *DIGITS[:2],
        num_epochs=5,
        learning_rate=OneCycle(0.005),
        minibatch_size=50,
        optimizer="adam",
        running_loss=True,
    ),
    "tanh": lambda: train(
        net(784, 100, **CLASSIFIER | {"hidden_activation": "tanh"}), *DIGITS, 8, 0.05
    ),
    "GELU with AdamW": lambda: train(
        net(784, (128, 64), **CLASSIFIER | {"hidden_activation": "gelu"}),
        *DIGITS,
        6,
        optimizer="adamw",
    ),
    "two layers of sigmoids": lambda: train(net(784, (60, 40)), *DIGITS, 30),
    "dropout and smoothing": lambda: train(
        net(784, (256, 128), dropout=0.3, l2=1e-4, label_smoothing=0.1, **CLASSIFIER),
        *DIGITS,
        6,
        optimizer="adam",
    ),
    "deformed digits": lambda: train(
        net(784, (128, 64), batch_norm=True, **CLASSIFIER),
        AugmentedImages(DIGITS[0], Augmentation(rotation=10, scale=0.1, alpha=20)),
        *DIGITS[1:],
        5,
        OneCycle(0.005),
        optimizer="adamw",
        callbacks=[WeightAverage(0.99)],
    ),
    "iris": lambda: train(net(4, 16, 3, **CLASSIFIER), *IRIS, 200, 0.01, 16, optimizer="adam"),
    "balanced by weights": lambda: train(
        net(20, 16, 2, **CLASSIFIER),
        *RARE[:2],
        num_epochs=30,
        learning_rate=0.01,
        minibatch_size=50,
        optimizer="adam",
        sample_weight=RARE[2],
    ),
    "iris with SGD": lambda: train(net(4, 16, 3), *IRIS, 200, 0.1, 16),
    "wine": lambda: train(
        net(13, 32, 3, **CLASSIFIER),
        *WINE,
        100,
        0.005,
        16,
        optimizer="adam",
        callbacks=[EarlyStopping(20)],
    ),
    "breast cancer": lambda: train(
        net(30, 32, 2, **CLASSIFIER),
        *CANCER,
        50,
        0.001,
        32,
        optimizer="adam",
        callbacks=[BestWeights()],
    ),
    "one output": lambda: train(
        net(30, 32, 1, hidden_activation="relu", loss="binary_cross_entropy"),
        CANCER[0],
        CANCER[1].reshape(-1, 1).astype(float),
        CANCER[2],
        CANCER[3].reshape(-1, 1).astype(float),
        40,
        0.001,
        32,
        optimizer="adam",
    ),
    "scikit-learn's digits": lambda: train(
        net(64, 64, **CLASSIFIER), *SMALL_DIGITS, 20, 0.001, 50, optimizer="adam"
    ),
    "momentum": lambda: train(
        net(64, 64, **CLASSIFIER | {"hidden_activation": "leaky_relu"}),
        *SMALL_DIGITS,
        20,
        0.01,
        50,
        optimizer=SGD(0.9),
    ),
    "diabetes": lambda: train(
        net(10, 16, 1, **REGRESSOR), *DIABETES, 40, 0.001, 32, optimizer="adam"
    ),
    "a regression": lambda: train(
        net(10, 32, 1, **REGRESSOR | {"hidden_activation": "tanh"}),
        *REGRESSION,
        100,
        0.003,
        32,
        optimizer="adam",
    ),
    "moons": lambda: train(net(2, 16, 2, **CLASSIFIER), *MOONS, 100, 0.01, 32, optimizer="adam"),
    "moons with SGD": lambda: train(net(2, 16, 2), *MOONS, 200, 0.1, 16),
    "XOR": lambda: train(
        net(2, 4, 1, loss="binary_cross_entropy", hidden_activation="tanh", seed=1),
        np.array([[-1, -1], [-1, 1], [1, -1], [1, 1.0]]),
        np.array([[0.0], [1], [1], [0]]),
        num_epochs=1000,
        learning_rate=0.5,
        minibatch_size=4,
    ),
    "unequal classes": lambda: train(
        net(20, 32, 3, **CLASSIFIER), *IMBALANCED, 40, 0.002, 32, optimizer="adam"
    ),
    "a linear bottleneck": lambda: train(
        net(64, 20, **CLASSIFIER | {"hidden_activation": "identity"}),
        *SMALL_DIGITS,
        20,
        0.01,
        20,
        optimizer="adam",
    ),
    "an autoencoder": lambda: train(
        net(64, 16, 64, **REGRESSOR),
        SMALL_DIGITS[0],
        SMALL_DIGITS[0],
        SMALL_DIGITS[2],
        SMALL_DIGITS[2],
        20,
        0.002,
        32,
        optimizer="adam",
    ),
    "a classifier's defaults": lambda: NeuralNetClassifier(max_iter=200, random_state=0).fit(
        *IRIS[:2]
    ),
    "a classifier that stops early": lambda: NeuralNetClassifier(
        max_iter=60, early_stopping=True, random_state=0
    ).fit(*SMALL_DIGITS[:2]),
    "a regressor's defaults": lambda: NeuralNetRegressor(max_iter=300, random_state=0).fit(
        DIABETES[0], DIABETES[1].ravel()
    ),
    "five layers of ReLUs": lambda: train(
        net(784, (128,) * 5, **CLASSIFIER), *DIGITS, 6, optimizer="adam"
    ),
    "deep, normalized sigmoids": lambda: train(
        net(784, (64,) * 4, batch_norm=True, **CLASSIFIER | {"hidden_activation": "sigmoid"}),
        *DIGITS,
        8,
        optimizer="adam",
    ),
    "a cosine": lambda: train(net(784, (128, 64), **CLASSIFIER), *DIGITS, 8, Cosine(0.1)),
    "steps": lambda: train(net(), *DIGITS, 15, Step(0.3)),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_training_is_left_alone(name: str) -> None:
    assert advice_of(HEALTHY[name]) == []


def test_there_are_enough_of_them() -> None:
    assert len(HEALTHY) >= 25
