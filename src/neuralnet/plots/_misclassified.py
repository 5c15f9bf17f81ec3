"""Misclassified images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import (
    InputError,
    as_array,
    check_finite,
    check_integer,
    check_labels,
    describe,
)
from neuralnet.plots._classifier import (
    check_classifier,
    class_names,
    predicted_labels,
    probabilities_of,
    true_labels,
)
from neuralnet.plots._figures import check_classes, percent
from neuralnet.plots._images import Images, check_images, check_shape, draw_grid, flatten

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray


def misclassified(
    model: object,
    X: ArrayLike,
    y: ArrayLike,
    *,
    num_images: int = 25,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw the images that a model misclassifies, ordered by decreasing confidence.

    Parameters
    ----------
    model : NeuralNetMLP or classifier
        Network whose outputs are probabilities (sigmoid or softmax), or a fitted classifier with
        `predict_proba` and `classes_`.
    X : array_like, shape (N, height * width) or (N, height, width)
        Images, as the model takes them: uint8 pixels, or scaled numbers. Low values are paper, high
        values are ink.
    y : array_like, shape (N,)
        True labels, as the model predicts them: from 0 to K - 1 for a network.
    num_images : int
        Maximum number of images to draw.
    image_shape : (int, int), optional
        Height and width in pixels; required only for images in rows that are not square.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        One panel per image, with the true class, the predicted class and its probability. If no
        image is misclassified, the figure only has a heading that says so.

    Raises
    ------
    InputError
        If an argument is invalid, or the model has no probabilities.
    """
    classifier = check_classifier(model)
    limit = check_integer(num_images, "num_images", minimum=1)
    images = check_images(X, image_shape)
    labels = true_labels(classifier, y, len(images.pixels))  # (N,)
    rows = flatten(X)
    probabilities = probabilities_of(classifier, rows)  # (N, K)
    predictions = predicted_labels(classifier, rows)  # (N,)
    names = check_classes(class_names(classifier))
    return _draw_misclassified(images, labels, predictions, probabilities, names, limit, title)


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
    pixels = Images(images.reshape(-1, *shape), (0.0, 255.0))
    return _draw_misclassified(pixels, true, predicted, checked, names, limit, title)


def _draw_misclassified(
    images: Images,
    true: NDArray[np.int64],
    predicted: NDArray[np.int64],
    probabilities: NDArray[Any],
    names: list[str],
    limit: int,
    title: str | None,
) -> Figure:
    """Draw up to `limit` misclassified images, with both classes and the confidence above each."""
    wrong = np.flatnonzero(true != predicted)
    confidence = probabilities[wrong, predicted[wrong]]
    order = np.argsort(-confidence, kind="stable")[:limit]
    shown = wrong[order]
    num_images = len(images.pixels)
    summary = f"Misclassified: none of {num_images:,} images."
    if len(shown):
        summary = (
            f"Misclassified: {len(wrong):,} of {num_images:,} images. Shown: {len(shown)}, with "
            f"the highest confidence first."
        )
    short = all(len(names[label]) <= 3 for pair in (true, predicted) for label in pair[shown])
    between = ", " if short else "\n"
    captions = [
        f"true {names[true[i]]}\npredicted {names[predicted[i]]}{between}{percent(probability)}"
        for i, probability in zip(shown, confidence[order], strict=True)
    ]
    return draw_grid(
        images.pixels[shown],
        captions,
        images.limits,
        per_row=5,
        gap=0.43,
        title=title,
        summary=summary,
    )


def _check_probabilities(probabilities: ArrayLike, shape: tuple[int, int]) -> NDArray[Any]:
    array = as_array(probabilities, "probabilities")
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
