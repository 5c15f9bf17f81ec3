"""Preparation of a digit in the 28x28 format of MNIST, from ink of any size and any pen.

MNIST cropped each digit to its ink, scaled the longer side to 20 pixels, and shifted it by whole
pixels so that its centre of mass is at pixel 14 on both axes.
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

# Minimum value of the darkest pixel of a digit, as in MNIST, from 0 to 1.
_FULL_INK = 0.99
# Strokes are measured and changed at a resolution higher than the final one by this factor.
_DETAIL = 4
# Stroke widths in final pixels. A width between _THINNEST and _BOLDEST is kept, as in all but 0.4 %
# of the MNIST test set. Thinner strokes are widened to _THIN and bolder ones are thinned to _BOLD,
# the widths of thin and bold writers in MNIST (5 % are below 1.7 pixels and 5 % above 4.0).
_THINNEST, _THIN = 1.15, 1.8
_BOLDEST, _BOLD = 5.5, 4.0
# Range of a rough estimate of the width, in final pixels, that needs no exact measurement.
_USUAL = (1.8, 4.5)


def prepare(ink: object) -> NDArray[np.uint8]:
    """Convert the ink of one digit to an image in the format of MNIST.

    Parameters
    ----------
    ink : array_like, shape (height, width)
        A single digit, as uint8 from 0 (paper) to 255 (ink) or as floating point from 0 to 1. An
        MNIST image, with few exceptions, is returned unchanged apart from a shift.

    Returns
    -------
    ndarray of uint8, shape (28, 28)
        Image from 0 (paper) to 255 (ink).

    Raises
    ------
    InputError
        If the argument is not such an array or has no ink.
    """
    array = np.asarray(ink)
    if array.ndim != 2 or not (array.dtype == np.uint8 or array.dtype.kind == "f"):
        raise InputError(
            f"ink is {describe(ink)}; it must be a 2-D array of uint8 in [0, 255] or of floating "
            f"point in [0, 1]. Crop the image to one digit and convert it to greyscale."
        )
    values = array.astype(np.float32) / np.float32(255 if array.dtype == np.uint8 else 1)
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    if not len(rows):
        raise InputError(
            f"ink is {describe(ink)} and has no value above 0; it must show a digit, with ink as "
            f"the larger values."
        )
    values = values[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = _resampled(_normalize_stroke_width(values), LONGER_SIDE)
    if (strongest := float(small.max())) < _FULL_INK:
        small = small / np.float32(max(strongest, 1e-3))  # grainy or thin ink fades when reduced
    return _centred(np.clip(np.rint(small * 255), 0, 255).astype(np.uint8))


def stroke_width(ink: NDArray[np.float32]) -> float:
    """Return the mean stroke width of a digit, in pixels.

    In a stroke of width w, the distances to the edge run from 1 to w / 2, so the width follows from
    their mean. Widths below two pixels cannot be measured.

    Parameters
    ----------
    ink : ndarray of float32, shape (height, width)
        Ink from 0 (paper) to 1 (ink).
    """
    from scipy import ndimage

    mask = np.pad(ink > 0.5, 1)
    if not mask.any():
        return 1.0
    return max(1.0, 4 * float(ndimage.distance_transform_edt(mask)[mask].mean()) - 2)


def _normalize_stroke_width(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Widen very thin strokes and thin very bold ones; return other ink unchanged."""
    if _USUAL[0] <= _rough_width(ink) * LONGER_SIDE / max(ink.shape) <= _USUAL[1]:
        return ink
    detailed = _resampled(_thicken_for_downscaling(ink), _DETAIL * LONGER_SIDE)
    width = stroke_width(detailed) / _DETAIL
    if _THINNEST <= width <= _BOLDEST and (detailed > 0.5).any():
        return ink
    wanted = _THIN if width < _THINNEST else _BOLD
    changed = _move_edge(detailed, _DETAIL * (wanted - width) / 2)
    if not (changed > 0.5).any():
        return ink
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    return changed[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _rough_width(ink: NDArray[np.float32]) -> float:
    """Return twice the area of the ink over the length of its outline, in pixels."""
    mask = ink > 0.5
    inner = mask[1:-1, 1:-1] & mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    area = int(np.count_nonzero(mask))
    return 2 * area / max(1, area - int(np.count_nonzero(inner)))


def _thicken_for_downscaling(ink: NDArray[np.float32]) -> NDArray[np.float32]:
    """Widen the lines of a large drawing enough that they survive downscaling."""
    from scipy import ndimage

    shrink = max(ink.shape) / (_DETAIL * LONGER_SIDE)
    if shrink <= 1.5 or stroke_width(ink) >= 2 * shrink:
        return ink
    size = int(np.ceil(2 * shrink)) | 1
    broader = ndimage.maximum_filter(np.pad(ink, size // 2), size)
    return np.asarray(broader, np.float32)


def _move_edge(ink: NDArray[np.float32], by: float) -> NDArray[np.float32]:
    """Move the edge of the ink outwards by `by` pixels (inwards if negative) and antialias it."""
    from scipy import ndimage

    margin = int(np.ceil(max(by, 0))) + 2
    mask = np.pad(ink, margin) > 0.5
    outward = ndimage.distance_transform_edt(~mask)
    inward = ndimage.distance_transform_edt(mask)
    beyond = np.where(mask, 0.5 - inward, outward - 0.5)  # negative inside the ink
    return np.asarray(np.clip(0.5 + by - beyond, 0, 1), np.float32)


def _resampled(ink: NDArray[np.float32], longer: int) -> NDArray[np.float32]:
    """Resample ink so that its longer side has `longer` pixels, with antialiasing."""
    from PIL import Image

    height, width = ink.shape
    scale = longer / max(height, width)
    if scale == 1:
        return ink
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    kind = Image.Resampling.BOX if scale < 0.5 else Image.Resampling.BICUBIC
    values = np.asarray(Image.fromarray(ink).resize(size, kind), np.float32)
    return np.clip(values, 0, 1)


def _centred(small: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Place a small image in a 28x28 one with its centre of mass at the centre."""
    weights = small.astype(np.float64)
    picture = np.zeros((SIDE, SIDE), np.uint8)
    starts = []
    for axis, length in enumerate(small.shape):
        mass = weights.sum(axis=1 - axis)
        mean = float(mass @ np.arange(length) / max(mass.sum(), 1e-9))
        # Ink that would extend beyond the border is shifted back inside, so that none is lost.
        starts.append(int(np.clip(round(CENTRE - mean), 0, SIDE - length)))
    picture[starts[0] : starts[0] + small.shape[0], starts[1] : starts[1] + small.shape[1]] = small
    return picture
