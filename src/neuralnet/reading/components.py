"""Connected pieces of ink, each cut out at half of its own darkness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.reading.light import FAINTEST, NOISE_FACTOR, Ink
from neuralnet.reading.lines import erase_lines, erase_underline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# Smaller pieces than this, in pixels along the longer side, hold no strokes that can be told apart.
_SMALLEST = 3
# Nobody writes more on a page; a texture has a hundred times as many. The largest are kept.
MOST_PIECES = 3000
# A pixel belongs to a stroke if it is this share as dark as the stroke's middle. Somewhat below
# one half, since the middle of a line one pixel broad may itself lie between two pixels.
_EDGE = 0.42
# The picture's typical ink decides which pixels are looked at, fainter pens among them.
_SEED = 0.3
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Component:
    """A connected piece of ink.

    Attributes
    ----------
    top, left : int
        Where its box begins in the picture.
    mask : ndarray of bool, shape (height, width)
        Its pixels within its box.
    level : float
        How dark its ink is.
    thickness : float
        Width of its broadest stroke, in pixels.
    """

    top: int
    left: int
    mask: NDArray[np.bool_]
    level: float
    thickness: float

    @property
    def height(self) -> int:
        """Rows of its box."""
        return int(self.mask.shape[0])

    @property
    def width(self) -> int:
        """Columns of its box."""
        return int(self.mask.shape[1])

    @property
    def bottom(self) -> int:
        """The row below its box."""
        return self.top + self.height

    @property
    def right(self) -> int:
        """The column right of its box."""
        return self.left + self.width

    @property
    def area(self) -> int:
        """How many pixels it has."""
        return int(np.count_nonzero(self.mask))


def find_components(ink: Ink) -> list[Component]:
    """Find the connected pieces of ink in a picture, ruled lines erased.

    Parameters
    ----------
    ink : Ink
        How dark each pixel is.

    Returns
    -------
    list of Component
        At most 3,000, the largest ones; pieces that run along the picture's border left out.
    """
    if not ink.level:
        return []
    threshold = max(NOISE_FACTOR * ink.noise, _SEED * ink.level, FAINTEST)
    mask = erase_lines(_without_frame(ink.darkness > threshold))
    found = []
    for top, left, rough in _untied(mask):
        pieces = _sharpened(ink, top, left, rough, threshold)
        found += [piece for piece in pieces if not _along_border(piece, mask.shape)]
    return sorted(found, key=lambda c: -max(c.height, c.width))[:MOST_PIECES]


def _without_frame(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Erase a frame drawn around the page, whose sides would be left as lines or as ones.

    It encloses more than half of the picture's height and width, and all of it runs along the sides
    of its box. What is written in it, or touches it, stands apart or makes it another thing.
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
    """Return whether all of a piece lies along the four sides of its box, and reaches all round."""
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
    """Return whether a box has more than half of the picture's height and width."""
    sides = (rows.stop - rows.start, columns.stop - columns.start)
    return all(2 * side > whole for side, whole in zip(sides, shape, strict=True))


def _connected(mask: NDArray[np.bool_], most: int) -> Iterator[tuple[int, int, Any]]:
    """Give the corner and the mask of each connected piece, of too many the largest ones."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, _EIGHT)
    if not count:
        return
    places = ndimage.find_objects(labels)
    corners = np.array([(s[0].start, s[0].stop, s[1].start, s[1].stop) for s in places])
    longest = np.maximum(corners[:, 1] - corners[:, 0], corners[:, 3] - corners[:, 2])
    largest = np.argsort(-longest, kind="stable")[:most]
    for index in sorted(largest[longest[largest] >= _SMALLEST]):
        rows, columns = places[index]
        yield rows.start, columns.start, labels[rows, columns] == index + 1


def _untied(mask: NDArray[np.bool_]) -> Iterator[tuple[int, int, Any]]:
    """Give the connected pieces, those that an underline ties together apart."""
    for top, left, piece in _connected(mask, MOST_PIECES):
        bare = erase_underline(piece)
        if bare is piece:
            yield top, left, piece
            continue
        for below, beside, part in _connected(bare, 200):
            yield top + below, left + beside, part


def _sharpened(
    ink: Ink, top: int, left: int, rough: NDArray[np.bool_], threshold: float
) -> Iterator[Component]:
    """Cut a piece out at half of its own darkness, which may leave several.

    What is much fainter than the pen, such as the rules and the shadows that tie its strokes
    together, is left behind; a piece of faint ink keeps its edges.
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
    """Return the width of the broadest stroke, in pixels: twice the largest distance to its edge.

    Large masks are thinned out to every n-th pixel first.
    """
    from scipy import ndimage

    step = max(1, int(max(mask.shape)) // 200)
    distances = ndimage.distance_transform_edt(np.pad(mask[::step, ::step], 1))
    return max(1.0, (2 * float(distances.max()) - 1) * int(step))


def _along_border(piece: Component, shape: tuple[int, ...]) -> bool:
    """Return whether a piece lies along the picture's border: a frame, a desk, a shadow.

    A digit that is cut off, or drawn up to the border, touches it in a few places only. The whole
    of one side may be the bar of a 7 or the base of a 2, in a picture cropped to its ink.
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
