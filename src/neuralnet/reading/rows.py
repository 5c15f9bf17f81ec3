"""Reading order of digits: rows from top to bottom, and each row from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

# Degrees. Steepest tilt of a row; steeper ones are columns.
_STEEPEST = 38.0
# Factor by which a neighbour below counts as farther away than one beside.
_DOWNWARD = 2.0
Box = tuple[int, int, int, int]


def group_into_rows(boxes: Sequence[Box]) -> list[list[int]]:
    """Group boxes into rows, all of which may have the same tilt.

    Parameters
    ----------
    boxes : sequence of (top, left, bottom, right)
        Bounding boxes, in pixels.

    Returns
    -------
    list of list of int
        Indices of the boxes in each row, from left to right; rows from top to bottom.
    """
    if not boxes:
        return []
    corners = np.asarray(boxes, float)
    heights = corners[:, 2] - corners[:, 0]
    across = (corners[:, 1] + corners[:, 3]) / 2
    down = (corners[:, 0] + corners[:, 2]) / 2
    down = down - _slope(across, down, heights) * across
    rows: list[list[int]] = []
    for index in np.argsort(across, kind="stable").tolist():
        nearest = _nearest_row(rows, index, down, heights)
        if nearest is None:
            rows.append([index])
        else:
            nearest.append(index)
    return sorted(rows, key=lambda row: float(np.median(down[row])))


def _slope(across: np.ndarray, down: np.ndarray, heights: np.ndarray) -> float:
    """Return the slope of the rows, the median over pairs of neighbours; 0 with too few pairs."""
    steepest = float(np.tan(np.deg2rad(_STEEPEST)))
    slopes = []
    for index in range(len(across)):
        right, below = across - across[index], np.abs(down - down[index])
        beside = (right > 0) & (below < np.maximum(0.6 * heights[index], steepest * right))
        if not beside.any():
            continue
        distance = np.hypot(right, _DOWNWARD * below)
        neighbour = int(np.where(beside, distance, np.inf).argmin())
        if right[neighbour] < 4 * heights[index]:
            slopes.append((down[neighbour] - down[index]) / max(right[neighbour], 1))
    return float(np.clip(np.median(slopes), -steepest, steepest)) if len(slopes) >= 2 else 0.0


def _nearest_row(
    rows: Sequence[list[int]], index: int, down: np.ndarray, heights: np.ndarray
) -> list[int] | None:
    """Return the row whose last digits are vertically closest to a digit, None if none is near."""
    best, least = None, 0.6
    for row in rows:
        last = row[-3:]
        size = max(median(heights[last]), heights[index])
        away = abs(median(down[last]) - down[index]) / size
        if away < least:
            best, least = row, away
    return best
