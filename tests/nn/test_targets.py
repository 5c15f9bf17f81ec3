"""Targets as a matrix: regressions, and several labels per example."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_poisson_deviance

from neuralnet import Adam, InputError, NeuralNetMLP, train
from neuralnet.checks import Array, Rows
from neuralnet.nn.activations import Activation
from neuralnet.nn.losses import Loss, MeanSquaredError, PoissonDeviance

N, D = 7, 3
RNG = np.random.default_rng(5)
X = RNG.normal(0, 1, (N, D))
WEIGHT = RNG.uniform(0.5, 2, N)

KINDS = [
    ("identity", "mean_squared_error"),
    ("sigmoid", "binary_cross_entropy"),
    ("exponential", "poisson_deviance"),
    ("sigmoid", "mean_squared_error"),
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


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
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


@pytest.mark.parametrize("kind", KINDS, ids="-".join)
def test_one_hot_targets_are_what_labels_mean(kind: tuple[str, str]) -> None:
    model, labels = a_network(kind, 3), np.arange(N) % 3
    assert model.evaluate(X, labels).loss == model.evaluate(X, np.eye(3)[labels]).loss


def test_outputs_are_the_last_of_forward() -> None:
    model = a_network(KINDS[1], 2)
    np.testing.assert_array_equal(model.outputs(X), model.forward(X)[-1])


@pytest.mark.parametrize(
    ("kind", "num_outputs", "y", "facts"),
    [
        (KINDS[0], 1, np.zeros(N - 1), ["(6, 1)", "(7, 1)"]),
        (KINDS[1], 1, np.arange(N), ["6", "0 to 1"]),
        (KINDS[0], 2, np.zeros((N, 3)), ["(7, 3)", "(7, 2)"]),
        (KINDS[0], 2, np.zeros((N - 1, 2)), ["(6, 2)", "(7, 2)"]),
        (KINDS[0], 2, np.full((N, 2), np.nan), ["row 0, column 0"]),
        (KINDS[0], 2, np.full((N, 2), "a"), ["numbers"]),
        (KINDS[1], 2, np.full((N, 2), 1.5), ["1.5", "0 to 1"]),
        (KINDS[1], 2, np.full((N, 2), -1), ["-1", "0 to 1"]),
        (KINDS[2], 2, np.full((N, 2), -1), ["-1", "at least 0"]),
        (("softmax", "cross_entropy"), 3, np.eye(3)[np.arange(N) % 3], ["argmax"]),
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
    for loss in ("cross_entropy", "mean_squared_error"):
        with pytest.raises(InputError, match="num_classes"):
            a_network(("softmax", loss), 1)


def test_a_loss_of_ones_own_takes_labels_unless_it_says_otherwise() -> None:
    class Halved(Loss):
        """l = sum_k (a_k - t_k)² / 2."""

        name = "halved"
        output_activations = ("sigmoid",)

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


XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([0, 1, 1, 0])


@pytest.mark.parametrize("loss", ["binary_cross_entropy", "mean_squared_error"])
def test_a_single_output_tells_two_classes_apart(loss: str) -> None:
    model = NeuralNetMLP(2, 8, 1, hidden_activation="tanh", loss=loss, classes=["no", "yes"])
    history = train(model, XOR_X, XOR_Y, num_epochs=300, optimizer=Adam(), learning_rate=0.05)
    np.testing.assert_array_equal(model.predict(XOR_X), XOR_Y)
    assert history.train_accuracy[-1] == model.evaluate(XOR_X, XOR_Y).accuracy == 1
    outputs = model.outputs(XOR_X)[:, 0]
    np.testing.assert_allclose(
        model.predict_proba(XOR_X), np.stack([1 - outputs, outputs], axis=1), atol=1e-6
    )
    assert [model.classes[label] for label in model.predict(XOR_X)] == ["no", "yes", "yes", "no"]


def test_the_name_of_a_single_output_is_that_of_label_1() -> None:
    assert NeuralNetMLP(2, 3, 1).classes == (0, 1)
    assert NeuralNetMLP(2, 3, 1, classes=[0]).classes == (0, 1)  # as older files have it
    assert NeuralNetMLP(2, 3, 1, classes=["spam"]).classes == ("not spam", "spam")


def test_a_column_and_a_list_of_numbers_are_the_same_targets() -> None:
    model = a_network(KINDS[0], 1)
    y = targets(KINDS[0], 1)
    assert model.evaluate(X, y) == pytest.approx(model.evaluate(X, y[:, 0]), nan_ok=True)


def test_the_worked_example_of_backpropagation() -> None:
    """One step of the 2-2-2 network with targets 0.01 and 0.99, computed without the package.

    Inputs, weights, biases and targets are those of Mazur 2015, "A step by step backpropagation
    example". The error there is half the squared error, so half the learning rate gives its step.
    """
    model = NeuralNetMLP(2, 2, 2, dtype="float64")
    model.parameters["layers.0.weight"] = [[0.15, 0.25], [0.20, 0.30]]
    model.parameters["layers.0.bias"] = [0.35, 0.35]
    model.parameters["layers.1.weight"] = [[0.40, 0.50], [0.45, 0.55]]
    model.parameters["layers.1.bias"] = [0.60, 0.60]
    x, y = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])

    def sigmoid(z: float) -> float:
        return 1 / (1 + math.exp(-z))

    h1, h2 = sigmoid(0.15 * 0.05 + 0.20 * 0.10 + 0.35), sigmoid(0.25 * 0.05 + 0.30 * 0.10 + 0.35)
    o1, o2 = sigmoid(0.40 * h1 + 0.45 * h2 + 0.60), sigmoid(0.50 * h1 + 0.55 * h2 + 0.60)
    hidden, outputs = model.forward(x)
    np.testing.assert_allclose(hidden, [[h1, h2]], rtol=1e-14)
    np.testing.assert_allclose(outputs, [[o1, o2]], rtol=1e-14)
    d1, d2 = 2 * (o1 - 0.01) * o1 * (1 - o1), 2 * (o2 - 0.99) * o2 * (1 - o2)
    e1 = (0.40 * d1 + 0.50 * d2) * h1 * (1 - h1)
    e2 = (0.45 * d1 + 0.55 * d2) * h2 * (1 - h2)
    assert model.evaluate(x, y).loss / 2 == pytest.approx(0.298371109, rel=1e-8)
    gradients = model.backward(x, (hidden, outputs), y)
    expected: dict[str, Any] = {
        "layers.0.weight": [[0.05 * e1, 0.05 * e2], [0.10 * e1, 0.10 * e2]],
        "layers.0.bias": [e1, e2],
        "layers.1.weight": [[h1 * d1, h1 * d2], [h2 * d1, h2 * d2]],
        "layers.1.bias": [d1, d2],
    }
    for name, gradient in expected.items():
        np.testing.assert_allclose(gradients[name], gradient, rtol=1e-12)
    before = {name: values.copy() for name, values in model.parameters.items()}
    history = train(model, x, y, num_epochs=1, learning_rate=0.25)
    for name, gradient in expected.items():
        stepped = before[name] - 0.25 * np.array(gradient)
        np.testing.assert_allclose(model.parameters[name], stepped, rtol=1e-12)
    published = [[0.35891648, 0.511301270], [0.408666186, 0.561370121]]
    np.testing.assert_allclose(model.parameters["layers.1.weight"], published, rtol=1e-8)
    assert model.evaluate(x, y).loss == history.train_loss[0] < 2 * 0.298371109


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_poisson_deviance_of_large_counts_keeps_its_digits(dtype: str) -> None:
    t = np.array([[1.5e6], [3e6], [50.0], [0.0], [7.0]], dtype)
    z = np.log(np.maximum(t, 1)) + np.array([[0], [0.001], [-0.3], [-2], [1]], dtype)
    a = np.exp(z)
    losses = PoissonDeviance().forward(z, a, t, scratch=np.empty_like(z))
    assert losses.dtype == dtype
    exact = mean_poisson_deviance
    for n in range(1, 5):
        wanted = exact(t[n].astype(float), np.exp(z[n].astype(float)))
        assert losses[n] == pytest.approx(wanted, rel=2e-3 if dtype == "float32" else 1e-9)
    assert 0 <= losses[0] < 1e-6


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
