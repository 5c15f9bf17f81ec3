"""Sample images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, as_array, check_integer, check_labels, echo
from neuralnet.data.dataset import Dataset
from neuralnet.plots._figures import LEFT, WIDTH, check_classes, text_width
from neuralnet.plots._images import check_images, draw_grid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

_GAP = 0.14  # between the images of a row, in inches


def digits(
    X: ArrayLike | Dataset,
    y: ArrayLike | None = None,
    *,
    num_images: int = 50,
    classes: Iterable[object] | None = None,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw sample images with their labels.

    The images are spaced evenly over the data, so that data sorted by class show every class.

    Parameters
    ----------
    X : array_like, shape (N, height * width) or (N, height, width), or Dataset
        Images: uint8 pixels, or numbers. Low values are paper, high values are ink. A Dataset
        brings its labels, class names, image shape and name.
    y : array_like, shape (N,), optional
        Labels. Without them, the images have no captions.
    num_images : int
        Maximum number of images to draw.
    classes : iterable of length K, optional
        Names of the classes; y must then have whole numbers from 0 to K - 1. By default the labels
        themselves are shown.
    image_shape : (int, int), optional
        Height and width in pixels; required only for images in rows that are not square.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        Grid of images.

    Raises
    ------
    InputError
        If an argument is invalid, or the lengths of X and y differ.
    """
    if isinstance(X, Dataset):
        if y is not None:
            raise InputError("y is given with a Dataset, which has labels; pass the Dataset alone.")
        if X.columns:
            raise InputError(
                f"X is the table {echo(X.name)}; if its columns are pixels, pass X.images and "
                f"X.labels with an image_shape."
            )
        y, title = X.labels, title or X.name
        classes = X.classes if classes is None else classes
        image_shape, X = image_shape or X.image_shape, X.images
    images = check_images(X, image_shape)
    total = len(images.pixels)
    limit = check_integer(num_images, "num_images", minimum=1)
    shown = np.unique(np.linspace(0, total - 1, min(limit, total)).round().astype(np.intp))
    captions = [""] * len(shown) if y is None else _captions(y, classes, total, shown)
    widest = max(text_width(caption, 8.5) for caption in set(captions)) + 0.1
    per_row = min(5 if len(shown) <= 10 else 10, int((WIDTH - 2 * LEFT + _GAP) / widest))
    summary = f"{len(shown)} of {total:,} images." if len(shown) < total else None
    return draw_grid(
        images.pixels[shown],
        captions,
        images.limits,
        per_row=per_row,
        gap=_GAP,
        title=title,
        summary=summary,
    )


def _captions(
    y: Any, classes: Iterable[object] | None, num_images: int, shown: NDArray[np.intp]
) -> list[str]:
    """Return the class names of the images shown, or their labels if the classes have no names."""
    if classes is not None:
        names = check_classes(classes)
        return [names[label] for label in check_labels(y, num_images, len(names))[shown]]
    labels = as_array(y, "y")
    if labels.shape != (num_images,):
        raise InputError(
            f"y has shape {labels.shape}; it must have shape ({num_images},), with one label for "
            f"each image."
        )
    if labels.dtype.kind == "f":
        return [f"{label:g}" for label in labels[shown]]
    return check_classes(labels[shown].tolist())
