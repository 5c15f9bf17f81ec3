"""Confusion matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import InputError, as_array, describe
from neuralnet.plots._classifier import (
    check_classifier,
    class_names,
    predicted_labels,
    true_labels,
)
from neuralnet.plots._figures import (
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
    text_width,
)
from neuralnet.plots._images import flatten
from neuralnet.training.metrics import confusion_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray


def confusion(model: object, X: ArrayLike, y: ArrayLike, *, title: str | None = None) -> Figure:
    """Draw how often a model takes each class for each other class.

    Parameters
    ----------
    model : NeuralNetMLP or classifier
        Network, or a fitted classifier with `predict` and `classes_`.
    X : array_like, shape (N, D) or (N, height, width)
        Examples; images are flattened.
    y : array_like, shape (N,)
        True labels, as the model predicts them: from 0 to K - 1 for a network.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        Confusion matrix, with the recall of each class on the right.

    Raises
    ------
    InputError
        If `model` is not such a model, or X and y are not examples for it.
    """
    classifier = check_classifier(model)
    rows = flatten(X)
    predictions = predicted_labels(classifier, rows)  # (N,)
    labels = true_labels(classifier, y, len(predictions))  # (N,)
    names = class_names(classifier)
    return plot_confusion_matrix(confusion_matrix(labels, predictions, len(names)), names, title)


def plot_confusion_matrix(
    matrix: ArrayLike, classes: Iterable[object], title: str | None = None
) -> Figure:
    """Draw a confusion matrix, with the recall of each class on the right.

    Off-diagonal cells are coloured by their percentage of the true class, on a scale that ends at
    the largest percentage. The diagonal has a single pale colour, because its much larger values
    would make the errors invisible on a common scale.

    Parameters
    ----------
    matrix : array_like of int, shape (K, K)
        Counts, with true classes as rows and predicted classes as columns.
    classes : iterable of length K
        Names of the classes, as strings or numbers.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        Confusion matrix with a colour bar.

    Raises
    ------
    InputError
        If `matrix` is not a square matrix of counts, or `classes` does not name each class.
    """
    counts, names = _check_counts(matrix), check_classes(classes)
    if len(counts) != len(names):
        raise InputError(
            f"matrix has {len(counts)} classes, but classes has {len(names)} names; pass one name "
            f"per class."
        )
    cell = min(1.4, max(0.2, 5.4 / len(names)))
    longest = max(text_width(name, 9) for name in names)
    left, upright = 0.6 + longest, longest > 0.9 * cell
    bottom = 0.5 + (longest if upright else 0.15)
    side = cell * len(names)
    correct, total = np.trace(counts), counts.sum()
    summary = f"{correct:,} of {total:,} correct ({100 * correct / total:.2f} %)."
    figure = new_figure(max(4.5, left + side + 1.75), bottom + side + 0.35, title, summary)
    axes = add_panel(figure, left, bottom, side, side)
    length = max(2.1, side * 2 / 3)  # the label of the colour bar needs 2.1 inches
    legend = add_panel(figure, left + side + 0.85, bottom + (side - length) / 2, 0.14, length)
    _draw_counts(axes, legend, counts, cell)
    marks = range(len(names))
    axes.set_xticks(marks, names, parse_math=False, rotation=90 if upright else 0)
    axes.set_yticks(marks, names, parse_math=False)
    axes.set_xlabel("Predicted class", color=INK)
    axes.set_ylabel("True class", color=INK)
    return figure


def _draw_counts(axes: Axes, legend: Axes, counts: NDArray[np.int64], cell: float) -> None:
    """Draw the cells of a confusion matrix, the recall beside each row, and the colour bar."""
    from matplotlib.colors import LinearSegmentedColormap

    totals = counts.sum(axis=1)  # (K,)
    percentages = 100 * counts / np.maximum(totals, 1)[:, None]  # (K, K), % of the row
    errors = np.ma.masked_array(percentages, np.eye(len(counts), dtype=bool))
    # Without errors the colour scale still needs a positive length.
    largest = float(errors.filled(0).max()) or 1.0
    colours = LinearSegmentedColormap.from_list("errors", [WHITE, "#FDBE85", ORANGE, "#7F2704"])
    picture = axes.imshow(errors, cmap=colours.with_extremes(bad=PALE_BLUE), vmin=0, vmax=largest)
    size = min(10, 0.85 * cell / (len(f"{counts.max()}") * LETTER))
    for (row, column), count in np.ndenumerate(counts):
        if count or row == column:
            dark = row != column and percentages[row, column] > 0.68 * largest
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
    """Write text to the right of the matrix, aligned with a row."""
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
    counts = as_array(matrix, "matrix")
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1] or counts.dtype.kind not in "iu":
        raise InputError(
            f"matrix is {describe(counts)}; it must contain whole-number counts and have shape "
            f"(classes, classes)."
        )
    if counts.min() < 0 or not counts.any():
        raise InputError(
            "matrix must not contain negative counts, and must count at least one example."
        )
    return counts.astype(np.int64)
