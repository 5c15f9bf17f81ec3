"""Tests of the history plot."""

import math
from typing import Any

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.plots import history, plot_history
from neuralnet.training.history import History
from tests.plots.helpers import assert_nothing_overlaps, make_history, texts


class TestHistory:
    @pytest.mark.parametrize("num_epochs", [1, 2, 8, 50, 200])
    @pytest.mark.parametrize("validated", [True, False])
    def test_two_panels_with_whole_numbered_epochs(self, num_epochs: int, validated: bool) -> None:
        figure = plot_history(make_history(num_epochs, validated=validated), "5,000-digit sample")
        assert_nothing_overlaps(figure)
        loss, accuracy = figure.axes
        for axes in (loss, accuracy):
            assert len(axes.lines) == 2 + validated  # the curves and the line at the best epoch
            low, high = axes.get_xlim()
            ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
            assert ticks
            assert all(tick == round(tick) for tick in ticks)
        assert loss.get_ylim()[0] == 0
        assert accuracy.get_ylim()[1] <= 100
        assert "5,000-digit sample" in texts(figure)

    def test_accuracy_is_in_percent(self) -> None:
        _, accuracy = plot_history(make_history(3)).axes
        assert list(np.asarray(accuracy.lines[0].get_ydata())) == pytest.approx([50, 75, 250 / 3])

    def test_best_epoch_is_marked_in_both_panels_and_in_the_legend(self) -> None:
        run = make_history(5)
        run.valid_accuracy[2] = 0.97
        figure = plot_history(run)
        for axes in figure.axes:
            assert list(np.asarray(axes.lines[-1].get_xdata())) == [3, 3]
        assert any("Epoch 3" in text and "97.00 %" in text for text in texts(figure))

    def test_reason_for_early_stopping_is_shown(self) -> None:
        figure = plot_history(make_history(2, stopped="no better for 10 epochs"))
        assert "Stopped early: no better for 10 epochs" in texts(figure)

    def test_diverged_and_perfect_runs(self) -> None:
        diverged = make_history(3, validated=False)
        diverged.train_loss = [2.0, math.inf, math.nan]
        assert_nothing_overlaps(plot_history(diverged))
        perfect = make_history(2)
        perfect.train_loss = perfect.valid_loss = [0.0, 0.0]
        perfect.train_accuracy = perfect.valid_accuracy = [1.0, 1.0]
        assert_nothing_overlaps(plot_history(perfect))

    @pytest.mark.parametrize("validated", [True, False])
    def test_regression_has_only_a_loss(self, validated: bool) -> None:
        run = make_history(4, validated=validated)
        run.train_accuracy = [math.nan] * 4
        run.valid_accuracy = [math.nan] * 4 if validated else []
        figure = plot_history(run, "A sample")
        assert [axes.get_ylabel() for axes in figure.axes] == ["Loss"]
        kind = "validation" if validated else "training"
        assert any(f"Epoch 4: lowest {kind} loss, 0.5" in text for text in texts(figure))
        assert_nothing_overlaps(figure)

    def test_running_loss_leaves_the_validation_accuracy(self) -> None:
        run = make_history(4)
        run.train_accuracy = [math.nan] * 4
        figure = plot_history(run)
        assert len(figure.axes) == 2
        assert_nothing_overlaps(figure)

    def test_both_names_draw_the_same(self) -> None:
        run = make_history(3)
        assert texts(history(run, title="A sample")) == texts(plot_history(run, "A sample"))

    @pytest.mark.parametrize("wrong", [History(), History([1.0]), ([1.0], [0.5], []), None])
    def test_invalid_history_raises(self, wrong: Any) -> None:
        with pytest.raises(InputError, match="history"):
            history(wrong)
        with pytest.raises(InputError, match="history"):
            plot_history(wrong)
