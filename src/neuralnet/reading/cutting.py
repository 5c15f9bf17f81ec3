"""Where digits that touch can be cut apart: along paths that cross little ink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.finding import Blob, trimmed
from neuralnet.reading.preparation import stroke_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Paths are sought on a copy of this height.
_ROWS = 48
# A path leans at most this far, as a share of the height, and leaning costs a little.
_LEANING = 0.02
# The narrowest digit (a 1) and the broadest, as shares of the height.
_NARROWEST, _BROADEST = 0.12, 1.2
_MOST = 7


def cuts(ink: NDArray[np.float32], most_pens: float) -> list[NDArray[np.intp]]:
    """Find paths from top to bottom that cross little ink.

    Parameters
    ----------
    ink : ndarray of float32, shape (height, width)
    most_pens : float
        How much ink a path may cross, in widths of the pen.

    Returns
    -------
    list of ndarray of int, shape (height,)
        The column where each path crosses each row; paths from left to right.
    """
    from PIL import Image

    height, width = ink.shape
    columns = max(8, round(width * _ROWS / height))
    copy = Image.fromarray(ink).resize((columns, _ROWS), Image.Resampling.BOX)
    costs, came_from = _cheapest(np.asarray(copy, np.float32))
    pen = max(stroke_width(ink) * _ROWS / height, 1.0)
    seams = []
    for end in _minima(costs):
        if costs[end] > most_pens * pen + 1:
            continue
        path = np.empty(_ROWS, float)
        column = end
        for row in range(_ROWS - 1, -1, -1):
            path[row] = column
            column = int(came_from[row, column])
        rows = (np.arange(height) + 0.5) * _ROWS / height - 0.5
        seams.append(np.interp(rows, np.arange(_ROWS), path) * width / columns)
    seams.sort(key=lambda seam: float(seam.mean()))
    return [np.rint(seam).astype(np.intp) for seam in seams]


def _cheapest(ink: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return the least ink crossed on the way to each bottom column, and each step's origin."""
    rows, columns = ink.shape
    total = ink[0].copy()
    came_from = np.empty((rows, columns), np.intp)
    came_from[0] = np.arange(columns)
    for row in range(1, rows):
        padded = np.pad(total, 1, constant_values=np.inf)
        choices = np.stack([padded[1:-1], padded[:-2] + _LEANING, padded[2:] + _LEANING])
        best = choices.argmin(axis=0)
        came_from[row] = np.clip(np.arange(columns) + np.array([0, -1, 1])[best], 0, columns - 1)
        total = choices.min(axis=0) + ink[row]
    return total, came_from


def _minima(costs: NDArray[np.float32]) -> list[int]:
    """Return the columns that are cheapest within a narrow digit's width, the cheapest few."""
    reach = max(2, int(_NARROWEST * _ROWS))
    found: list[int] = []
    for column in np.argsort(costs, kind="stable").tolist():
        inside = reach <= column < len(costs) - reach
        if inside and all(abs(column - other) >= reach for other in found):
            found.append(column)
        if len(found) == _MOST:
            break
    return found


def parts(blob: Blob, seams: Sequence[NDArray[np.intp]]) -> list[tuple[int, int, Blob]]:
    """Cut a blob along every pair of paths.

    Parameters
    ----------
    blob : Blob
        What is to be cut.
    seams : sequence of ndarray of int, shape (height,)
        Paths from left to right.

    Returns
    -------
    list of (int, int, Blob)
        From which path to which (0 is the left side, `len(seams) + 1` the right one), and what is
        between; parts too narrow or too broad for a digit, and the whole, are left out.
    """
    height, width = blob.ink.shape
    bounds = [np.zeros(height, np.intp), *seams, np.full(height, width, np.intp)]
    columns = np.arange(width)
    found = []
    for start in range(len(bounds)):
        for end in range(start + 1, len(bounds)):
            if end - start == len(bounds) - 1:
                continue
            inside = (columns >= bounds[start][:, None]) & (columns < bounds[end][:, None])
            ink = np.where(inside, blob.ink, np.float32(0))
            if float(ink.max()) < 0.5:
                continue
            part = trimmed(Blob(blob.top, blob.left, ink))
            tall_enough = part.height >= 0.4 * height
            if tall_enough and _NARROWEST * height / 2 <= part.width <= _BROADEST * height:
                found.append((start, end, part))
    return found
