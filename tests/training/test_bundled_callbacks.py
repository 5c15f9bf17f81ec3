"""The callbacks that come along: best weights, early stopping, progress."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from neuralnet import (
    BestWeights,
    Callback,
    EarlyStopping,
    InputError,
    ProgressBar,
    WeightAverage,
    train,
)
from neuralnet.checks import Array
from neuralnet.training.callbacks import BestIfInterrupted
from neuralnet.training.run import TrainingRun
from tests.training.problems import a_network, a_task
from tests.training.recorder import Recorder, at, raising, run_network, run_training


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


@pytest.mark.parametrize(
    ("hooks", "kept"),
    [
        ({}, 4),
        ({"on_epoch_end": at(3, 3, lambda run: run.stop("enough"))}, 3),  # stopped on purpose
        ({"on_batch_begin": at(4, 1, raising(KeyboardInterrupt()))}, 2),
    ],
    ids=["complete", "stopped", "interrupted"],
)
def test_the_best_weights_are_restored_only_after_an_interruption(
    hooks: dict[str, Any], kept: int
) -> None:
    weights: list[Array] = []
    keep = Recorder(on_epoch_end=lambda run: weights.append(run.model.parameters.values.copy()))
    accuracies = with_accuracies([0.1, 0.9, 0.5, 0.2])
    model, (X, y) = a_network(), a_task()
    with contextlib.suppress(KeyboardInterrupt):
        callbacks = [accuracies, keep, Recorder(**hooks), BestIfInterrupted()]
        train(model, X, y, X, y, num_epochs=4, minibatch_size=8, seed=0, callbacks=callbacks)
    np.testing.assert_array_equal(model.parameters.values, weights[kept - 1])


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


def test_the_average_is_left_where_a_training_was_stopped() -> None:
    X, y = a_task(40)
    stop = Recorder(on_epoch_end=at(2, 4, lambda run: run.stop("enough")))
    stopped, short = a_network(), a_network()
    settings: dict[str, Any] = {"minibatch_size": 10, "seed": 0}
    train(stopped, X, y, num_epochs=5, callbacks=[WeightAverage(every=1), stop], **settings)
    train(short, X, y, num_epochs=2, callbacks=[WeightAverage(every=1)], **settings)
    np.testing.assert_array_equal(stopped.parameters.values, short.parameters.values)


def test_short_epochs_are_averaged_too() -> None:
    X, y = a_task(40)
    model = a_network()
    initial = model.parameters.values.copy()
    train(model, X, y, num_epochs=30, minibatch_size=20, callbacks=[WeightAverage()])
    assert np.abs(model.parameters.values - initial).max() > 0.01
