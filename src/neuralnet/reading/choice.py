"""Choice of the best set of candidates that do not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c
from neuralnet.reading.features import intersections, overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray


def choose(boxes: NDArray[np.float32], gains: NDArray[np.float32]) -> list[int]:
    """Choose candidates that do not overlap, with the largest sum of scores.

    The most probable candidates are taken first. Then a chosen candidate gives way to two or more
    that only it blocks, such as the two halves of a pair of touching digits, if these have the
    larger sum.

    Parameters
    ----------
    boxes : ndarray of float32, shape (N, 4)
        Boxes (top, left, bottom, right), in pixels.
    gains : ndarray of float32, shape (N,)
        Score of each candidate, from 0 to 1; candidates with a score near 0 are never chosen.

    Returns
    -------
    list of int
        Indices of the chosen candidates.
    """
    order = [int(i) for i in np.argsort(-gains, kind="stable") if gains[i] >= c.LEAST_CHOSEN]
    if not order:
        return []
    index = np.array(order)
    blocks = overlaps(boxes[index]) > c.MAX_OVERLAP
    np.fill_diagonal(blocks, False)
    score = gains[index].astype(float)
    chosen = _greedy(blocks, np.zeros(len(index), bool), np.ones(len(index), bool))
    for _ in range(2):
        chosen = _exchanged(blocks, score, chosen)
    return [int(i) for i in index[chosen]]


def _greedy(
    blocks: NDArray[np.bool_], chosen: NDArray[np.bool_], allowed: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Add allowed candidates, in order, unless a chosen one blocks them."""
    chosen = chosen.copy()
    blocked = blocks[chosen].any(axis=0) | chosen
    for candidate in np.flatnonzero(allowed):
        if not blocked[candidate]:
            chosen[candidate] = True
            blocked |= blocks[candidate]
            blocked[candidate] = True
    return chosen


def _exchanged(
    blocks: NDArray[np.bool_], score: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Exchange single candidates for several that they block, where the sum of scores grows."""
    for one in np.flatnonzero(chosen):
        rest = chosen.copy()
        rest[one] = False
        free = blocks[one] & ~blocks[rest].any(axis=0)
        if np.count_nonzero(free) < 2:
            continue
        others = _greedy(blocks, rest, free)
        if score[others].sum() > score[chosen].sum() + c.EXCHANGE_GAIN:
            chosen = _greedy(blocks, others, np.ones(len(score), bool))
    return chosen


def without_parts(
    boxes: NDArray[np.float32], inked: NDArray[np.intp], digits: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the factor by which each candidate counts less because it is part of a likely digit.

    A 2 without its base is a clear 7, and each half of a 0 a clear 1; the ink left over tells.

    Parameters
    ----------
    boxes : ndarray of float32, shape (N, 4)
        Boxes (top, left, bottom, right), in pixels.
    inked : ndarray of int, shape (N,)
        Number of pixels of ink of each candidate.
    digits : ndarray of float32, shape (N,)
        Probability that each candidate is one digit.

    Returns
    -------
    ndarray of float32, shape (N,)
        From `1 - constants.PART_LOSS`, for a part of a certain digit, to 1.
    """
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    larger = (
        (intersections(boxes) >= c.PART_INSIDE * area[:, None])
        & (area >= c.PART_GROWTH * area[:, None])
        & (area <= c.PART_MOST * area[:, None])
        & (inked >= c.PART_INK * inked[:, None])
    )
    return np.asarray(1 - c.PART_LOSS * (larger * digits).max(axis=1, initial=0), np.float32)
