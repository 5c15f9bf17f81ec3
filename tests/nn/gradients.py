"""Numerical gradients, and a comparison that says where two gradients part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neuralnet.checks import Array

# The five-point formula is off by STEP⁴ / 30 times the fifth derivative, about 1e-15 here, and by
# the rounding of four losses near 1: 1.5 * 2.2e-16 / STEP, about 1e-12. Entries that are themselves
# near zero are therefore compared to within ROUNDING, all others to seven digits.
STEP = 3e-4
RELATIVE = 1e-7
ROUNDING = 1e-10


def numerical_gradient(function: Callable[[], float], values: Array) -> Array:
    """Differentiate `function` by every entry of `values`, which it reads, one at a time."""
    gradient = np.empty_like(values)
    for index in np.ndindex(values.shape):
        kept = values[index]
        at: dict[int, float] = {}
        for steps in (-2, -1, 1, 2):
            values[index] = kept + steps * STEP
            at[steps] = function()
        values[index] = kept
        gradient[index] = (8 * (at[1] - at[-1]) - (at[2] - at[-2])) / (12 * STEP)
    return gradient


def assert_same_gradient(function: str, argument: str, expected: Array, received: Array) -> None:
    """Fail with function, argument, index, expected and received where the two differ most."""
    assert expected.shape == received.shape, f"{function}, {argument}: {received.shape}"
    excess = np.abs(received - expected) - (RELATIVE * np.abs(expected) + ROUNDING)
    if (excess <= 0).all():  # false for NaN too
        return
    index = tuple(int(i) for i in np.unravel_index(np.argmax(excess), excess.shape))
    raise AssertionError(
        f"gradient of {function} with respect to {argument}{list(index)}: "
        f"expected {expected[index]!r}, received {received[index]!r}"
    )
