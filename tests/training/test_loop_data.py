"""train(): sizes of batches, kinds of data, and trainings that learn."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from neuralnet import (
    SGD,
    Adam,
    Callback,
    Cosine,
    NeuralNetMLP,
    OneCycle,
    Optimizer,
    train,
)
from neuralnet.data.sources import Dataset
from neuralnet.training.run import TrainingRun
from tests.training.problems import D, K, N, a_network, a_task


@pytest.mark.parametrize(
    ("num_examples", "size", "num_batches"),
    [(1, 1, 1), (23, 100, 1), (23, 23, 1), (23, 22, 2), (23, 1, 23), (20, 5, 4)],
)
def test_number_of_batches(num_examples: int, size: int, num_batches: int) -> None:
    X, y = a_task(num_examples)
    counted: list[int] = []

    class Count(Callback):
        def on_batch_end(self, run: TrainingRun) -> None:
            assert run.num_batches == num_batches
            counted.append(run.batch)

    train(a_network(), X, y, num_epochs=2, minibatch_size=size, callbacks=[Count()])
    assert counted == 2 * list(range(1, num_batches + 1))


def test_a_batch_size_above_the_number_of_examples_means_all_of_them() -> None:
    X, y = a_task()
    results = []
    for size in (N, N + 1, 10**9):
        model = a_network()
        train(model, X, y, num_epochs=2, minibatch_size=size)
        results.append(model.parameters.values.tobytes())
    assert len(set(results)) == 1


def test_examples_that_weigh_nothing_teach_nothing() -> None:
    X, y = a_task()
    sample_weight = np.ones(N)
    sample_weight[5:] = 0
    results = []
    for change in (0.0, 1e6):
        model = a_network()
        X[5:] += change
        # Batches of one: most hold nothing that counts, and must not divide by zero.
        train(model, X, y, num_epochs=2, minibatch_size=1, sample_weight=sample_weight)
        results.append(model.parameters.values.tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_a_memory_map_trains_as_an_array_does(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(5)
    in_memory = rng.integers(0, 256, (61, D)).astype(kind)
    in_memory.tofile(tmp_path / "X")
    mapped = np.memmap(tmp_path / "X", kind, "r", shape=in_memory.shape)
    y = rng.integers(0, K, 61)
    results = []
    for X in (in_memory, mapped, np.asfortranarray(in_memory), np.repeat(in_memory, 2, 0)[::2]):
        model = a_network()
        history = train(model, X, y, X, y, num_epochs=2, minibatch_size=9)
        results.append((model.parameters.values.tobytes(), history.train_loss))
    assert all(result == results[0] for result in results)


def test_pixels_train_as_the_floats_they_are_scaled_to() -> None:
    rng = np.random.default_rng(6)
    pixels, y = rng.integers(0, 256, (61, D), dtype=np.uint8), rng.integers(0, K, 61)
    ours, expected = a_network(), a_network()
    train(ours, pixels, y, num_epochs=3, minibatch_size=9)
    train(expected, pixels / 127.5 - 1, y, num_epochs=3, minibatch_size=9)
    np.testing.assert_allclose(
        ours.parameters.values, expected.parameters.values, rtol=1e-10, atol=1e-13
    )


def test_nothing_that_is_given_is_changed() -> None:
    X, y = a_task()
    sample_weight = np.linspace(1, 2, N)
    given = [X, y, sample_weight]
    kept = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    train(a_network(), X, y, X, y, 2, sample_weight=sample_weight)
    for array, before in zip(given, kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize(
    ("optimizer", "learning_rate"), [("sgd", 0.5), (SGD(0.9), 0.1), ("adam", 0.02), ("adamw", 0.02)]
)
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh", "relu", "leaky_relu", "gelu"])
def test_every_network_learns(
    optimizer: str | Optimizer, learning_rate: float, hidden: str
) -> None:
    X, y = a_task(150)
    model = NeuralNetMLP(
        D, 16, K, hidden_activation=hidden, output_activation="softmax", loss="cross_entropy"
    )
    history = train(
        model, X, y, None, None, 40, OneCycle(learning_rate, peak=0.1), 10, optimizer=optimizer
    )
    assert history.train_loss[-1] < 0.3 * history.train_loss[0]
    assert history.train_accuracy[-1] > 0.95


@pytest.mark.mnist
def test_the_classic_network_on_real_digits(mnist: Dataset) -> None:
    X, y = mnist.images, mnist.labels
    history = train(
        NeuralNetMLP(784), X[:55_000], y[:55_000], X[55_000:60_000], y[55_000:60_000], 2
    )
    assert history.valid_accuracy[-1] > 0.88
    assert history.train_loss[-1] < history.train_loss[0]


@pytest.mark.mnist
def test_a_modern_network_on_real_digits(mnist: Dataset) -> None:
    X, y = mnist.images, mnist.labels
    model = NeuralNetMLP(
        784,
        (256, 128),
        hidden_activation="relu",
        output_activation="softmax",
        loss="cross_entropy",
    )
    history = train(
        model,
        X[:55_000],
        y[:55_000],
        X[55_000:60_000],
        y[55_000:60_000],
        num_epochs=2,
        learning_rate=Cosine(0.002),
        minibatch_size=200,
        optimizer="adam",
    )
    assert history.valid_accuracy[-1] > 0.96  # seeds give 0.968 to 0.971


def test_an_optimizer_may_serve_two_trainings_at_once() -> None:
    X, y = a_task()

    class TrainsAnother(Callback):
        def on_epoch_end(self, run: TrainingRun) -> None:
            train(a_network(), X, y, num_epochs=1, optimizer=shared)

    shared = Adam()
    alone = train(a_network(), X, y, num_epochs=3, optimizer=Adam())
    beside = train(a_network(), X, y, num_epochs=3, optimizer=shared, callbacks=[TrainsAnother()])
    assert alone.train_loss == beside.train_loss


def test_columns_first_are_not_copied_as_a_whole() -> None:
    X = np.asfortranarray(np.random.default_rng(0).normal(size=(20_000, 50)))
    y = np.arange(len(X)) % 2
    model = NeuralNetMLP(50, 2, 2, dtype="float64")
    tracemalloc.start()
    train(model, X, y, num_epochs=1, minibatch_size=5_000, running_loss=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.7 * X.nbytes
