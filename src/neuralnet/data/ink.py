"""What pens, paper and scanners do to ink: thicker and thinner strokes, blur, noise, lines.

Shapes: `N` images of `H` rows and `W` columns, pixels from 0 (background) to 255 (full ink). Each
image has a strength of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def thicken(images: Floats, pixels: Floats) -> Floats:
    """Let the strokes of each image grow by so many pixels, or shrink where they are negative.

    A whole pixel takes the largest (smallest) of each pixel and its four neighbours; the fraction
    that is left mixes the image with the next one.
    """
    for _ in range(int(np.ceil(np.abs(pixels).max(initial=0)))):
        amount = np.clip(pixels, -1, 1)[:, np.newaxis, np.newaxis]
        pixels = pixels - amount[:, 0, 0]
        images = images + np.abs(amount) * (_extreme(images, amount > 0) - images)
    return images


def _extreme(images: Floats, grow: NDArray[np.bool_]) -> Floats:
    """Give the largest of each pixel and its neighbours where `grow`, else the smallest."""
    sign = np.where(grow, np.float32(1), np.float32(-1))
    signed = images * sign
    result = signed.copy()
    for near, far in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        np.maximum(result[near], signed[far], out=result[near])
        np.maximum(result[far], signed[near], out=result[far])
    result *= sign
    return result


def blur(images: Floats, share: Floats) -> None:
    """Spread a share of each pixel over the pixel and its neighbours as 1 : 2 : 1 both ways."""
    blurred = images
    for near, far in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        before = blurred
        blurred = before * np.float32(0.5)
        blurred[near] += before[far] * np.float32(0.25)
        blurred[far] += before[near] * np.float32(0.25)
    images += share[:, np.newaxis, np.newaxis] * (blurred - images)


def change_contrast(images: Floats, power: Floats, faint: Floats) -> None:
    """Raise each image's greys, as shares of full ink, to a power, and make all of it fainter.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Changed in place.
    power, faint : ndarray, shape (N,)
        Above 1 greys become lighter, below 1 darker; `faint` is what is left of full ink.
    """
    images *= np.float32(1 / 255)
    np.power(images, power[:, np.newaxis, np.newaxis], out=images)
    images *= 255 * faint[:, np.newaxis, np.newaxis]


def add_noise(images: Floats, noise: Floats, strength: Floats) -> None:
    """Add `noise` (N, H, W), times a strength in greys for each image, within what a pixel holds.

    Changed in place.
    """
    images += noise * strength[:, np.newaxis, np.newaxis]
    np.clip(images, 0, 255, out=images)


def draw_lines(images: Floats, angle: Floats, distance: Floats, width: Floats) -> None:
    """Draw a straight line of full ink across each image, in place; none where `width` is 0.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Changed in place.
    angle, distance, width : ndarray, shape (N,)
        The direction that the line is square to, in radians from the rows' direction; how far from
        the image's centre it passes, and how wide it is, in pixels.
    """
    height, length = images.shape[1:]
    rows = (np.arange(height, dtype=np.float32) - (height - 1) / 2)[:, np.newaxis]  # (H, 1)
    columns = np.arange(length, dtype=np.float32) - (length - 1) / 2  # (W,)
    angle, distance, width = (v[:, np.newaxis, np.newaxis] for v in (angle, distance, width))
    away = np.abs(rows * np.cos(angle) + columns * np.sin(angle) - distance)  # (N, H, W)
    line = 255 * np.clip((width + 1) / 2 - away, 0, 1) * (width > 0)
    np.maximum(images, line, out=images)
