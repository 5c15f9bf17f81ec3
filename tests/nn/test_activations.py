"""Activations against their formulas, far out as well, and in both precisions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from neuralnet.checks import Array, InputError
from neuralnet.nn.activations import (
    GELU,
    HIDDEN_ACTIVATIONS,
    OUTPUT_ACTIVATIONS,
    Activation,
    ElementwiseActivation,
    Identity,
    LeakyReLU,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    hidden_activation_for,
    output_activation_for,
)


def gelu(z: float) -> float:
    return 0.5 * z * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))


FORMULAS: list[tuple[Activation, Callable[[float], float]]] = [
    (Identity(), lambda z: z),
    (Sigmoid(), lambda z: 1 / (1 + math.exp(-z))),
    (Tanh(), math.tanh),
    (ReLU(), lambda z: max(z, 0.0)),
    (LeakyReLU(), lambda z: z if z > 0 else 0.01 * z),
    (LeakyReLU(negative_slope=0.25), lambda z: z if z > 0 else 0.25 * z),
    (LeakyReLU(negative_slope=0), lambda z: max(z, 0.0)),
    (GELU(), gelu),
]
ALL = [*(function for function, _ in FORMULAS), Softmax()]


def apply(function: Activation, z: Any, dtype: str = "float64") -> Array:
    z = np.array(z, dtype, ndmin=2)
    return function.forward(z, out=np.empty_like(z))


@pytest.mark.parametrize(("function", "formula"), FORMULAS, ids=lambda part: repr(part)[:30])
def test_forward_is_the_formula(function: Activation, formula: Callable[[float], float]) -> None:
    z = np.linspace(-6, 6, 49)
    expected = np.array([[formula(float(value)) for value in z]])
    np.testing.assert_allclose(apply(function, z), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("function", ALL, ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_extreme_inputs_give_finite_outputs_of_the_same_type(
    function: Activation, dtype: str
) -> None:
    z = np.array([[-1e5, -1e3, -88.8, 0.0, 88.8, 1e3, 1e5]], dtype)
    a = function.forward(z, out=np.empty_like(z))
    assert a.dtype == z.dtype
    assert np.isfinite(a).all()
    gradient = function.backward(np.ones_like(z), z.copy(), a)
    assert gradient.dtype == z.dtype
    assert np.isfinite(gradient).all()


def test_gelu_is_a_straight_line_far_out() -> None:
    z = np.array([[-1e25, -1e13, 1e13, 1e25]], np.float32)
    a = GELU().forward(z, out=np.empty_like(z))
    np.testing.assert_array_equal(a, np.maximum(z, 0))
    received = GELU().derivative(z, a, out=np.empty_like(z))
    np.testing.assert_array_equal(received, [[0, 0, 1, 1]])


@pytest.mark.parametrize("function", [ReLU(), LeakyReLU(negative_slope=0.2)], ids=repr)
def test_at_the_kink_the_derivative_is_that_of_the_left_side(
    function: ElementwiseActivation,
) -> None:
    z = np.array([[-1.0, -0.0, 0.0, 1.0]])
    a = apply(function, z)
    left = getattr(function, "negative_slope", 0.0)
    received = function.derivative(z, a, out=np.empty_like(z))
    np.testing.assert_array_equal(received, [[left, left, left, 1.0]])


@given(
    npst.arrays(
        np.float64,
        npst.array_shapes(min_dims=2, max_dims=2, max_side=8),
        elements=st.floats(-1e6, 1e6),
    )
)
def test_softmax_rows_are_probabilities_and_keep_their_order(z: Array) -> None:
    a = apply(Softmax(), z)
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-12)
    assert ((a >= 0) & (a <= 1)).all()
    rows = np.arange(len(z))
    np.testing.assert_array_equal(a[rows, z.argmax(axis=1)], a.max(axis=1))


def test_softmax_does_not_change_when_a_row_is_shifted() -> None:
    z = np.array([[0.0, 1.0, -2.0]])
    np.testing.assert_allclose(apply(Softmax(), z + 512), apply(Softmax(), z), rtol=1e-13)
    exponentials = np.exp(z)
    np.testing.assert_allclose(apply(Softmax(), z), exponentials / exponentials.sum(), rtol=1e-15)


@pytest.mark.parametrize("function", ALL, ids=repr)
def test_each_activation_is_found_by_its_own_name(function: Activation) -> None:
    assert {**HIDDEN_ACTIVATIONS, **OUTPUT_ACTIVATIONS}[function.name] is type(function)


def test_the_names_that_can_be_asked_for() -> None:
    names = ["sigmoid", "tanh", "relu", "leaky_relu", "gelu", "identity"]
    assert list(HIDDEN_ACTIVATIONS) == names
    assert set(OUTPUT_ACTIVATIONS) == {"exponential", "identity", "sigmoid", "softmax"}
    leaky = LeakyReLU(negative_slope=0.2)
    assert hidden_activation_for(leaky) is leaky
    assert output_activation_for("softmax") == Softmax()


@pytest.mark.parametrize("slope", [-0.1, 1.0, math.nan, "0.1", None, True])
def test_a_slope_out_of_range_is_refused(slope: Any) -> None:
    with pytest.raises(InputError, match=r"negative_slope is .*at least 0.*below 1") as raised:
        LeakyReLU(negative_slope=slope)
    assert repr(slope) in str(raised.value)


@pytest.mark.parametrize(
    ("choice", "facts"),
    [
        ("rleu", ["'rleu'", "Did you mean 'relu'"]),
        ("Sigmoid", ["Did you mean 'sigmoid'"]),
        ("softmax", ["'softmax'", "'gelu'"]),
        (ReLU, ["class ReLU", "ReLU()"]),
        (Softmax(), ["Softmax", "'sigmoid'"]),
        (None, ["None"]),
        (3, ["3"]),
        ([], ["[]"]),
    ],
)
def test_no_hidden_activation(choice: Any, facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        hidden_activation_for(choice)
    for fact in ["hidden_activation", *facts]:
        assert fact in str(raised.value)


@pytest.mark.parametrize(
    ("choice", "facts"),
    [
        ("softmaks", ["Did you mean 'softmax'"]),
        ("relu", ["'relu'", "'identity'"]),
        (ReLU(), ["relu", "'identity'"]),
        (Softmax, ["class Softmax", "Softmax()"]),
        (1.5, ["1.5"]),
    ],
)
def test_no_output_activation(choice: Any, facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        output_activation_for(choice)
    for fact in ["output_activation", *facts]:
        assert fact in str(raised.value)
