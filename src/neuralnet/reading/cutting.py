"""Cuts between touching digits, along paths that cross little ink."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.finding import Blob, trimmed
from neuralnet.reading.preparation import stroke_width

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Height of the reduced copy on which seams are searched, in pixels.
_ROWS = 48
# Extra cost of a diagonal step, in fully inked pixels, so that straight seams are preferred.
_DIAGONAL_COST = 0.02
# Width of the narrowest digit (a 1) and of the widest one, as fractions of the height.
_NARROWEST, _WIDEST = 0.12, 1.2
_MAX_SEAMS = 7


def find_seams(ink: NDArray[np.float32], max_pens: float) -> list[NDArray[np.intp]]:
    """Find seams, which are paths from top to bottom that cross little ink.

    Parameters
    ----------
    ink : ndarray of float32, shape (height, width)
        Ink of the digits, from 0 (paper) to 1 (ink).
    max_pens : float
        Maximum amount of ink that a seam may cross, in pen widths.

    Returns
    -------
    list of ndarray of int, shape (height,)
        Column of each seam in each row. The seams are ordered from left to right.
    """
    from PIL import Image

    height, width = ink.shape
    columns = max(8, round(width * _ROWS / height))
    copy = Image.fromarray(ink).resize((columns, _ROWS), Image.Resampling.BOX)
    costs, came_from = _cheapest_seams(np.asarray(copy, np.float32))
    pen = max(stroke_width(ink) * _ROWS / height, 1.0)
    seams = []
    for end in _minima(costs):
        if costs[end] > max_pens * pen + 1:
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


def _cheapest_seams(ink: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return the cost of the cheapest seam to each bottom column, and the predecessor of each step.

    The seams are computed by dynamic programming, from the top row down.
    """
    rows, columns = ink.shape
    total = ink[0].copy()
    came_from = np.empty((rows, columns), np.intp)
    came_from[0] = np.arange(columns)
    for row in range(1, rows):
        padded = np.pad(total, 1, constant_values=np.inf)
        choices = np.stack(
            [padded[1:-1], padded[:-2] + _DIAGONAL_COST, padded[2:] + _DIAGONAL_COST]
        )
        best = choices.argmin(axis=0)
        came_from[row] = np.clip(np.arange(columns) + np.array([0, -1, 1])[best], 0, columns - 1)
        total = choices.min(axis=0) + ink[row]
    return total, came_from


def _minima(costs: NDArray[np.float32]) -> list[int]:
    """Return the cheapest columns that lie at least the width of a narrow digit apart."""
    reach = max(2, int(_NARROWEST * _ROWS))
    found: list[int] = []
    for column in np.argsort(costs, kind="stable").tolist():
        inside = reach <= column < len(costs) - reach
        if inside and all(abs(column - other) >= reach for other in found):
            found.append(column)
        if len(found) == _MAX_SEAMS:
            break
    return found


def cut_along(blob: Blob, seams: Sequence[NDArray[np.intp]]) -> list[tuple[int, int, Blob]]:
    """Cut a blob along every pair of seams.

    Parameters
    ----------
    blob : Blob
        The blob to cut.
    seams : sequence of ndarray of int, shape (height,)
        Column of each seam in each row, ordered from left to right.

    Returns
    -------
    list of (int, int, Blob)
        Index of the left seam, index of the right seam, and the part between them. Index 0 is the
        left side of the blob and `len(seams) + 1` the right side. Parts that are too narrow or too
        wide for a digit, and the whole blob, are left out.
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
            if tall_enough and _NARROWEST * height / 2 <= part.width <= _WIDEST * height:
                found.append((start, end, part))
    return found
