"""train(): the loop against a plain one, its bits, and its records."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    SGD,
    Adam,
    AdamW,
    Callback,
    Cosine,
    GradientClipping,
    NeuralNetMLP,
    Optimizer,
    Step,
    train,
)
from neuralnet.checks import Array
from neuralnet.nn.batch import Batch
from neuralnet.training.run import TrainingRun
from tests.training.problems import D, K, N, a_network, a_task, plain_training

# With each optimizer, eight of the 32 combinations of the other five settings: every pair of values
# of any two settings is among them.
LOOP_CASES = [
    (
        ("classic", "modern")[a],
        optimizer,
        (0.0, 0.05)[b],
        (None, 0.2)[c],
        bool(a ^ b),
        bool(a ^ c),
    )
    for optimizer in (
        SGD(),
        SGD(0.9),
        SGD(0.8, nesterov=True),
        Adam(epsilon=1e-4),
        AdamW(weight_decay=0.3),
    )
    for a, b, c in itertools.product((0, 1), repeat=3)
]


def test_each_pair_of_settings_of_the_loop_is_tried() -> None:
    columns = [list(map(repr, column)) for column in zip(*LOOP_CASES, strict=True)]
    for one, other in itertools.combinations(columns, 2):
        assert len({*zip(one, other, strict=True)}) == len({*one}) * len({*other})


@pytest.mark.parametrize(
    ("kind", "optimizer", "l2", "clip_norm", "weighted", "decays"), LOOP_CASES, ids=repr
)
def test_the_loop_is_the_plain_loop(
    kind: str,
    optimizer: Optimizer,
    l2: float,
    clip_norm: float | None,
    weighted: bool,
    decays: bool,
) -> None:
    X, y = a_task()
    sample_weight = np.random.default_rng(2).uniform(0.2, 3, N) if weighted else None
    classic = kind == "classic"
    model = a_network(
        hidden_activation="sigmoid" if classic else "relu",
        output_activation="sigmoid" if classic else "softmax",
        loss="mean_squared_error" if classic else "cross_entropy",
        l2=l2,
    )
    peak = 0.03 if isinstance(optimizer, Adam) else 0.1
    expected = plain_training(
        model,
        X,
        y,
        kind=kind,
        num_epochs=6,
        size=5,  # 23 = 4 * 5 + 3: the last batch of each epoch is shorter
        rate=lambda t, T: peak * (1 + math.cos(math.pi * t / T)) / 2 if decays else peak,
        optimizer=optimizer,
        l2=l2,
        clip_norm=clip_norm or math.inf,
        sample_weight=np.ones(N) if sample_weight is None else sample_weight,
        seed=9,
    )
    train(
        model,
        X,
        y,
        num_epochs=6,
        learning_rate=Cosine(peak) if decays else peak,
        minibatch_size=5,
        optimizer=optimizer,
        callbacks=[GradientClipping(clip_norm)] if clip_norm else [],
        sample_weight=sample_weight,
        seed=9,
    )
    for (name, received), right in zip(model.parameters.items(), expected, strict=True):
        np.testing.assert_allclose(received, right, rtol=1e-11, atol=1e-12, err_msg=name)


# ---------------------------------------------------------------- bits


def bits(seed: Any, **settings: Any) -> tuple[bytes, dict[str, Any]]:
    X, y = a_task()
    model = a_network(dtype="float32")
    history = train(model, X, y, X[:9], y[:9], 3, minibatch_size=4, seed=seed, **settings)
    record = history.as_dict()
    del record["seconds"]
    return model.parameters.values.tobytes(), record


def test_the_same_seed_gives_the_same_bits() -> None:
    optimizer = AdamW()
    first = bits(5, optimizer=optimizer)
    assert first == bits(5, optimizer=optimizer)  # started anew, though used before
    assert first == bits(np.random.default_rng(5), optimizer="adamw")
    other = bits(6, optimizer=optimizer)
    assert first[0] != other[0]
    assert first[1] != other[1]
    assert bits(None)[0] != bits(None)[0]


@pytest.mark.parametrize("kind", [Adam, AdamW, lambda: SGD(0.9)], ids=["adam", "adamw", "sgd"])
def test_an_optimizer_begins_each_training_of_the_same_network_anew(
    kind: Callable[[], Optimizer],
) -> None:
    X, y = a_task()
    results = []
    for optimizers in ([kind()] * 2, [kind(), kind()]):
        model = a_network()
        for optimizer in optimizers:
            train(model, X, y, num_epochs=2, optimizer=optimizer)
        results.append(model.parameters.values.tobytes())
    assert results[0] == results[1]


def test_a_generator_is_drawn_from_and_goes_on() -> None:
    generator = np.random.default_rng(5)
    assert bits(generator)[0] != bits(generator)[0]


def test_the_order_is_new_in_each_epoch_and_takes_each_example_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    X, y = a_task()
    seen: list[list[int]] = []

    class Watch(Callback):
        def on_epoch_begin(self, run: TrainingRun) -> None:
            seen.append([])

    def gather(batch: Batch, X: Array, rows: Array) -> None:
        seen[-1] += rows.tolist()
        load(batch, X, rows)

    load = Batch.gather
    monkeypatch.setattr(Batch, "gather", gather)
    train(NeuralNetMLP(D, 6, K), X, y, num_epochs=3, minibatch_size=5, seed=4, callbacks=[Watch()])
    generator = np.random.default_rng(4)
    assert seen == [generator.permutation(N).tolist() for _ in range(3)]


# ---------------------------------------------------------------- what is recorded


@pytest.mark.parametrize("l2", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_those_of_the_weights_after_the_epoch(l2: float, weighted: bool) -> None:
    X, y = a_task(40)
    sample_weight = np.linspace(0, 2, 30) if weighted else None
    snapshots: list[tuple[float, float, float, float]] = []

    class Snapshot(Callback):
        def on_batch_end(self, run: TrainingRun) -> None:
            if run.batch == run.num_batches:
                training = run.model.evaluate(X[:30], y[:30], sample_weight)
                snapshots.append((*training, *run.model.evaluate(X[30:], y[30:])))

    model = a_network(l2=l2)
    history = train(
        model,
        X[:30],
        y[:30],
        X[30:],
        y[30:],
        num_epochs=4,
        minibatch_size=7,
        sample_weight=sample_weight,
        callbacks=[Snapshot()],
    )
    lists = history.train_loss, history.train_accuracy, history.valid_loss, history.valid_accuracy
    assert list(zip(*lists, strict=True)) == snapshots
    assert history.train_loss[-1] == model.evaluate(X[:30], y[:30], sample_weight).loss
    assert len(set(history.train_loss)) == 4
    assert history.learning_rate == [0.1] * 4
    assert all(seconds > 0 for seconds in history.seconds)
    assert history.stopped is None
    history.check_lengths()
    loss, train_accuracy, valid_accuracy = history
    assert (loss, train_accuracy, valid_accuracy) == (lists[0], lists[1], lists[3])


def test_without_a_validation_set_its_figures_are_left_out() -> None:
    X, y = a_task()
    history = train(a_network(), X, y, num_epochs=1)
    assert history.num_epochs == len(history.train_accuracy) == 1
    assert history.valid_loss == history.valid_accuracy == []
    history.check_lengths()


@pytest.mark.parametrize(
    ("optimizer", "rate"), [("sgd", 0.1), ("adam", 0.001), (AdamW(weight_decay=0.1), 0.001)]
)
def test_the_default_learning_rate_suits_the_optimizer(
    optimizer: str | Optimizer, rate: float
) -> None:
    X, y = a_task()
    by_default, given = a_network(), a_network()
    history = train(by_default, X, y, num_epochs=2, optimizer=optimizer)
    train(given, X, y, num_epochs=2, optimizer=optimizer, learning_rate=rate)
    assert history.learning_rate == [rate, rate]
    np.testing.assert_array_equal(by_default.parameters.values, given.parameters.values)
    history = train(a_network(), X, y, num_epochs=2, optimizer=optimizer, learning_rate=Step())
    assert history.learning_rate[0] == rate


def test_each_epoch_records_the_rate_of_its_last_step() -> None:
    X, y = a_task()
    history = train(a_network(), X, y, num_epochs=3, learning_rate=Cosine(0.5), minibatch_size=5)
    expected = [0.25 * (1 + math.cos(math.pi * step / 15)) for step in (4, 9, 14)]
    assert history.learning_rate == pytest.approx(expected, rel=1e-12)


def test_the_weights_that_are_left_are_the_last() -> None:
    X, y = a_task()
    model = a_network()
    weights: list[Array] = []

    class Keep(Callback):
        def on_epoch_end(self, run: TrainingRun) -> None:
            weights.append(run.model.parameters.values.copy())

    train(model, X, y, num_epochs=3, callbacks=Keep())  # type: ignore[arg-type]
    np.testing.assert_array_equal(model.parameters.values, weights[-1])
    assert (weights[-1] != weights[-2]).any()
