"""Removal of straight lines: rules, grids, boxes and underlines.

A line is a long connected course of short runs of ink across it. Where a stroke crosses the line,
the run is longer, and the ink is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def find_lines(
    mask: NDArray[np.bool_],
    shortest: Sequence[float] = (c.LINE_LENGTH, c.LONG_LINE),
    thickest: float = c.LINE_THICKNESS,
) -> list[NDArray[np.bool_]]:
    """Find the pixels of lines, nearly horizontal or vertical, without the strokes across them.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        True where there is ink. The array is not modified.
    shortest : sequence of float
        Minimum lengths, as fractions of the longer side of the page, in ascending order.
    thickest : float
        Maximum thickness, as a fraction of the longer side of the page.

    Returns
    -------
    list of ndarray of bool, same shape
        Pixels of all lines of each minimum length. The list is empty if there are no lines, and a
        length is left out if its lines are nearly those of the length before.
    """
    longest = max(mask.shape)
    width = max(c.LINE_THICKNESS_PIXELS, round(thickest * longest))
    lengths = [max(12, round(length * longest)) for length in shortest]
    across = _horizontal(mask, lengths, width)
    down = _horizontal(np.ascontiguousarray(mask.T), lengths, width)
    found: list[NDArray[np.bool_]] = []
    before = 0
    for one, other in zip(across, down, strict=True):
        lines = one | other.T
        count = int(np.count_nonzero(lines))
        if count and (not found or before >= c.SAME_LINES * count):
            found.append(lines)
        before = count
    return found


def _horizontal(
    mask: NDArray[np.bool_], lengths: Sequence[int], thickest: int
) -> list[NDArray[np.bool_]]:
    """Return the pixels of the lines of each minimum length that run from left to right."""
    from scipy import ndimage

    runs = _run_lengths(mask)
    thin = mask & (runs <= thickest)
    # A vertical line or a stroke that crosses interrupts the course; bridge gaps that wide.
    counts = np.zeros((len(mask), mask.shape[1] + 2 * thickest + 1), np.int16)
    np.cumsum(thin, axis=1, out=counts[:, thickest + 1 : -thickest], dtype=np.int16)
    counts[:, -thickest:] = counts[:, -thickest - 1 : -thickest]
    half = thickest // 2 + 1
    start = thickest - half
    after = counts[:, start + 2 * half + 1 :][:, : mask.shape[1]]
    before = counts[:, start:][:, : mask.shape[1]]
    labels, _ = ndimage.label(after > before, np.ones((3, 3), bool))
    lines = [np.zeros_like(mask) for _ in lengths]
    for index, place in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = place
        width, height = columns.stop - columns.start, rows.stop - rows.start
        if width < lengths[0] or height > 0.12 * width + 3 * thickest:
            continue
        own = (labels[place] == index) & thin[place]
        inked = own.any(axis=0)
        if inked.mean() < 0.6:
            continue
        usual = float(np.median(runs[place][own]))
        own &= runs[place] <= c.LINE_CROSSED * usual + 1
        for length, pixels in zip(lengths, lines, strict=True):
            if width >= length:
                pixels[place] |= own
    return lines


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the length of the vertical run of ink that each pixel lies in, 0 off the ink."""
    height = len(mask)
    index = np.arange(1, height + 1, dtype=np.int16)[:, None]
    above = np.maximum.accumulate(np.where(mask, np.int16(0), index), axis=0)
    below = np.minimum.accumulate(np.where(mask, np.int16(height + 1), index)[::-1], axis=0)[::-1]
    return np.where(mask, below - above - np.int16(1), np.int16(0))
