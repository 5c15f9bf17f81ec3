"""Variations of ink: stroke thickness, contrast, blur, noise, upstrokes and lines.

Shapes: `N` images of `H` rows and `W` columns, with pixels from 0 (background) to 255 (full ink).
The strength of each effect is given per image.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def change_thickness(images: Floats, pixels: Floats, largest: float) -> Floats:
    """Return images whose strokes are thicker, or thinner, by a number of pixels per image.

    One pixel of growth is a grey dilation: each pixel becomes the maximum of itself and its four
    neighbours. Shrinking is the corresponding erosion, with the minimum. A fraction of a pixel is
    interpolated linearly.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Images, which are left unchanged.
    pixels : ndarray, shape (N,)
        Growth in pixels; negative to shrink.
    largest : float
        Upper limit of the growth and the shrinking of any image.

    Returns
    -------
    ndarray, shape (N, H, W)
        The changed images.
    """
    for _ in range(math.ceil(largest)):
        amount = np.clip(pixels, -1, 1)[:, np.newaxis, np.newaxis]
        pixels = pixels - amount[:, 0, 0]
        images = images + np.abs(amount) * (_dilate_or_erode(images, amount > 0) - images)
    return images


def _dilate_or_erode(images: Floats, grow: NDArray[np.bool_]) -> Floats:
    """Return the images dilated by one pixel where `grow` is True, and eroded elsewhere."""
    sign = np.where(grow, np.float32(1), np.float32(-1))
    signed = images * sign
    result = signed.copy()
    for near, far in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        np.maximum(result[near], signed[far], out=result[near])
        np.maximum(result[far], signed[near], out=result[far])
    result *= sign
    return result


def blur(images: Floats, share: Floats) -> None:
    """Blur images in place with the separable kernel (1, 2, 1) / 4 along both axes.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Changed in place.
    share : ndarray, shape (N,)
        Weight of the blurred image, from 0 to 1; the original has the remaining weight.
    """
    blurred = images
    for near, far in ((np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :, 1:], np.s_[:, :, :-1])):
        before = blurred
        blurred = before * np.float32(0.5)
        blurred[near] += before[far] * np.float32(0.25)
        blurred[far] += before[near] * np.float32(0.25)
    images += share[:, np.newaxis, np.newaxis] * (blurred - images)


def change_contrast(images: Floats, power: Floats, faint: Floats) -> None:
    """Apply a gamma correction to each image and make its ink fainter, in place.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Changed in place.
    power : ndarray, shape (N,)
        Exponent applied to grey levels in [0, 1]: above 1 they become lighter, below 1 darker.
    faint : ndarray, shape (N,)
        Factor on all grey levels, from 0 to 1.
    """
    images *= np.float32(1 / 255)
    np.power(images, power[:, np.newaxis, np.newaxis], out=images)
    images *= 255 * faint[:, np.newaxis, np.newaxis]


def add_noise(images: Floats, noise: Floats, strength: Floats) -> None:
    """Add noise to images in place, and clip the sum to the range from 0 to 255.

    Parameters
    ----------
    images, noise : ndarray, shape (N, H, W)
        Images, which are changed in place, and the noise before scaling.
    strength : ndarray, shape (N,)
        Factor on the noise of each image, in grey levels.
    """
    images += noise * strength[:, np.newaxis, np.newaxis]
    np.clip(images, 0, 255, out=images)


def draw_flags(images: Floats, length: Floats, angle: Floats, width: Floats) -> Floats:
    """Draw the flag of a handwritten 1, the upstroke before its main stroke, in place.

    The flag runs from the upper end of the main stroke to the lower left, and slants with it. A
    stroke that leans by more than 0.4 columns per row gets no flag, as it would look like a 7.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Images of a single stroke, such as the 1 of MNIST; changed in place.
    length : ndarray, shape (N,)
        Length of the flag as a fraction of the stroke's length.
    angle : ndarray, shape (N,)
        Angle of the flag below the horizontal, in radians, for an upright stroke.
    width : ndarray, shape (N,)
        Width of the flag as a fraction of the stroke's width.

    Returns
    -------
    ndarray, shape (N, 2)
        Displacement of the ink's centre of mass, in rows and columns.
    """
    rows, columns = (np.arange(n, dtype=np.float32, like=images) for n in images.shape[1:])
    grid = np.stack(np.meshgrid(rows, columns, indexing="ij")).reshape(2, -1)  # (2, H W)
    ink = images.reshape(len(images), -1)
    share = ink / np.maximum(ink.sum(axis=1, keepdims=True), 1)
    centre = share @ grid.T  # (N, 2)
    away = grid - centre[:, :, np.newaxis]  # (N, 2, H W)
    covariance = np.matmul(away * share[:, np.newaxis], away.transpose(0, 2, 1))  # (N, 2, 2)
    axes = np.linalg.eigh(covariance)[1]  # in ascending order of variance
    up = axes[:, :, 1] * np.where(axes[:, :1, 1] > 0, -1, 1)  # along the stroke, to smaller rows
    slant = up[:, 1] / np.minimum(up[:, 0], -1e-3)  # columns to the left per row upwards
    along = np.matmul(up[:, np.newaxis], away)[:, 0]  # (N, H W)
    reach = np.where(ink > 127, along, 0)
    top, bottom = reach.max(axis=1), reach.min(axis=1)
    # The ink of a stroke is its length times its width, even if the stroke is bent.
    across = width * np.clip(ink.sum(axis=1) / 255 / (top - bottom + 1), 1.5, 5)
    tip = centre + up * (top - across / 2)[:, np.newaxis]
    # Down and to the left, and then slanted like the stroke.
    ahead = np.stack([np.sin(angle), slant * np.sin(angle) - np.cos(angle)], axis=1)
    end = tip + (length * (top - bottom))[:, np.newaxis] * ahead
    distance = _distance_to_segment(grid, tip, end)  # (N, H W)
    flag = 255 * np.clip((across[:, np.newaxis] + 1) / 2 - distance, 0, 1)
    flag *= ((np.abs(slant) <= 0.4) & (ink.max(axis=1) > 0))[:, np.newaxis]
    np.maximum(ink, flag, out=ink)
    after = (ink / np.maximum(ink.sum(axis=1, keepdims=True), 1)) @ grid.T
    moved: Floats = (after - centre).astype(np.float32)
    return moved


def _distance_to_segment(grid: Floats, start: Floats, end: Floats) -> Floats:
    """Return the distance of each position (2, P) to each segment from (N, 2) to (N, 2): (N, P)."""
    ahead = end - start
    squared = np.maximum((ahead**2).sum(axis=1, keepdims=True), np.float32(1e-6))
    away = grid - start[:, :, np.newaxis]  # (N, 2, P)
    part = np.clip(np.einsum("ni,nip->np", ahead, away) / squared, 0, 1)
    away -= part[:, np.newaxis] * ahead[:, :, np.newaxis]
    distance: Floats = np.sqrt((away**2).sum(axis=1))
    return distance


def draw_lines(images: Floats, angle: Floats, distance: Floats, width: Floats) -> None:
    """Draw a straight line of full ink across each image, in place.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Changed in place.
    angle : ndarray, shape (N,)
        Angle between the normal of the line and the row axis, in radians.
    distance : ndarray, shape (N,)
        Signed distance of the line from the image centre, in pixels.
    width : ndarray, shape (N,)
        Width of the line in pixels; 0 for no line.
    """
    height, length = images.shape[1:]
    rows = (np.arange(height, dtype=np.float32, like=images) - (height - 1) / 2)[
        :, np.newaxis
    ]  # (H, 1)
    columns = np.arange(length, dtype=np.float32, like=images) - (length - 1) / 2  # (W,)
    angle, distance, width = (v[:, np.newaxis, np.newaxis] for v in (angle, distance, width))
    away = np.abs(rows * np.cos(angle) + columns * np.sin(angle) - distance)  # (N, H, W)
    line = 255 * np.clip((width + 1) / 2 - away, 0, 1) * (width > 0)
    np.maximum(images, line, out=images)
