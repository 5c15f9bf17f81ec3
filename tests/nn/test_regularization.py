"""Batch normalization, dropout and label smoothing: gradients, running figures, both modes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuralnet import BestWeights, InputError, NeuralNetMLP, WeightAverage, train
from neuralnet.checks import Array
from neuralnet.nn.layers import ActivationLayer, Dense
from neuralnet.nn.parameters import Parameters
from neuralnet.nn.regularization import BatchNorm, Dropout
from tests.nn.gradients import assert_same_gradient, numerical_gradient

RNG = np.random.default_rng(11)
X = RNG.normal(size=(6, 3))
Y = np.array([0, 1, 2, 2, 0, 1])
WEIGHTS = np.array([0.5, 2.0, 0.0, 1.25, 3.0, 1.0])


def a_network(**settings: Any) -> NeuralNetMLP:
    defaults: dict[str, Any] = {
        "hidden_activation": ["tanh", "gelu"],
        "output_activation": "softmax",
        "loss": "cross_entropy",
        "dtype": "float64",
    }
    model = NeuralNetMLP(3, (5, 4), 3, **defaults | settings)
    generator = np.random.default_rng(2)
    model.parameters.values[...] = generator.normal(0, 0.8, model.parameters.values.size)
    for name, figures in model.parameters.running.items():
        low = 0.3 if name.endswith("variance") else -1
        figures[...] = generator.uniform(low, 1.5, figures.shape)
    return model


@pytest.mark.parametrize(
    "settings",
    [
        {"batch_norm": True},
        {"batch_norm": True, "l2": 0.3},
        {"dropout": 0.4},
        {"dropout": [0.0, 0.5]},
        {"label_smoothing": 0.2},
        {"batch_norm": True, "dropout": 0.3, "label_smoothing": 0.1},
        {"batch_norm": True, "output_activation": "sigmoid", "loss": "mean_squared_error"},
        {
            "output_activation": "sigmoid",
            "loss": "binary_cross_entropy",
            "label_smoothing": 0.2,
            "dropout": 0.2,
        },
    ],
    ids=str,
)
@pytest.mark.parametrize("sample_weight", [None, WEIGHTS], ids=["equal", "weighted"])
def test_gradients_in_both_modes(settings: dict[str, Any], sample_weight: Array | None) -> None:
    model = a_network(**settings)

    def training_loss() -> float:
        running = {name: figures.copy() for name, figures in model.parameters.running.items()}
        loss, _ = model.loss_and_gradients(X, Y, sample_weight, rng=np.random.default_rng(4))
        for name, figures in running.items():
            model.parameters.running[name][...] = figures
        return loss

    for name, values in model.parameters.items():
        expected = numerical_gradient(training_loss, values)
        rng = np.random.default_rng(4)
        received = model.loss_and_gradients(X, Y, sample_weight, rng=rng)[1][name]
        assert_same_gradient(f"the training loss of {settings}", name, expected, received)

    gradients = model.backward(X, model.forward(X), Y, sample_weight)
    for name, values in model.parameters.items():
        expected = numerical_gradient(lambda: model.evaluate(X, Y, sample_weight).loss, values)
        assert_same_gradient(f"evaluate of {settings}", name, expected, gradients[name])


def test_layers_stand_in_the_usual_order_and_without_idle_biases() -> None:
    model = a_network(batch_norm=True, dropout=0.1)
    kinds = [type(layer) for layer in model.layers]
    assert kinds == [Dense, BatchNorm, ActivationLayer, Dropout] * 2 + [Dense]
    assert list(model.parameters) == [
        *("layers.0.weight", "layers.0.batch_norm.scale", "layers.0.batch_norm.shift"),
        *("layers.1.weight", "layers.1.batch_norm.scale", "layers.1.batch_norm.shift"),
        *("layers.2.weight", "layers.2.bias"),
    ]
    model.initialize(0)
    assert (model.parameters["layers.0.batch_norm.scale"] == 1).all()
    assert (model.parameters.running["layers.0.batch_norm.variance"] == 1).all()
    assert not model.parameters.running["layers.0.batch_norm.mean"].any()


def test_a_training_batch_is_normalized_and_the_running_figures_follow() -> None:
    model = a_network(batch_norm=True)
    layer = model.layers[1]
    assert isinstance(layer, BatchNorm)
    z = X @ model.parameters["layers.0.weight"]
    mean, variance = layer.mean.copy(), layer.variance.copy()
    cache = layer.cache(len(z), needs_d_inputs=True)
    y = layer.forward(z.copy(), cache, rng=RNG)
    normalized = (y - layer.shift) / layer.scale
    np.testing.assert_allclose(normalized.mean(axis=0), 0, atol=1e-12)
    wanted = z.var(axis=0) / (z.var(axis=0) + 1e-5)
    np.testing.assert_allclose(normalized.var(axis=0), wanted, rtol=1e-10)
    np.testing.assert_allclose(layer.mean, 0.9 * mean + 0.1 * z.mean(axis=0))
    np.testing.assert_allclose(layer.variance, 0.9 * variance + 0.1 * z.var(axis=0, ddof=1))
    # Answering reads them, changes nothing, and looks at each example by itself.
    before = model.parameters.state.copy()
    alone = np.vstack([model.predict_proba(x[np.newaxis]) for x in X])
    np.testing.assert_allclose(model.predict_proba(X), alone, rtol=1e-12)
    np.testing.assert_array_equal(model.parameters.state, before)


def test_dropout_keeps_what_is_expected_and_answers_without() -> None:
    layer = Dropout(400, 0.3)
    layer.bind(Parameters({}, "float32"))
    cache = layer.cache(500, needs_d_inputs=True)
    x = np.ones((500, 400), np.float32)
    generator = np.random.default_rng(0)
    y = layer.forward(x, cache, rng=generator).copy()
    assert set(np.unique(y)) == {0, np.float32(1 / 0.7)}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)
    np.testing.assert_array_equal(layer.backward(np.ones_like(x), cache), y)
    assert (layer.forward(x, cache, rng=generator) != y).any()
    assert layer.forward(x, cache) is x
    d = np.ones_like(x)
    assert layer.backward(d, cache) is d


def test_smoothed_targets_are_part_of_the_loss() -> None:
    model = a_network(label_smoothing=0.3)
    a = model.forward(X)[-1]
    targets = 0.7 * np.eye(3)[Y] + 0.1
    wanted = -(targets * np.log(a)).sum(axis=1).mean()
    assert model.evaluate(X, Y).loss == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "fact"),
    [
        ({"batch_norm": 1}, "True or False"),
        ({"dropout": 1}, "below 1"),
        ({"dropout": -0.1}, "at least 0"),
        ({"dropout": [0.1]}, "1 entries .*2 layer"),
        ({"dropout": "half"}, "number"),
        ({"label_smoothing": 1.0}, "below 1"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, Any], fact: str) -> None:
    with pytest.raises(InputError, match=f"{next(iter(settings))}.*{fact}"):
        a_network(**settings)


@pytest.mark.parametrize(("num_examples", "size"), [(6, 1), (5, 4), (1, 100)])
def test_batch_normalization_refuses_a_batch_of_one_before_training(
    num_examples: int, size: int
) -> None:
    model = a_network(batch_norm=True)
    before = model.parameters.state.copy()
    with pytest.raises(InputError, match="batch"):
        train(model, X[:num_examples], Y[:num_examples], minibatch_size=size, num_epochs=1)
    np.testing.assert_array_equal(model.parameters.state, before)


def test_a_hand_written_step_needs_two_examples_too() -> None:
    with pytest.raises(InputError, match="one example"):
        a_network(batch_norm=True).loss_and_gradients(X[:1], Y[:1], rng=np.random.default_rng(0))


def test_inference_forgets_the_mask_of_the_training_before() -> None:
    layer = Dropout(4, 0.5)
    layer.bind(Parameters({}, np.float64))
    cache = layer.cache(3, needs_d_inputs=True)
    layer.forward(np.ones((3, 4)), cache, np.random.default_rng(0))
    layer.forward(np.ones((3, 4)), cache)
    np.testing.assert_array_equal(layer.backward(np.ones((3, 4)), cache), 1)


def test_the_average_is_what_is_evaluated_and_left() -> None:
    plain, averaged = a_network(), a_network()
    settings: dict[str, Any] = {"num_epochs": 3, "minibatch_size": 2, "learning_rate": 0.5}
    states: list[Array] = []

    class Keep(BestWeights):
        def on_batch_end(self, run: Any) -> None:
            states.append(run.model.parameters.state.copy())

        def on_train_end(self, run: Any) -> None:
            pass

    start = plain.parameters.state.copy()
    train(plain, X, Y, callbacks=[Keep()], **settings)
    history = train(averaged, X, Y, callbacks=[WeightAverage(0.5, every=1)], **settings)
    average = start
    for update, state in enumerate(states):
        kept = min(0.5, (1 + update) / (10 + update))
        average = kept * average + (1 - kept) * state
    np.testing.assert_allclose(averaged.parameters.state, average, rtol=1e-12)
    assert history.train_loss[-1] == pytest.approx(averaged.evaluate(X, Y).loss, rel=1e-12)
    sparse = a_network()
    train(sparse, X, Y, callbacks=[WeightAverage(0.5, every=2)], **settings | {"num_epochs": 20})
    states.clear()
    train(a_network(), X, Y, callbacks=[Keep()], **settings | {"num_epochs": 20})
    average = start
    for update, state in enumerate(states[1::3]):  # three batches per epoch, of which the second
        average += (1 - min(0.5**2, (1 + update) / (10 + update))) * (state - average)
    np.testing.assert_allclose(sparse.parameters.state, average, rtol=1e-12)
    best = a_network()
    callbacks = [WeightAverage(0.5, every=1), BestWeights()]
    history = train(best, X, Y, callbacks=callbacks, **settings)
    assert min(history.train_loss) == pytest.approx(best.evaluate(X, Y).loss, rel=1e-12)
