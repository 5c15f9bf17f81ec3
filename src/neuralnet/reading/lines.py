"""Detection and removal of ruled lines and underlines, without cutting the strokes that cross them.

A ruled line is straight and thin. It either reaches from border to border or is one of several
parallel lines. It is erased column by column, except in columns where the ink is taller than the
line, because a stroke crosses it there. An underline that connects the digits of a row is erased in
the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Longest side of the reduced copy on which lines are searched, in pixels.
_COPY = 320
_STEEPEST = 14.0  # degrees from the horizontal; handheld photographs are tilted
_STEP = 0.5  # degrees between the angles that are tried
_MAX_POINTS = 30_000
# Minimum fraction of the length of a ruled line that is inked.
_COVERED = 0.85
# Minimum fraction of the length with even thickness; it is lower where strokes cross the line. The
# smaller value holds for lines that are parallel to others.
_EVEN, _EVEN_AMONG_OTHERS = 0.6, 0.25
# Maximum difference in slope between parallel lines.
_PARALLEL = 0.03
# Maximum thickness of a ruled line, as a fraction of the longer side of the image.
_THICKEST = 1 / 60
# Minimum ratio of width to height of a piece with an underline. A 2 with a long base may exceed the
# first value but not the second. Between the two, erasing the line must leave several digits, or
# the line must extend beyond the digit on both sides by the third value, as a fraction of the
# width.
_WIDE, _SURELY_WIDE, _FREE = 1.3, 1.8, 0.1
# Minimum height of a piece with an underline, in pixels; below it, the base of a 2 is as thin as a
# line.
_SMALLEST = 30
# An underline lies below the first value, as a fraction of the height of its piece; the bar of a 4
# lies above it. The second value is its maximum thickness, as a fraction of that height. The third
# is the minimum fraction of its length with even thickness; it is low, since digits stand on it.
_LOW, _THICKEST_OF_HEIGHT, _EVEN_UNDER_DIGITS = 0.72, 1 / 6, 0.4
# Minimum fraction of the ink that erasing lines must leave; otherwise the lines were the writing,
# such as a 1.
_MIN_REMAINING = 0.05


@dataclass(frozen=True)
class _Line:
    """Line on the reduced copy: row = offset + slope * column, inked from `start` to `stop`.

    `even` is the fraction of its inked columns with even thickness.
    """

    offset: float
    slope: float
    start: int
    stop: int
    even: float


def erase_lines(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erase the horizontal and vertical ruled lines of a page.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        True where there is ink. The array is not modified.

    Returns
    -------
    ndarray of bool, same shape
        Mask without the lines, or `mask` itself if nothing was erased.
    """
    horizontal = _find(mask)
    vertical = _find(mask.T)
    if not horizontal and not vertical:
        return mask
    erased = mask.copy()
    block = _block_size(mask)
    for line in horizontal:
        _erase(erased, line, block, _THICKEST * max(mask.shape))
    for line in vertical:
        _erase(erased.T, line, block, _THICKEST * max(mask.shape))
    return erased if np.count_nonzero(erased) > _MIN_REMAINING * np.count_nonzero(mask) else mask


def erase_underline(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erase the line that digits stand on from one connected piece of ink.

    Parameters
    ----------
    piece : ndarray of bool, shape (height, width)
        True where there is ink within the bounding box of the piece. The array is not modified.

    Returns
    -------
    ndarray of bool, same shape
        Mask without the line, or `piece` itself if nothing was erased.
    """
    height, width = piece.shape
    if width < _WIDE * height or height < _SMALLEST:
        return piece
    # Tracing a line needs spare rows above and below, which the bounding box does not have.
    block = _block_size(piece)
    rows = 3 * block
    padded = np.pad(piece, ((rows, rows), (0, 0)))
    copy = _downsample(padded, block)
    for line in _candidates(copy, copy.shape[0] * _THICKEST_OF_HEIGHT):
        middle = line.offset + line.slope * copy.shape[1] / 2
        reaches = line.stop - line.start >= 0.9 * copy.shape[1]
        low = middle - 3 >= _LOW * (copy.shape[0] - 6)
        if reaches and low and line.even >= _EVEN_UNDER_DIGITS:
            _erase(padded, line, block, height * _THICKEST_OF_HEIGHT)
            erased = padded[rows:-rows]
            # A line by itself is a dash, or a 1 lying on its side.
            if np.count_nonzero(erased) < 0.2 * np.count_nonzero(piece):
                return piece
            return erased if width >= _SURELY_WIDE * height or _digits_remain(erased) else piece
    return piece


def _digits_remain(erased: NDArray[np.bool_]) -> bool:
    """Return whether the ink that remains after erasing a line is digits that stood on the line.

    That is the case if several pieces, each more than half as tall as the original, remain, or if
    one remains and the line extended beyond it on both sides.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(erased, np.ones((3, 3), bool))
    height, width = erased.shape
    tall = [s[1] for s in ndimage.find_objects(labels) if 2 * (s[0].stop - s[0].start) > height]
    if len(tall) != 1:
        return len(tall) > 1
    free = min(tall[0].start, width - tall[0].stop)
    return bool(free >= _FREE * width)


def _block_size(mask: NDArray[np.bool_]) -> int:
    """Return the side of the blocks, in pixels, that become one pixel of the reduced copy."""
    return -(-int(max(mask.shape)) // _COPY)


def _find(mask: NDArray[np.bool_]) -> list[_Line]:
    """Find the ruled lines that run from left to right."""
    copy = _downsample(mask, _block_size(mask))
    if copy.shape[1] < 80 or copy.shape[0] < 20:  # an icon has no ruled lines
        return []
    candidates = list(_candidates(copy, _THICKEST * max(copy.shape)))
    lines = [line for line in candidates if line.even >= _EVEN]
    if len(lines) >= 2:
        slope = float(np.median([line.slope for line in lines]))
        lines = [line for line in candidates if abs(line.slope - slope) < _PARALLEL]
    if not lines:
        return []
    # A single line must reach from border to border. Three or more may end at the edges of their
    # sheet, but must be longer than the strokes of a row of digits on a strip of paper.
    width = copy.shape[1]
    across = [line for line in lines if line.start <= 0.03 * width and line.stop >= 0.97 * width]
    long_lines = [line for line in lines if line.stop - line.start >= 0.5 * max(copy.shape)]
    chosen = long_lines if len(long_lines) >= 3 else across
    return chosen if len(chosen) <= 0.2 * copy.shape[0] else []


def _downsample(mask: NDArray[np.bool_], block: int) -> NDArray[np.bool_]:
    """Reduce each block to one pixel, which is ink if any pixel of the block is ink."""
    if block == 1:
        return mask
    height, width = (side // block * block for side in mask.shape)
    rows = np.logical_or.reduce([mask[i:height:block, :width] for i in range(block)])
    return np.asarray(np.logical_or.reduce([rows[:, i::block] for i in range(block)]), np.bool_)


def _candidates(copy: NDArray[np.bool_], thickest: float) -> Iterator[_Line]:
    """Yield the lines that are inked nearly throughout, strongest first.

    The search is a Hough transform over offsets and slopes.
    """
    height, width = copy.shape
    rows, columns = np.nonzero(copy)
    if len(rows) > _MAX_POINTS or len(rows) < 0.4 * width:
        return
    angles = np.arange(-_STEEPEST, _STEEPEST + _STEP, _STEP)
    slopes = np.tan(np.deg2rad(angles))
    margin = int(np.ceil(width * slopes[-1])) + 1
    counts = np.zeros((len(slopes), height + 2 * margin))
    for place, slope in enumerate(slopes):
        offsets = np.rint(rows - slope * columns).astype(np.intp) + margin
        counts[place] = np.bincount(offsets, minlength=counts.shape[1])[: counts.shape[1]]
    # The ink of a line between two offsets is divided between both.
    counts[:, 1:-1] = np.maximum(counts[:, 1:-1], 0.5 * (counts[:, :-2] + counts[:, 2:]))
    for _ in range(200):
        place, offset = (int(i) for i in np.unravel_index(int(counts.argmax()), counts.shape))
        if counts[place, offset] < 0.4 * width:
            return
        line = _trace(copy, float(offset - margin), float(slopes[place]), thickest)
        if line is not None:
            yield line
        # Neighbouring peaks in offset and angle belong to the same line.
        middle = offset + slopes[place] * width / 2
        for other, slope in enumerate(slopes):
            near = int(middle - slope * width / 2)
            reach = 3 + int(abs(slope - slopes[place]) * width / 2)
            counts[other, max(0, near - reach) : near + reach + 1] = 0


def _trace(copy: NDArray[np.bool_], offset: float, slope: float, thickest: float) -> _Line | None:
    """Trace a line and return its inked part, or None if it is broken, too thick or uneven."""
    height, width = copy.shape
    columns = np.arange(width)
    centre = np.rint(offset + slope * columns).astype(np.intp)
    inside = (centre >= 1) & (centre < height - 1)
    if inside.sum() < 0.5 * width:
        return None
    columns, centre = columns[inside], centre[inside]
    inked = copy[centre, columns] | copy[centre - 1, columns] | copy[centre + 1, columns]
    where = np.flatnonzero(inked)
    if not len(where):
        return None
    start, stop = where[0], where[-1] + 1
    if inked[start:stop].mean() < _COVERED:
        return None
    reach = int(thickest) + 1
    around = np.arange(-3 * reach, 3 * reach + 1)[:, None]
    strip = copy[np.clip(centre + around, 0, height - 1), columns]
    starts, stops = _run_near_middle(strip[:, start:stop])
    heights = (stops - starts)[inked[start:stop]]
    thick = float(np.quantile(heights, 0.2))
    even = float((heights <= 1.5 * thick + 1).mean())
    if thick > reach or even < _EVEN_AMONG_OTHERS:
        return None  # a row of strokes that happen to be aligned, or the edge of a shadow
    return _Line(offset, slope, int(columns[start]), int(columns[stop - 1]) + 1, even)


def _erase(mask: NDArray[np.bool_], line: _Line, block: int, thickest: float) -> None:
    """Erase a line in place, except where the ink is taller than the line."""
    height, width = mask.shape
    columns = np.arange(line.start * block, min(line.stop * block, width))
    course = block * (line.offset + 0.5 + line.slope * (columns / block - 0.5))
    reach = 2 * block + max(3, int(thickest))
    rows = np.rint(course).astype(np.intp) + np.arange(-reach, reach + 1)[:, None]
    inside = (rows >= 0) & (rows < height)
    strip = mask[np.clip(rows, 0, height - 1), columns] & inside  # (2 reach + 1, columns)
    starts, stops = _run_near_middle(strip)
    heights = stops - starts
    if not (heights > 0).any():
        return
    usual = float(np.median(heights[heights > 0]))
    erased = (heights > 0) & (heights <= 1.5 * usual + 1)
    index = np.arange(len(strip))[:, None]
    strip = (index >= starts) & (index < stops) & erased & inside
    across = np.broadcast_to(columns, strip.shape)
    mask[rows[strip], across[strip]] = False


def _run_near_middle(strip: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the start and stop row, in each column, of the run of ink nearest to the middle.

    Runs farther from the middle than a quarter of the height of the strip are ignored. Both rows
    are 0 in a column without a run.
    """
    height = len(strip)
    middle = height // 2
    away = np.abs(np.arange(height) - middle)[:, None] + np.where(strip, 0, height)
    nearest = away.argmin(axis=0)
    found = away.min(axis=0) <= height // 4
    index = np.arange(height)[:, None]
    bare = ~strip
    starts = np.where(bare & (index < nearest), index + 1, 0).max(axis=0)
    stops = np.where(bare & (index > nearest), index, height).min(axis=0)
    return np.where(found, starts, 0), np.where(found, stops, 0)
