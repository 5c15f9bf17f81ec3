"""Measurements of digit candidates: shape, surroundings, darkness, size, and what stands near them.

The detector sees them beside the pixels. A digit and a box side may have the same 28x28 image;
their contact with other ink, their size and their neighbours tell them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c
from neuralnet.reading.proposals import CUT, JOINED, Candidate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Pixels around the thresholded ink that its soft edge takes.
SOFT_EDGE = 2
NUM_OWN, NUM_CONTEXT = 22, 12
# Number of the feature that holds the log-odds of the prefilter.
PREFILTER_ODDS = NUM_OWN + 10


def own_features(candidates: Sequence[Candidate], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Measure each candidate by itself.

    Parameters
    ----------
    candidates : sequence of Candidate
        Candidates of one page.
    shape : tuple of int
        Height and width of the page, in pixels.

    Returns
    -------
    ndarray of float32, shape (N, NUM_OWN)
        About -5 to 5 each.
    """
    found = np.zeros((len(candidates), NUM_OWN), np.float32)
    for row, candidate in zip(found, candidates, strict=True):
        row[:] = _measured(candidate, shape)
    if len(found):
        # Darkness relative to the darkest tenth, and size relative to the largest, on this page.
        found[:, 20] = found[:, 9] / max(float(np.quantile(found[:, 9], 0.9)), 0.02)
        found[:, 21] = found[:, 13] - float(np.quantile(found[:, 13], 0.9))
    return _limited(found, 0)


def _measured(candidate: Candidate, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Return the features of one candidate."""
    mask, threshold = candidate.mask, candidate.threshold
    height, width = mask.shape
    top, left, bottom, right = candidate.box
    reach = max(3, round(0.12 * max(height, width)))
    above, beside = max(0, top - reach), max(0, left - reach)
    around = candidate.ink.darkness[above : bottom + reach, beside : right + reach]
    inside = np.zeros(around.shape, bool)
    inside[top - above : bottom - above, left - beside : right - beside] = mask
    near = dilated(inside, SOFT_EDGE)
    area = int(np.count_nonzero(mask))
    dark = around[inside]
    mean = float(dark.mean())
    level = float(dark[dark >= min(mean, float(dark.max()))].mean())
    inked = around > threshold
    edge = near & ~inside
    outside = ~near
    ring = around[outside]
    paper = ring[ring <= threshold]
    ground = float(paper.mean()) if len(paper) else threshold
    outline = area - int(np.count_nonzero(_eroded(mask)))
    borders = (top <= 0, left <= 0, bottom >= shape[0], right >= shape[1])
    sides = (mask[0].mean(), mask[:, 0].mean(), mask[-1].mean(), mask[:, -1].mean())
    at_border = sum(float(s) for s, b in zip(sides, borders, strict=True) if b)
    longest = max(height, width)
    return (
        np.log(width / height), area / (height * width), 2 * area / outline / longest,
        outline / (height + width), sum(borders), at_border,
        min(3.0, float(np.count_nonzero(inked & outside)) / area),
        float(np.count_nonzero(inked & edge)) / max(1, int(np.count_nonzero(edge))),
        min(3.0, float(ring[ring > threshold].sum()) / (area * max(mean, 0.02))),
        level - ground, threshold / max(level, 0.02), ground, np.log(longest / max(shape)),
        np.log(height / 20), height / shape[0], width / shape[1],
        candidate.made == JOINED, candidate.made == CUT, candidate.erased,
        4 * candidate.ink.noise / max(level - ground, 0.02), 0.0, 0.0,
    )  # fmt: skip


def context_features(
    own: NDArray[np.float32], boxes: NDArray[np.float32], likely: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Measure what stands near each candidate, and what the page looks like.

    Parameters
    ----------
    own : ndarray of float32, shape (N, NUM_OWN)
        Features of the candidates themselves.
    boxes : ndarray of float32, shape (N, 4)
        Boxes (top, left, bottom, right).
    likely : ndarray of float32, shape (N,)
        Probability of a digit according to the prefilter.

    Returns
    -------
    ndarray of float32, shape (N, NUM_CONTEXT)
        Features, mostly logarithms of sums of probabilities.
    """
    top, left, bottom, right = boxes.T
    height, width = np.log(bottom - top), np.log(right - left)
    down = np.abs((top + bottom)[:, None] - (top + bottom)) / 2 / (bottom - top)[:, None]
    across = np.abs((left + right)[:, None] - (left + right)) / 2 / (bottom - top)[:, None]
    shared = overlaps(boxes)
    apart = shared < 0.3
    taller = np.abs(height[:, None] - height)
    wider = np.abs(width[:, None] - width)
    alike = apart & (taller < 0.25)
    # Near-duplicates of one digit count once: each shares its probability with them.
    counted = likely / np.maximum((~apart & (taller < 0.3)) @ likely, 1e-3)
    counted *= np.minimum(1, likely / 0.2)
    row = alike & (down < 0.4)
    total = max(float(counted.sum()), 1e-3)
    typical = float(height @ counted) / total
    level = float(own[:, 9] @ counted) / total
    twins = apart & (taller < 0.05) & (wider < 0.08)
    inner = ~apart & (taller + wider > 0.2)
    context = np.stack(
        [
            np.log1p((row & (across < 2)) @ counted), np.log1p((row & (across < 6)) @ counted),
            np.log1p(row @ counted), np.log1p(alike @ counted),
            np.full(len(boxes), np.log1p(total)),
            alike @ counted / total, np.log1p(twins.sum(axis=1)), height - typical,
            own[:, 9] / max(level, 0.02), (inner * likely).max(axis=1, initial=0),
            np.log(likely + 1e-4) - np.log(1 - likely + 1e-4),
            np.log1p((apart & (down < 0.8) & (across < 1.5)) @ counted),
        ],
        axis=1,
    ).astype(np.float32)  # fmt: skip
    return _limited(context, NUM_OWN)


def _limited(features: NDArray[np.float32], first: int) -> NDArray[np.float32]:
    """Clip features, which begin with the number `first`, to the range that digits take."""
    for number, (low, high) in c.FEATURE_LIMITS.items():
        if first <= number < first + features.shape[1]:
            np.clip(features[:, number - first], low, high, out=features[:, number - first])
    return features


def overlaps(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersection of each pair of boxes as a fraction of the smaller one."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.asarray(intersections(boxes) / np.minimum(area[:, None], area), np.float32)


def intersections(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the area of the intersection of each pair of boxes."""
    top, left, bottom, right = boxes.T
    down = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    across = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    return np.asarray(np.maximum(down, 0) * np.maximum(across, 0), np.float32)


def intersection_over_union(
    boxes: NDArray[np.float32], others: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return the intersection of boxes, (N, 4), and others, (M, 4), over their union, (N, M)."""
    a, b = boxes[:, None], others[None]
    down = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    across = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    shared = np.maximum(down, 0) * np.maximum(across, 0)
    areas = [(x[..., 2] - x[..., 0]) * (x[..., 3] - x[..., 1]) for x in (a, b)]
    return np.asarray(shared / np.maximum(areas[0] + areas[1] - shared, 1e-6), np.float32)


def dilated(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Return a mask grown by a number of pixels in all eight directions."""
    for _ in range(by):
        rows = mask.copy()
        rows[1:] |= mask[:-1]
        rows[:-1] |= mask[1:]
        mask = rows.copy()
        mask[:, 1:] |= rows[:, :-1]
        mask[:, :-1] |= rows[:, 1:]
    return mask


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of a mask whose four neighbours belong to it."""
    inner = np.zeros_like(mask)
    inner[1:-1, 1:-1] = (
        mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    )
    return inner
