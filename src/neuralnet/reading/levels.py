"""Conversion of any number type, range, colour and transparency to one grey level per pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Luminance weights of red, green and blue (ITU-R BT.601), as in Pillow's own conversion.
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def to_levels(channels: Array) -> NDArray[np.uint8]:
    """Convert the channels of each pixel to one grey level.

    Parameters
    ----------
    channels : ndarray of uint8, shape (height, width) or (height, width, 2, 3 or 4)
        Grey levels; or grey and opacity; red, green and blue; or red, green, blue and opacity.

    Returns
    -------
    ndarray of uint8, shape (height, width)
        Grey levels.
    """
    if channels.ndim == 2:
        return channels
    opacity = channels[:, :, -1] if channels.shape[2] in {2, 4} else None
    colours = channels[:, :, : 1 if channels.shape[2] == 2 else 3]
    levels = colours[:, :, 0] if colours.shape[2] == 1 else _to_one_channel(colours)
    return levels if opacity is None else _composite(levels, opacity)


def _to_one_channel(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Convert colours to luminance, or to their first principal component if that shows more.

    Yellow and white differ by a tenth in luminance, and red and blue may not differ at all. If
    luminance captures less than half of the spread of the colours in the image, the colours are
    projected onto the direction of largest variance, their first principal component.
    """
    step = max(1, int((colours.shape[0] * colours.shape[1] / 50_000) ** 0.5))
    sample = colours[::step, ::step].reshape(-1, 3).astype(np.float32)  # (N, 3)
    sample -= sample.mean(axis=0)
    covariance = sample.T @ sample / len(sample)  # (3, 3)
    spreads, directions = np.linalg.eigh(covariance)
    shown = float(_LUMINANCE @ covariance @ _LUMINANCE)
    if shown >= 0.25 * float(spreads[-1]) / 3:  # greys spread over all 3 channels
        from PIL import Image

        return np.asarray(Image.fromarray(np.ascontiguousarray(colours)).convert("L"))
    weights = directions[:, -1] / np.abs(directions[:, -1]).sum()
    weights *= 1.0 if weights.sum() >= 0 else -1.0  # white stays lightest
    lowest = 255 * weights[weights < 0].sum()
    grey = colours.astype(np.float32) @ weights.astype(np.float32) - np.float32(lowest)
    return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


def _composite(levels: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Composite an image with transparency onto a ground that makes its opaque part visible.

    If most of the image is transparent, or if its opaque part has a single grey level, the opaque
    part is ink and the ground is black or white, whichever contrasts with it. Otherwise the opaque
    part is paper, for example with rounded corners, and the ground gets its median grey level.
    """
    weights = opacity.astype(np.float32) / 255
    share = float(weights.mean())
    if share == 1 or not share:
        return levels if share else np.full_like(levels, 255)
    visible = levels[opacity > 127]
    if not visible.size:
        visible = levels[opacity > 0]
    middle = float(np.median(visible))
    alike = float(np.mean(np.abs(visible - np.float32(middle)) < 40)) > 0.99
    ground = middle if share >= 0.5 and not alike else 255.0 if visible.mean() < 128 else 0.0
    return np.rint(levels * weights + ground * (1 - weights)).astype(np.uint8)


def to_bytes(array: Array, name: str = "image") -> NDArray[np.uint8]:
    """Scale an array of any number type to bytes.

    Parameters
    ----------
    array : ndarray
        Grey levels or channels, in any of the ranges that `open_grey` accepts.
    name : str
        Name of the array in error messages.

    Returns
    -------
    ndarray of uint8, same shape
        Values from 0 to 255.

    Raises
    ------
    InputError
        If a value is not finite, or if the values are in no range used for grey levels.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    low, high = float(array.min()), float(array.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise InputError(
            f"{name} has NaN or infinite values; grey levels must be finite. Replace those values."
        )
    floating = array.dtype.kind == "f"
    if floating and -1 <= low < 0 and high <= 1:
        low, top = -1.0, 1.0
    elif low < 0 or high > 65_535:
        raise InputError(
            f"{name} has values from {low:g} to {high:g}; grey levels must be in [0, 255] or "
            f"[0, 65535], or in [0, 1] or [-1, 1] as floating point. Rescale the values first."
        )
    elif floating and high <= 1:
        low, top = 0.0, 1.0
    else:  # the smallest of 8, 10, 12 and 16 bits that can hold the largest value
        low, top = 0.0, next(top for top in (255.0, 1023.0, 4095.0, 65535.0) if high <= top)
    scaled = (array.astype(np.float32) - np.float32(low)) * np.float32(255 / (top - low))
    return np.asarray(np.rint(scaled), np.uint8)
