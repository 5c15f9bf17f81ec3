"""What the units of the first hidden layer look for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_finite, check_integer, describe
from neuralnet.plots.figures import INK, LEFT, add_panel, check_shape, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray


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
    height, width = check_shape(image_shape, len(array), "weights")
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
    side = LEFT + num_columns * across
    figure = new_figure(max(4.5, side + 1.15), body + 0.25, title, summary)
    for place, weights in enumerate(units):
        row, column = divmod(place, a_row)
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
