"""Weights of the first hidden layer, drawn as images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, as_array, check_finite, check_integer, describe
from neuralnet.plots._classifier import first_weights
from neuralnet.plots._figures import INK, LEFT, add_panel, new_figure
from neuralnet.plots._images import check_shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

# Number of inputs below which a square number of them is no reason to draw them as an image.
MIN_PIXELS = 25


def hidden_units(
    model: object,
    *,
    num_units: int = 100,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
) -> Figure:
    """Draw what each unit of the first hidden layer responds to: its weights, as an image.

    Parameters
    ----------
    model : NeuralNetMLP or estimator
        Network, or a fitted estimator with its weights in `coefs_`.
    num_units : int
        Maximum number of units to draw. The first units are drawn.
    image_shape : (int, int), optional
        Height and width of the images in pixels; required only if they are not square.
    title : str, optional
        Title of the figure, usually the name of the data set.

    Returns
    -------
    Figure
        Grid of images in the order of the units, with a colour bar.

    Raises
    ------
    InputError
        If `model` is not such a model, its inputs do not fit the image shape, its weights are not
        finite, or `num_units` is not a whole number of at least 1.
    """
    weights = first_weights(model)  # (D, H)
    limit = check_integer(num_units, "num_units", minimum=1)
    return plot_hidden_units(weights, image_shape, title, max_units=limit)


def plot_hidden_units(
    weights: ArrayLike,
    image_shape: tuple[int, int] | None = None,
    title: str | None = None,
    *,
    max_units: int = 100,
) -> Figure:
    """Draw the weights of each hidden unit as an image with the shape of the input.

    All units share one symmetric colour scale. It ends at the 99.5th percentile of the absolute
    weights shown, so that a few extreme weights do not make the others pale.

    Parameters
    ----------
    weights : array_like, shape (D, H)
        Weights of the first layer, with `D = height * width` inputs and `H` hidden units.
    image_shape : (int, int), optional
        Height and width in pixels; required only if they differ.
    title : str, optional
        Title of the figure, usually the name of the data set.
    max_units : int
        Maximum number of units to draw. The first units are drawn.

    Returns
    -------
    Figure
        Grid of images in the order of the units, with a colour bar.

    Raises
    ------
    InputError
        If `weights` is not a 2-D floating-point array of finite values, its number of rows does not
        fit the image shape, or `max_units` is not a whole number of at least 1.
    """
    array = as_array(weights, "weights")
    if array.ndim != 2 or not array.size or array.dtype.kind != "f":
        raise InputError(
            f"weights is {describe(weights)}; it must be a floating-point array with shape "
            f"(inputs, units)."
        )
    check_finite(array, "weights")
    limit = check_integer(max_units, "max_units", minimum=1)
    if image_shape is None and len(array) < MIN_PIXELS:
        raise InputError(
            f"The network has {len(array)} inputs, which are hardly the pixels of an image: the "
            f"weights of a table's features are no picture. If they are pixels, say so with "
            f"image_shape=(height, width)."
        )
    height, width = check_shape(image_shape, len(array), "weights")
    num_units = array.shape[1]
    units = array[:, :limit].T.reshape(-1, height, width)  # (units shown, height, width)
    extent = float(np.percentile(np.abs(units), 99.5)) or 1.0
    shown = f"first {len(units)} of {num_units:,}" if len(units) < num_units else f"{num_units}"
    summary = (
        f"Weights of the {shown} hidden unit{'s' if num_units > 1 else ''}. Red: ink raises the "
        f"unit's input; blue: ink lowers it."
    )
    return _draw_units(units, extent, title, summary)


def _draw_units(units: NDArray[Any], extent: float, title: str | None, summary: str) -> Figure:
    """Draw the images of the units, five or ten per row, and the colour bar."""
    per_row = 5 if len(units) <= 25 else 10
    num_columns, num_rows = min(per_row, len(units)), math.ceil(len(units) / per_row)
    _, height, width = units.shape
    across = 6.6 / per_row  # width of an image and the gap next to it
    down = across * height / width
    body = max(num_rows * down, 1.3)
    side = LEFT + num_columns * across
    figure = new_figure(max(4.5, side + 1.15), body + 0.25, title, summary)
    for place, weights in enumerate(units):
        row, column = divmod(place, per_row)
        left, bottom = LEFT + column * across, body - (row + 1) * down + 0.2
        axes = add_panel(figure, left, bottom, 0.94 * across, 0.94 * down)
        picture = axes.imshow(
            weights, cmap="RdBu_r", vmin=-extent, vmax=extent, interpolation="nearest"
        )
        axes.set(xticks=[], yticks=[])
    length = min(body, 3.5)
    legend = add_panel(figure, side + 0.15, 0.2 + (body - length) / 2, 0.14, length)
    extend = "both" if np.abs(units).max() > extent else "neither"
    bar = figure.colorbar(picture, cax=legend, extend=extend)
    bar.set_label("Weight", color=INK)
    bar.outline.set_visible(False)
    return figure
