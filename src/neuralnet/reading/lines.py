"""Ruled lines: where they run across a page, and how they are erased without cutting the strokes.

A rule is straight, thin, and either reaches from border to border or is one of several that run
alike. Once found, it is erased column by column, but for the columns where the ink is taller than
the rule: there a stroke crosses it. So is the underline that ties a row of digits together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Lines are looked for on a copy reduced to this, a pixel of which is ink if any of its block is.
_COPY = 320
_STEEPEST = 14.0  # degrees; pages are photographed by hand
_STEP = 0.5
_MOST_POINTS = 30_000
# A rule is inked along this share of its course, no thicker than this share of the picture, and as
# thick throughout but where strokes cross: this share of it, or, beside other rules that run alike
# (their slopes differ by less than this), the smaller one.
_COVERED = 0.85
_EVEN, _EVEN_AMONG_OTHERS, _ALIKE = 0.6, 0.25, 0.03
_THICKEST = 1 / 60
# An underline ties together what is so many times as wide as high, runs below this share of its
# height (the bar of a 4 above), is no thicker than this share of it, and as thick throughout but
# where digits stand on it. A 2 with a long base can be wider than the first figure, but not than
# the second; up to there it has to be several digits without its line, or has to leave this share
# of the width free on both sides.
_WIDE, _SURELY_WIDE, _FREE = 1.3, 1.8, 0.1
# In less high a piece, in pixels, the base of a 2 is as thin as a line.
_SMALLEST = 30
_LOW, _THICKEST_OF_HEIGHT, _EVEN_UNDER_DIGITS = 0.72, 1 / 6, 0.4
# Where erasing leaves less than this share of the ink, the lines were what was written: a 1.
_LEFT = 0.05


@dataclass(frozen=True)
class _Line:
    """A line on the reduced copy: row = offset + slope * column, inked from `start` to `stop`.

    `even` is the share of it that is as thick as most of it.
    """

    offset: float
    slope: float
    start: int
    stop: int
    even: float


def erase_lines(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erase the ruled lines of a page, horizontal and vertical.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        Where there is ink; it is left as it is.

    Returns
    -------
    ndarray of bool, same shape
        `mask` itself where there are no lines.
    """
    horizontal = _find(mask)
    vertical = _find(mask.T)
    if not horizontal and not vertical:
        return mask
    erased = mask.copy()
    block = _block(mask)
    for line in horizontal:
        _erase(erased, line, block, _THICKEST * max(mask.shape))
    for line in vertical:
        _erase(erased.T, line, block, _THICKEST * max(mask.shape))
    return erased if np.count_nonzero(erased) > _LEFT * np.count_nonzero(mask) else mask


def erase_underline(piece: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erase the line that digits stand on, from one connected piece of ink.

    Parameters
    ----------
    piece : ndarray of bool, shape (height, width)
        Where there is ink within the piece's box; it is left as it is.

    Returns
    -------
    ndarray of bool, same shape
        `piece` itself where there is no such line.
    """
    height, width = piece.shape
    if width < _WIDE * height or height < _SMALLEST:
        return piece
    # A course is followed with a row to spare on both sides, which the piece's own box lacks.
    block = _block(piece)
    rows = 3 * block
    padded = np.pad(piece, ((rows, rows), (0, 0)))
    copy = _reduced(padded, block)
    for line in _candidates(copy, copy.shape[0] * _THICKEST_OF_HEIGHT):
        middle = line.offset + line.slope * copy.shape[1] / 2
        reaches = line.stop - line.start >= 0.9 * copy.shape[1]
        low = middle - 3 >= _LOW * (copy.shape[0] - 6)
        if reaches and low and line.even >= _EVEN_UNDER_DIGITS:
            _erase(padded, line, block, height * _THICKEST_OF_HEIGHT)
            erased = padded[rows:-rows]
            # A line alone is a dash, or a 1 that lies down.
            if np.count_nonzero(erased) < 0.2 * np.count_nonzero(piece):
                return piece
            return erased if width >= _SURELY_WIDE * height or _stands_on_line(erased) else piece
    return piece


def _stands_on_line(erased: NDArray[np.bool_]) -> bool:
    """Say whether what an erased line leaves are digits that stood on it.

    They are several, each more than half as high as what they came from, or one, and the line went
    on to its left and its right.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(erased, np.ones((3, 3), bool))
    height, width = erased.shape
    tall = [s[1] for s in ndimage.find_objects(labels) if 2 * (s[0].stop - s[0].start) > height]
    if len(tall) != 1:
        return len(tall) > 1
    free = min(tall[0].start, width - tall[0].stop)
    return bool(free >= _FREE * width)


def _block(mask: NDArray[np.bool_]) -> int:
    """Give how many pixels, along each side, become one of the copy."""
    return -(-int(max(mask.shape)) // _COPY)


def _find(mask: NDArray[np.bool_]) -> list[_Line]:
    """Find the rules that run from left to right."""
    copy = _reduced(mask, _block(mask))
    if copy.shape[1] < 80 or copy.shape[0] < 20:  # an icon has no rules
        return []
    candidates = list(_candidates(copy, _THICKEST * max(copy.shape)))
    lines = [line for line in candidates if line.even >= _EVEN]
    if len(lines) >= 2:
        slope = float(np.median([line.slope for line in lines]))
        lines = [line for line in candidates if abs(line.slope - slope) < _ALIKE]
    if not lines:
        return []
    # A single rule reaches from border to border; several may end at the edges of their sheet, but
    # are longer than the strokes of a row of digits in a strip of paper.
    width = copy.shape[1]
    across = [line for line in lines if line.start <= 0.03 * width and line.stop >= 0.97 * width]
    alike = [line for line in lines if line.stop - line.start >= 0.5 * max(copy.shape)]
    chosen = alike if len(alike) >= 3 else across
    return chosen if len(chosen) <= 0.2 * copy.shape[0] else []


def _reduced(mask: NDArray[np.bool_], block: int) -> NDArray[np.bool_]:
    """Make one pixel of each block, ink if any of it is."""
    if block == 1:
        return mask
    height, width = (side // block * block for side in mask.shape)
    rows = np.logical_or.reduce([mask[i:height:block, :width] for i in range(block)])
    return np.asarray(np.logical_or.reduce([rows[:, i::block] for i in range(block)]), np.bool_)


def _candidates(copy: NDArray[np.bool_], thickest: float) -> Iterator[_Line]:
    """Give the straight courses that are inked nearly throughout, strongest first."""
    height, width = copy.shape
    rows, columns = np.nonzero(copy)
    if len(rows) > _MOST_POINTS or len(rows) < 0.4 * width:
        return
    angles = np.arange(-_STEEPEST, _STEEPEST + _STEP, _STEP)
    slopes = np.tan(np.deg2rad(angles))
    margin = int(np.ceil(width * slopes[-1])) + 1
    counts = np.zeros((len(slopes), height + 2 * margin))
    for place, slope in enumerate(slopes):
        offsets = np.rint(rows - slope * columns).astype(np.intp) + margin
        counts[place] = np.bincount(offsets, minlength=counts.shape[1])[: counts.shape[1]]
    # A rule between two offsets fills part of each.
    counts[:, 1:-1] = np.maximum(counts[:, 1:-1], 0.5 * (counts[:, :-2] + counts[:, 2:]))
    for _ in range(200):
        place, offset = (int(i) for i in np.unravel_index(int(counts.argmax()), counts.shape))
        if counts[place, offset] < 0.4 * width:
            return
        line = _course(copy, float(offset - margin), float(slopes[place]), thickest)
        if line is not None:
            yield line
        # Its neighbours, in offset and angle, are the same line seen askew.
        middle = offset + slopes[place] * width / 2
        for other, slope in enumerate(slopes):
            near = int(middle - slope * width / 2)
            reach = 3 + int(abs(slope - slopes[place]) * width / 2)
            counts[other, max(0, near - reach) : near + reach + 1] = 0


def _course(copy: NDArray[np.bool_], offset: float, slope: float, thickest: float) -> _Line | None:
    """Follow a line; return where it is inked, or None if it is no rule: broken, or too thick."""
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
        return None  # a row of strokes that happen to be in line, or the edge of a shadow
    return _Line(offset, slope, int(columns[start]), int(columns[stop - 1]) + 1, even)


def _erase(mask: NDArray[np.bool_], line: _Line, block: int, thickest: float) -> None:
    """Erase a line where the ink is no taller than the line itself."""
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
    """Give, for each column, where the run of ink nearest to the middle starts and stops.

    Only runs within a quarter of the strip's height of the middle count; else both are 0.
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
