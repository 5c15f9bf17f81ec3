"""Every picture: each function returns a Matplotlib figure, and `save_figure` writes one.

The figures are built without pyplot, so no window opens, no state is kept, and a server can make
them. Sizes are in inches, because that is what text needs: a figure grows with what it shows, and
nothing overlaps: a figure's body is placed from the lower left, its head stands above. The colours
can be told apart by colour-blind readers too. Matplotlib is imported where a figure is made: to
import it takes longer than all else here.
"""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_finite, check_integer, check_labels, describe
from neuralnet.files import written_whole
from neuralnet.training.history import History

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

_INK, _MUTED, _FAINT, _WHITE = "#222222", "#666666", "#DDDDDD", "#FFFFFF"
_BLUE, _ORANGE = "#0072B2", "#D55E00"  # from Okabe and Ito's palette
_PALE_BLUE = "#D6E6F2"
_WIDTH = 8.0  # the column of a README, at 100 pixels an inch
_LEFT = 0.25  # where heads, and the grids below them, begin
_LETTER = 0.62 / 72  # a letter's width for each point of its size, on the broad side
_LONGEST_NAME = 14  # letters; longer class names are cut


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as a PNG file, whole or not at all.

    The file holds no date and no version, so the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What a function of this module returned.
    path : path
        Where the file is to stand; its name ends in `.png`.

    Raises
    ------
    InputError
        If `figure` is no figure, or the name has another ending.
    FileError
        If the file cannot be written.
    """
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        raise InputError(f"figure is {describe(figure)}; it must be a Matplotlib figure.")
    if Path(path).suffix.lower() != ".png":
        raise InputError(f"path is {str(path)!r}; pictures are PNG files, so it must end in .png.")
    with written_whole(path) as file:
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})


def plot_history(history: History, title: str | None = None) -> Figure:
    """Draw loss and accuracy over the epochs, with the best epoch marked.

    Parameters
    ----------
    history : History
        What the run recorded, with or without a validation set.
    title : str, optional
        Stands above; say which data set it was.

    Returns
    -------
    Figure
        Two panels: the loss, and the accuracy in %.

    Raises
    ------
    InputError
        If it is no history, has no epoch, or its lists do not fit together.
    """
    if not isinstance(history, History):
        raise InputError(f"history is {describe(history)}; give the History that train() returns.")
    history.check_lengths()
    best = history.best_epoch
    if best is None:
        raise InputError("The history has no epoch yet; there is nothing to plot before the first.")
    stopped = f"Stopped early: {history.stopped}" if history.stopped else None
    figure = _new_figure(_WIDTH, 3.4, title, stopped)
    loss = _place(figure, 0.75, 0.6, 2.95, 2.4)
    accuracy = _place(figure, 4.75, 0.6, 2.95, 2.4)
    train, valid = ([100 * a for a in x] for x in (history.train_accuracy, history.valid_accuracy))
    _draw_curves(loss, "Loss", history.train_loss, history.valid_loss, best)
    _draw_curves(accuracy, "Accuracy (%)", train, valid, best)
    loss.set_ylim(bottom=0)
    accuracy.set_ylim(max(0, accuracy.get_ylim()[0]), min(100, accuracy.get_ylim()[1]))
    if valid:
        names = ["Training", "Validation"]
        why = f"highest validation accuracy, {valid[best - 1]:.2f} %"
    else:
        names, why = ["Training"], f"lowest training loss, {history.train_loss[best - 1]:.4g}"
    figure.legend(
        loss.get_lines(),
        [*names, f"Epoch {best}: {why}"],
        loc="center left",
        bbox_to_anchor=(0.65 / _WIDTH, 3.2 / figure.get_figheight()),
        ncols=3,
        frameon=False,
        fontsize=9,
        labelcolor=_INK,
    )
    return figure


def _draw_curves(axes: Axes, label: str, train: list[float], valid: list[float], best: int) -> None:
    """Draw one quantity of both sets over the epochs, and a line at the best epoch."""
    epochs = range(1, len(train) + 1)
    marker = "o" if len(train) <= 30 else None  # one epoch alone is no line, only a point
    for values, colour in ((train, _BLUE), (valid, _ORANGE)):
        if values:
            axes.plot(epochs, values, color=colour, marker=marker, markersize=3.5, clip_on=False)
    axes.axvline(best, color=_MUTED, linewidth=1, linestyle="dashed", zorder=1)
    axes.set_xlim(0.5, len(train) + 0.5)
    axes.locator_params(axis="x", integer=True, min_n_ticks=1, nbins=8, steps=[1, 2, 5, 10])
    axes.set_xlabel("Epoch", color=_INK)
    axes.set_ylabel(label, color=_INK)
    axes.grid(axis="y", color=_FAINT, linewidth=0.8)
    axes.spines[:].set_color(_MUTED)
    axes.spines[["top", "right"]].set_visible(False)


def plot_misclassified(
    images: ArrayLike,
    labels: ArrayLike,
    predictions: ArrayLike,
    probabilities: ArrayLike,
    classes: Iterable[object],
    *,
    max_images: int = 25,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the misclassified images, the most confident mistakes first.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, height * width)
        Pixels, from 0 (paper) to 255 (ink).
    labels, predictions : array_like of whole numbers, shape (N,)
        The true and the predicted classes, from 0 to K - 1.
    probabilities : array_like, shape (N, K)
        What the network gave each class, in [0, 1]; the predicted class's is the confidence shown.
    classes : K names
        What the classes are called, strings or numbers.
    max_images : int
        How many to show at most.
    image_shape : (int, int), optional
        Height and width in pixels; needed only where they differ.
    title : str, optional
        Stands above; say which data set it was.

    Returns
    -------
    Figure
        One panel an image; if none is misclassified, a figure that says so.

    Raises
    ------
    InputError
        If the arguments are not such arrays, or do not fit together.
    """
    if not isinstance(images, np.ndarray) or images.ndim != 2 or images.dtype != np.uint8:
        raise InputError(
            f"images is {describe(images)}; it must be an array of uint8 pixels with shape "
            f"(examples, height * width)."
        )
    if not len(images):
        raise InputError("images has no rows; give at least one image.")
    most = check_integer(max_images, "max_images", minimum=1)
    shape = _check_shape(image_shape, images.shape[1], "images")
    names = _check_classes(classes)
    true = check_labels(labels, len(images), len(names), "labels")
    predicted = check_labels(predictions, len(images), len(names), "predictions")
    shares = _check_probabilities(probabilities, (len(images), len(names)))  # (N, K)
    wrong = np.flatnonzero(true != predicted)
    confidence = shares[wrong, predicted[wrong]]
    order = np.argsort(-confidence, kind="stable")[:most]
    tiles = [
        (images[i].reshape(shape), names[true[i]], names[predicted[i]], _percent(share))
        for i, share in zip(wrong[order], confidence[order], strict=True)
    ]
    summary = f"Misclassified: none of {len(images):,} images."
    if tiles:
        summary = (
            f"Misclassified: {len(wrong):,} of {len(images):,} images. Shown: {len(tiles)}, by the "
            f"network's confidence in its answer, highest first."
        )
    return _draw_tiles(tiles, title, summary)


def _draw_tiles(
    tiles: list[tuple[NDArray[np.uint8], str, str, str]], title: str | None, summary: str
) -> Figure:
    """Draw images five a row, each with its true class, predicted class and confidence above."""
    short = all(len(name) <= 3 for _, *pair, _ in tiles for name in pair)
    lines, size, pitch = (2 if short else 3), 1.15, 1.58
    height = size + 0.17 * lines + 0.2  # of a row
    num_rows = math.ceil(len(tiles) / 5)
    figure = _new_figure(_WIDTH, num_rows * height, title, summary)
    for place, (pixels, true, predicted, confidence) in enumerate(tiles):
        row, column = divmod(place, 5)
        left, bottom = _LEFT + column * pitch, (num_rows - 1 - row) * height + 0.15
        axes = _place(figure, left, bottom, size, size)
        axes.imshow(pixels, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        between = ", " if short else "\n"
        text = f"true {true}\npredicted {predicted}{between}{confidence}"
        axes.set_title(text, fontsize=8.5, color=_INK, pad=3, parse_math=False)
    return figure


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
    counts, names = _check_counts(matrix), _check_classes(classes)
    if len(counts) != len(names):
        raise InputError(f"matrix has {len(counts)} classes, and classes names {len(names)}.")
    cell = min(1.4, max(0.2, 5.4 / len(names)))
    letters = max(map(len, names))
    left, upright = 0.6 + letters * 9 * _LETTER, letters * 9 * _LETTER > 0.9 * cell
    bottom = 0.5 + (letters * 9 * _LETTER if upright else 0.15)
    side = cell * len(names)
    right, total = np.trace(counts), counts.sum()
    summary = f"{right:,} of {total:,} right ({100 * right / total:.2f} %)."
    figure = _new_figure(max(4.5, left + side + 1.75), bottom + side + 0.35, title, summary)
    axes = _place(figure, left, bottom, side, side)
    length = max(2.1, side * 2 / 3)  # room for its label
    legend = _place(figure, left + side + 0.85, bottom + (side - length) / 2, 0.14, length)
    _draw_counts(axes, legend, counts, cell)
    marks = range(len(names))
    axes.set_xticks(marks, names, parse_math=False, rotation=90 if upright else 0)
    axes.set_yticks(marks, names, parse_math=False)
    axes.set_xlabel("Predicted class", color=_INK)
    axes.set_ylabel("True class", color=_INK)
    return figure


def _draw_counts(axes: Axes, legend: Axes, counts: NDArray[np.int64], cell: float) -> None:
    """Draw the cells of a confusion matrix, each row's recall beside it, and the colour legend."""
    from matplotlib.colors import LinearSegmentedColormap

    totals = counts.sum(axis=1)  # (K,)
    shares = 100 * counts / np.maximum(totals, 1)[:, None]  # (K, K), of the row
    errors = np.ma.masked_array(shares, np.eye(len(counts), dtype=bool))
    # The largest error ends the scale; without any, a scale of some length is still needed.
    largest = float(errors.filled(0).max()) or 1.0
    colours = LinearSegmentedColormap.from_list("errors", [_WHITE, "#FDBE85", _ORANGE, "#7F2704"])
    picture = axes.imshow(errors, cmap=colours.with_extremes(bad=_PALE_BLUE), vmin=0, vmax=largest)
    size = min(10, 0.85 * cell / (len(f"{counts.max()}") * _LETTER))
    for (row, column), count in np.ndenumerate(counts):
        if count or row == column:
            dark = row != column and shares[row, column] > 0.68 * largest
            colour = _WHITE if dark else _INK
            axes.text(column, row, f"{count}", size=size, color=colour, ha="center", va="center")
    for row, total in enumerate(totals):
        recall = _percent(counts[row, row] / total) if total else "none"
        _write_beside(axes, recall, row, _INK)
    _write_beside(axes, "Recall", -0.5 - 0.14 / cell, _MUTED)
    axes.tick_params(length=0)
    bar = legend.figure.colorbar(picture, cax=legend)
    bar.set_label("Errors (% of the true class)", color=_INK)
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


def plot_hidden_units(
    weights: ArrayLike,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
    *,
    max_units: int = 100,
) -> Figure:
    """Draw what each hidden unit looks for: its weights, as a picture of the input's shape.

    All units share one symmetric colour scale, which ends at the 99.5th percentile of the absolute
    weights shown, so that a few extreme ones do not fade the rest.

    Parameters
    ----------
    weights : array_like, shape (D, H)
        The first layer's: `D = height * width` inputs, `H` hidden units.
    image_shape : (int, int), optional
        Height and width in pixels; needed only where they differ.
    title : str, optional
        Stands above; say which data set it was.
    max_units : int
        How many units to show at most, the first ones.

    Returns
    -------
    Figure
        The pictures in rows, in the order of the units, and a legend of their colours.

    Raises
    ------
    InputError
        If it is not such an array, or its rows are not the pixels of such a shape.
    """
    array = np.asarray(weights)
    if array.ndim != 2 or not array.size or array.dtype.kind != "f":
        raise InputError(
            f"weights is {describe(weights)}; it must be floating point with shape (inputs, units)."
        )
    check_finite(array, "weights")
    most = check_integer(max_units, "max_units", minimum=1)
    height, width = _check_shape(image_shape, len(array), "weights")
    num_units = array.shape[1]
    units = array[:, :most].T.reshape(-1, height, width)  # (units shown, height, width)
    extent = float(np.percentile(np.abs(units), 99.5)) or 1.0
    shown = f"first {len(units)} of {num_units:,}" if len(units) < num_units else f"{num_units}"
    summary = (
        f"Weights of the {shown} hidden unit{'s' if num_units > 1 else ''}. Red: ink there raises "
        f"the unit's input; blue: lowers it."
    )
    return _draw_units(units, extent, title, summary)


def _draw_units(units: NDArray[Any], extent: float, title: str | None, summary: str) -> Figure:
    """Draw the units' pictures, five or ten a row, and the colour legend."""
    a_row = 5 if len(units) <= 25 else 10
    num_columns, num_rows = min(a_row, len(units)), math.ceil(len(units) / a_row)
    _, height, width = units.shape
    across = 6.6 / a_row  # a picture and the gap beside it
    down = across * height / width
    body = max(num_rows * down, 1.3)
    side = _LEFT + num_columns * across
    figure = _new_figure(max(4.5, side + 1.15), body + 0.25, title, summary)
    for place, weights in enumerate(units):
        row, column = divmod(place, a_row)
        left, bottom = _LEFT + column * across, body - (row + 1) * down + 0.2
        axes = _place(figure, left, bottom, 0.94 * across, 0.94 * down)
        picture = axes.imshow(
            weights, cmap="RdBu_r", vmin=-extent, vmax=extent, interpolation="nearest"
        )
        axes.set(xticks=[], yticks=[])
    length = min(body, 3.5)
    legend = _place(figure, side + 0.15, 0.2 + (body - length) / 2, 0.14, length)
    extend = "both" if np.abs(units).max() > extent else "neither"
    bar = figure.colorbar(picture, cax=legend, extend=extend)
    bar.set_label("Weight", color=_INK)
    bar.outline.set_visible(False)
    return figure


def _new_figure(width: float, body: float, title: str | None, summary: str | None) -> Figure:
    """Return a figure with its head written, `body` inches below it free."""
    from matplotlib.figure import Figure

    # Bold letters are the broader ones, and a title may be all capitals.
    bold = (title, 0.76, 12, {"weight": "bold", "color": _INK})
    plain = (summary, 0.56, 9, {"weight": "normal", "color": _MUTED})
    lines: list[tuple[str, float, dict[str, Any]]] = [
        (line, 1.5 * size / 72, {"size": size, **style})
        for text, letter, size, style in (bold, plain)
        for line in textwrap.wrap(text or "", int((width - 0.5) / (letter * size / 72)))
    ]
    total = body + sum(height for _, height, _ in lines) + 0.2
    figure = Figure(figsize=(width, total), facecolor=_WHITE)
    top = total - 0.15
    for line, height, style in lines:
        figure.text(_LEFT / width, top / total, line, va="top", parse_math=False, **style)
        top -= height
    return figure


def _place(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add a panel whose place and size are in inches."""
    across, up = figure.get_size_inches()
    place = (left / across, bottom / up, width / across, height / up)
    axes = figure.add_axes(place, facecolor=_WHITE)
    # Said here, because a style that the caller has set may say otherwise.
    axes.grid(visible=False)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.spines[:].set_color(_FAINT)
    return axes


def _percent(share: float) -> str:
    """Write a share in %, never rounded to a "100.0 %" or a "0.0 %" that it is not."""
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def _check_shape(shape: tuple[int, ...] | None, num_pixels: int, name: str) -> tuple[int, int]:
    """Return the height and width of pictures of `num_pixels`; squares if no shape is given."""
    if shape is None:
        shape = (math.isqrt(num_pixels),) * 2
    if len(shape) != 2 or min(shape) < 1 or math.prod(shape) != num_pixels:
        raise InputError(
            f"{name} has {num_pixels} pixels a picture, which do not make a picture of shape "
            f"{shape}; give the right height and width as image_shape."
        )
    return shape[0], shape[1]


def _check_classes(classes: Iterable[object]) -> list[str]:
    """Return the names of the classes, each on one line and no longer than can be shown."""
    if isinstance(classes, str) or not np.iterable(classes):
        raise InputError(f"classes is {describe(classes)}; give a name for each class.")
    names = [" ".join(str(name).split()) for name in classes]
    if not names:
        raise InputError("classes is empty; give a name for each class.")
    return [n if len(n) <= _LONGEST_NAME else f"{n[: _LONGEST_NAME - 1]}…" for n in names]


def _check_probabilities(probabilities: ArrayLike, shape: tuple[int, int]) -> NDArray[Any]:
    array = np.asarray(probabilities)
    if array.shape != shape or array.dtype.kind != "f":
        raise InputError(
            f"probabilities is {describe(array)}; it must be floating point with shape {shape}, a "
            f"row for each image and a column for each class."
        )
    check_finite(array, "probabilities")
    if array.min() < 0 or array.max() > 1 + 1e-6:  # a softmax in float32 may round beyond 1
        raise InputError(
            f"probabilities runs from {array.min():g} to {array.max():g}; it must stay in [0, 1]. "
            f"Give what predict_proba returns."
        )
    return array


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
