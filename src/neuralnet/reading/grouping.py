"""Grouping of strokes into digits, such as the bar of a 5, the halves of a 4 or a broken line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.components import Component

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# Limits on the work per page; an image with more pieces or pairs of pieces is a texture.
_MAX_PIECES = 1500
_MAX_PAIRS = 4000
_OUTLINE_POINTS = 160  # about how many points of an outline are used to measure distances


def group_strokes(pieces: Sequence[Component]) -> list[list[Component]]:
    """Group pieces of ink into digits.

    Each piece joins at most one larger piece, the nearest one that it can form a digit with.

    Parameters
    ----------
    pieces : sequence of Component
        Connected pieces of ink.

    Returns
    -------
    list of list of Component
        Pieces of each digit.
    """
    if not 1 < len(pieces) <= _MAX_PIECES:
        return [[piece] for piece in pieces]
    pieces = sorted(pieces, key=lambda piece: -max(piece.height, piece.width))
    typical = typical_height([p.height for p in pieces], [p.area for p in pieces])
    boxes = np.array([(p.top, p.bottom, p.left, p.right) for p in pieces], np.float32)
    owner = list(range(len(pieces)))
    outlines: dict[int, NDArray[np.float32]] = {}
    pairs = _near_pairs(boxes)
    best: dict[int, tuple[float, int]] = {}
    for large, small in pairs:
        reach = _reach(pieces[large], pieces[small], typical)
        if reach is None:
            continue
        for index in (large, small):
            if index not in outlines:
                outlines[index] = _outline(pieces[index])
        gap = _gap(outlines[large], outlines[small])
        if gap <= reach and (small not in best or gap < best[small][0]):
            best[small] = (gap, large)
    # From large to small, so that the owner of a piece is resolved before the piece itself.
    for small in sorted(best):
        owner[small] = owner[best[small][1]]
    groups: dict[int, list[Component]] = {}
    for index, piece in enumerate(pieces):
        groups.setdefault(owner[index], []).append(piece)
    return list(groups.values())


def typical_height(heights: Sequence[float], weights: Sequence[float]) -> float:
    """Return the median height, weighted by ink so that specks count little; 0 without pieces."""
    if not heights:
        return 0.0
    order = np.argsort(heights)
    total = np.cumsum(np.asarray(weights, float)[order])
    return float(np.asarray(heights, float)[order][np.searchsorted(total, total[-1] / 2)])


def _near_pairs(boxes: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Return the pairs, larger piece first, whose gap is at most 0.35 of the larger one's size."""
    top, bottom, left, right = boxes.T
    down = np.maximum(top[:, None] - bottom, top - bottom[:, None])
    across = np.maximum(left[:, None] - right, left - right[:, None])
    size = np.maximum(bottom - top, right - left)
    near = np.maximum(down, across) <= 0.35 * size[:, None]
    large, small = np.nonzero(np.triu(near, 1))
    return list(zip(large.tolist(), small.tolist(), strict=True))[:_MAX_PAIRS]


def _reach(large: Component, small: Component, typical: float) -> float | None:
    """Return the largest gap at which two pieces are strokes of one digit, None if they never are.

    Two separate digits have about the same height and stand side by side or in different rows.
    Strokes of one digit overlap horizontally, and together they are about as tall as the larger
    stroke or as the other digits on the page.
    """
    top, bottom = min(large.top, small.top), max(large.bottom, small.bottom)
    left, right = min(large.left, small.left), max(large.right, small.right)
    height, width = bottom - top, right - left
    tallest = max(large.height, small.height)
    shared = min(large.right, small.right) - max(large.left, small.left)
    overlap = shared / min(large.width, small.width)
    # There is a gap between rows of writing, so pieces that overlap vertically are a broken digit.
    entwined = overlap >= 0.3 and min(large.bottom, small.bottom) > max(large.top, small.top)
    highest = 2 * tallest if entwined else 1.5 * max(tallest, 0.8 * typical)
    if height > highest or width > 1.15 * max(height, 0.8 * typical):
        return None
    pen = min(large.thickness, small.thickness)
    close = max(1.5, pen, (0.12 if entwined else 0.05) * height)
    lower = min(large.height, small.height) / height
    if overlap >= 0.4 and lower <= 0.6:
        # A bar above the body, or a stroke beside a longer one, but not a dot, speck or underline.
        is_stroke = max(small.height, small.width) >= 0.2 * height and small.top < large.bottom
        return max(close, (0.22 if is_stroke else 0.06) * height)
    if lower <= 0.45:
        return max(close, 0.1 * height) if overlap > -0.3 else close
    if overlap >= 0.3:
        return close
    return None  # two tall pieces side by side are two digits


def _outline(piece: Component) -> NDArray[np.float32]:
    """Return a sample of points on the outline of a piece, shape (N, 2)."""
    from scipy import ndimage

    padded = np.pad(piece.mask, 1)
    inner = ndimage.binary_erosion(padded)[1:-1, 1:-1]
    points = np.argwhere(piece.mask & ~inner)
    step = max(1, len(points) // _OUTLINE_POINTS)
    return np.asarray(points[::step] + np.array([piece.top, piece.left]), np.float32)


def _gap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the width of the gap between two outlines, in pixels."""
    difference = one[:, None] - other  # (N, M, 2)
    return float(np.sqrt((difference**2).sum(axis=2).min())) - 1
