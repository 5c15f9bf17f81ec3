"""The network as its users see it: shapes, types, fresh arrays, batches, weights of examples."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet import (
    GELU,
    Activation,
    CrossEntropy,
    InputError,
    LeakyReLU,
    NeuralNetError,
    NeuralNetMLP,
    Softmax,
    Tanh,
)
from neuralnet.checks import Array
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.batch import INFERENCE_ROWS
from tests.nn.networks import OUTPUTS, a_network


@st.composite
def networks(draw: st.DrawFn) -> tuple[NeuralNetMLP, Array, Array]:
    """Draw a network of any shape, and examples for it: one of each among them."""
    output, loss = draw(st.sampled_from(OUTPUTS))
    model = NeuralNetMLP(
        draw(st.integers(1, 6)),
        draw(st.lists(st.integers(1, 5), min_size=1, max_size=3)),
        draw(st.integers(2, 5)),
        hidden_activation=draw(st.sampled_from(list(HIDDEN_ACTIVATIONS))),
        output_activation=output,
        loss=loss,
        dtype=draw(st.sampled_from(["float32", "float64"])),
        seed=draw(st.integers(0, 100)),
    )
    num_examples = draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 100)))
    X = rng.normal(0, 1, (num_examples, model.num_features))
    y = rng.integers(0, model.num_classes, num_examples)
    return model, X.astype(draw(st.sampled_from(["float32", "float64"]))), y


@given(networks())
def test_shapes_and_types_for_any_network(drawn: tuple[NeuralNetMLP, Array, Array]) -> None:
    model, X, y = drawn
    activations = model.forward(X)
    assert isinstance(activations, tuple)
    assert [a.shape for a in activations] == [
        (len(X), size) for size in (*model.num_hidden, model.num_classes)
    ]
    labels = model.predict(X)
    assert labels.shape == (len(X),)
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(activations[-1][range(len(X)), labels], activations[-1].max(1))
    loss, accuracy = model.evaluate(X, y)
    assert type(loss) is float
    assert type(accuracy) is float
    assert accuracy == np.mean(labels == y)
    gradients = model.backward(X, activations, y)
    for name, values in model.parameters.items():
        assert gradients[name].shape == values.shape
        assert np.isfinite(gradients[name]).all()
    for array in (*activations, *gradients.values()):
        assert array.dtype == model.dtype


@given(networks(), st.sampled_from([1.0, 30.0, 1e4]))
def test_probabilities_sum_to_one_however_large_the_logits(
    drawn: tuple[NeuralNetMLP, Array, Array], factor: float
) -> None:
    model, X, _ = drawn
    last = model.parameters[f"layers.{len(model.num_hidden)}.weight"]
    last *= factor
    last[...] -= abs(last).max()  # sigmoids that all are nearly 0 among them
    if model.output_activation.name == "identity":
        with pytest.raises(InputError, match="identity"):
            model.predict_proba(X)
        return
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (len(X), model.num_classes)
    assert probabilities.dtype == model.dtype
    assert np.isfinite(probabilities).all()
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    precision = 4 * float(np.finfo(model.dtype).eps)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=precision * model.num_classes)
    chosen = probabilities[range(len(X)), model.predict(X)]
    np.testing.assert_array_equal(chosen, probabilities.max(axis=1))


@pytest.mark.parametrize("hidden", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
def test_weights_ten_thousand_times_too_large_do_no_harm(
    hidden: str, output: str, loss: str
) -> None:
    model, X, y = a_network(
        hidden_activation=hidden, output_activation=output, loss=loss, dtype="float32"
    )
    model.parameters.values *= 1e4
    activations = model.forward(X)
    assert all(np.isfinite(a).all() for a in activations)
    assert np.isfinite(model.evaluate(X, y).loss)
    assert all(np.isfinite(g).all() for g in model.backward(X, activations, y).values())


def test_sigmoid_probabilities_are_the_outputs_over_their_sum() -> None:
    model, X, _ = a_network(output_activation="sigmoid", loss="binary_cross_entropy")
    outputs = model.forward(X)[-1]
    expected = outputs / outputs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-13)


def test_softmax_probabilities_are_the_outputs() -> None:
    model, X, _ = a_network()
    np.testing.assert_array_equal(model.predict_proba(X), model.forward(X)[-1])


def test_forward_is_the_formula() -> None:
    model, X, y = a_network(hidden_activation=["tanh", "relu"], l2=0.2)
    parameters = model.parameters
    weights = [(parameters[f"layers.{i}.weight"], parameters[f"layers.{i}.bias"]) for i in range(3)]
    for number, (_, b) in enumerate(weights):
        b[...] = np.linspace(-1, 1, len(b)) + number
    h1 = np.tanh(X @ weights[0][0] + weights[0][1])
    h2 = np.maximum(h1 @ weights[1][0] + weights[1][1], 0)
    exponentials = np.exp(h2 @ weights[2][0] + weights[2][1])
    out = exponentials / exponentials.sum(axis=1, keepdims=True)
    for received, expected in zip(model.forward(X), (h1, h2, out), strict=True):
        np.testing.assert_allclose(received, expected, rtol=1e-12)
    penalty = 0.1 * sum(np.sum(W * W) for W, _ in weights)  # biases are left out
    expected_loss = -np.log(out[range(6), y]).mean() + penalty
    assert model.evaluate(X, y).loss == pytest.approx(expected_loss, rel=1e-12)


def test_what_is_handed_out_is_nobody_elses() -> None:
    model, X, y = a_network()
    first, second = model.forward(X), model.forward(X)
    gradients, more = model.backward(X, first, y), model.backward(X, first, y)
    outside = [*first, *second, *gradients.values(), *more.values(), X]
    inside = [model.parameters.values, model.parameters.gradients]
    outside += [model.predict_proba(X), model.predict_proba(X), model.predict(X), model.predict(X)]
    for number, array in enumerate(outside):
        for other in [*outside[number + 1 :], *inside]:
            assert not np.shares_memory(array, other)
    expected = [a.copy() for a in second]
    for array in outside[:-5]:
        if array is not X:
            array.fill(7)
    for received, right in zip(model.forward(X), expected, strict=True):
        np.testing.assert_array_equal(received, right)


def pickled(model: NeuralNetMLP) -> NeuralNetMLP:
    return pickle.loads(pickle.dumps(model))  # type: ignore[no-any-return]  # noqa: S301


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_copy_is_a_network_of_its_own(copied: Any) -> None:
    model, X, _ = a_network()
    twin = copied(model)
    for ours, theirs in zip(model.forward(X), twin.forward(X), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    twin.parameters.values[...] = 0
    for name in twin.parameters:
        assert not twin.parameters[name].any()
        assert twin.parameters[name] is not model.parameters[name]
    assert not twin.layers[0].W.any()
    assert model.layers[0].W.any()  # type: ignore[attr-defined]


@pytest.mark.parametrize("num_examples", [1, 499, 500, 501, 1000, 1001])
def test_where_the_batches_are_cut_makes_no_difference(num_examples: int) -> None:
    assert INFERENCE_ROWS == 500
    model, _, _ = a_network(output_activation="sigmoid", loss="mean_squared_error", l2=0.1)
    rng = np.random.default_rng(4)
    X = rng.normal(0, 1, (num_examples, 5))
    y = rng.integers(0, 3, num_examples)
    sample_weight = rng.uniform(0, 2, num_examples)
    sample_weight[500:1000] = 0  # a batch that does not count at all
    singles = [model.forward(X[i : i + 1]) for i in range(num_examples)]
    for layer, received in enumerate(model.forward(X)):
        expected = np.concatenate([single[layer] for single in singles])
        np.testing.assert_allclose(received, expected, rtol=1e-12, atol=1e-14)
    outputs = np.concatenate([single[-1] for single in singles])
    np.testing.assert_array_equal(model.predict(X), outputs.argmax(axis=1))
    expected = outputs / outputs.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)
    each = ((outputs - np.eye(3)[y]) ** 2).sum(axis=1)
    penalty = 0.05 * sum(np.sum(v**2) for n, v in model.parameters.items() if "weight" in n)
    right = outputs.argmax(axis=1) == y
    loss, accuracy = model.evaluate(X, y)
    assert loss == pytest.approx(each.mean() + penalty, rel=1e-12)
    assert accuracy == pytest.approx(right.mean(), rel=1e-12)
    loss, accuracy = model.evaluate(X, y, sample_weight)
    assert loss == pytest.approx(np.average(each, weights=sample_weight) + penalty, rel=1e-12)
    assert accuracy == pytest.approx(np.average(right, weights=sample_weight), rel=1e-12)


@given(
    weights=st.lists(st.integers(0, 4), min_size=6, max_size=6).filter(any),
    factor=st.sampled_from([1.0, 0.5, 1e-6, 1e6]),
)
def test_a_whole_weight_is_as_many_copies(weights: list[int], factor: float) -> None:
    model, X, y = a_network(l2=0.1)
    repeated_X, repeated_y = np.repeat(X, weights, axis=0), np.repeat(y, weights)
    sample_weight = np.array(weights) * factor  # only what they are to each other counts
    ours, copies = model.evaluate(X, y, sample_weight), model.evaluate(repeated_X, repeated_y)
    assert ours.loss == pytest.approx(copies.loss, rel=1e-12)
    assert ours.accuracy == pytest.approx(copies.accuracy, rel=1e-12)
    gradients = model.backward(X, model.forward(X), y, sample_weight)
    expected = model.backward(repeated_X, model.forward(repeated_X), repeated_y)
    for name, gradient in gradients.items():
        np.testing.assert_allclose(gradient, expected[name], rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("hidden", ["relu", "gelu"])
def test_backward_takes_a_list_and_needs_no_forward_just_before(hidden: str) -> None:
    model, X, y = a_network(hidden_activation=hidden)
    activations = model.forward(X)
    expected = model.backward(X, activations, y)
    model.forward(X[:2] * 3)
    model.evaluate(X[::-1], y)
    received = model.backward(X, list(activations), y)
    for name, gradient in expected.items():
        np.testing.assert_array_equal(received[name], gradient)
        np.testing.assert_array_equal(model.parameters.gradient(name), gradient)


def test_a_float32_and_a_float64_network_from_one_seed_agree() -> None:
    single, X, y = a_network(dtype="float32")
    double, _, _ = a_network(dtype=np.float64)
    assert single.dtype == np.float32
    assert double.dtype == np.float64
    np.testing.assert_allclose(single.forward(X)[-1], double.forward(X)[-1], rtol=1e-5)
    ours = single.backward(X, single.forward(X), y)
    for name, expected in double.backward(X, double.forward(X), y).items():
        np.testing.assert_allclose(ours[name], expected, rtol=1e-4, atol=1e-6)


def test_what_is_asked_for_is_what_is_built() -> None:
    model = NeuralNetMLP(
        7,
        np.array([6, 5]),  # type: ignore[arg-type]
        np.int64(4),  # type: ignore[arg-type]
        hidden_activation=[LeakyReLU(negative_slope=0.1), "gelu"],
        output_activation=Softmax(),
        loss=CrossEntropy(),
        l2=np.float32(0.5),  # type: ignore[arg-type]
        classes=["a", "b", "c", 7],
    )
    assert model.num_hidden == (6, 5)
    assert model.num_classes == 4
    assert model.hidden_activation == (LeakyReLU(negative_slope=0.1), GELU())
    assert model.output_activation == Softmax()
    assert isinstance(model.loss, CrossEntropy)
    assert model.l2 == 0.5
    assert model.dtype == np.float32
    assert model.input_range == (-1, 1)
    assert model.classes == ("a", "b", "c", 7)
    assert model.notes == {}
    assert model.parameters.values.size == 7 * 6 + 6 + 6 * 5 + 5 + 5 * 4 + 4
    for fact in ("7-6-5-4", "leaky_relu", "gelu", "softmax", "cross_entropy", "107", "float32"):
        assert fact in repr(model)
    assert NeuralNetMLP(3, 2, 2, hidden_activation=Tanh()).hidden_activation == (Tanh(),)
    assert NeuralNetMLP(3).classes == tuple(range(10))


def test_a_loss_of_ones_own_may_read_the_logits() -> None:
    class SoftmaxOfLogits(CrossEntropy):
        """Cross-entropy whose gradient is computed from z, not from a."""

        def backward(
            self, z: Array, a: Array, targets: Array, output: Activation, out: Array
        ) -> Array:
            return np.subtract(output.forward(z, out=out), targets, out=out)

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(5, 4)), np.array([0, 1, 2, 1, 0])
    gradients = []
    for loss in (CrossEntropy(), SoftmaxOfLogits()):
        model = NeuralNetMLP(4, 3, 3, output_activation="softmax", loss=loss, dtype="float64")
        gradients.append(model.backward(X, model.forward(X), y))
    for name, gradient in gradients[0].items():
        np.testing.assert_allclose(gradient, gradients[1][name], rtol=1e-12)


def test_outputs_that_are_no_numbers_are_no_prediction() -> None:
    model = NeuralNetMLP(4, 3, 3)
    model.parameters.values[...] = np.nan
    for predict in (model.predict, model.predict_proba):
        with pytest.raises(NeuralNetError, match="NaN"):
            predict(np.zeros((2, 4)))


def test_logits_that_are_no_numbers_are_no_prediction_though_the_first_layer_is_fine() -> None:
    model = NeuralNetMLP(4, 3, 3)
    model.parameters["layers.1.weight"][0, 0] = np.nan
    for predict in (model.predict, model.predict_proba):
        with pytest.raises(NeuralNetError, match="NaN"):
            predict(np.zeros((2, 4)))


def test_buffers_that_are_used_again_show_nothing_of_what_they_held() -> None:
    model = NeuralNetMLP(6, [5, 4], 3, seed=1)
    pictures = np.random.default_rng(0).integers(0, 256, (40, 6), dtype=np.uint8)
    together = model.predict_proba(pictures)
    alone = [model.predict_proba(pictures[i : i + 1])[0] for i in range(40)]
    np.testing.assert_allclose(alone, together, rtol=1e-5)
    kept = alone[0].copy()
    model.predict_proba(pictures[1:2])
    np.testing.assert_array_equal(alone[0], kept)
    model.parameters.values *= 2
    doubled = copy.deepcopy(model)
    np.testing.assert_array_equal(
        model.predict_proba(pictures[:1]), doubled.predict_proba(pictures[:1])
    )


def test_threads_share_no_buffers() -> None:
    model = NeuralNetMLP(100, [50, 40], 3, seed=1)
    pictures = np.random.default_rng(0).integers(0, 256, (60, 100), dtype=np.uint8)
    expected = [model.predict_proba(pictures[i : i + 1]) for i in range(60)]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            came = pool.map(lambda i: model.predict_proba(pictures[i : i + 1]), range(60))
            for ours, theirs in zip(came, expected, strict=True):
                np.testing.assert_array_equal(ours, theirs)
