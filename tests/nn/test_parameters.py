"""A parameter can be assigned by its name, and nothing unusable gets into a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP
from tests.nn import other_device


def a_model(**settings: Any) -> NeuralNetMLP:
    return NeuralNetMLP(3, 2, 4, **settings)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_assigning_writes_into_the_view(dtype: str) -> None:
    model = a_model(dtype=dtype)
    view, values = model.parameters["layers.0.weight"], model.parameters.values
    model.parameters["layers.0.weight"] = new = np.arange(6.0).reshape(3, 2)
    assert model.parameters["layers.0.weight"] is view
    np.testing.assert_array_equal(view, new)
    np.testing.assert_array_equal(values[:6], new.ravel())
    new[0, 0] = 7
    assert view[0, 0] == 0, "the values are copied"
    model.parameters["layers.0.bias"] = [1, 2]
    assert model.parameters["layers.0.bias"].tolist() == [1.0, 2.0]
    model.parameters["layers.0.bias"] *= 2
    assert model.parameters["layers.0.bias"].tolist() == [2.0, 4.0]


def test_assigning_changes_what_the_network_computes() -> None:
    model = a_model(output_activation="identity")
    for name, values in model.parameters.items():
        model.parameters[name] = np.zeros_like(values)
    model.parameters["layers.1.bias"] = [1, 2, 3, 4]
    np.testing.assert_array_equal(model.forward([[5.0, 6.0, 7.0]])[-1], [[1, 2, 3, 4]])  # type: ignore[arg-type]


def test_assigning_works_with_arrays_of_either_side() -> None:
    model = a_model(xp=other_device)
    for bias in ([1.0, 2.0], np.array([1.0, 2.0]), other_device.asarray([1.0, 2.0])):
        model.parameters["layers.0.bias"] = np.zeros(2)
        model.parameters["layers.0.bias"] = bias
        assert other_device.asnumpy(model.parameters["layers.0.bias"]).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "value", "facts"),
    [
        ("layers.0.weigth", np.zeros((3, 2)), ["'layers.0.weigth'", "'layers.0.weight'"]),
        ("layers.0.weight", np.zeros((2, 3)), ["'layers.0.weight'", "(2, 3)", "(3, 2)"]),
        ("layers.0.weight", np.zeros(2), ["(2,)", "(3, 2)"]),  # NumPy would broadcast it
        ("layers.0.bias", 0.0, ["()", "(2,)"]),
        ("layers.0.bias", [1.0, np.nan], ["index 1", "nan"]),
        ("layers.0.bias", [1.0, np.inf], ["index 1", "inf"]),
        ("layers.0.bias", [1.0, 1e300], ["float32", "index 1"]),
        ("layers.0.bias", ["a", "b"], ["'layers.0.bias'", "numbers"]),
        ("layers.0.bias", [[1.0], [1.0, 2.0]], ["'layers.0.bias'", "array of numbers"]),
        ("layers.0.bias", np.array([1j, 2j]), ["complex128"]),
        ("layers.0.bias", np.ma.masked_array([1.0, 2.0], [True, False]), ["masked"]),
    ],
)
def test_unusable_values_are_refused_and_change_nothing(
    name: str, value: Any, facts: list[str]
) -> None:
    model = a_model()
    before = model.parameters.values.copy()
    with pytest.raises(InputError) as raised:
        model.parameters[name] = value
    for fact in facts:
        assert fact in str(raised.value)
    np.testing.assert_array_equal(model.parameters.values, before)
