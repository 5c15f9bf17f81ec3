"""One digit's ink, from any pen and at any size, as MNIST's own 28x28 pictures.

MNIST cropped each digit to its ink, made the longer side 20 pixels, and shifted it by whole pixels
so that its centre of mass is at pixel 14 on both axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import InputError, describe

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 28
LONGER_SIDE = 20
CENTRE = 14

# The darkest pixel of each of MNIST's digits is at least so dark.
_FULL = 0.99
# Strokes are measured and changed at this many times the final size.
_DETAIL = 4
# Strokes within these bounds, in final pixels, are left as they are: all but four of a thousand in
# MNIST's test set. Outside, they become as broad as its thin and its bold writers' strokes (a
# twentieth are below 1.7, a twentieth above 4.0).
_THINNEST, _THIN = 1.15, 1.8
_BOLDEST, _BOLD = 5.5, 4.0


def prepare(ink: object) -> NDArray[np.uint8]:
    """Make an MNIST picture of one digit's ink.

    Parameters
    ----------
    ink : array_like, shape (height, width)
        One digit and nothing else: uint8 from 0 (paper) to 255 (ink), or floating point from 0 to
        1. A picture from MNIST itself comes back as it is, but for a shift.

    Returns
    -------
    ndarray of uint8, shape (28, 28)

    Raises
    ------
    InputError
        If it is no such array, or holds no ink.
    """
    array = np.asarray(ink)
    if array.ndim != 2 or not (array.dtype == np.uint8 or array.dtype.kind == "f"):
        raise InputError(
            f"ink is {describe(ink)}; it must be 2-D, of uint8 (0 to 255) or floating point."
        )
    values = array.astype(np.float32) / np.float32(255 if array.dtype == np.uint8 else 1)
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    if not len(rows):
        raise InputError(f"ink is {describe(ink)} with no ink in it; give a digit to prepare.")
    values = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = _resampled(_with_usual_strokes(values), LONGER_SIDE)
    if (strongest := float(small.max())) < _FULL:
        small = small / np.float32(max(strongest, 1e-3))  # grainy or thin: paler when reduced
    return _placed(np.clip(np.rint(small * 255), 0, 255).astype(np.uint8))


def stroke_width(ink: NDArray[np.float32]) -> float:
    """Return how broad a digit's strokes are, in pixels.

    In a stroke of width w, the distances to the edge run from 1 to w / 2; their mean says w. Below
    two pixels, it cannot be told.

    Parameters
    ----------
    ink : ndarray of float32, shape (height, width)
        From 0 to 1.
    """
    from scipy import ndimage

    mask = np.pad(ink > 0.5, 1)
    if not mask.any():
        return 1.0
    return max(1.0, 4 * float(ndimage.distance_transform_edt(mask)[mask].mean()) - 2)


def _with_usual_strokes(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Make very thin strokes broader, and very broad ones thinner; leave others as they are."""
    detailed = _resampled(_thick_enough_to_shrink(ink), _DETAIL * LONGER_SIDE)
    width = stroke_width(detailed) / _DETAIL
    if _THINNEST <= width <= _BOLDEST and (detailed > 0.5).any():
        return ink
    wanted = _THIN if width < _THINNEST else _BOLD
    changed = _moved_edge(detailed, _DETAIL * (wanted - width) / 2)
    if not (changed > 0.5).any():
        return ink
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _thick_enough_to_shrink(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Broaden the lines of a large drawing so far that they survive being reduced."""
    from scipy import ndimage

    shrink = max(ink.shape) / (_DETAIL * LONGER_SIDE)
    if shrink <= 1.5 or stroke_width(ink) >= 2 * shrink:
        return ink
    size = int(np.ceil(2 * shrink)) | 1
    broader = ndimage.maximum_filter(np.pad(ink, size // 2), size)
    return np.asarray(broader, np.float32)


def _moved_edge(ink: NDArray[np.float32], by: float) -> NDArray[np.float32]:
    """Move the edge of the ink outwards by some pixels, or inwards if negative; keep it soft."""
    from scipy import ndimage

    margin = int(np.ceil(max(by, 0))) + 2
    mask = np.pad(ink, margin) > 0.5
    outward = ndimage.distance_transform_edt(~mask)
    inward = ndimage.distance_transform_edt(mask)
    beyond = np.where(mask, 0.5 - inward, outward - 0.5)  # negative within
    return np.asarray(np.clip(0.5 + by - beyond, 0, 1), np.float32)


def _resampled(ink: NDArray[np.float32], longer: int) -> NDArray[np.float32]:
    """Scale ink so that its longer side has as many pixels as wanted, antialiased."""
    from PIL import Image

    height, width = ink.shape
    scale = longer / max(height, width)
    if scale == 1:
        return ink
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    kind = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    values = np.asarray(Image.fromarray(ink).resize(size, kind), np.float32)
    return np.clip(values, 0, 1)


def _placed(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Put a small picture in the middle of 28x28, its centre of mass at the centre."""
    weights = small.astype(np.float64)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    starts = []
    for axis, length in enumerate(small.shape):
        mass = weights.sum(axis=1 - axis)
        mean = float(mass @ np.arange(length) / max(mass.sum(), 1e-9))
        # No ink may be lost: what would reach beyond the border stays at it.
        starts.append(int(np.clip(round(CENTRE - mean), 0, SIDE - length)))
    picture[starts[0] : starts[0] + small.shape[0], starts[1] : starts[1] + small.shape[1]] = small
    return picture
