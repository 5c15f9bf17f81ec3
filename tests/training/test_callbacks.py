"""Callbacks: called in the right order, able to steer, and told of every end."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    BestWeights,
    Callback,
    Cosine,
    InputError,
    NeuralNetMLP,
    OneCycle,
    ProgressBar,
    Schedule,
    TrainingDivergedError,
    train,
)
from neuralnet.training.run import TrainingRun
from tests.training.recorder import HOOKS, Event, Recorder, at, raising, run_network, run_training


def test_every_hook_in_its_order_with_the_right_counters() -> None:
    recorder = Recorder()
    run_training(recorder, num_epochs=2)
    expected: list[Event] = [("on_train_begin", 0, 0, 0)]
    for epoch in (1, 2):
        expected.append(("on_epoch_begin", epoch, 0, epoch - 1))
        for batch in (1, 2, 3):
            expected.append(("on_batch_begin", epoch, batch, epoch - 1))
            expected.append(("on_batch_end", epoch, batch, epoch - 1))
        expected.append(("on_epoch_end", epoch, 3, epoch))
    expected.append(("on_train_end", 2, 3, 2))
    assert recorder.events == expected


def test_several_callbacks_take_their_turns() -> None:
    shared: list[Event] = []
    first, second = Recorder(), Recorder()
    first.events = second.events = shared
    run_training(first, second, num_epochs=1)
    assert shared[::2] == shared[1::2]
    assert len(shared) == 2 * 10


def test_a_plain_callback_does_nothing() -> None:
    plain, _ = run_training()
    watched, _ = run_training(Callback(), Recorder())
    np.testing.assert_array_equal(plain.parameters.values, watched.parameters.values)


def test_what_the_run_tells() -> None:
    losses: list[float] = []

    def look(run: TrainingRun) -> None:
        assert isinstance(run.model, NeuralNetMLP)
        assert run.num_epochs == 3
        assert run.num_batches == 3
        assert run.learning_rate == 0.1
        losses.append(run.batch_loss)

    run_training(Recorder(on_train_begin=look, on_batch_end=look))
    assert math.isnan(losses[0])
    assert all(map(math.isfinite, losses[1:]))


def test_the_batch_loss_is_that_before_the_update() -> None:
    before: list[float] = []
    rng = np.random.default_rng(3)
    X, y = rng.normal(0, 1, (8, 3)), np.arange(8) % 2

    def look(run: TrainingRun) -> None:
        before.append(run.model.evaluate(X, y).loss)

    def compare(run: TrainingRun) -> None:
        assert run.batch_loss == pytest.approx(before[-1], rel=1e-12)

    model = NeuralNetMLP(3, 4, 2, l2=0.1, dtype="float64")
    recorder = Recorder(on_batch_begin=look, on_batch_end=compare)
    train(model, X, y, num_epochs=4, minibatch_size=8, callbacks=[recorder])
    assert len(before) == 4


# ---------------------------------------------------------------- stopping


def test_a_stop_within_an_epoch_ends_it_after_the_present_batch() -> None:
    recorder = Recorder(on_batch_end=at(2, 2, lambda run: run.stop("enough")))
    _, history = run_training(recorder)
    assert recorder.events[-3:] == [
        ("on_batch_end", 2, 2, 1),
        ("on_epoch_end", 2, 2, 2),
        ("on_train_end", 2, 2, 2),
    ]
    assert history.stopped == "enough"
    assert history.num_epochs == 2  # the broken epoch is evaluated too
    history.check_lengths()


@pytest.mark.parametrize(
    ("hook", "epochs", "batches"),
    [
        ("on_train_begin", 0, 0),
        ("on_epoch_begin", 1, 1),
        ("on_batch_begin", 1, 1),
        ("on_batch_end", 1, 1),
        ("on_epoch_end", 1, 3),
    ],
)
def test_a_stop_from_any_hook(hook: str, epochs: int, batches: int) -> None:
    recorder = Recorder(**{hook: lambda run: run.stop("by hand")})
    _, history = run_training(recorder)
    assert history.num_epochs == epochs
    assert recorder.hooks().count("on_batch_end") == batches
    assert recorder.hooks()[-1] == "on_train_end"
    assert history.stopped == "by hand"


@pytest.mark.parametrize("hook", HOOKS[1:-1])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("broken")])
def test_every_callback_hears_of_the_end_when_an_error_comes(
    hook: str, error: BaseException
) -> None:
    first, second = Recorder(**{hook: raising(error)}), Recorder()
    with pytest.raises(type(error)) as raised:
        run_training(first, second)
    assert raised.value is error
    for recorder in (first, second):
        assert recorder.hooks()[-1] == "on_train_end"
        assert recorder.hooks().count("on_train_end") == 1


def test_every_callback_hears_of_the_end_when_the_loss_diverges() -> None:
    recorder = Recorder(on_batch_begin=lambda run: run.model.parameters.values.fill(np.nan))
    with pytest.raises(TrainingDivergedError):
        run_training(recorder)
    assert recorder.hooks()[-1] == "on_train_end"


def test_a_refused_argument_calls_nobody() -> None:
    recorder = Recorder()
    with pytest.raises(InputError):
        run_training(recorder, learning_rate=-1)
    assert recorder.events == []


@pytest.mark.parametrize("other", [ProgressBar, BestWeights])
def test_an_error_at_the_beginning_is_the_one_that_is_seen(other: type[Callback]) -> None:
    error = RuntimeError("broken")
    with pytest.raises(RuntimeError) as raised:
        run_training(Recorder(on_train_begin=raising(error)), other())
    assert raised.value is error


def test_an_error_at_the_end_does_not_keep_the_others_from_ending() -> None:
    other = Recorder()
    with pytest.raises(RuntimeError):
        run_training(Recorder(on_train_end=raising(RuntimeError("broken"))), other)
    assert other.hooks()[-1] == "on_train_end"


# ---------------------------------------------------------------- the learning rate


@pytest.mark.parametrize("hook", ["on_train_begin", "on_epoch_begin", "on_batch_begin"])
def test_a_rate_that_is_set_holds_from_the_next_step_on(hook: str) -> None:
    def halve(run: TrainingRun) -> None:
        if run.epoch in {0, 2} and run.batch <= 1:
            run.learning_rate = 0.05

    rates: list[float] = []
    recorder = Recorder(**{hook: halve}, on_batch_end=lambda run: rates.append(run.learning_rate))
    _, history = run_training(recorder)
    expected = [0.05] * 9 if hook == "on_train_begin" else [0.1] * 3 + [0.05] * 6
    assert rates == pytest.approx(expected, rel=1e-12)
    assert history.learning_rate == pytest.approx(expected[2::3], rel=1e-12)


@pytest.mark.parametrize("schedule", [Cosine(0.3), OneCycle(0.3, final=0.2)])
def test_setting_the_rate_scales_the_rest_of_the_schedule(schedule: Schedule) -> None:
    def double(run: TrainingRun) -> None:
        run.learning_rate *= 2

    rates: list[float] = []
    recorder = Recorder(
        on_batch_begin=at(2, 2, double),
        on_batch_end=lambda run: rates.append(run.learning_rate),
    )
    run_training(recorder, learning_rate=schedule)
    expected = [0.3 * schedule.factor(t, 9) * (2 if t >= 4 else 1) for t in range(9)]
    assert rates == pytest.approx(expected, rel=1e-12)


def test_the_rate_that_is_set_is_the_one_that_is_used() -> None:
    frozen, _ = run_training(
        Recorder(on_train_begin=lambda run: setattr(run, "learning_rate", 0.0))
    )
    np.testing.assert_array_equal(frozen.parameters.values, run_network().parameters.values)
    slow, _ = run_training(learning_rate=0.02)
    set_slow, _ = run_training(
        Recorder(on_train_begin=lambda run: setattr(run, "learning_rate", 0.02))
    )
    np.testing.assert_array_equal(slow.parameters.values, set_slow.parameters.values)


def test_a_rate_set_after_the_last_step_is_not_recorded_for_it() -> None:
    recorder = Recorder(on_batch_end=at(1, 3, lambda run: setattr(run, "learning_rate", 0.02)))
    _, history = run_training(recorder)
    assert history.learning_rate == pytest.approx([0.1, 0.02, 0.02])


@pytest.mark.parametrize("rate", [-0.1, math.nan, math.inf, "0.1", None, True])
def test_a_rate_that_is_none_is_refused(rate: Any) -> None:
    recorder = Recorder(on_epoch_begin=lambda run: setattr(run, "learning_rate", rate))
    with pytest.raises(InputError, match="learning_rate") as raised:
        run_training(recorder)
    assert repr(rate) in str(raised.value)


def test_no_rate_can_be_set_where_the_schedule_stands_at_zero() -> None:
    class Off(Schedule):
        name = "off"

        def factor(self, step: int, num_steps: int) -> float:
            return 0.0

    recorder = Recorder(on_batch_begin=lambda run: setattr(run, "learning_rate", 0.5))
    with pytest.raises(InputError, match=r"learning_rate.*0\.5.*schedule"):
        run_training(recorder, learning_rate=Off())


def test_a_rate_set_before_an_epoch_is_that_of_its_first_step() -> None:
    class SetsRate(Callback):
        def __init__(self) -> None:
            self.first_rates: list[float] = []

        def on_epoch_begin(self, run: TrainingRun) -> None:
            run.learning_rate = 0.05

        def on_batch_begin(self, run: TrainingRun) -> None:
            if run.batch == 1:
                self.first_rates.append(run.learning_rate)

    callback = SetsRate()
    run_training(callback, learning_rate=Cosine(0.1))
    assert len(callback.first_rates) > 1
    np.testing.assert_allclose(callback.first_rates, 0.05, rtol=1e-12)
