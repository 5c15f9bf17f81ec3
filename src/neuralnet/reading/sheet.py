"""Detection of a light sheet on a darker desk, and extraction of its part of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading.light import reduced, resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Longest side of the reduced copy on which the sheet is searched, and minimum side of an image that
# may show a sheet, in pixels.
_COPY, _SMALLEST = 256, 64
# Minimum difference in grey level between sheet and desk.
_LIGHTER = 25
# Range of the fraction of the image that the sheet covers.
_COVERS = (0.1, 0.97)
# Minimum fraction of its smallest rotated bounding box that the sheet fills. A sheet in perspective
# does, an oval does not.
_FILLS = 0.84
# Minimum drop in brightness within four pixels of the edge, on the reduced copy, as a fraction of
# the difference between sheet and desk.
_SHARP = 0.6
# Maximum width of the ink on the sheet, as a fraction of the width of the widest blank area. The
# hole of a wide light 0 exceeds it.
_THINNER = 0.6
# Margin along the edge of the sheet that is discarded, as a fraction of the shorter side.
_RIM = 0.015


@dataclass(frozen=True)
class Sheet:
    """Sheet found in an image.

    Attributes
    ----------
    levels : ndarray of uint8, shape (height, width)
        Part of the image with the sheet. Any desk in the corners is replaced by paper.
    corner : (int, int)
        First row and column of that part in the image.
    inside : ndarray of bool, shape (rows, columns)
        Mask of the sheet on a reduced copy of the image.
    rim : int
        Width of the discarded margin along the edge, in pixels of the reduced copy.
    """

    levels: NDArray[np.uint8]
    corner: tuple[int, int]
    inside: NDArray[np.bool_]
    rim: int

    def edge_crosses(self, box: tuple[int, int, int, int], size: tuple[int, int]) -> bool:
        """Return whether a box (top, left, bottom, right) crosses the edge of the sheet.

        Parameters
        ----------
        box : (int, int, int, int)
            Bounding box in the image, in pixels.
        size : (int, int)
            Height and width of the image, in pixels.
        """
        scale = np.array(self.inside.shape) / size
        top, left = np.maximum(np.floor(box[:2] * scale).astype(int) - self.rim - 1, 0)
        bottom, right = np.ceil(box[2:] * scale).astype(int) + self.rim + 1
        around = self.inside[top:bottom, left:right]
        return bool(around.any() and not around.all())


def find_sheet(levels: NDArray[np.uint8]) -> Sheet | None:
    """Find a light sheet on a darker desk.

    What looks like a sheet may be the lit half of a page whose other half lies in shadow. The
    caller must check whether there is writing beyond the edge.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).

    Returns
    -------
    Sheet or None
        None if there is no sheet or if it fills the image.
    """
    from scipy import ndimage

    if min(levels.shape) < _SMALLEST:
        return None
    copy = reduced(levels, _COPY)
    light = copy > _otsu_threshold(copy)
    labels, _ = ndimage.label(light)
    paper = labels == np.argmax(np.bincount(labels.ravel(), light.ravel(), labels.max() + 2))
    inside = ndimage.binary_fill_holes(paper)
    if not (
        _COVERS[0] <= inside.mean() <= _COVERS[1]
        and _ends_sharply(copy, inside)
        and _is_written_on(light, paper, inside)
        and inside.sum() >= _FILLS * _smallest_box_area(inside)
    ):
        return None
    rim = max(2, round(_RIM * min(inside.sum(axis=0).max(), inside.sum(axis=1).max())))
    inside = ndimage.binary_erosion(inside, iterations=rim, border_value=1)
    if not inside.any():
        return None
    # Crop to the sheet: large areas filled with noise-free paper would bias the noise estimate.
    block = -(-max(levels.shape) // _COPY)
    rows, columns = (np.flatnonzero(inside.any(axis=axis)) for axis in (1, 0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    top, left = int(rows[0]) * block, int(columns[0]) * block
    cut = levels[top : (int(rows[-1]) + 1) * block, left : (int(columns[-1]) + 1) * block]
    papered = _fill_outside_with_paper(cut, copy[part], (paper & inside)[part], inside[part])
    return Sheet(papered, (top, left), inside, rim)


def _otsu_threshold(copy: NDArray[np.float32]) -> float:
    """Return the grey level that best separates light from dark pixels (Otsu 1979)."""
    counts = np.bincount(copy.astype(np.uint8).ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    best = np.flatnonzero(apart == np.nanmax(apart)) if np.isfinite(apart).any() else [127]
    return float(np.mean(best)) + 0.5


def _ends_sharply(copy: NDArray[np.float32], inside: NDArray[np.bool_]) -> bool:
    """Return whether the brightness drops sharply at the edge, unlike in a soft shadow."""
    from scipy import ndimage

    within = [ndimage.binary_erosion(inside, iterations=n, border_value=1) for n in (2, 4)]
    beyond = [ndimage.binary_dilation(inside, iterations=n) for n in (2, 4)]
    near, far = within[0] & ~within[1], beyond[1] & ~beyond[0]
    if not near.any() or not far.any():
        return False
    # A high quantile, because writing beyond the edge of a shadow is darker than the ground there.
    step = float(np.median(copy[near]) - np.quantile(copy[far], 0.8))
    whole = float(np.median(copy[inside]) - np.median(copy[~inside]))
    return step >= max(_LIGHTER, _SHARP * whole)


def _is_written_on(
    light: NDArray[np.bool_], paper: NDArray[np.bool_], inside: NDArray[np.bool_]
) -> bool:
    """Return whether the sheet has ink on it that is thin compared with its widest blank area."""
    from scipy import ndimage

    ink = inside & ~light  # the inside of a 0 is light but not part of the surrounding paper
    if not ink.any():
        return False
    broadest = float(ndimage.distance_transform_edt(ink).max())
    return broadest <= _THINNER * float(ndimage.distance_transform_edt(np.pad(paper, 1)).max())


def _smallest_box_area(inside: NDArray[np.bool_]) -> float:
    """Return the area of the smallest bounding box, over rotations by whole degrees."""
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


def _fill_outside_with_paper(
    levels: NDArray[np.uint8],
    copy: NDArray[np.float32],
    paper: NDArray[np.bool_],
    inside: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Replace each pixel outside the sheet by the smoothed grey level of the nearest paper."""
    from scipy import ndimage

    smooth = ndimage.uniform_filter(np.where(paper, copy, 0), 5)
    weight = ndimage.uniform_filter(paper.astype(np.float32), 5)
    smooth /= np.maximum(weight, 1e-6)
    _, nearest = ndimage.distance_transform_edt(~paper, return_indices=True)
    ground = resized(np.asarray(smooth[tuple(nearest)], np.float32), levels.shape)
    kept = resized(inside.astype(np.float32), levels.shape) > 0.5
    return np.where(kept, levels, np.rint(ground).astype(np.uint8))
