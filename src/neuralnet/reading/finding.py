"""Where the digits are in a picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.components import MOST_PIECES, Component, find_components
from neuralnet.reading.grouping import group_strokes, typical_height
from neuralnet.reading.light import Ink, find_ink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# The smallest digits, in pixels: an 8 has three bars and two holes.
_SMALLEST = 6
# A digit is at least this share as tall as the page's others.
_SHORTEST = 0.3
# A stroke at least this long, by the same measure, may still belong to a digit.
_SCRAP = 0.15
_MOST_SCRAPS = 200
# The broadest pen, as a share of the digit's height: beyond it, it is a spot.
_BROADEST_PEN = 0.5
# Several digits that touch are this many times as broad as tall, at most.
_BROADEST = 6.0
# An 8 has two holes; a slip of the pen makes another.
_MOST_HOLES = 3
# The share of ink's darkness that is still put down to the paper and to JPEG's noise.
_FLOOR = 0.03
# How far, in pixels, the soft edge of a stroke reaches beyond its sharp one.
_SOFT_EDGE = 2


@dataclass(frozen=True)
class Blob:
    """What may be a digit: a piece of the picture, with nothing but its own ink in it.

    Attributes
    ----------
    top, left : int
        Where it begins in the picture.
    ink : ndarray of float32, shape (height, width)
        From 0, paper, to 1, ink; each row and column at the sides has some.
    pieces : tuple of Component
        The strokes that it was put together from.
    """

    top: int
    left: int
    ink: NDArray[np.float32]
    pieces: tuple[Component, ...] = ()

    @property
    def height(self) -> int:
        """Rows of its box."""
        return int(self.ink.shape[0])

    @property
    def width(self) -> int:
        """Columns of its box."""
        return int(self.ink.shape[1])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Top, left, bottom and right; the last two are the first row and column beyond it."""
        return self.top, self.left, self.top + self.height, self.left + self.width


@dataclass(frozen=True)
class Found:
    """What was found in a picture.

    Attributes
    ----------
    blobs : tuple of Blob
        What may be digits, each whole or several that touch; in no particular order.
    scraps : tuple of Blob
        Pieces too small or too flat to be digits, which may still belong to one.
    complete : bool
        Whether every piece of ink was looked at: a texture may have more than can be.
    """

    blobs: tuple[Blob, ...]
    scraps: tuple[Blob, ...] = ()
    complete: bool = True


def find_digits(levels: NDArray[np.uint8]) -> Found:
    """Find what may be digits in a grey picture.

    Digits that touch are still one, and strokes far apart still two: segmentation.py settles them.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        Dark ink on light paper, or light on dark.

    Returns
    -------
    Found
    """
    ink = find_ink(levels)
    pieces = find_components(ink)
    groups = group_strokes(_without_frames(pieces))
    likely = [group for group in groups if _could_be_digit(group)]
    tall = typical_height([_height(g) for g in likely], [sum(p.area for p in g) for g in likely])
    digits = [group for group in likely if _height(group) >= _SHORTEST * tall]
    chosen = {id(group) for group in digits}
    scraps = [g for g in groups if id(g) not in chosen and _SCRAP * tall <= _size(g) <= tall]
    return Found(
        tuple(_cut_out(ink, group) for group in digits),
        tuple(_cut_out(ink, group) for group in scraps[:_MOST_SCRAPS]),
        complete=len(pieces) < MOST_PIECES,
    )


def _without_frames(pieces: Sequence[Component]) -> list[Component]:
    """Leave out what encloses other pieces: boxes of a form, tables, the rim of a sheet."""
    if not pieces:
        return []
    boxes = np.array([(p.top, p.left, -p.bottom, -p.right) for p in pieces])
    sizes = np.array([max(p.height, p.width) for p in pieces])
    kept = []
    for piece, box, size in zip(pieces, boxes, sizes, strict=True):
        within = (boxes > box).all(axis=1) & (sizes > 0.25 * size)
        if not within.any() or piece.area > 0.25 * piece.mask.size or not _hollow(piece):
            kept.append(piece)
    return kept


def _hollow(piece: Component) -> bool:
    """Return whether a piece runs along all four sides of its box."""
    rows, columns = (max(1, side // 6) for side in piece.mask.shape)
    mask = piece.mask
    return all(
        float(side.mean()) > 0.7
        for side in (
            mask[:rows].any(axis=0),
            mask[-rows:].any(axis=0),
            mask[:, :columns].any(axis=1),
            mask[:, -columns:].any(axis=1),
        )
    )


def _height(group: Sequence[Component]) -> int:
    """Return the height of a group's box."""
    return max(p.bottom for p in group) - min(p.top for p in group)


def _size(group: Sequence[Component]) -> int:
    """Return the longer side of a group's box."""
    return max(_height(group), max(p.right for p in group) - min(p.left for p in group))


def _could_be_digit(group: Sequence[Component]) -> bool:
    """Return whether a group has a digit's size, proportions, pen and holes."""
    height = _height(group)
    width = max(p.right for p in group) - min(p.left for p in group)
    if max(height, width) < _SMALLEST or not height / 8 <= width <= _BROADEST * height:
        return height >= _SMALLEST and width >= 1 and width < height / 8 and _is_one(group, height)
    if max(p.thickness for p in group) > _BROADEST_PEN * height:
        return False
    return sum(_holes(p) for p in group) <= _MOST_HOLES * max(1, round(width / height))


def _is_one(group: Sequence[Component], height: int) -> bool:
    """Return whether a thin upright group is a 1 rather than a long line."""
    return height <= 120 * max(p.thickness for p in group)


def _holes(piece: Component) -> int:
    """Count the holes that are more than a pinprick."""
    from scipy import ndimage

    step = max(1, max(piece.mask.shape) // 150)
    outside = np.pad(~piece.mask[::step, ::step], 1, constant_values=True)
    labels, count = ndimage.label(outside)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return int((areas > max(2, 0.003 * outside.size)).sum()) - 1


def _cut_out(ink: Ink, group: Sequence[Component]) -> Blob:
    """Cut a group's ink out of the picture, soft edges included and other ink left out."""
    from scipy import ndimage

    height, width = ink.darkness.shape
    top = max(0, min(p.top for p in group) - _SOFT_EDGE)
    left = max(0, min(p.left for p in group) - _SOFT_EDGE)
    bottom = min(height, max(p.bottom for p in group) + _SOFT_EDGE)
    right = min(width, max(p.right for p in group) + _SOFT_EDGE)
    mask = np.zeros((bottom - top, right - left), bool)
    for piece in group:
        rows = slice(piece.top - top, piece.bottom - top)
        mask[rows, piece.left - left : piece.right - left] |= piece.mask
    size = 2 * _SOFT_EDGE + 1
    mask = ndimage.maximum_filter(mask, size, mode="constant")
    level = max(p.level for p in group)
    floor = max(3 * ink.noise, _FLOOR * level)
    darkness = ink.darkness[top:bottom, left:right]
    values = np.where(mask, (darkness - floor) / max(level - floor, 1e-3), 0)
    values = np.clip(values, 0, 1).astype(np.float32)
    return trimmed(Blob(top, left, values, tuple(group)))


def trimmed(blob: Blob) -> Blob:
    """Return a blob without the empty rows and columns around it."""
    rows = np.flatnonzero(blob.ink.any(axis=1))
    columns = np.flatnonzero(blob.ink.any(axis=0))
    if not len(rows):
        return blob
    ink = blob.ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Blob(blob.top + int(rows[0]), blob.left + int(columns[0]), ink, blob.pieces)


def joined(one: Blob, other: Blob) -> Blob:
    """Return two blobs as one."""
    boxes = np.array([one.box, other.box])
    top, left = boxes[:, :2].min(axis=0).tolist()
    bottom, right = boxes[:, 2:].max(axis=0).tolist()
    ink = np.zeros((bottom - top, right - left), np.float32)
    for blob in (one, other):
        rows = slice(blob.top - top, blob.top - top + blob.height)
        columns = slice(blob.left - left, blob.left - left + blob.width)
        np.maximum(ink[rows, columns], blob.ink, out=ink[rows, columns])
    return Blob(top, left, ink, one.pieces + other.pieces)
