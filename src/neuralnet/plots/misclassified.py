"""Misclassified images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_finite, check_integer, check_labels, describe
from neuralnet.plots.figures import (
    INK,
    LEFT,
    WIDTH,
    add_panel,
    check_classes,
    check_shape,
    new_figure,
    percent,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray


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
    """Draw misclassified images, ordered by decreasing confidence.

    Parameters
    ----------
    images : ndarray of uint8, shape (N, height * width)
        Pixels, from 0 (paper) to 255 (ink).
    labels, predictions : array_like of int, shape (N,)
        True and predicted classes, from 0 to K - 1.
    probabilities : array_like of float, shape (N, K)
        Predicted class probabilities, in [0, 1]. The probability of the predicted class is shown as
        the confidence.
    classes : iterable of length K
        Names of the classes, as strings or numbers.
    max_images : int
        Maximum number of images to draw.
    image_shape : (int, int), optional
        Height and width in pixels; required only if they differ.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        One panel per image. If no image is misclassified, the figure only has a heading that says
        so.

    Raises
    ------
    InputError
        If an argument is invalid, or the lengths of the arrays differ.
    """
    if not isinstance(images, np.ndarray) or images.ndim != 2 or images.dtype != np.uint8:
        raise InputError(
            f"images is {describe(images)}; it must be an array of uint8 pixels with shape "
            f"(examples, height * width)."
        )
    if not len(images):
        raise InputError("images has no rows; pass at least one image.")
    limit = check_integer(max_images, "max_images", minimum=1)
    shape = check_shape(image_shape, images.shape[1], "images")
    names = check_classes(classes)
    true = check_labels(labels, len(images), len(names), "labels")
    predicted = check_labels(predictions, len(images), len(names), "predictions")
    checked = _check_probabilities(probabilities, (len(images), len(names)))  # (N, K)
    wrong = np.flatnonzero(true != predicted)
    confidence = checked[wrong, predicted[wrong]]
    order = np.argsort(-confidence, kind="stable")[:limit]
    tiles = [
        (images[i].reshape(shape), names[true[i]], names[predicted[i]], percent(probability))
        for i, probability in zip(wrong[order], confidence[order], strict=True)
    ]
    summary = f"Misclassified: none of {len(images):,} images."
    if tiles:
        summary = (
            f"Misclassified: {len(wrong):,} of {len(images):,} images. Shown: {len(tiles)}, with "
            f"the highest confidence first."
        )
    return _draw_tiles(tiles, title, summary)


def _draw_tiles(
    tiles: list[tuple[NDArray[np.uint8], str, str, str]], title: str | None, summary: str
) -> Figure:
    """Draw images, five per row, with true class, predicted class and confidence above each."""
    short = all(len(name) <= 3 for _, *pair, _ in tiles for name in pair)
    lines, size, pitch = (2 if short else 3), 1.15, 1.58
    height = size + 0.17 * lines + 0.2  # of a row, in inches
    num_rows = math.ceil(len(tiles) / 5)
    figure = new_figure(WIDTH, num_rows * height, title, summary)
    for place, (pixels, true, predicted, confidence) in enumerate(tiles):
        row, column = divmod(place, 5)
        left, bottom = LEFT + column * pitch, (num_rows - 1 - row) * height + 0.15
        axes = add_panel(figure, left, bottom, size, size)
        axes.imshow(pixels, cmap="gray_r", vmin=0, vmax=255, interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        between = ", " if short else "\n"
        text = f"true {true}\npredicted {predicted}{between}{confidence}"
        axes.set_title(text, fontsize=8.5, color=INK, pad=3, parse_math=False)
    return figure


def _check_probabilities(probabilities: ArrayLike, shape: tuple[int, int]) -> NDArray[Any]:
    array = np.asarray(probabilities)
    if array.shape != shape or array.dtype.kind != "f":
        raise InputError(
            f"probabilities is {describe(array)}; it must be floating point with shape {shape}, "
            f"one row per image and one column per class."
        )
    check_finite(array, "probabilities")
    if array.min() < 0 or array.max() > 1 + 1e-6:  # rounding in float32 may exceed 1 slightly
        raise InputError(
            f"probabilities ranges from {array.min():g} to {array.max():g}; it must be in [0, 1]. "
            f"Pass the output of predict_proba."
        )
    return array
