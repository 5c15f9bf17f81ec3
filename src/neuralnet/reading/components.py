"""Connected components of ink, each thresholded relative to its own darkness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.reading.light import FAINTEST, NOISE_FACTOR, Ink
from neuralnet.reading.lines import erase_lines, erase_underline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Minimum length of the longer side, in pixels; strokes cannot be distinguished in smaller pieces.
_SMALLEST = 3
# Handwritten pages have fewer pieces; a texture has a hundred times as many. The largest are kept.
MAX_PIECES = 3000
# A pixel belongs to a stroke if it is darker than this fraction of the darkness in the middle of
# the stroke. The fraction is below one half because the middle of a one-pixel line may itself lie
# between two pixels.
_EDGE = 0.42
# First threshold, as a fraction of the typical ink level; low enough to include faint pens.
_SEED = 0.3
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Component:
    """Connected piece of ink.

    Attributes
    ----------
    top, left : int
        First row and column of the bounding box in the image.
    mask : ndarray of bool, shape (height, width)
        Pixels of the piece within its bounding box.
    level : float
        Darkness of the ink, from 0 to 1.
    thickness : float
        Width of the widest stroke, in pixels.
    """

    top: int
    left: int
    mask: NDArray[np.bool_]
    level: float
    thickness: float

    @property
    def height(self) -> int:
        """Height of the bounding box, in pixels."""
        return int(self.mask.shape[0])

    @property
    def width(self) -> int:
        """Width of the bounding box, in pixels."""
        return int(self.mask.shape[1])

    @property
    def bottom(self) -> int:
        """First row below the bounding box."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """First column to the right of the bounding box."""
        return self.left + self.width

    @property
    def area(self) -> int:
        """Number of ink pixels."""
        return int(np.count_nonzero(self.mask))


def find_components(ink: Ink) -> list[Component]:
    """Find the connected pieces of ink in an image, after erasing ruled lines.

    Parameters
    ----------
    ink : Ink
        Darkness of each pixel.

    Returns
    -------
    list of Component
        The largest pieces, at most 3,000, from large to small. Pieces that run along the border of
        the image are left out.
    """
    if not ink.level:
        return []
    threshold = max(NOISE_FACTOR * ink.noise, _SEED * ink.level, FAINTEST)
    mask = erase_lines(_without_frame(ink.darkness > threshold))
    found = []
    for top, left, rough in _without_underlines(mask):
        pieces = _rethreshold(ink, top, left, rough, threshold)
        found += [piece for piece in pieces if not _along_border(piece, mask.shape)]
    return sorted(found, key=lambda c: -max(c.height, c.width))[:MAX_PIECES]


def _without_frame(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erase a frame drawn around the page, whose sides could be mistaken for rules or for ones.

    A frame spans more than half of the height and of the width of the image, and all of its ink
    runs along the sides of its bounding box. Writing inside the frame is a separate piece. A frame
    that touches writing is not recognized and is kept.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(mask, _EIGHT)
    framed = mask
    for index, (rows, columns) in enumerate(ndimage.find_objects(labels), 1):
        if not _is_large(rows, columns, mask.shape):
            continue
        box = labels[rows, columns] == index
        if _runs_along_its_sides(box):
            framed = framed.copy() if framed is mask else framed
            framed[rows, columns][box] = False
    return framed


def _runs_along_its_sides(box: NDArray[np.bool_]) -> bool:
    """Return whether a piece lies only along the sides of its box and covers all four of them."""
    down, across = (max(1, side // 12) for side in box.shape)
    sides = (
        box[:down].any(axis=0),
        box[-down:].any(axis=0),
        box[:, :across].any(axis=1),
        box[:, -across:].any(axis=1),
    )
    inside = box[down:-down, across:-across]
    return not inside.any() and min(float(side.mean()) for side in sides) > 0.9


def _is_large(rows: slice, columns: slice, shape: tuple[int, ...]) -> bool:
    """Return whether a box spans more than half of the height and of the width of the image."""
    sides = (rows.stop - rows.start, columns.stop - columns.start)
    return all(2 * side > whole for side, whole in zip(sides, shape, strict=True))


def _connected(mask: NDArray[np.bool_], limit: int) -> Iterator[tuple[int, int, Any]]:
    """Yield the top row, the left column and the mask of the largest connected pieces."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, _EIGHT)
    if not count:
        return
    places = ndimage.find_objects(labels)
    corners = np.array([(s[0].start, s[0].stop, s[1].start, s[1].stop) for s in places])
    longest = np.maximum(corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 2])
    largest = np.argsort(-longest, kind="stable")[:limit]
    for index in sorted(largest[longest[largest] >= _SMALLEST]):
        rows, columns = places[index]
        yield rows.start, columns.start, labels[rows, columns] == index + 1


def _without_underlines(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int, Any]]:
    """Yield the connected pieces, with pieces that an underline joins separated."""
    for top, left, piece in _connected(mask, MAX_PIECES):
        bare = erase_underline(piece)
        if bare is piece:
            yield top, left, piece
            continue
        for below, beside, part in _connected(bare, 200):
            yield top + below, left + beside, part


def _rethreshold(
    ink: Ink, top: int, left: int, rough: NDArray[np.bool_], threshold: float
) -> Iterator[Component]:
    """Threshold a piece relative to its own darkness, which may split it.

    This removes whatever is much fainter than the pen, such as rules and shadows that connect
    strokes. A piece of faint ink keeps its edges.
    """
    height, width = rough.shape
    darkness = ink.darkness[top : top + height, left : left + width]
    level = float(np.quantile(darkness[rough], 0.98))
    if _EDGE * level <= threshold:
        yield Component(top, left, rough, level, thickness(rough))
        return
    for below, beside, mask in _connected(rough & (darkness > _EDGE * level), 200):
        yield Component(top + below, left + beside, mask, level, thickness(mask))


def thickness(mask: NDArray[np.bool_]) -> float:
    """Return the width of the widest stroke, in pixels.

    The width is twice the largest distance of an ink pixel to the edge, minus one. Large masks are
    subsampled first.
    """
    from scipy import ndimage

    step = max(1, int(max(mask.shape)) // 200)
    distances = ndimage.distance_transform_edt(np.pad(mask[::step, ::step], 1))
    return max(1.0, (2 * float(distances.max()) - 1) * int(step))


def _along_border(piece: Component, shape: tuple[int, ...]) -> bool:
    """Return whether a piece runs along the border of the image, like a frame, a desk or a shadow.

    A digit that is cut off or that reaches the border touches it in a few places only. In an image
    cropped to its ink, the bar of a 7 or the base of a 2 may cover one whole side.
    """
    touched: list[float] = []
    for edge, inside in (
        (piece.mask[0], piece.top),
        (piece.mask[-1], shape[0] - piece.bottom),
        (piece.mask[:, 0], piece.left),
        (piece.mask[:, -1], shape[1] - piece.right),
    ):
        touched.append(float(edge.sum()) / shape[1 - (len(touched) > 1)] if not inside else 0.0)
    solid = piece.thickness > 0.4 * min(piece.height, piece.width)
    return (sum(touched) > 0.5 and (solid or sorted(touched)[-2] > 0.2)) or sum(touched) > 1.2
