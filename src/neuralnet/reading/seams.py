"""Cuts between touching digits, along paths that cross little ink."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Extra cost of a diagonal step, in fully inked pixels, so that straight seams are preferred.
_DIAGONAL_COST = 0.02


def cut(
    mask: NDArray[np.bool_], darkness: NDArray[np.float32], *, sideways: bool = False
) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Cut a piece along every pair of its seams.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        Pixels of the piece.
    darkness : ndarray of float32, same shape
        Darkness of the ink, which decides where a cut costs least.
    sideways : bool
        Whether to cut into upper and lower parts instead of left and right ones.

    Yields
    ------
    (int, int, ndarray of bool)
        First row and column of a part in the piece, and its mask.
    """
    if sideways:
        for top, left, part in _parts(mask.T, darkness.T, *c.CUT_STACKED):
            yield left, top, part.T
    else:
        yield from _parts(mask, darkness, *c.CUT_BESIDE)


def _parts(
    mask: NDArray[np.bool_], darkness: NDArray[np.float32], lowest: float, widest: float
) -> Iterator[tuple[int, int, NDArray[np.bool_]]]:
    """Yield the parts between seams, no lower and no wider than these multiples of the height."""
    height, width = mask.shape
    seams = _seams(np.where(mask, darkness, 0).astype(np.float32))
    bounds = [np.zeros(height, np.intp), *seams, np.full(height, width, np.intp)]
    columns = np.arange(width)
    for start in range(len(bounds) - 1):
        for end in range(start + 1, len(bounds)):
            if end - start == len(bounds) - 1:
                continue
            inside = (columns >= bounds[start][:, None]) & (columns < bounds[end][:, None])
            part = mask & inside
            rows, across = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
            if len(rows) < lowest * height or len(across) < c.CUT_NARROWEST * height / 2:
                continue
            if len(across) > widest * height:
                continue
            top, left = int(rows[0]), int(across[0])
            yield top, left, part[top : rows[-1] + 1, left : across[-1] + 1]


def _seams(ink: NDArray[np.float32]) -> list[NDArray[np.intp]]:
    """Return the column of each seam in each row, seams from left to right."""
    from PIL import Image

    height, width = ink.shape
    rows = c.CUT_COPY
    columns = max(8, round(width * rows / height))
    copy = Image.fromarray(ink).resize((columns, rows), Image.Resampling.BOX)
    costs, came_from = _cheapest(np.asarray(copy, np.float32) / max(float(ink.max()), 1e-3))
    seams = []
    for end in _minima(costs, max(2, round(c.CUT_NARROWEST * rows))):
        path = np.empty(rows, float)
        column = end
        for row in range(rows - 1, -1, -1):
            path[row] = column
            column = int(came_from[row, column])
        at = (np.arange(height) + 0.5) * rows / height - 0.5
        seams.append((np.interp(at, np.arange(rows), path) + 0.5) * width / columns)
    seams.sort(key=lambda seam: float(seam.mean()))
    return [np.rint(seam).astype(np.intp) for seam in seams]


def _cheapest(ink: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Return the cost of the cheapest seam to each bottom column, and each step's predecessor."""
    rows, columns = ink.shape
    total = ink[0].copy()
    came_from = np.empty((rows, columns), np.intp)
    came_from[0] = np.arange(columns)
    index, steps = np.arange(columns), np.array([0, -1, 1])
    padded = np.full(columns + 2, np.inf, np.float32)
    choices = np.empty((3, columns), np.float32)
    for row in range(1, rows):
        padded[1:-1] = total
        choices[0] = total
        choices[1] = padded[:-2] + np.float32(_DIAGONAL_COST)
        choices[2] = padded[2:] + np.float32(_DIAGONAL_COST)
        best = choices.argmin(axis=0)
        came_from[row] = np.clip(index + steps[best], 0, columns - 1)
        total = choices[best, index] + ink[row]
    return total, came_from


def _minima(costs: NDArray[np.float32], reach: int) -> list[int]:
    """Return the cheapest columns that lie at least `reach` apart."""
    found: list[int] = []
    for column in np.argsort(costs, kind="stable").tolist():
        inside = reach <= column < len(costs) - reach
        if inside and all(abs(column - other) >= reach for other in found):
            found.append(column)
        if len(found) == c.MAX_CUTS:
            break
    return found
