"""Every gradient against differences of the loss that is reported, entry by entry, in float64."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from neuralnet import GELU, LeakyReLU, NeuralNetMLP, ReLU, Sigmoid, Softmax, Tanh
from neuralnet.checks import Array
from neuralnet.nn.activations import Activation, Identity
from neuralnet.nn.layers import Dense
from neuralnet.nn.losses import BinaryCrossEntropy, CrossEntropy, Loss, MeanSquaredError
from tests.nn.gradients import assert_same_gradient, numerical_gradient

HIDDEN: tuple[Activation, ...] = (
    Sigmoid(),
    Tanh(),
    ReLU(),
    LeakyReLU(),
    LeakyReLU(negative_slope=0.3),
    GELU(),
)
PAIRS = (
    ("identity", "mean_squared_error"),
    ("sigmoid", "mean_squared_error"),
    ("softmax", "mean_squared_error"),
    ("softmax", "cross_entropy"),
    ("sigmoid", "binary_cross_entropy"),
    ("exponential", "poisson_deviance"),
)
MIXED = (
    (ReLU(), Tanh()),
    (GELU(), Sigmoid()),
    (Sigmoid(), GELU(), LeakyReLU(negative_slope=0.2)),
    (Tanh(), ReLU(), GELU()),
    (GELU(), GELU(), ReLU()),
)
STACKS: tuple[tuple[Activation, ...], ...] = (
    *((function,) * depth for function in HIDDEN for depth in (1, 2, 3)),
    *MIXED,
)
# Farther than any step of the differences can push a pre-activation.
KINK_MARGIN = 0.02


def describe(stack: tuple[Activation, ...]) -> str:
    return "-".join(
        f"{function.name}{getattr(function, 'negative_slope', '')}" for function in stack
    )


def pre_activations(model: NeuralNetMLP, X: Array) -> list[Array]:
    """Compute z of every hidden layer afresh, from the weights and the public activations."""
    inputs = [X, *model.forward(X)]
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    return [x @ layer.W + layer.b for x, layer in zip(inputs, dense[:-1], strict=False)]


def is_kink_free(model: NeuralNetMLP, X: Array) -> bool:
    for function, z in zip(model.hidden_activation, pre_activations(model, X), strict=True):
        # Both sides of each kink are wanted as well, or half of the function goes untested.
        unfit = np.abs(z).min() < KINK_MARGIN or (z > 0).all() or (z < 0).all()
        if unfit and isinstance(function, ReLU | LeakyReLU):
            return False
    return True


def a_problem(stack: tuple[Activation, ...], **settings: Any) -> tuple[NeuralNetMLP, Array, Array]:
    """Return a network with random weights and biases, and examples that touch no kink."""
    for seed in itertools.count():
        rng = np.random.default_rng(seed)
        model = NeuralNetMLP(
            3,
            (4, 3, 4)[: len(stack)],
            3,
            hidden_activation=stack,
            dtype="float64",
            **settings,
        )
        model.parameters.values[...] = rng.normal(0, 0.7, model.parameters.values.size)
        X = rng.normal(0, 1, (5, 3))
        if is_kink_free(model, X):
            return model, X, np.array([0, 1, 2, 2, 0])
    raise AssertionError


# Every stack with every output. Each stack meets all four combinations of L2 and weights, and so
# does each output.
CASES = [
    pytest.param(
        stack,
        output,
        loss,
        (0.0, 0.3)[(i + j) % 2],
        (i + j) // 2 % 2 == 1,
        id=f"{describe(stack)}-{output}-{loss}",
    )
    for i, stack in enumerate(STACKS)
    for j, (output, loss) in enumerate(PAIRS)
]


def test_each_stack_and_each_output_meets_all_combinations_of_l2_and_weights() -> None:
    met: dict[object, set[tuple[object, object]]] = {}
    for stack, output, loss, l2, weighted in (case.values for case in CASES):
        met.setdefault(stack, set()).add((l2, weighted))
        met.setdefault((output, loss), set()).add((l2, weighted))
    assert len(met) == len(STACKS) + len(PAIRS)
    assert all(len(combinations) == 4 for combinations in met.values())


@pytest.mark.parametrize(("stack", "output", "loss", "l2", "weighted"), CASES)
def test_backward_is_the_gradient_of_the_reported_loss(
    stack: tuple[Activation, ...], output: str, loss: str, l2: float, weighted: bool
) -> None:
    model, X, y = a_problem(stack, output_activation=output, loss=loss, l2=l2)
    sample_weight = np.array([0.5, 2.0, 0.0, 1.25, 3.0]) if weighted else None
    received = model.backward(X, model.forward(X), y, sample_weight)
    assert list(received) == list(model.parameters)
    for name, values in model.parameters.items():
        expected = numerical_gradient(lambda: model.evaluate(X, y, sample_weight).loss, values)
        assert_same_gradient(f"evaluate(X, y).loss of {model!r}", name, expected, received[name])

    # Training goes straight from forward to backward, without handing the activations out.
    model.parameters.gradients[...] = np.nan
    value, gradients = model.loss_and_gradients(X, y, sample_weight)
    assert value == pytest.approx(model.evaluate(X, y, sample_weight).loss, rel=1e-14)
    for name, gradient in received.items():
        np.testing.assert_array_equal(gradients[name], gradient)
        np.testing.assert_array_equal(model.parameters.gradient(name), gradient)


@pytest.mark.parametrize("function", [*HIDDEN, Identity(), Softmax()], ids=repr)
def test_backward_of_each_activation(function: Activation) -> None:
    rng = np.random.default_rng(1)
    z = rng.uniform(0.01, 4, (6, 5)) * rng.choice([-1, 1], (6, 5))
    da = rng.normal(size=z.shape)

    def loss() -> float:
        return float(np.sum(da * function.forward(z, out=np.empty_like(z))))

    expected = numerical_gradient(loss, z)
    a = function.forward(z, out=np.empty_like(z))
    z_read = z.copy()
    a_before, gradient = a.copy(), da.copy()
    received = function.backward(gradient, z_read, a)
    assert received is gradient  # in place of da
    np.testing.assert_array_equal(a, a_before)
    assert_same_gradient(f"sum(da * {function}.forward(z))", "z", expected, received)


@pytest.mark.parametrize("function", [*HIDDEN, Identity(), Softmax()], ids=repr)
def test_forward_may_write_over_its_input(function: Activation) -> None:
    z = np.random.default_rng(2).normal(0, 2, (4, 3))
    apart = function.forward(z.copy(), out=np.empty_like(z))
    in_place = function.forward(z, out=z)
    assert in_place is z
    np.testing.assert_array_equal(in_place, apart)


@pytest.mark.parametrize(
    ("loss", "output"),
    [
        (MeanSquaredError(), Identity()),
        (MeanSquaredError(), Sigmoid()),
        (MeanSquaredError(), Softmax()),
        (CrossEntropy(), Softmax()),
        (BinaryCrossEntropy(), Sigmoid()),
    ],
    ids=lambda part: part.name,
)
def test_backward_of_each_loss(loss: Loss, output: Activation) -> None:
    rng = np.random.default_rng(3)
    z = rng.normal(0, 1.5, (6, 4))
    targets = rng.dirichlet(np.ones(4), 6)  # soft ones too: rows that sum to one

    def total() -> float:
        a = output.forward(z, out=np.empty_like(z))
        return float(loss.forward(z, a, targets, scratch=np.empty_like(z)).sum())

    expected = numerical_gradient(total, z)
    a = output.forward(z, out=np.empty_like(z))
    a_before, out = a.copy(), np.empty_like(z)
    received = loss.backward(z.copy(), a, targets, output, out=out)
    assert received is out
    np.testing.assert_array_equal(a, a_before)
    assert_same_gradient(f"{loss.name} after {output.name}", "z", expected, received)


def test_a_wrong_gradient_is_told_apart() -> None:
    right = np.array([[1.0, 2.0], [3.0, 4.0]])
    wrong = right.copy()
    wrong[1, 0] *= 1 + 1e-6
    with pytest.raises(
        AssertionError, match=r"loss .* W\[1, 0\]: expected .*3.0.* received .*3\.0"
    ):
        assert_same_gradient("loss", "W", right, wrong)
    wrong[1, 0] = np.nan
    with pytest.raises(AssertionError, match="nan"):
        assert_same_gradient("loss", "W", right, wrong)
