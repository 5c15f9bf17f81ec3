"""A light sheet on a darker desk: where it ends, and a picture of it alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.light import reduced, resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The sheet is looked for on a copy reduced to this; pictures smaller than this are icons.
_COPY, _SMALLEST = 256, 64
# It is this much lighter than the desk, in grey levels, covers this share of the picture, and fills
# its box, turned as it is, to this share: a sheet seen askew does, an oval does not.
_LIGHTER, _COVERS, _FILLS = 25, (0.1, 0.97), 0.84
# Within four pixels, the light falls by this share of what it falls by in all.
_SHARP = 0.6
# What is written on it is thinner than its widest blank place by this factor; the hole of a broad
# light 0 is not.
_THINNER = 0.6
# So much of its rim, as a share of its narrower side, is left out with the desk.
_RIM = 0.015


@dataclass(frozen=True)
class Sheet:
    """A sheet that was found.

    Attributes
    ----------
    levels : ndarray of uint8, shape (height, width)
        Its part of the picture, with paper in place of what is left of the desk in the corners.
    corner : (int, int)
        The row and the column where that part begins.
    inside : ndarray of bool, shape (rows, columns)
        Where it lies, on a reduced copy of the picture.
    rim : int
        How many pixels of that copy were left out along its edge.
    """

    levels: NDArray[np.uint8]
    corner: tuple[int, int]
    inside: NDArray[np.bool_]
    rim: int

    def edge_crosses(self, box: tuple[int, int, int, int], size: tuple[int, int]) -> bool:
        """Return whether a box (top, left, bottom, right) in a picture of `size` meets its edge."""
        scale = np.array(self.inside.shape) / size
        top, left = np.maximum(np.floor(box[:2] * scale).astype(int) - self.rim - 1, 0)
        bottom, right = np.ceil(box[2:] * scale).astype(int) + self.rim + 1
        around = self.inside[top:bottom, left:right]
        return bool(around.any() and not around.all())


def find_sheet(levels: NDArray[np.uint8]) -> Sheet | None:
    """Find a light sheet that lies on something darker.

    It may as well be the lit half of a page that lies in shadow otherwise: whether something is
    written beyond its edge is for the reader to find out.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)

    Returns
    -------
    Sheet or None
        None if there is none, or it fills the picture.
    """
    from scipy import ndimage

    if min(levels.shape) < _SMALLEST:
        return None
    copy = reduced(levels, _COPY)
    light = copy > _between(copy)
    labels, _ = ndimage.label(light)
    paper = labels == np.argmax(np.bincount(labels.ravel(), light.ravel(), labels.max() + 2))
    inside = ndimage.binary_fill_holes(paper)
    if not (
        _COVERS[0] <= inside.mean() <= _COVERS[1]
        and _ends_sharply(copy, inside)
        and _is_written_on(light, paper, inside)
        and inside.sum() >= _FILLS * _area_of_box(inside)
    ):
        return None
    rim = max(2, round(_RIM * min(inside.sum(axis=0).max(), inside.sum(axis=1).max())))
    inside = ndimage.binary_erosion(inside, iterations=rim, border_value=1)
    if not inside.any():
        return None
    # Cut out, since paper without the picture's noise would hide how strong that is.
    block = -(-max(levels.shape) // _COPY)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = int(rows[0]) * block, int(columns[0]) * block
    cut = levels[top : (int(rows[-1]) + 1) * block, left : (int(columns[-1]) + 1) * block]
    papered = _papered(cut, copy[part], (paper & inside)[part], inside[part])
    return Sheet(papered, (top, left), inside, rim)


def _between(copy: NDArray[np.float32]) -> float:
    """Give the level that parts the light from the dark best (Otsu 1979)."""
    counts = np.bincount(copy.astype(np.uint8).ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    best = np.flatnonzero(apart == np.nanmax(apart)) if np.isfinite(apart).any() else [127]
    return float(np.mean(best)) + 0.5


def _ends_sharply(copy: NDArray[np.float32], inside: NDArray[np.bool_]) -> bool:
    """Return whether the light falls at the sheet's very edge, as it does not in a soft shadow."""
    from scipy import ndimage

    within = [ndimage.binary_erosion(inside, iterations=n, border_value=1) for n in (2, 4)]
    beyond = [ndimage.binary_dilation(inside, iterations=n) for n in (2, 4)]
    near, far = within[0] & ~within[1], beyond[1] & ~beyond[0]
    if not near.any() or not far.any():
        return False
    # What is written across the edge of a shadow is dark, too: the lighter places are the ground.
    step = float(np.median(copy[near]) - np.quantile(copy[far], 0.8))
    whole = float(np.median(copy[inside]) - np.median(copy[~inside]))
    return step >= max(_LIGHTER, _SHARP * whole)


def _is_written_on(
    light: NDArray[np.bool_], paper: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> bool:
    """Return whether there is something dark on the sheet, thinner than its widest blank place."""
    from scipy import ndimage

    ink = inside & ~light  # what a 0 encloses is light, and no part of the paper around it
    if not ink.any():
        return False
    broadest = float(ndimage.distance_transform_edt(ink).max())
    return broadest <= _THINNER * float(ndimage.distance_transform_edt(np.pad(paper, 1)).max())


def _area_of_box(inside: NDArray[np.bool_]) -> float:
    """Give the area of the smallest box around a shape, of those turned by whole degrees."""
    edge = inside & ~(
        np.pad(inside, 1)[:-2, 1:-1]
        & np.pad(inside, 1)[2:, 1:-1]
        & np.pad(inside, 1)[1:-1, :-2]
        & np.pad(inside, 1)[1:-1, 2:]
    )
    points = np.argwhere(edge).T  # (2, P)
    angles = np.deg2rad(np.arange(90))
    turns = np.stack([np.cos(angles), np.sin(angles), -np.sin(angles), np.cos(angles)])
    turned = turns.reshape(2, 2, -1).transpose(2, 0, 1) @ points  # (90, 2, P)
    sides = np.ptp(turned, axis=2) + 1
    return float(sides.prod(axis=1).min())


def _papered(
    levels: NDArray[np.uint8],
    copy: NDArray[np.float32],
    paper: NDArray[np.bool_],
    inside: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Give each place beyond the sheet the level of the paper nearest to it."""
    from scipy import ndimage

    smooth = ndimage.uniform_filter(np.where(paper, copy, 0), 5)
    weight = ndimage.uniform_filter(paper.astype(np.float32), 5)
    smooth /= np.maximum(weight, 1e-6)
    _, nearest = ndimage.distance_transform_edt(~paper, return_indices=True)
    ground = resized(np.asarray(smooth[tuple(nearest)], np.float32), levels.shape)
    kept = resized(inside.astype(np.float32), levels.shape) > 0.5
    return np.where(kept, levels, np.rint(ground).astype(np.uint8))
