"""Loss and accuracy per epoch of a training run."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from neuralnet.checks import InputError, describe
from neuralnet.plots._figures import BLUE, FAINT, INK, MUTED, ORANGE, WIDTH, add_panel, new_figure
from neuralnet.training.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def history(history: History, title: str | None = None) -> Figure:
    """Draw loss and accuracy per epoch and mark the best epoch.

    Parameters
    ----------
    history : History
        What `train` returned.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        Two panels: the loss and the accuracy in %. A regression has no accuracy, so it has only
        the first.

    Raises
    ------
    InputError
        If `history` is not a History, has no epochs, or its lists have inconsistent lengths.
    """
    if not isinstance(history, History):
        raise InputError(f"history is {describe(history)}; pass the History that train() returns.")
    history.check_lengths()
    best = history.best_epoch
    if best is None:
        raise InputError("history has no epochs; train for at least one epoch first.")
    stopped = f"Stopped early: {history.stopped}" if history.stopped else None
    figure = new_figure(WIDTH, 3.4, title, stopped)
    train, valid = ([100 * a for a in x] for x in (history.train_accuracy, history.valid_accuracy))
    regression = all(map(math.isnan, [*train, *valid]))
    loss = add_panel(figure, 0.75, 0.6, 6.95 if regression else 2.95, 2.4)
    _draw_curves(loss, "Loss", history.train_loss, history.valid_loss, best)
    loss.set_ylim(bottom=0)
    if not regression:
        accuracy = add_panel(figure, 4.75, 0.6, 2.95, 2.4)
        _draw_curves(accuracy, "Accuracy (%)", train, valid, best)
        accuracy.set_ylim(max(0, accuracy.get_ylim()[0]), min(100, accuracy.get_ylim()[1]))
    names = ["Training", "Validation"] if valid else ["Training"]
    if valid and not math.isnan(valid[best - 1]):
        why = f"highest validation accuracy, {valid[best - 1]:.2f} %"
    else:
        kind, losses = (
            ("validation", history.valid_loss) if valid else ("training", history.train_loss)
        )
        why = f"lowest {kind} loss, {losses[best - 1]:.4g}"
    figure.legend(
        loss.get_lines(),
        [*names, f"Epoch {best}: {why}"],
        loc="center left",
        bbox_to_anchor=(0.65 / WIDTH, 3.2 / figure.get_figheight()),
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=INK,
    )
    return figure


plot_history = history


def _draw_curves(axes: Axes, label: str, train: list[float], valid: list[float], best: int) -> None:
    """Draw the training and validation curves of one quantity, and a line at the best epoch."""
    epochs = range(1, len(train) + 1)
    marker = "o" if len(train) <= 30 else None  # a single epoch is visible only as a marker
    for values, colour in ((train, BLUE), (valid, ORANGE)):
        if values:
            axes.plot(epochs, values, color=colour, marker=marker, markersize=3.5, clip_on=False)
    axes.axvline(best, color=MUTED, linewidth=1, linestyle="dashed", zorder=1)
    axes.set_xlim(0.5, len(train) + 0.5)
    axes.locator_params(axis="x", integer=True, min_n_ticks=1, nbins=8, steps=[1, 2, 5, 10])
    axes.set_xlabel("Epoch", color=INK)
    axes.set_ylabel(label, color=INK)
    axes.grid(axis="y", color=FAINT, linewidth=0.8)
    axes.spines[:].set_color(MUTED)
    axes.spines[["top", "right"]].set_visible(False)
