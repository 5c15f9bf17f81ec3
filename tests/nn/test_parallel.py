"""Threads: the same numbers, nothing left behind, and no deadlock."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from neuralnet import Adam, AdamW, Callback, InputError, NeuralNetMLP, train
from neuralnet.checks import Array
from neuralnet.nn import parallel
from neuralnet.nn.parallel import blockwise, matmul, run, team


class Blas:
    """A BLAS of three threads, on any machine, that records its limits."""

    def __init__(self) -> None:
        self.lib_controllers = [SimpleNamespace(num_threads=3)]
        self.limits: list[int] = []

    @contextlib.contextmanager
    def _limited(self, limits: int) -> Iterator[None]:
        one, before = self.lib_controllers[0], self.lib_controllers[0].num_threads
        one.num_threads = limits
        try:
            yield
        finally:
            one.num_threads = before

    def limit(self, *, limits: int) -> contextlib.AbstractContextManager[None]:
        self.limits.append(limits)
        return self._limited(limits)


@pytest.fixture
def blas(monkeypatch: pytest.MonkeyPatch) -> Blas:
    blas = Blas()
    monkeypatch.setattr(parallel, "_blas", lambda: blas)
    return blas


@pytest.fixture
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MIN_STEP", "MIN_PREDICTION", "MIN_PRODUCT"):
        monkeypatch.setattr(parallel, name, 1)


def threads_of(length: int = 12) -> list[tuple[int, slice]]:
    """Return the thread and the part of each call of a task."""
    calls = []
    run(lambda part: calls.append((threading.get_ident(), part)), length)
    return sorted(calls, key=lambda call: call[1].start)


def team_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("neuralnet")]


def network(**settings: Any) -> NeuralNetMLP:
    return NeuralNetMLP(
        20,
        (33, 17),
        10,
        hidden_activation="relu",
        output_activation="softmax",
        loss="cross_entropy",
        **settings,
    )


X = np.random.default_rng(0).normal(size=(1600, 20)).astype(np.float32)
Y = np.random.default_rng(1).integers(0, 10, 1600)


def test_the_parts_cover_everything_once_one_per_thread(blas: Blas) -> None:
    with team(large=True):
        calls = threads_of()
        assert team_threads()
        assert [(part.start, part.stop) for _, part in calls] == [(0, 4), (4, 8), (8, 12)]
        assert calls[0][0] == threading.get_ident()
        assert threading.get_ident() not in {ident for ident, _ in calls[1:]}
        assert [(p.start, p.stop) for _, p in threads_of(1)].count((0, 1)) == 1
    assert threads_of() == [(threading.get_ident(), slice(0, 12))]
    assert blas.limits[0] == 1
    assert blas.lib_controllers[0].num_threads == 3


@pytest.mark.parametrize(
    ("large", "threads", "limits", "parts"),
    [
        (False, None, [], 1),  # BLAS keeps its threads
        (False, 2, [2], 1),
        (False, 5, [3], 1),
        (True, 1, [1], 1),
        (True, 2, [1], 2),
        (True, 5, [1], 3),
    ],
)
def test_threads_are_capped(
    blas: Blas, large: bool, threads: int | None, limits: list[int], parts: int
) -> None:
    with team(large=large, threads=threads):
        assert blas.limits == limits
        assert len(threads_of()) == parts


def test_a_limit_set_outside_is_honoured(blas: Blas) -> None:
    blas.lib_controllers[0].num_threads = 1
    with team(large=True):
        assert len(threads_of()) == 1


def test_parts_are_not_split_again(blas: Blas) -> None:
    inner: list[int] = []
    with team(large=True):
        run(lambda part: inner.append(len(threads_of())), 12)
        with team(large=True):
            assert len(threads_of()) == 3
        assert len(threads_of()) == 3
    assert inner == [1, 1, 1]


def test_another_thread_works_alone_meanwhile(blas: Blas) -> None:
    counts: list[int] = []

    def other() -> None:
        with team(large=True):
            counts.append(len(threads_of()))

    with team(large=True):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert len(threads_of()) == 3
    assert counts == [1]


@pytest.mark.parametrize("fails", [0, 5, 11])
def test_an_error_in_any_part_arrives_after_all_have_ended(blas: Blas, fails: int) -> None:
    ended: list[slice] = []

    def task(part: slice) -> None:
        if part.start <= fails < part.stop:
            raise ZeroDivisionError
        ended.append(part)

    with team(large=True):
        with pytest.raises(ZeroDivisionError):
            run(task, 12)
        assert len(ended) == 2
        assert len(threads_of()) == 3  # the team is still at work
    assert not parallel._team.pool


def test_floating_point_errors_are_treated_as_in_the_calling_thread(blas: Blas) -> None:
    def divide(part: slice) -> None:
        np.divide(np.ones(2), np.zeros(2))

    with team(large=True), np.errstate(divide="ignore"):
        run(divide, 12)
    with team(large=True), np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        run(lambda part: divide(part) if part.start else None, 12)


def test_products_and_blocks_are_those_of_one_thread(
    blas: Blas, small_is_large: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "BLOCK", 7)
    rng = np.random.default_rng(0)
    for shape in ((5, 4, 1), (1, 1, 2), (6, 3, 50)):
        n, d, k = shape
        x, W, b = rng.normal(size=(n, d)), rng.normal(size=(d, k)), rng.normal(size=k)
        with team(large=True):
            np.testing.assert_allclose(matmul(x, W, np.empty((n, k)), b), x @ W + b, rtol=1e-12)
            np.testing.assert_allclose(matmul(x, W, np.empty((n, k))), x @ W, rtol=1e-12)
            covered = np.zeros(40)

            def add(block: slice, scratch: Array, covered: Array = covered) -> None:
                covered[block] += len(scratch) == block.stop - block.start <= 7

            blockwise(add, covered, 37)
        np.testing.assert_array_equal(covered, [1] * 37 + [0] * 3)


@pytest.mark.parametrize("optimizer", [Adam(), AdamW(weight_decay=0.1)])
@pytest.mark.parametrize("settings", [{}, {"batch_norm": True, "dropout": 0.3, "l2": 1e-3}])
def test_a_training_is_that_of_one_thread(
    blas: Blas, small_is_large: None, optimizer: Adam, settings: dict[str, Any]
) -> None:
    models = [network(dtype="float64", **settings) for _ in range(3)]
    for model, threads in zip(models, (1, 3, 3), strict=True):
        arguments = {"num_epochs": 2, "minibatch_size": 64, "optimizer": optimizer}
        train(model, X, Y, X[:100], Y[:100], threads=threads, **arguments)  # type: ignore[arg-type]
        assert not team_threads()
    one, three, again = (model.parameters.state for model in models)
    np.testing.assert_allclose(three, one, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(three, again)


def test_predictions_are_those_of_one_thread(blas: Blas, small_is_large: None) -> None:
    model = network()

    def results() -> list[Array]:
        return [*model.forward(X), model.logits(X), np.array(model.evaluate(X, Y))]

    shared = results()
    assert len(blas.limits) >= 3
    assert not team_threads()
    blas.lib_controllers[0].num_threads = 1
    for one, other in zip(shared, results(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_inputs_that_are_not_finite_are_still_named(blas: Blas, small_is_large: None) -> None:
    wrong = X.copy()
    wrong[1100, 3] = np.nan
    with pytest.raises(InputError, match=r"row 1,?100"):
        network().predict(wrong)
    assert not team_threads()


@pytest.mark.parametrize(("change", "large"), [(-1, False), (0, True)])
def test_only_large_work_starts_a_team(
    monkeypatch: pytest.MonkeyPatch, change: int, large: bool
) -> None:
    asked: list[bool] = []

    @contextlib.contextmanager
    def asking(*, large: bool, threads: int | None = None) -> Iterator[None]:
        asked.append(large)
        yield

    monkeypatch.setattr(parallel, "team", asking)
    model = network()
    weights = model.parameters.num_weights
    monkeypatch.setattr(parallel, "MIN_STEP", 6 * 64 * weights - change)
    monkeypatch.setattr(parallel, "MIN_PREDICTION", 2 * len(X) * weights - change)
    train(model, X, Y, num_epochs=1, minibatch_size=64, running_loss=True)
    model.predict(X)
    assert asked == [large, large]


def test_a_small_product_is_left_to_the_calling_thread(
    blas: Blas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "MIN_PRODUCT", 2 * 6 * 4 * 8)
    x, W = np.ones((6, 4)), np.ones((4, 8))
    asked: list[bool] = []
    monkeypatch.setattr(parallel, "run", lambda task, length, large: asked.append(large))
    matmul(x, W, np.empty((6, 8)))
    matmul(x, W[:, :7], np.empty((6, 7)))
    assert asked == [True, False]


def test_the_real_blas_gets_its_threads_back() -> None:
    def threads() -> list[int]:
        return [one.num_threads for one in ThreadpoolController().lib_controllers]

    before = threads()
    with team(large=True):
        assert 1 in threads()
    assert threads() == before
    with threadpool_limits(1), team(large=True, threads=7):
        assert not parallel._team.pool
    assert threads() == before


class Fork(Callback):
    """Predicts in a process that is forked in the middle of a training."""

    def on_epoch_end(self, run: Any) -> None:
        self.labels = run.model.predict(X)
        process = os.fork()
        if not process:
            same = (run.model.predict(X) == self.labels).all()
            os._exit(0 if same else 1)
        self.status = os.waitpid(process, 0)[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_works_alone(blas: Blas, small_is_large: None) -> None:
    fork = Fork()
    train(network(), X, Y, num_epochs=1, callbacks=[fork])
    assert fork.status == 0


def test_many_threads_of_the_caller_predict_at_once(blas: Blas, small_is_large: None) -> None:
    model = network()
    expected = model.predict(X)
    results: list[bool] = []
    threads = [
        threading.Thread(target=lambda: results.append((model.predict(X) == expected).all()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 8
    assert blas.lib_controllers[0].num_threads == 3


@pytest.mark.parametrize("threads", [0, -1, 1.5, "two", True])
def test_a_wrong_number_of_threads_is_refused(threads: Any) -> None:
    with pytest.raises(InputError, match="threads"):
        train(network(), X, Y, threads=threads)
