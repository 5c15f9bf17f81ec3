"""The training loss for nothing, the order of the examples, and targets in the loop."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from rich.console import Console

from neuralnet import Callback, NeuralNetMLP, ProgressBar, train
from neuralnet.training.callbacks import BestWeights
from neuralnet.training.run import TrainingRun
from tests.training.problems import D, a_network, a_task


class Batches(Callback):
    def __init__(self) -> None:
        self.losses: list[float] = []

    def on_batch_end(self, run: TrainingRun) -> None:
        self.losses.append(run.batch_loss)


class Frozen(Callback):
    """Keeps the weights as they are."""

    def on_batch_begin(self, run: TrainingRun) -> None:
        run.learning_rate = 0.0


def test_the_running_loss_is_the_mean_over_the_examples_of_the_epochs_batches() -> None:
    X, y = a_task()  # 23 examples: batches of 10, 10 and 3
    batches = Batches()
    history = train(
        a_network(l2=0.1), X, y, X, y, 2, 0.1, 10, running_loss=True, callbacks=[batches]
    )
    expected = np.reshape(batches.losses, (2, 3)) @ [10, 10, 3] / 23
    np.testing.assert_allclose(history.train_loss, expected)
    assert all(math.isnan(share) for share in history.train_accuracy)
    assert not any(math.isnan(share) for share in history.valid_accuracy)
    assert history.best_epoch in {1, 2}


def test_the_running_loss_weighs_batches_as_the_loss_weighs_examples() -> None:
    X, y = a_task(20)
    sample_weight = np.r_[np.full(10, 0.01), np.full(10, 5.0)]
    frozen = Frozen()
    history = train(
        model := a_network(), X, y, num_epochs=1, minibatch_size=10, running_loss=True,
        sample_weight=sample_weight, shuffle=False, callbacks=[frozen],
    )  # fmt: skip
    assert history.train_loss == [pytest.approx(model.evaluate(X, y, sample_weight).loss)]


def test_the_weights_are_the_same_either_way() -> None:
    X, y = a_task()
    models = a_network(), a_network()
    for model, running in zip(models, (False, True), strict=True):
        train(model, X, y, num_epochs=3, minibatch_size=10, running_loss=running)
    values = [model.parameters.values for model in models]
    np.testing.assert_array_equal(values[0], values[1])


def test_without_shuffling_every_epoch_has_the_order_of_the_examples() -> None:
    X, y = a_task(20)
    model, by_hand = a_network(), a_network()
    train(model, X, y, num_epochs=2, minibatch_size=10, learning_rate=0.1, shuffle=False)
    for _ in range(2):
        for rows in (slice(0, 10), slice(10, 20)):
            by_hand.backward(X[rows], by_hand.forward(X[rows]), y[rows])
            by_hand.parameters.values[...] -= 0.1 * by_hand.parameters.gradients
    np.testing.assert_allclose(model.parameters.values, by_hand.parameters.values, rtol=1e-12)


def test_a_regression_is_trained_and_its_best_epoch_is_that_of_the_lowest_loss() -> None:
    X, _ = a_task(60)
    y = np.column_stack([X.sum(axis=1), X[:, 0] ** 2])
    model = NeuralNetMLP(
        D, 20, 2, output_activation="identity", hidden_activation="tanh", dtype="float64"
    )
    printed = io.StringIO()
    callbacks = [BestWeights(), ProgressBar(Console(file=printed, width=120))]
    history = train(model, X, y, X, y, 40, 0.02, 10, callbacks=callbacks)
    assert history.valid_loss[-1] < history.valid_loss[0] / 2
    assert history.best_epoch == int(np.argmin(history.valid_loss)) + 1
    assert model.evaluate(X, y).loss == pytest.approx(min(history.valid_loss))
    assert "accuracy" not in printed.getvalue()
    assert "validation" in printed.getvalue()
    assert "nan" not in printed.getvalue()
