"""Loss and accuracy over the epochs, as they are drawn."""

import math
from typing import Any

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.plots import plot_history
from neuralnet.training.history import History
from tests.plots.drawn import assert_all_fits, make_history, texts


class TestHistory:
    @pytest.mark.parametrize("num_epochs", [1, 2, 8, 50, 200])
    @pytest.mark.parametrize("validated", [True, False])
    def test_two_panels_with_whole_epochs(self, num_epochs: int, validated: bool) -> None:
        figure = plot_history(make_history(num_epochs, validated=validated), "5,000-digit sample")
        assert_all_fits(figure)
        loss, accuracy = figure.axes
        for axes in (loss, accuracy):
            assert len(axes.lines) == 2 + validated  # the curves, and the best epoch
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

    def test_the_best_epoch_is_marked_in_both_panels_and_named(self) -> None:
        history = make_history(5)
        history.valid_accuracy[2] = 0.97
        figure = plot_history(history)
        for axes in figure.axes:
            assert list(np.asarray(axes.lines[-1].get_xdata())) == [3, 3]
        assert any("Epoch 3" in text and "97.00 %" in text for text in texts(figure))

    def test_why_it_stopped_is_said(self) -> None:
        figure = plot_history(make_history(2, stopped="no better for 10 epochs"))
        assert "Stopped early: no better for 10 epochs" in texts(figure)

    def test_a_run_that_diverged_or_is_perfect_is_drawn(self) -> None:
        diverged = make_history(3, validated=False)
        diverged.train_loss = [2.0, math.inf, math.nan]
        assert_all_fits(plot_history(diverged))
        perfect = make_history(2)
        perfect.train_loss = perfect.valid_loss = [0.0, 0.0]
        perfect.train_accuracy = perfect.valid_accuracy = [1.0, 1.0]
        assert_all_fits(plot_history(perfect))

    @pytest.mark.parametrize("history", [History(), History([1.0]), ([1.0], [0.5], []), None])
    def test_what_is_no_history_is_refused(self, history: Any) -> None:
        with pytest.raises(InputError, match="history"):
            plot_history(history)
