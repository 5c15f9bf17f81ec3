"""Choice of the best set of candidates that do not overlap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c
from neuralnet.reading.features import overlaps

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
