"""Digit candidates: connected pieces of ink at many thresholds, joined and cut generously.

Nothing is decided here. The same ink is proposed in several ways (with and without the lines of the
page, whole and cut, alone and together with its neighbours), and the networks score every one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c
from neuralnet.reading.ink import Ink
from neuralnet.reading.ruling import find_lines
from neuralnet.reading.seams import cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

WHOLE, JOINED, CUT = range(3)
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Candidate:
    """Part of the ink that may be one digit.

    Attributes
    ----------
    top, left : int
        First row and column of the bounding box.
    mask : ndarray of bool, shape (height, width)
        Pixels above the threshold within the bounding box.
    threshold : float
        Darkness above which the pixels were taken.
    ink : Ink
        Darkness of the page.
    made : int
        WHOLE, JOINED or CUT.
    erased : bool
        Whether lines were erased.
    """

    top: int
    left: int
    mask: NDArray[np.bool_]
    threshold: float
    ink: Ink
    made: int = WHOLE
    erased: bool = False

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Bounding box (top, left, bottom, right); bottom and right are exclusive."""
        height, width = self.mask.shape
        return self.top, self.left, self.top + height, self.left + width


def propose(inks: list[Ink]) -> tuple[list[Candidate], bool]:
    """Propose digit candidates.

    Parameters
    ----------
    inks : list of Ink
        Darkness of the page, one for each polarity.

    Returns
    -------
    candidates : list of Candidate
        Candidates without near-duplicates, at most `constants.MAX_CANDIDATES`.
    complete : bool
        False if the page had more pieces of ink than are examined.
    """
    complete = True
    best: dict[tuple[int, ...], tuple[float, Candidate]] = {}
    for ink in inks:
        for threshold, mask, erased in _masks(ink):
            pieces, all_taken = _pieces(ink, threshold, mask, erased)
            complete = complete and all_taken
            for candidate in (*pieces, *_joins(pieces)):
                _keep(best, candidate)
    wholes = [candidate for _, candidate in best.values()]
    for candidate in _cuts(wholes):
        _keep(best, candidate)
    found = [candidate for _, candidate in best.values() if _proportioned(candidate)]
    if len(found) > c.MAX_CANDIDATES:
        found.sort(key=lambda candidate: -max(candidate.mask.shape))
        return found[: c.MAX_CANDIDATES], False
    return found, complete


def _masks(ink: Ink) -> Iterator[tuple[float, NDArray[np.bool_], bool]]:
    """Yield each threshold with its mask, as it is and with the lines erased."""
    lines: list[NDArray[np.bool_]] = []
    searched = False
    before = 0
    for threshold in c.THRESHOLDS:
        if threshold < c.NOISE_FACTOR * ink.noise:
            continue
        mask = ink.darkness > threshold
        count = int(np.count_nonzero(mask))
        if not count:
            return
        if count > c.SAME_MASK * before > 0:
            continue
        before = count
        yield threshold, mask, False
        if not searched or threshold in c.LINE_THRESHOLDS:
            lines, searched = _lines(mask), True
        for some in lines:
            if (bare := mask & ~some).any():
                yield threshold, bare, True


def _lines(mask: NDArray[np.bool_]) -> list[NDArray[np.bool_]]:
    """Return several versions of the lines of a page, from thin and short to thick and long."""
    lines = find_lines(mask)
    thick = find_lines(mask, (c.LONG_LINE,), c.LONG_LINE_THICKNESS)
    most = max((int(np.count_nonzero(some)) for some in lines), default=0)
    return lines + [some for some in thick if np.count_nonzero(some) > c.SAME_LINES * most]


def _pieces(
    ink: Ink, threshold: float, mask: NDArray[np.bool_], erased: bool
) -> tuple[list[Candidate], bool]:
    """Return the largest connected pieces of a mask, and whether those are all that count."""
    from scipy import ndimage

    labels, count = ndimage.label(mask, _EIGHT)
    places = ndimage.find_objects(labels)
    sizes = np.array([(s[0].stop - s[0].start, s[1].stop - s[1].start) for s in places])
    if not count:
        return [], True
    longest = sizes.max(axis=1)
    if ink.noise > c.QUIET:
        clear = np.zeros(count + 1, bool)
        clear[labels[ink.darkness > threshold + c.PIECE_PEAK * ink.noise]] = True
        longest[~clear[1:]] = 0
    # A piece that spans the page both ways is the page's frame, a shadow, or a single digit.
    order = [i for i in np.argsort(-longest, kind="stable") if longest[i] >= c.SMALLEST // 2]
    pieces = []
    for index in order[: c.MAX_PIECES]:
        rows, columns = places[index]
        own = labels[rows, columns] == index + 1
        pieces.append(Candidate(rows.start, columns.start, own, threshold, ink, WHOLE, erased))
    return pieces, len(order) <= c.MAX_PIECES


def _joins(pieces: list[Candidate]) -> Iterator[Candidate]:
    """Yield unions of two or three near pieces."""
    pieces = pieces[: c.MAX_JOIN_PIECES]
    if len(pieces) < 2:
        return
    boxes = np.array([piece.box for piece in pieces], np.float32)
    for one, others in _neighbours(boxes):
        for count in (1, 2):
            for chosen in combinations(others, count):
                members = (one, *chosen)
                box = _around(boxes[list(members)])
                height, width = box[2] - box[0], box[3] - box[1]
                if height >= c.SMALLEST and width <= 1.3 * height:
                    yield _union([pieces[i] for i in members])


def _neighbours(boxes: NDArray[np.float32]) -> Iterator[tuple[int, list[int]]]:
    """Yield each piece with the near smaller pieces that may complete it."""
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    for one in range(len(boxes)):
        size = max(heights[one], widths[one])
        box = boxes[one]
        down = np.maximum(boxes[:, 0] - box[2], box[0] - boxes[:, 2])
        across = np.maximum(boxes[:, 1] - box[3], box[1] - boxes[:, 3])
        gap = np.maximum(np.maximum(down, across), 0)
        union_height = np.maximum(boxes[:, 2], box[2]) - np.minimum(boxes[:, 0], box[0])
        union_width = np.maximum(boxes[:, 3], box[3]) - np.minimum(boxes[:, 1], box[1])
        near = (
            (np.arange(len(boxes)) > one)  # the pieces are ordered by size
            & (gap <= np.maximum(c.JOIN_GAP * union_height, 2))
            & (np.maximum(heights, widths) >= 0.12 * size)
            & (union_width <= 1.3 * union_height)
            & (union_height <= 2.2 * size)
        )
        found = np.flatnonzero(near)
        if len(found):
            yield one, found[np.argsort(gap[found], kind="stable")][: c.JOIN_NEIGHBOURS].tolist()


def _around(boxes: NDArray[np.float32]) -> tuple[int, int, int, int]:
    """Return the smallest box that holds all boxes."""
    top, left = boxes[:, :2].min(axis=0)
    bottom, right = boxes[:, 2:].max(axis=0)
    return int(top), int(left), int(bottom), int(right)


def _union(pieces: list[Candidate]) -> Candidate:
    """Return several pieces as one candidate."""
    top, left, bottom, right = _around(np.array([piece.box for piece in pieces]))
    mask = np.zeros((bottom - top, right - left), bool)
    for piece in pieces:
        rows = slice(piece.top - top, piece.top - top + piece.mask.shape[0])
        columns = slice(piece.left - left, piece.left - left + piece.mask.shape[1])
        mask[rows, columns] |= piece.mask
    first = pieces[0]
    return Candidate(top, left, mask, first.threshold, first.ink, JOINED, first.erased)


def _cuts(wholes: list[Candidate]) -> Iterator[Candidate]:
    """Yield parts of wide and of tall pieces."""
    pieces = [piece for piece in wholes if piece.made == WHOLE and _may_be_several(piece)]
    pieces.sort(key=lambda piece: -piece.mask.shape[0])
    times: Counter[tuple[int, ...]] = Counter()
    for piece in pieces[: c.MAX_CUT_PIECES]:
        height, width = piece.mask.shape
        step = max(2, min(height, width) // 4)
        place = tuple(side // step for side in piece.box)
        times[place] += 1
        if times[place] > c.MAX_CUT_VERSIONS:
            continue
        darkness = _crop(piece)
        for turned in (False, True):
            if height < c.CUT_TALL * width if turned else width < c.CUT_WIDE * height:
                continue
            for top, left, part in cut(piece.mask, darkness, sideways=turned):
                yield Candidate(
                    piece.top + top, piece.left + left, part, piece.threshold, piece.ink, CUT,
                    piece.erased,
                )  # fmt: skip


def _may_be_several(piece: Candidate) -> bool:
    """Return whether a piece may be digits that touch, and not a sheet, a shadow or a grid."""
    height, width = piece.mask.shape
    if height < 2 * c.SMALLEST or width > c.WIDEST_RUN * height or height > c.WIDEST_RUN * width:
        return False
    if width < c.CUT_WIDE * height and height < c.CUT_TALL * width:
        return False
    return 0.06 < float(piece.mask.mean()) < 0.7 and width >= c.SMALLEST


def _crop(piece: Candidate) -> NDArray[np.float32]:
    """Return the darkness in the box of a piece."""
    top, left, bottom, right = piece.box
    return piece.ink.darkness[top:bottom, left:right]


def _keep(best: dict[tuple[int, ...], tuple[float, Candidate]], candidate: Candidate) -> None:
    """Keep a candidate unless a near-duplicate has a better threshold."""
    height, width = candidate.mask.shape
    if max(height, width) < c.SMALLEST:
        return
    size = max(height, width)
    step = max(1.0, 0.07 * size)
    area = np.count_nonzero(candidate.mask)
    middle = (2 * candidate.top + height) / 2, (2 * candidate.left + width) / 2
    key = (
        round(middle[0] / step), round(middle[1] / step), round(np.log(size) / 0.1),
        round(min(height, width) / step), round(np.log(area) / 0.35), int(candidate.ink.light),
        int(candidate.made == CUT),
    )  # fmt: skip
    mean = float(_crop(candidate)[candidate.mask].mean())
    # Half of the darkness of the stroke is where its edge is; lines erased count as a last resort.
    quality = abs(candidate.threshold / max(mean, 1e-3) - 0.55) + 0.1 * candidate.erased
    if key not in best or quality < best[key][0]:
        best[key] = quality, candidate


def _proportioned(candidate: Candidate) -> bool:
    """Return whether height and width could be those of one digit."""
    height, width = candidate.mask.shape
    return bool(height >= c.SMALLEST and width <= c.WIDEST * height)
