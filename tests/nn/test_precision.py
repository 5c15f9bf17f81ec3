"""Sigmoid, softmax, their log-losses and gradients against mpmath, over the whole useful range."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

from neuralnet.checks import Array
from neuralnet.nn.activations import Activation, Sigmoid, Softmax
from neuralnet.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss

TOLERANCE = {"float32": 1e-5, "float64": 1e-13}
dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def relative_error(received: Array, expected: list[Any]) -> float:
    pairs = zip(np.ravel(received).tolist(), expected, strict=True)
    return max(float(abs((mpmath.mpf(one) - right) / right)) for one, right in pairs)


def forward_and_backward(
    loss: Loss, output: Activation, z: Array, targets: Array
) -> tuple[Array, Array, Array]:
    a = output.forward(z, out=np.empty_like(z))
    losses = loss.forward(z, a, targets, scratch=np.empty_like(z))
    dz = loss.backward(z.copy(), a, targets, output, out=np.empty_like(z))
    assert {a.dtype, losses.dtype, dz.dtype} == {z.dtype}
    return a, losses, dz


@dtypes
@pytest.mark.parametrize("target", [0, 1])
def test_sigmoid_and_its_log_loss(dtype: str, target: int) -> None:
    z = np.linspace(-80, 80, 321, dtype=dtype)[:, np.newaxis]
    targets = np.full_like(z, target)
    a, losses, dz = forward_and_backward(BinaryCrossEntropy(), Sigmoid(), z, targets)
    with mpmath.workdps(80):
        exact = [1 / (1 + mpmath.exp(-mpmath.mpf(one))) for one in z.ravel().tolist()]
        assert relative_error(a, exact) < TOLERANCE[dtype]
        logs = [-mpmath.log(one if target else 1 - one) for one in exact]
        assert relative_error(losses, logs) < TOLERANCE[dtype]
        assert relative_error(dz, [one - target for one in exact]) < TOLERANCE[dtype]


def rows_of_logits(dtype: str) -> Array:
    """Return rows of four logits at most 80 apart, near 0, 1,000 and -1,000, some of them equal."""
    rng = np.random.default_rng(3)
    rows = rng.uniform(-40, 40, (60, 4))
    rows[::3] += 1000
    rows[1::3] -= 1000
    rows[:2] = [0, 0, 0, 0], [5, 5, -70, -70]
    rows[2:4] = [80, 0, 0, 0], [1000, 988.3, 960, 930]
    return rows.astype(dtype)


@dtypes
@pytest.mark.parametrize("label", range(4))
def test_softmax_and_its_log_loss(dtype: str, label: int) -> None:
    z = rows_of_logits(dtype)
    targets = np.zeros_like(z)
    targets[:, label] = 1
    a, losses, dz = forward_and_backward(CrossEntropy(), Softmax(), z, targets)
    with mpmath.workdps(80):
        outputs, logs, gradients = [], [], []
        for row in z.tolist():
            exponentials = [mpmath.exp(mpmath.mpf(one)) for one in row]
            exact = [one / mpmath.fsum(exponentials) for one in exponentials]
            outputs += exact
            logs.append(-mpmath.log(exact[label]))
            gradients += [one - (number == label) for number, one in enumerate(exact)]
        assert relative_error(a, outputs) < TOLERANCE[dtype]
        assert relative_error(losses, logs) < TOLERANCE[dtype]
        assert relative_error(dz, gradients) < TOLERANCE[dtype]


@dtypes
def test_smoothed_targets_keep_the_plain_difference(dtype: str) -> None:
    z = rows_of_logits(dtype)
    targets = np.full_like(z, 0.025)
    targets[:, 1] = 0.925
    a, _, dz = forward_and_backward(CrossEntropy(), Softmax(), z, targets)
    np.testing.assert_allclose(dz, a - targets, atol=10 * float(np.finfo(dtype).eps))


@dtypes
def test_the_ends_of_the_sigmoid_are_quiet(dtype: str) -> None:
    z = np.array([[-np.inf, -1e30, -800, 800, 1e30, np.inf]], dtype)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        a = Sigmoid().forward(z, out=np.empty_like(z))
    np.testing.assert_array_equal(a[0, 3:], 1)
    assert ((a[0, :3] >= 0) & (a[0, :3] < 1e-37)).all()
