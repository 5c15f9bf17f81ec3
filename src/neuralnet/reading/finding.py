"""Digit detection: find the blobs of ink that may be digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.components import MAX_PIECES, Component, find_components
from neuralnet.reading.grouping import group_strokes, typical_height
from neuralnet.reading.light import Ink, find_ink

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Size of the smallest digits, in pixels: an 8 needs rows for three bars and two holes.
_SMALLEST = 6
# Minimum height of a digit, as a fraction of the typical height on the page.
_SHORTEST = 0.3
# Minimum length of a stroke that may belong to a digit, as a fraction of the same height.
_SMALLEST_FRAGMENT = 0.15
_MAX_FRAGMENTS = 200
# Width of the widest pen, as a fraction of the digit's height; anything thicker is a spot.
_WIDEST_PEN = 0.5
# Maximum ratio of width to height for a run of touching digits.
_MAX_ASPECT_RATIO = 6.0
# An 8 has two holes; a slip of the pen may add one.
_MAX_HOLES = 3
# Darkness that is attributed to paper and JPEG noise, as a fraction of the ink level.
_FLOOR = 0.03
# Number of pixels that the soft edge of a stroke extends beyond its thresholded mask.
_SOFT_EDGE = 2


@dataclass(frozen=True)
class Blob:
    """Part of the image that may be a digit, without the ink of its neighbours.

    Attributes
    ----------
    top, left : int
        First row and column of the bounding box in the image.
    ink : ndarray of float32, shape (height, width)
        Ink from 0 (paper) to 1 (ink), cropped to the rows and columns that have ink.
    pieces : tuple of Component
        Strokes that the blob consists of.
    """

    top: int
    left: int
    ink: NDArray[np.float32]
    pieces: tuple[Component, ...] = ()

    @property
    def height(self) -> int:
        """Height of the bounding box, in pixels."""
        return int(self.ink.shape[0])

    @property
    def width(self) -> int:
        """Width of the bounding box, in pixels."""
        return int(self.ink.shape[1])

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Bounding box (top, left, bottom, right); bottom and right are exclusive."""
        return self.top, self.left, self.top + self.height, self.left + self.width


@dataclass(frozen=True)
class Candidates:
    """Digit candidates found in an image.

    Attributes
    ----------
    blobs : tuple of Blob
        Blobs that may be one digit or several touching digits, in no particular order.
    fragments : tuple of Blob
        Blobs that are too small or too flat to be digits but may be part of one.
    complete : bool
        False if the image, such as a texture, had more pieces of ink than are examined.
    """

    blobs: tuple[Blob, ...]
    fragments: tuple[Blob, ...] = ()
    complete: bool = True


def find_digits(levels: NDArray[np.uint8]) -> Candidates:
    """Find the digit candidates in a greyscale image.

    Touching digits are returned as one blob, and distant strokes of one digit as two. Both cases
    are resolved in `segmentation`.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels, with dark ink on light paper or light ink on a dark ground.

    Returns
    -------
    Candidates
        Blobs and fragments of ink.
    """
    ink = find_ink(levels)
    pieces = find_components(ink)
    groups = group_strokes(_without_frames(pieces))
    likely = [group for group in groups if _could_be_digit(group)]
    tall = typical_height([_height(g) for g in likely], [sum(p.area for p in g) for g in likely])
    digits = [group for group in likely if _height(group) >= _SHORTEST * tall]
    chosen = {id(group) for group in digits}
    fragments = [
        g for g in groups if id(g) not in chosen and _SMALLEST_FRAGMENT * tall <= _size(g) <= tall
    ]
    return Candidates(
        tuple(_extract(ink, group) for group in digits),
        tuple(_extract(ink, group) for group in fragments[:_MAX_FRAGMENTS]),
        complete=len(pieces) < MAX_PIECES,
    )


def _without_frames(pieces: Sequence[Component]) -> list[Component]:
    """Drop pieces that enclose others: boxes of a form, tables, the edge of a sheet."""
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
    """Return whether a piece runs along all four sides of its bounding box."""
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
    """Return the height of the bounding box of a group."""
    return max(p.bottom for p in group) - min(p.top for p in group)


def _size(group: Sequence[Component]) -> int:
    """Return the longer side of the bounding box of a group."""
    return max(_height(group), max(p.right for p in group) - min(p.left for p in group))


def _could_be_digit(group: Sequence[Component]) -> bool:
    """Return whether size, proportions, stroke width and number of holes fit a digit."""
    height = _height(group)
    width = max(p.right for p in group) - min(p.left for p in group)
    if max(height, width) < _SMALLEST or not height / 8 <= width <= _MAX_ASPECT_RATIO * height:
        return (
            height >= _SMALLEST
            and width >= 1
            and width < height / 8
            and _is_digit_one(group, height)
        )
    if max(p.thickness for p in group) > _WIDEST_PEN * height:
        return False
    return sum(_holes(p) for p in group) <= _MAX_HOLES * max(1, round(width / height))


def _is_digit_one(group: Sequence[Component], height: int) -> bool:
    """Return whether a narrow upright group is short enough for its pen to be a 1, not a line."""
    return height <= 120 * max(p.thickness for p in group)


def _holes(piece: Component) -> int:
    """Count the holes, ignoring pinholes."""
    from scipy import ndimage

    step = max(1, max(piece.mask.shape) // 150)
    outside = np.pad(~piece.mask[::step, ::step], 1, constant_values=True)
    labels, count = ndimage.label(outside)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return int((areas > max(2, 0.003 * outside.size)).sum()) - 1


def _extract(ink: Ink, group: Sequence[Component]) -> Blob:
    """Extract the ink of a group with its soft edges and without the ink of other groups."""
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
    """Return the union of two blobs."""
    boxes = np.array([one.box, other.box])
    top, left = boxes[:, :2].min(axis=0).tolist()
    bottom, right = boxes[:, 2:].max(axis=0).tolist()
    ink = np.zeros((bottom - top, right - left), np.float32)
    for blob in (one, other):
        rows = slice(blob.top - top, blob.top - top + blob.height)
        columns = slice(blob.left - left, blob.left - left + blob.width)
        np.maximum(ink[rows, columns], blob.ink, out=ink[rows, columns])
    return Blob(top, left, ink, one.pieces + other.pieces)
