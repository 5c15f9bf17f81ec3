"""What hands, pens, paper and scanners do to ink: strokes added, thicker, thinner, blur, noise.

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


def draw_flags(images: Floats, length: Floats, angle: Floats, width: Floats) -> Floats:
    """Draw the upstroke that many hands begin a 1 with before upright strokes, in place.

    It leaves the upper end of the stroke to the lower left, and slants with it. A stroke that leans
    by more than 0.4 columns a row gets none: with a flag it would be a 7.

    Parameters
    ----------
    images : ndarray, shape (N, H, W)
        Single strokes, such as MNIST's 1; changed in place.
    length : ndarray, shape (N,)
        Shares of the stroke's length.
    angle : ndarray, shape (N,)
        How far below the horizontal the flag points, in radians, where the stroke is upright.
    width : ndarray, shape (N,)
        Shares of the stroke's width.

    Returns
    -------
    ndarray, shape (N, 2)
        How far it moved the ink's centre of mass, in rows and columns.
    """
    grid = np.indices(images.shape[1:], np.float32).reshape(2, -1)  # (2, H W)
    ink = images.reshape(len(images), -1)
    share = ink / np.maximum(ink.sum(axis=1, keepdims=True), 1)
    centre = share @ grid.T  # (N, 2)
    away = grid - centre[:, :, np.newaxis]  # (N, 2, H W)
    covariance = np.matmul(away * share[:, np.newaxis], away.transpose(0, 2, 1))  # (N, 2, 2)
    axes = np.linalg.eigh(covariance)[1]  # that of the smaller variance first
    up = axes[:, :, 1] * np.where(axes[:, :1, 1] > 0, -1, 1)  # along the stroke, to smaller rows
    slant = up[:, 1] / np.minimum(up[:, 0], -1e-3)  # columns to the left for each row upwards
    along = np.matmul(up[:, np.newaxis], away)[:, 0]  # (N, H W)
    reach = np.where(ink > 127, along, 0)
    top, bottom = reach.max(axis=1), reach.min(axis=1)
    # However a stroke bends, its ink is its length times its width.
    across = width * np.clip(ink.sum(axis=1) / 255 / (top - bottom + 1), 1.5, 5)
    tip = centre + up * (top - across / 2)[:, np.newaxis]
    # Down and to the left, then slanted as the stroke is.
    ahead = np.stack([np.sin(angle), slant * np.sin(angle) - np.cos(angle)], axis=1)
    end = tip + (length * (top - bottom))[:, np.newaxis] * ahead
    flag = 255 * np.clip((across[:, np.newaxis] + 1) / 2 - _from_segment(grid, tip, end), 0, 1)
    flag *= ((np.abs(slant) <= 0.4) & (ink.max(axis=1) > 0))[:, np.newaxis]
    np.maximum(ink, flag, out=ink)
    after = (ink / np.maximum(ink.sum(axis=1, keepdims=True), 1)) @ grid.T
    moved: Floats = (after - centre).astype(np.float32)
    return moved


def _from_segment(grid: Floats, start: Floats, end: Floats) -> Floats:
    """Give the distance of each position (2, P) from N segments between points (N, 2): (N, P)."""
    ahead = end - start
    squared = np.maximum((ahead**2).sum(axis=1, keepdims=True), np.float32(1e-6))
    away = grid - start[:, :, np.newaxis]  # (N, 2, P)
    part = np.clip(np.einsum("ni,nip->np", ahead, away) / squared, 0, 1)
    away -= part[:, np.newaxis] * ahead[:, :, np.newaxis]
    distance: Floats = np.sqrt((away**2).sum(axis=1))
    return distance


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
