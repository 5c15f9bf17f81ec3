"""Images for plots: checks of their shape, their grey scale, and grids of images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, as_array, check_finite, describe, echo
from neuralnet.plots._figures import INK, LEFT, WIDTH, add_panel, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Images:
    """Images of equal shape, with the grey scale they share.

    Attributes
    ----------
    pixels : ndarray, shape (N, height, width)
        Pixels; low values are paper, high values are ink.
    limits : (float, float)
        Pixels that are drawn white and black.
    """

    pixels: NDArray[Any]
    limits: tuple[float, float]


def check_images(X: object, image_shape: object) -> Images:
    """Return images from an array of rows or of images.

    The grey scale of uint8 pixels ranges from 0 to 255. That of other pixels ranges from the
    smallest to the largest value in the array.

    Parameters
    ----------
    X : array_like, shape (N, height * width) or (N, height, width)
        At least one image.
    image_shape : (int, int), optional
        Height and width in pixels. By default those of a 3-D array; images in rows are square.

    Raises
    ------
    InputError
        If the array has another shape or no images, `image_shape` does not fit it, or pixels are
        not finite numbers.
    """
    array = as_array(X, "X")
    if array.ndim not in (2, 3) or array.dtype.kind not in "biuf" or not array.size:
        raise InputError(
            f"X is {describe(array if array.ndim else X)}; it must contain at least one image, as "
            f"an array of numbers with shape (images, height * width) or (images, height, width)."
        )
    if array.ndim == 3 and image_shape is None:
        image_shape = array.shape[1:]
    rows = flatten(array)
    height, width = check_shape(image_shape, rows.shape[1], "X")
    if array.dtype == np.uint8:
        limits = (0.0, 255.0)
    else:
        check_finite(rows, "X")
        limits = (float(rows.min()), float(rows.max()))
    return Images(rows.reshape(-1, height, width), limits)


def flatten(X: Any) -> Any:
    """Return images as the rows that a model takes; anything but a 3-D array is unchanged."""
    return X.reshape(len(X), -1) if isinstance(X, np.ndarray) and X.ndim == 3 else X


def check_shape(shape: object, num_pixels: int, name: str) -> tuple[int, int]:
    """Return the height and width of images with `num_pixels`, square if `shape` is None."""
    sides: Any = (math.isqrt(num_pixels),) * 2 if shape is None else shape
    whole = isinstance(sides, tuple | list) and all(
        isinstance(side, int | np.integer) and side > 0 for side in sides
    )
    if not whole or len(sides) != 2 or math.prod(sides) != num_pixels:
        fact = "are not a square" if shape is None else f"do not fit the image shape {echo(shape)}"
        raise InputError(
            f"{name} has {num_pixels} pixels per image, which {fact}; pass the height and width of "
            f"an image as image_shape."
        )
    return int(sides[0]), int(sides[1])


def draw_grid(
    images: NDArray[Any],
    captions: Sequence[str],
    limits: tuple[float, float],
    *,
    per_row: int,
    gap: float,
    title: str | None,
    summary: str | None,
) -> Figure:
    """Draw images in rows, with a caption above each.

    Parameters
    ----------
    images : ndarray, shape (N, height, width)
        Images; without any, the figure only has a heading.
    captions : sequence of str, length N
        Captions with the same number of lines, no wider than an image with its gap.
    limits : (float, float)
        Pixels that are drawn white and black.
    per_row : int
        Number of images per row.
    gap : float
        Distance between the images of a row, in inches.
    title, summary : str, optional
        Heading of the figure.
    """
    pitch = (WIDTH - 2 * LEFT + gap) / per_row
    size = pitch - gap
    lines = max((len(caption.splitlines()) for caption in captions), default=0)
    down = size * min(1.0, images.shape[1] / images.shape[2])  # tall images fit into a square
    height = down + 0.17 * lines + 0.2  # of a row, in inches
    num_rows = math.ceil(len(images) / per_row)
    figure = new_figure(WIDTH, num_rows * height, title, summary)
    for place, (pixels, caption) in enumerate(zip(images, captions, strict=True)):
        row, column = divmod(place, per_row)
        left, bottom = LEFT + column * pitch, (num_rows - 1 - row) * height + 0.15
        axes = add_panel(figure, left, bottom, size, down)
        axes.imshow(pixels, cmap="gray_r", vmin=limits[0], vmax=limits[1], interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.set_title(caption, fontsize=8.5, color=INK, pad=3, parse_math=False)
    return figure
