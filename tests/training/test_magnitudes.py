"""Data that are too large for a network: the message names them, and not the learning rate."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP, TrainingDivergedError, train

REGRESSION: dict[str, Any] = {
    "num_classes": 1,
    "output_activation": "identity",
    "hidden_activation": "relu",
}


def rows(seed: int = 0) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).normal(size=(200, 3))


@pytest.mark.filterwarnings("ignore::neuralnet.errors.InputWarning")
@pytest.mark.parametrize("place", ["X_train", "y_train", "X_valid"])
def test_an_entry_beyond_float32_is_named(place: str) -> None:
    data: dict[str, Any] = {
        "X_train": rows(),
        "y_train": rows()[:, 0],
        "X_valid": rows(),
        "y_valid": rows()[:, 0],
    }
    data[place][150] = -1e300
    with pytest.raises(TrainingDivergedError, match=rf"{place} holds -1e\+300.*float32"):
        train(NeuralNetMLP(3, 4, **REGRESSION), **data, num_epochs=2)


def test_the_same_entry_fits_into_a_network_of_float64() -> None:
    X = rows()
    X[150] = 1e39
    with pytest.raises(TrainingDivergedError) as raised:
        train(NeuralNetMLP(3, 4, dtype="float64", **REGRESSION), X, X[:, 0], num_epochs=2)
    assert "float64" not in str(raised.value)


def test_large_targets_are_named() -> None:
    X = rows()
    y = 3e5 + 1e5 * X[:, 0]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        with pytest.raises(TrainingDivergedError, match=r"y_train holds .*standardize"):
            train(NeuralNetMLP(3, 4, **REGRESSION), X, y, num_epochs=20)
    assert any("y_train holds targets" in str(one.message) for one in warned)


@pytest.mark.parametrize("outputs", [{}, {"output_activation": "identity"}])
def test_numbers_for_a_classifier_need_a_single_output(outputs: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="num_classes=1") as raised:
        train(NeuralNetMLP(3, 4, **outputs), rows(), rows()[:, 0])
    assert ("output_activation='identity'" in str(raised.value)) == (not outputs)


def test_float16_examples_are_checked_without_a_copy() -> None:
    import tracemalloc

    model, y = NeuralNetMLP(1000, 4, 2), np.arange(8000) % 2
    X = np.full((8000, 1000), 60_000, np.float16)  # the sum overflows in float16
    model.evaluate(X, y)
    tracemalloc.start()
    model.evaluate(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < X.nbytes / 4
