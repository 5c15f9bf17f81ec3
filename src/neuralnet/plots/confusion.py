"""Which classes a network takes for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import InputError, describe
from neuralnet.plots.figures import (
    INK,
    LETTER,
    MUTED,
    ORANGE,
    PALE_BLUE,
    WHITE,
    add_panel,
    check_classes,
    new_figure,
    percent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray


def plot_confusion_matrix(
    matrix: ArrayLike, classes: Iterable[object], title: str | None = None
) -> Figure:
    """Draw a confusion matrix: true classes down, predicted classes across, recall at the side.

    The colour of an error is its share of its true class, on a scale that ends at the largest; the
    diagonal, which would outshine every error, stands apart in a flat tint.

    Parameters
    ----------
    matrix : array_like of whole numbers, shape (K, K)
        Counts: rows are the true classes, columns the predicted ones.
    classes : K names
        What the classes are called, strings or numbers.
    title : str, optional
        Stands above; say which data set it was.

    Returns
    -------
    Figure
        The matrix, and a legend of its colours.

    Raises
    ------
    InputError
        If it is not such a matrix, or there is not one name a class.
    """
    counts, names = _check_counts(matrix), check_classes(classes)
    if len(counts) != len(names):
        raise InputError(f"matrix has {len(counts)} classes, and classes names {len(names)}.")
    cell = min(1.4, max(0.2, 5.4 / len(names)))
    letters = max(map(len, names))
    left, upright = 0.6 + letters * 9 * LETTER, letters * 9 * LETTER > 0.9 * cell
    bottom = 0.5 + (letters * 9 * LETTER if upright else 0.15)
    side = cell * len(names)
    right, total = np.trace(counts), counts.sum()
    summary = f"{right:,} of {total:,} right ({100 * right / total:.2f} %)."
    figure = new_figure(max(4.5, left + side + 1.75), bottom + side + 0.35, title, summary)
    axes = add_panel(figure, left, bottom, side, side)
    length = max(2.1, side * 2 / 3)  # room for its label
    legend = add_panel(figure, left + side + 0.85, bottom + (side - length) / 2, 0.14, length)
    _draw_counts(axes, legend, counts, cell)
    marks = range(len(names))
    axes.set_xticks(marks, names, parse_math=False, rotation=90 if upright else 0)
    axes.set_yticks(marks, names, parse_math=False)
    axes.set_xlabel("Predicted class", color=INK)
    axes.set_ylabel("True class", color=INK)
    return figure


def _draw_counts(axes: Axes, legend: Axes, counts: NDArray[np.int64], cell: float) -> None:
    """Draw the cells of a confusion matrix, each row's recall beside it, and the colour legend."""
    from matplotlib.colors import LinearSegmentedColormap

    totals = counts.sum(axis=1)  # (K,)
    shares = 100 * counts / np.maximum(totals, 1)[:, None]  # (K, K), of the row
    errors = np.ma.masked_array(shares, np.eye(len(counts), dtype=bool))
    # The largest error ends the scale; without any, a scale of some length is still needed.
    largest = float(errors.filled(0).max()) or 1.0
    colours = LinearSegmentedColormap.from_list("errors", [WHITE, "#FDBE85", ORANGE, "#7F2704"])
    picture = axes.imshow(errors, cmap=colours.with_extremes(bad=PALE_BLUE), vmin=0, vmax=largest)
    size = min(10, 0.85 * cell / (len(f"{counts.max()}") * LETTER))
    for (row, column), count in np.ndenumerate(counts):
        if count or row == column:
            dark = row != column and shares[row, column] > 0.68 * largest
            colour = WHITE if dark else INK
            axes.text(column, row, f"{count}", size=size, color=colour, ha="center", va="center")
    for row, total in enumerate(totals):
        recall = percent(counts[row, row] / total) if total else "none"
        _write_beside(axes, recall, row, INK)
    _write_beside(axes, "Recall", -0.5 - 0.14 / cell, MUTED)
    axes.tick_params(length=0)
    bar = legend.figure.colorbar(picture, cax=legend)
    bar.set_label("Errors (% of the true class)", color=INK)
    bar.outline.set_visible(False)


def _write_beside(axes: Axes, text: str, row: float, colour: str) -> None:
    """Write a text to the right of the matrix, in line with a row."""
    axes.annotate(
        text,
        (1, row),
        xycoords=("axes fraction", "data"),
        xytext=(7, 0),
        textcoords="offset points",
        fontsize=8.5,
        color=colour,
        va="center",
    )


def _check_counts(matrix: ArrayLike) -> NDArray[np.int64]:
    counts = np.asarray(matrix)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.dtype.kind not in "iu":
        raise InputError(
            f"matrix is {describe(counts)}; it must hold whole-number counts with shape "
            f"(classes, classes)."
        )
    if counts.min() < 0 or not counts.any():
        raise InputError("matrix must hold no negative count, and count at least one example.")
    return counts.astype(np.int64)
