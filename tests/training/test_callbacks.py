"""Callbacks: called in the right order, able to steer, and told of every end."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from neuralnet import (
    BestWeights,
    Callback,
    Cosine,
    EarlyStopping,
    InputError,
    NeuralNetMLP,
    ProgressBar,
    Schedule,
    TrainingDivergedError,
    Warmup,
    train,
)
from neuralnet.checks import Array
from neuralnet.training.run import TrainingRun

HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_batch_begin",
    "on_batch_end",
    "on_epoch_end",
    "on_train_end",
)
Event = tuple[str, int, int, int]


class Recorder(Callback):
    """Writes down each hook with epoch, batch and completed epochs, and may act at one of them."""

    def __init__(self, **actions: Any) -> None:
        self.events: list[Event] = []
        self.actions = actions

    def record(self, hook: str, run: TrainingRun) -> None:
        self.events.append((hook, run.epoch, run.batch, run.history.num_epochs))
        if hook in self.actions:
            self.actions[hook](run)

    def hooks(self) -> list[str]:
        return [hook for hook, *_ in self.events]


def _recording(hook: str) -> Any:
    return lambda self, run: self.record(hook, run)


for _hook in HOOKS:
    setattr(Recorder, _hook, _recording(_hook))


def run_training(*callbacks: Callback, **settings: Any) -> tuple[NeuralNetMLP, Any]:
    rng = np.random.default_rng(1)
    X, y = rng.normal(0, 1, (10, 3)), np.arange(10) % 2
    model = NeuralNetMLP(3, 4, 2, dtype="float64")
    defaults: dict[str, Any] = {"num_epochs": 3, "minibatch_size": 4}  # 3 batches: 4, 4, 2
    history = train(model, X, y, X, y, **(defaults | settings), callbacks=callbacks)
    return model, history


def at(epoch: int, batch: int, act: Any) -> Any:
    return lambda run: act(run) if (run.epoch, run.batch) == (epoch, batch) else None


def raising(error: BaseException) -> Any:
    def act(run: TrainingRun) -> None:
        raise error

    return act


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
        run_training(recorder, clip_norm=-1)
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


@pytest.mark.parametrize("schedule", [Cosine(), Warmup(0.3, Cosine(final=0.2))])
def test_setting_the_rate_scales_the_rest_of_the_schedule(schedule: Schedule) -> None:
    def double(run: TrainingRun) -> None:
        run.learning_rate *= 2

    rates: list[float] = []
    recorder = Recorder(
        on_batch_begin=at(2, 2, double),
        on_batch_end=lambda run: rates.append(run.learning_rate),
    )
    run_training(recorder, learning_rate=0.3, schedule=schedule)
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


def run_network() -> NeuralNetMLP:
    return NeuralNetMLP(3, 4, 2, dtype="float64")


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
        run_training(recorder, schedule=Off())


# ---------------------------------------------------------------- the callbacks that come along


def with_accuracies(accuracies: list[float]) -> Callback:
    """Put these validation accuracies into the history, whatever the network reached."""

    def replace(run: TrainingRun) -> None:
        run.history.valid_accuracy[-1] = accuracies[run.epoch - 1]
        run.history.valid_loss[-1] = 1.0

    return Recorder(on_epoch_end=replace)


@pytest.mark.parametrize(
    ("accuracies", "best"),
    [([0.1, 0.9, 0.5, 0.5], 2), ([0.9, 0.1, 0.9, 0.2], 1), ([0.1, 0.2, 0.3, 0.4], 4)],
)
def test_best_weights_leaves_those_of_the_best_epoch(accuracies: list[float], best: int) -> None:
    weights: list[Array] = []
    keep = Recorder(on_epoch_end=lambda run: weights.append(run.model.parameters.values.copy()))
    model, _ = run_training(with_accuracies(accuracies), keep, BestWeights(), num_epochs=4)
    np.testing.assert_array_equal(model.parameters.values, weights[best - 1])
    np.testing.assert_array_equal(
        model.parameters["layers.0.weight"].ravel(), weights[best - 1][:12]
    )


def test_best_weights_are_left_after_an_interruption_too() -> None:
    weights: list[Array] = []
    keep = Recorder(
        on_epoch_end=lambda run: weights.append(run.model.parameters.values.copy()),
        on_batch_end=at(3, 2, raising(KeyboardInterrupt())),
    )
    rng = np.random.default_rng(1)
    model = run_network()
    with pytest.raises(KeyboardInterrupt):
        train(
            model,
            rng.normal(0, 1, (10, 3)),
            np.arange(10) % 2,
            num_epochs=4,
            minibatch_size=4,
            callbacks=[keep, BestWeights()],
        )
    assert len(weights) == 2
    np.testing.assert_array_equal(model.parameters.values, weights[1])


def test_best_weights_before_any_epoch_change_nothing() -> None:
    best = BestWeights()
    run_training(best)
    model, _ = run_training(Recorder(on_train_begin=lambda run: run.stop("at once")), best)
    np.testing.assert_array_equal(model.parameters.values, run_network().parameters.values)


@pytest.mark.parametrize(
    ("patience", "accuracies", "epochs"),
    [
        (1, [0.5, 0.4, 0.9, 0.9, 0.9, 0.9], 2),
        (2, [0.5, 0.4, 0.9, 0.8, 0.7, 0.9], 5),
        (2, [0.5, 0.5, 0.5, 0.9, 0.9, 0.9], 3),  # an equal epoch is no better one
        (3, [0.5, 0.4, 0.4, 0.6, 0.6, 0.6], 6),
        (1, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 6),
    ],
)
def test_early_stopping(patience: int, accuracies: list[float], epochs: int) -> None:
    callbacks = with_accuracies(accuracies), EarlyStopping(patience)
    _, history = run_training(*callbacks, num_epochs=6)
    assert history.num_epochs == epochs
    if epochs < 6:
        assert str(patience) in history.stopped
        assert f"epoch {epochs - patience}" in history.stopped
    else:
        assert history.stopped is None


def test_early_stopping_by_the_training_loss_without_a_validation_set() -> None:
    rising = Recorder(
        on_epoch_end=lambda run: run.history.train_loss.__setitem__(-1, float(run.epoch))
    )
    X, y = np.eye(3), np.array([0, 1, 0])
    history = train(run_network(), X, y, num_epochs=9, callbacks=[rising, EarlyStopping(4)])
    assert history.num_epochs == 5


@pytest.mark.parametrize("patience", [0, -1, 1.5, True, "3", None])
def test_a_patience_that_is_none_is_refused(patience: Any) -> None:
    with pytest.raises(InputError, match=r"patience.*at least 1") as raised:
        EarlyStopping(patience)
    assert repr(patience) in str(raised.value)


# ---------------------------------------------------------------- progress


def test_progress_prints_a_plain_line_an_epoch_where_there_is_no_terminal() -> None:
    output = io.StringIO()
    _, history = run_training(
        ProgressBar(Console(file=output, width=20)), num_epochs=10, learning_rate=1.0
    )
    lines = output.getvalue().splitlines()
    assert len(lines) == 10
    assert "\x1b" not in output.getvalue()
    for epoch, line in enumerate(lines, start=1):
        assert line.startswith(f"epoch {epoch:2}/10")
        for fact in (
            f"loss {history.train_loss[epoch - 1]:.4f}",
            f"training {100 * history.train_accuracy[epoch - 1]:.2f} %",
            f"validation {100 * history.valid_accuracy[epoch - 1]:.2f} %",
        ):
            assert fact in line


def test_progress_without_a_validation_set() -> None:
    output = io.StringIO()
    progress = ProgressBar(Console(file=output))
    train(run_network(), np.eye(3), np.array([0, 1, 0]), num_epochs=1, callbacks=[progress])
    assert "epoch 1/1" in output.getvalue()
    assert "validation" not in output.getvalue()


def test_progress_shows_a_bar_on_a_terminal() -> None:
    output = io.StringIO()
    progress = ProgressBar(Console(file=output, force_terminal=True, width=80))
    run_training(progress, num_epochs=2)
    text = output.getvalue()
    assert "\x1b[" in text
    assert "━" in text
    assert "training loss" in text
    run_training(progress, num_epochs=2)  # the same object serves a second time


def test_progress_prints_to_standard_output_if_not_told_where(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run_training(ProgressBar(), num_epochs=1)
    printed = capsys.readouterr()
    assert "epoch 1/1" in printed.out
    assert printed.err == ""


def test_progress_gives_the_terminal_back_after_an_error() -> None:
    output = io.StringIO()
    progress = ProgressBar(Console(file=output, force_terminal=True, width=80))
    with pytest.raises(KeyboardInterrupt):
        run_training(progress, Recorder(on_batch_end=at(1, 2, raising(KeyboardInterrupt()))))
    hide, show = "\x1b[?25l", "\x1b[?25h"  # the cursor
    assert output.getvalue().rfind(show) > output.getvalue().rfind(hide) >= 0


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
    run_training(callback, schedule="cosine")
    assert len(callback.first_rates) > 1
    np.testing.assert_allclose(callback.first_rates, 0.05, rtol=1e-12)
