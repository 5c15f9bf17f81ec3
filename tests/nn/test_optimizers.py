"""Optimizers against their papers' formulas, block by block, and what they forget at a start."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet import (
    SGD,
    Adam,
    AdamW,
    Identity,
    InputError,
    MeanSquaredError,
    NeuralNetMLP,
    Optimizer,
)
from neuralnet.checks import Array
from neuralnet.nn.objective import Objective
from neuralnet.nn.optimizers import OPTIMIZERS
from neuralnet.nn.parallel import BLOCK, blockwise
from neuralnet.nn.parameters import Parameters
from neuralnet.training.callbacks import clip_by_norm
from neuralnet.training.lbfgs import optimizer_for


def reference_steps(
    optimizer: Optimizer, w: Array, gradients: list[Array], rates: list[float], num_weights: int
) -> Array:
    """Take the steps as the papers write them, on whole arrays."""
    w = w.copy()
    velocity, m, v = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    for t, (g, lr) in enumerate(zip(gradients, rates, strict=True), start=1):
        if isinstance(optimizer, SGD):
            velocity = optimizer.momentum * velocity - lr * g
            w += optimizer.momentum * velocity - lr * g if optimizer.nesterov else velocity
        elif isinstance(optimizer, Adam):
            if isinstance(optimizer, AdamW):
                w[:num_weights] -= lr * optimizer.weight_decay * w[:num_weights]
            m = optimizer.beta1 * m + (1 - optimizer.beta1) * g
            v = optimizer.beta2 * v + (1 - optimizer.beta2) * g**2
            m_hat, v_hat = m / (1 - optimizer.beta1**t), v / (1 - optimizer.beta2**t)
            w -= lr * m_hat / (np.sqrt(v_hat) + optimizer.epsilon)
    return w


SOME = [
    SGD(),
    SGD(momentum=0.9),
    SGD(momentum=0.7, nesterov=True),
    Adam(),
    Adam(beta1=0.5, beta2=0.9, epsilon=0.1),
    Adam(beta1=0.0, beta2=0.0),
    AdamW(),
    AdamW(beta1=0.8, beta2=0.95, epsilon=1e-3, weight_decay=0.5),
]


def describe(optimizer: Optimizer) -> str:
    settings = [value for value in vars(optimizer).values() if isinstance(value, float | bool)]
    return f"{optimizer.name}{settings}"


@pytest.mark.parametrize("optimizer", SOME, ids=describe)
@pytest.mark.parametrize("shape", [(3, 2), (BLOCK // 8, 8), (BLOCK // 8 + 1, 8), (1, 70_001)])
def test_the_steps_are_the_formulas_wherever_blocks_end(
    optimizer: Optimizer, shape: tuple[int, int]
) -> None:
    parameters = Parameters({"W": shape, "b": shape[1:]}, "float64")
    rng = np.random.default_rng(0)
    w = rng.normal(size=parameters.values.size)
    gradients = [rng.normal(size=w.size) * 10.0**-step for step in range(4)]
    rates = [0.1, 0.2, 0.05, 0.3]
    parameters.values[...] = w
    optimizer.start(parameters)
    for g, lr in zip(gradients, rates, strict=True):
        parameters.gradients[...] = g
        optimizer.step(lr)
        np.testing.assert_array_equal(parameters.gradients, g)
    expected = reference_steps(optimizer, w, gradients, rates, math.prod(shape))
    np.testing.assert_allclose(parameters.values, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("length", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 5])
def test_blocks_cover_everything_once(length: int) -> None:
    covered = np.zeros(length + 3, int)

    def cover(block: slice, scratch: Array) -> None:
        assert 0 < block.stop - block.start == len(scratch) <= BLOCK
        covered[block] += 1

    blockwise(cover, covered, length)
    np.testing.assert_array_equal(covered, [1] * length + [0] * 3)


@pytest.mark.parametrize("optimizer", SOME, ids=describe)
def test_start_forgets_an_earlier_training(optimizer: Optimizer) -> None:
    def steps() -> Array:
        model = NeuralNetMLP(4, 3, 2, dtype="float64")
        optimizer.start(model.parameters)
        for step in range(1, 4):
            model.parameters.gradients[...] = step / 4
            optimizer.step(0.1)
        return model.parameters.values

    np.testing.assert_array_equal(steps(), steps())
    assert optimizer.num_steps == 3


@pytest.mark.parametrize("optimizer", SOME, ids=describe)
def test_everything_stays_in_the_networks_type_and_buffers(optimizer: Optimizer) -> None:
    model = NeuralNetMLP(4, 3, 2)
    values, W = model.parameters.values, model.parameters["layers.0.weight"]
    optimizer.start(model.parameters)
    model.parameters.gradients[...] = 1
    before = W.copy()
    optimizer.step(0.1)
    assert model.parameters.values is values
    assert (before != W).all()
    assert values.dtype == np.float32
    assert all(state.dtype == np.float32 for state in optimizer.state.values())


def test_sgd_keeps_a_velocity_only_with_momentum() -> None:
    model = NeuralNetMLP(4, 3, 2)
    plain, heavy = SGD(), SGD(momentum=0.5)
    plain.start(model.parameters)
    heavy.start(model.parameters)
    assert set(plain.state) == set()
    assert set(heavy.state) == {"velocity"}


def test_weight_decay_takes_from_the_weights_alone() -> None:
    model = NeuralNetMLP(4, (3, 5), 2, dtype="float64")
    model.parameters.values[...] = 2.0
    optimizer = AdamW(weight_decay=0.25)
    optimizer.start(model.parameters)
    optimizer.step(0.1)  # the gradients are zero, so nothing but the decay moves anything
    for name, values in model.parameters.items():
        expected = 2.0 * (1 - 0.1 * 0.25) if name.endswith("weight") else 2.0
        np.testing.assert_array_equal(values, expected)


def test_a_decay_of_more_than_everything_leaves_zero_and_not_the_opposite_sign() -> None:
    model = NeuralNetMLP(4, 3, 2)
    biases = model.parameters.values[model.parameters.num_weights :]
    biases[...] = 1
    optimizer = AdamW(weight_decay=30.0)
    optimizer.start(model.parameters)
    optimizer.step(0.1)  # 1 - lr * weight_decay = -2
    assert not model.parameters.values[: model.parameters.num_weights].any()
    np.testing.assert_array_equal(biases, 1)


def test_weights_stand_before_biases_in_the_buffer() -> None:
    shapes = {"a.weight": (2, 3), "a.bias": (3,), "b.weight": (3, 1), "b.bias": (1,)}
    parameters = Parameters(shapes, "float64")
    assert list(parameters) == list(shapes)
    assert [(name, v.shape) for name, v in parameters.items()] == list(shapes.items())
    assert parameters.num_weights == 9
    assert parameters.values.size == 13
    parameters.values[:] = np.arange(13)
    np.testing.assert_array_equal(parameters["a.weight"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(parameters["b.weight"].ravel(), [6, 7, 8])
    np.testing.assert_array_equal(parameters["a.bias"], [9, 10, 11])
    np.testing.assert_array_equal(parameters["b.bias"], [12])
    objective = Objective(Identity(), MeanSquaredError(), parameters, 1, l2=0.5)
    assert objective.penalty() == 0.25 * sum(i * i for i in range(9))
    parameters.gradient("b.bias")[...] = 4
    objective.add_penalty_gradient()
    np.testing.assert_array_equal(
        parameters.gradients, [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 0, 0, 0, 4]
    )
    for name in shapes:
        assert np.shares_memory(parameters[name], parameters.values)


def test_the_l2_gradient_reaches_past_a_block() -> None:
    parameters = Parameters({"W": (3, BLOCK), "b": (BLOCK,)}, "float64")
    parameters.values[...] = np.arange(parameters.values.size)
    parameters.gradients[...] = 1
    Objective(Identity(), MeanSquaredError(), parameters, 1, l2=2.0).add_penalty_gradient()
    expected = 1 + 2.0 * np.arange(parameters.values.size) * (
        np.arange(parameters.values.size) < 3 * BLOCK
    )
    np.testing.assert_array_equal(parameters.gradients, expected)


@given(
    # Squares of numbers below 1e-150 vanish, and with them the norm: far below any bound.
    st.lists(st.floats(-1e3, 1e3).map(lambda x: round(x, 6)), min_size=1, max_size=9),
    st.floats(1e-3, 1e3),
)
def test_clipping_shortens_and_never_turns(entries: list[float], max_norm: float) -> None:
    gradients = np.array(entries)
    before = gradients.copy()
    norm = clip_by_norm(gradients, max_norm)
    assert norm == pytest.approx(math.hypot(*entries), rel=1e-12)
    if norm <= max_norm:
        np.testing.assert_array_equal(gradients, before)
    else:
        assert np.linalg.norm(gradients) == pytest.approx(max_norm, rel=1e-12)
        np.testing.assert_allclose(gradients * norm, before * max_norm, rtol=1e-12)


def test_clipping_survives_gradients_whose_squares_overflow() -> None:
    gradients = np.array([3e20, 4e20], np.float32)
    assert clip_by_norm(gradients, 10.0) == pytest.approx(5e20, rel=1e-6)
    np.testing.assert_allclose(gradients, [6, 8], rtol=1e-6)


def test_optimizers_by_name() -> None:
    assert list(OPTIMIZERS) == ["sgd", "adam", "adamw"]
    sgd, adam, adamw = (optimizer_for(name) for name in OPTIMIZERS)
    assert type(sgd) is SGD
    assert (sgd.momentum, sgd.nesterov) == (0, False)
    assert type(adam) is Adam
    assert (adam.beta1, adam.beta2, adam.epsilon) == (0.9, 0.999, 1e-8)
    assert type(adamw) is AdamW
    assert (adamw.beta1, adamw.beta2, adamw.epsilon) == (0.9, 0.999, 1e-8)
    assert adamw.weight_decay == 0.01
    assert optimizer_for(adamw) is adamw


@pytest.mark.parametrize(
    ("make", "facts"),
    [
        (lambda: SGD(momentum=1), ["momentum", "1", "below 1"]),
        (lambda: SGD(momentum=-0.1), ["momentum", "-0.1", "at least 0"]),
        (lambda: SGD(momentum=math.nan), ["momentum", "nan"]),
        (lambda: SGD(nesterov=True), ["nesterov", "momentum"]),
        (lambda: Adam(beta1=1.0), ["beta1", "1.0", "below 1"]),
        (lambda: Adam(beta1=-0.5), ["beta1", "-0.5"]),
        (lambda: Adam(beta2=1.5), ["beta2", "1.5"]),
        (lambda: Adam(epsilon=0), ["epsilon", "0", "above 0"]),
        (lambda: AdamW(weight_decay=-1), ["weight_decay", "-1", "at least 0"]),
        (lambda: AdamW(weight_decay="0"), ["weight_decay", "'0'"]),  # type: ignore[arg-type]
        (lambda: optimizer_for("adamm"), ["optimizer", "'adamm'", "Did you mean 'adam'"]),
        (lambda: optimizer_for("rmsprop"), ["'rmsprop'", "'sgd'", "'adam'", "'adamw'"]),
        (lambda: optimizer_for(Adam), ["optimizer", "class Adam", "Adam()"]),  # type: ignore[arg-type]
        (lambda: optimizer_for(None), ["optimizer", "None"]),  # type: ignore[arg-type]
    ],
)
def test_refusals(make: Any, facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        make()
    for fact in facts:
        assert fact in str(raised.value)


@pytest.mark.parametrize("nesterov", ["no", 1, None])
def test_nesterov_is_a_flag(nesterov: Any) -> None:
    with pytest.raises(InputError, match="nesterov"):
        SGD(0.9, nesterov=nesterov)
