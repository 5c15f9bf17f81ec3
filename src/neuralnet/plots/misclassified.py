"""The images that a network got wrong, and what it took them for."""

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
    shape = check_shape(image_shape, images.shape[1], "images")
    names = check_classes(classes)
    true = check_labels(labels, len(images), len(names), "labels")
    predicted = check_labels(predictions, len(images), len(names), "predictions")
    shares = _check_probabilities(probabilities, (len(images), len(names)))  # (N, K)
    wrong = np.flatnonzero(true != predicted)
    confidence = shares[wrong, predicted[wrong]]
    order = np.argsort(-confidence, kind="stable")[:most]
    tiles = [
        (images[i].reshape(shape), names[true[i]], names[predicted[i]], percent(share))
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
