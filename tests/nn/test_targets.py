"""Targets as a matrix: regressions, and several labels per example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from neuralnet import InputError, NeuralNetMLP
from neuralnet.checks import Array, Rows
from neuralnet.nn.activations import Activation
from neuralnet.nn.losses import Loss, MeanSquaredError

N, D = 7, 3
RNG = np.random.default_rng(5)
X = RNG.normal(0, 1, (N, D))
WEIGHT = RNG.uniform(0.5, 2, N)

KINDS = [
    ("identity", "mean_squared_error"),
    ("sigmoid", "binary_cross_entropy"),
    ("exponential", "poisson_deviance"),
]


def a_network(kind: tuple[str, str], num_outputs: int, **changes: Any) -> NeuralNetMLP:
    output, loss = kind
    settings: dict[str, Any] = {"hidden_activation": "tanh", "dtype": "float64", "l2": 0.1}
    settings |= {"output_activation": output, "loss": loss}
    return NeuralNetMLP(D, 4, num_outputs, **(settings | changes))


def targets(kind: tuple[str, str], num_outputs: int) -> Array:
    drawn = np.random.default_rng(6).normal(0, 1, (N, num_outputs))
    if kind[0] == "exponential":  # counts, some of them 0
        return np.floor(np.exp(drawn))
    return drawn if kind[0] == "identity" else (drawn > 0).astype(float)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
@pytest.mark.parametrize("num_outputs", [1, 2])
@pytest.mark.parametrize("sample_weight", [None, WEIGHT], ids=["plain", "weighted"])
def test_gradients_are_those_of_the_loss(
    kind: tuple[str, str], num_outputs: int, sample_weight: Array | None
) -> None:
    model, y = a_network(kind, num_outputs), targets(kind, num_outputs)
    gradients = model.backward(X, model.forward(X), y, sample_weight)
    for name, parameter in model.parameters.items():
        for place in np.ndindex(parameter.shape):
            kept = parameter[place]
            parameter[place] = kept + 1e-6
            above = model.evaluate(X, y, sample_weight).loss
            parameter[place] = kept - 1e-6
            below = model.evaluate(X, y, sample_weight).loss
            parameter[place] = kept
            numeric = (above - below) / 2e-6
            assert gradients[name][place] == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def test_the_loss_is_the_mean_of_the_sums_and_a_regression_has_no_accuracy() -> None:
    model, y = a_network(KINDS[0], 2, l2=0), targets(KINDS[0], 2)
    loss, accuracy = model.evaluate(X, y)
    assert loss == pytest.approx(np.mean(((model.outputs(X) - y) ** 2).sum(axis=1)))
    assert np.isnan(accuracy)
    model, y = a_network(KINDS[2], 2, l2=0), targets(KINDS[2], 2)
    loss, accuracy = model.evaluate(X, y)
    each = [mean_poisson_deviance(y[:, k], model.outputs(X)[:, k]) for k in range(2)]
    assert loss == pytest.approx(sum(each))
    assert np.isnan(accuracy)


def test_of_several_labels_all_must_be_right() -> None:
    model = a_network(KINDS[1], 3)
    answers = model.outputs(X) > 0.5
    assert model.evaluate(X, answers).accuracy == 1
    answers[2, 1] ^= True
    assert model.evaluate(X, answers).accuracy == pytest.approx(1 - 1 / N)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[0])
def test_one_hot_targets_are_what_labels_mean(kind: tuple[str, str]) -> None:
    model, labels = a_network(kind, 3), np.arange(N) % 3
    assert model.evaluate(X, labels).loss == model.evaluate(X, np.eye(3)[labels]).loss


def test_outputs_are_the_last_of_forward() -> None:
    model = a_network(KINDS[1], 2)
    np.testing.assert_array_equal(model.outputs(X), model.forward(X)[-1])


@pytest.mark.parametrize(
    ("kind", "num_outputs", "y", "facts"),
    [
        (KINDS[0], 1, np.zeros(N), ["reshape(-1, 1)", "(7, 1)"]),
        (KINDS[0], 2, np.zeros((N, 3)), ["(7, 3)", "(7, 2)"]),
        (KINDS[0], 2, np.zeros((N - 1, 2)), ["(6, 2)", "(7, 2)"]),
        (KINDS[0], 2, np.full((N, 2), np.nan), ["row 0, column 0"]),
        (KINDS[0], 2, np.full((N, 2), "a"), ["numbers"]),
        (KINDS[1], 2, np.full((N, 2), 1.5), ["1.5", "0 to 1"]),
        (KINDS[1], 2, np.full((N, 2), -1), ["-1", "0 to 1"]),
        (KINDS[2], 2, np.full((N, 2), -1), ["-1", "at least 0"]),
        (("sigmoid", "mean_squared_error"), 3, np.eye(3)[np.arange(N) % 3], ["argmax"]),
    ],
)
def test_targets_that_cannot_be_used_are_named(
    kind: tuple[str, str], num_outputs: int, y: Array, facts: list[str]
) -> None:
    with pytest.raises(InputError) as error:
        a_network(kind, num_outputs).evaluate(X, y)
    for fact in facts:
        assert fact in str(error.value)


def test_what_needs_labels_says_so() -> None:
    with pytest.raises(InputError, match="label_smoothing"):
        a_network(KINDS[1], 2, label_smoothing=0.1).evaluate(X, np.zeros((N, 2)))
    for output, loss in (("softmax", "cross_entropy"), ("sigmoid", "mean_squared_error")):
        with pytest.raises(InputError, match="num_classes"):
            a_network((output, loss), 1)


def test_a_loss_of_ones_own_takes_labels_unless_it_says_otherwise() -> None:
    class Halved(Loss):
        """l = sum_k (a_k - t_k)² / 2."""

        name = "halved"
        outputs = ("sigmoid",)

        def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
            each: Array = ((a - targets) ** 2).sum(axis=1) / 2
            return each

        def backward(
            self, z: Array, a: Array, targets: Array, output: Activation, out: Array
        ) -> Array:
            return output.backward(np.subtract(a, targets, out=out), z, a)

    whole, halved = (
        NeuralNetMLP(D, 4, 2, loss=loss, dtype="float64")
        for loss in ("mean_squared_error", Halved())
    )
    labels = np.arange(N) % 2
    assert halved.objective.target_range is None
    assert halved.evaluate(X, labels).loss == pytest.approx(whole.evaluate(X, labels).loss / 2)
    gradients = halved.backward(X, halved.forward(X), labels)
    for name, gradient in whole.backward(X, whole.forward(X), labels).items():
        np.testing.assert_allclose(gradients[name], gradient / 2, rtol=1e-12)
    with pytest.raises(InputError, match="y"):
        halved.evaluate(X, np.zeros((N, 2)))


class Doubled(Rows):
    """Rows that are made when they are asked for."""

    shape = (N, D)
    dtype = np.dtype("float64")

    def take(self, indices: Array, axis: int, out: Array, mode: str) -> Array:
        return np.multiply(X[indices], 2, out=out)

    def __getitem__(self, rows: slice) -> Array:
        return X[rows] * 2


def test_rows_go_where_an_array_does() -> None:
    model, labels = NeuralNetMLP(D, 4, 3), np.arange(N) % 3
    rows: Any = Doubled()
    np.testing.assert_array_equal(model.predict_proba(rows), model.predict_proba(X * 2))
    assert model.evaluate(rows, labels) == model.evaluate(X * 2, labels)
    with pytest.raises(InputError, match="3 columns"):
        NeuralNetMLP(D + 1).predict(rows)


class Signed(MeanSquaredError):  # noqa: N818
    """A loss whose targets may be negative."""

    name = "signed"
    target_ranges = {"identity": (-1.0, 1.0)}  # noqa: RUF012


def test_both_ends_of_a_range_of_targets_hold() -> None:
    model = NeuralNetMLP(2, 3, 1, output_activation="identity", loss=Signed())
    model.evaluate(np.ones((2, 2)), np.array([[-0.5], [1.0]]))
    for wrong in (-1.5, 1.5):
        with pytest.raises(InputError, match=f"{wrong}.*from -1 to 1"):
            model.evaluate(np.ones((2, 2)), np.array([[0.0], [wrong]]))


@pytest.mark.parametrize("l2", [-1.0, "x", float("nan")])
def test_l2_is_checked_whenever_it_is_set(l2: Any) -> None:
    model = NeuralNetMLP(2)
    with pytest.raises(InputError, match="l2"):
        model.l2 = l2
    assert model.l2 == 0
