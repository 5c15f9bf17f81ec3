"""Losses against their formulas, finite far out, and behind the right outputs only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import xlogy

from neuralnet import (
    BinaryCrossEntropy,
    CrossEntropy,
    InputError,
    MeanSquaredError,
    PoissonDeviance,
)
from neuralnet.checks import Array
from neuralnet.nn.activations import (
    OUTPUT_ACTIVATIONS,
    Activation,
    Exponential,
    Identity,
    Sigmoid,
    Softmax,
)
from neuralnet.nn.losses import LOSSES, Loss, loss_for

Formula = Callable[[Array, Array], Array]


def binary(a: Array, t: Array) -> Array:
    each: Array = -(t * np.log(a) + (1 - t) * np.log(1 - a)).sum(axis=1)
    return each


def poisson(a: Array, t: Array) -> Array:
    each: Array = 2 * (xlogy(t, t / a) - t + a).sum(axis=1)
    return each


FORMULAS: list[tuple[Loss, Activation, Formula]] = [
    (MeanSquaredError(), Identity(), lambda a, t: ((a - t) ** 2).sum(axis=1)),
    (MeanSquaredError(), Sigmoid(), lambda a, t: ((a - t) ** 2).sum(axis=1)),
    (MeanSquaredError(), Softmax(), lambda a, t: ((a - t) ** 2).sum(axis=1)),
    (CrossEntropy(), Softmax(), lambda a, t: -(t * np.log(a)).sum(axis=1)),
    (BinaryCrossEntropy(), Sigmoid(), binary),
    (PoissonDeviance(), Exponential(), poisson),
]


@pytest.mark.parametrize(("loss", "output", "formula"), FORMULAS)
def test_forward_is_the_formula(loss: Loss, output: Activation, formula: Formula) -> None:
    z = np.random.default_rng(0).normal(0, 3, (20, 4))
    targets = np.eye(4)[np.arange(20) % 4]
    a = output.forward(z, out=np.empty_like(z))
    kept = z.copy(), a.copy()
    received = loss.forward(z, a, targets, scratch=np.empty_like(z))
    assert received.shape == (20,)
    np.testing.assert_allclose(received, formula(a, targets), rtol=1e-11)
    np.testing.assert_array_equal(z, kept[0])
    np.testing.assert_array_equal(a, kept[1])


@pytest.mark.parametrize(
    ("loss", "output"), [(CrossEntropy(), Softmax()), (BinaryCrossEntropy(), Sigmoid())]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_sure_and_wrong_answer_costs_its_logit_and_no_infinity(
    loss: Loss, output: Activation, dtype: str
) -> None:
    z = np.array([[0.0, 1e4], [0.0, -1e4], [-1e30, 1e30]], dtype)
    targets = np.array([[1, 0], [0, 1], [0, 1]], dtype)
    a = output.forward(z, out=np.empty_like(z))
    each = loss.forward(z, a, targets, scratch=np.empty_like(z))
    assert each.dtype == dtype
    beside = np.log(2) if loss.name == "binary_cross_entropy" else 0  # the logit at 0 costs too
    np.testing.assert_allclose(each, [1e4 + beside, 1e4 + beside, 0], rtol=1e-5)
    gradient = loss.backward(z, a, targets, output, out=np.empty_like(z))
    assert np.isfinite(gradient).all()


def test_a_sure_and_right_answer_still_costs_something() -> None:
    z, targets = np.array([[-50.0, -40.0]]), np.array([[0.0, 0.0]])
    a = Sigmoid().forward(z, out=np.empty_like(z))
    each = BinaryCrossEntropy().forward(z, a, targets, scratch=np.empty_like(z))
    np.testing.assert_allclose(each, np.exp(-50.0) + np.exp(-40.0), rtol=1e-12)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("output", OUTPUT_ACTIVATIONS)
def test_only_legal_pairs_are_taken(loss: str, output: str) -> None:
    legal = {
        ("mean_squared_error", "identity"),
        ("mean_squared_error", "sigmoid"),
        ("mean_squared_error", "softmax"),
        ("cross_entropy", "softmax"),
        ("binary_cross_entropy", "sigmoid"),
        ("poisson_deviance", "exponential"),
    }
    activation = OUTPUT_ACTIVATIONS[output]()
    if (loss, output) in legal:
        assert loss_for(loss, activation).name == loss
        return
    with pytest.raises(InputError) as raised:
        loss_for(loss, activation)
    text = str(raised.value)
    assert repr(loss) in text
    assert repr(output) in text
    for right_loss, right_output in legal:  # the sentence names the pairs that would do
        if right_loss == loss:
            assert repr(right_output) in text
        if right_output == output:
            assert repr(right_loss) in text


@pytest.mark.parametrize(
    ("choice", "facts"),
    [
        ("crossentropy", ["'crossentropy'", "Did you mean 'cross_entropy'"]),
        ("mse", ["'mse'", "'mean_squared_error'"]),
        (CrossEntropy, ["class CrossEntropy", "CrossEntropy()"]),
        (None, ["None"]),
        (Softmax(), ["Softmax"]),
    ],
)
def test_no_loss(choice: Any, facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        loss_for(choice, Softmax())
    for fact in ["loss", *facts]:
        assert fact in str(raised.value)
