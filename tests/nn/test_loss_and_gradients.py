"""A training loop written by hand, with `loss_and_gradients`, takes the steps of `train`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP, train

rng = np.random.default_rng(1)
X = rng.normal(size=(200, 6)).astype(np.float32)
y = rng.integers(0, 3, 200)


@pytest.mark.parametrize(
    "settings",
    [{}, {"batch_norm": True}, {"dropout": 0.3}, {"batch_norm": True, "dropout": 0.2, "l2": 0.01}],
    ids=str,
)
def test_twenty_steps_by_hand_are_those_of_train(settings: dict[str, Any]) -> None:
    trained = NeuralNetMLP(6, (8, 5), 3, hidden_activation="tanh", **settings)
    by_hand = NeuralNetMLP(**trained.settings())
    train(trained, X, y, num_epochs=2, learning_rate=0.1, minibatch_size=20, seed=7)

    order = np.random.default_rng(7)
    dropout, _ = order.spawn(2)
    for _ in range(2):
        shuffled = order.permutation(len(X))
        for start in range(0, len(X), 20):
            rows = shuffled[start : start + 20]
            _, gradients = by_hand.loss_and_gradients(X[rows], y[rows], rng=dropout)
            for name, gradient in gradients.items():
                by_hand.parameters[name][...] -= 0.1 * gradient
    assert by_hand.parameters.state.tobytes() == trained.parameters.state.tobytes()


def test_without_rng_it_is_the_network_that_predicts() -> None:
    model = NeuralNetMLP(6, 8, 3, batch_norm=True, dropout=0.5, dtype="float64")
    before = model.parameters.state.copy()
    loss, gradients = model.loss_and_gradients(X, y)
    assert loss == pytest.approx(model.evaluate(X, y).loss, rel=1e-12)
    expected = model.backward(X, model.forward(X), y)
    for name, gradient in expected.items():
        np.testing.assert_array_equal(gradients[name], gradient)
    assert model.parameters.state.tobytes() == before.tobytes()
    model.loss_and_gradients(X, y, rng=np.random.default_rng(0))
    assert model.parameters.state.tobytes() != before.tobytes()  # running statistics


def test_a_seed_in_place_of_a_generator_is_refused() -> None:
    with pytest.raises(InputError, match="rng is int 3"):
        NeuralNetMLP(6, 8, 3).loss_and_gradients(X, y, rng=3)  # type: ignore[arg-type]


def test_settings_build_an_equal_network() -> None:
    settings: dict[str, Any] = {
        "hidden_activation": ["relu", "tanh"], "output_activation": "softmax",
        "loss": "cross_entropy", "l2": 0.1, "batch_norm": True, "dropout": [0.1, 0.2],
        "label_smoothing": 0.1, "initial_weights": "lecun_uniform", "dtype": "float64",
        "input_range": (0, 1), "classes": ["a", "b", "c"],
    }  # fmt: skip
    model = NeuralNetMLP(6, (5, 4), 3, **settings)
    again = NeuralNetMLP(**model.settings())
    assert again.settings() == model.settings()
    assert again.parameters.state.tobytes() == model.parameters.state.tobytes()
