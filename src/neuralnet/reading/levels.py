"""Numbers of any kind and range, colour and transparency, made one grey level a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Luminance of red, green and blue (ITU-R BT.601, as Pillow's own conversion).
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)


def to_levels(channels: Array) -> NDArray[np.uint8]:
    """Make one grey level of each pixel's channels.

    Parameters
    ----------
    channels : ndarray of uint8, shape (height, width) or (height, width, 2, 3 or 4)

    Returns
    -------
    ndarray of uint8, shape (height, width)
    """
    if channels.ndim == 2:
        return channels
    opacity = channels[:, :, -1] if channels.shape[2] in {2, 4} else None
    colours = channels[:, :, : 1 if channels.shape[2] == 2 else 3]
    levels = colours[:, :, 0] if colours.shape[2] == 1 else _without_colour(colours)
    return levels if opacity is None else _without_opacity(levels, opacity)


def _without_colour(colours: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give each colour its luminance, or, where that hides the ink, its place between the colours.

    Yellow on white differs by a tenth in luminance, and red on blue may not differ at all. Where
    luminance shows less than half of how colours differ in the picture, they are projected on the
    direction in which they differ most (their first principal component).
    """
    step = max(1, int((colours.shape[0] * colours.shape[1] / 50_000) ** 0.5))
    sample = colours[::step, ::step].reshape(-1, 3).astype(np.float32)  # (N, 3)
    sample -= sample.mean(axis=0)
    covariance = sample.T @ sample / len(sample)  # (3, 3)
    spreads, directions = np.linalg.eigh(covariance)
    shown = float(_LUMINANCE @ covariance @ _LUMINANCE)
    if shown >= 0.25 * float(spreads[-1]) / 3:  # grey alone has a third of its spread in each
        from PIL import Image

        return np.asarray(Image.fromarray(np.ascontiguousarray(colours)).convert("L"))
    weights = directions[:, -1] / np.abs(directions[:, -1]).sum()
    weights *= 1.0 if weights.sum() >= 0 else -1.0  # white stays the lightest
    lowest = 255 * weights[weights < 0].sum()
    grey = colours.astype(np.float32) @ weights.astype(np.float32) - np.float32(lowest)
    return np.asarray(np.clip(np.rint(grey), 0, 255), np.uint8)


def _without_opacity(levels: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a picture with transparent parts on a ground that its opaque part can be seen on.

    Where most is transparent, or all that is opaque looks the same, the opaque part is the ink, and
    the ground is its opposite. Else it is the paper (with rounded corners, say), and the ground is
    alike.
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
    """Bring numbers of any kind to the range of a byte; `name` is what errors call them.

    Raises
    ------
    InputError
        If they are not finite, or in no range that grey levels have.
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    low, high = float(array.min()), float(array.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise InputError(f"{name} holds NaN or infinite values; grey levels are finite numbers.")
    floating = array.dtype.kind == "f"
    if floating and -1 <= low < 0 and high <= 1:
        low, top = -1.0, 1.0
    elif low < 0 or high > 65_535:
        raise InputError(
            f"{name} holds values from {low:g} to {high:g}; grey levels run from 0 to 255 or "
            f"65535, or from 0 to 1 or -1 to 1 in floating point. Scale it first."
        )
    elif floating and high <= 1:
        low, top = 0.0, 1.0
    else:  # 8, 10, 12 or 16 bits: the fewest that hold the largest value
        low, top = 0.0, next(top for top in (255.0, 1023.0, 4095.0, 65535.0) if high <= top)
    scaled = (array.astype(np.float32) - np.float32(low)) * np.float32(255 / (top - low))
    return np.asarray(np.rint(scaled), np.uint8)
