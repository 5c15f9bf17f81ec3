"""Removal of straight lines: rules, grids, boxes and underlines.

A line is a long connected course of short runs of ink across it. Where a stroke crosses the line,
the run is longer, and the ink is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c

if TYPE_CHECKING:
    from numpy.typing import NDArray


def find_lines(
    mask: NDArray[np.bool_], shortest: float, thickest: float
) -> NDArray[np.bool_] | None:
    """Find the pixels of lines, nearly horizontal or vertical, without the strokes across them.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        True where there is ink. The array is not modified.
    shortest, thickest : float
        Minimum length and maximum thickness of a line, as fractions of the longer side of the page.

    Returns
    -------
    ndarray of bool, same shape, or None
        Pixels of lines; None if there are none.
    """
    longest = max(mask.shape)
    width = max(c.LINE_THICKNESS_PIXELS, round(thickest * longest))
    length = max(12, round(shortest * longest))
    across = _horizontal(mask, length, width)
    down = _horizontal(np.ascontiguousarray(mask.T), length, width)
    if across is None and down is None:
        return None
    lines = np.zeros_like(mask) if across is None else across
    return lines if down is None else lines | down.T


def _horizontal(mask: NDArray[np.bool_], length: int, thickest: int) -> NDArray[np.bool_] | None:
    """Return the pixels of the lines that run from left to right, or None without lines."""
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
    labels, count = ndimage.label(after > before, np.ones((3, 3), bool))
    if not count:
        return None
    lines = np.zeros_like(mask)
    found = False
    for index, place in enumerate(ndimage.find_objects(labels), 1):
        rows, columns = place
        width, height = columns.stop - columns.start, rows.stop - rows.start
        if width < length or height > 0.12 * width + 3 * thickest:
            continue
        own = (labels[place] == index) & thin[place]
        inked = own.any(axis=0)
        if inked.mean() < 0.6:
            continue
        usual = float(np.median(runs[place][own]))
        lines[place] |= own & (runs[place] <= c.LINE_CROSSED * usual + 1)
        found = True
    return lines if found else None


def _run_lengths(mask: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Return the length of the vertical run of ink that each pixel lies in, 0 off the ink."""
    height = len(mask)
    index = np.arange(1, height + 1, dtype=np.int16)[:, None]
    above = np.maximum.accumulate(np.where(mask, np.int16(0), index), axis=0)
    below = np.minimum.accumulate(np.where(mask, np.int16(height + 1), index)[::-1], axis=0)[::-1]
    return np.where(mask, below - above - np.int16(1), np.int16(0))
