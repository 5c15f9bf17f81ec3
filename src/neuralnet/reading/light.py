"""How dark the ink is at each pixel, whatever the paper and the light.

A pixel is paper, light and ink multiplied. The light on the paper is estimated on a reduced picture
and divided out; what remains is the share of light that the ink takes away: 0 on bare paper, 1 for
black. Light ink on a dark ground is turned around first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The picture is reduced to these sizes to tell light from dark ink, and to estimate the light. The
# cost of a median grows with the fourth power of the first.
_COARSE = 48
_FINE = 256
# What a median of the whole surroundings would miss: 1.4826 median absolute deviations are one
# standard deviation of a normal distribution.
_MAD = 1.4826
# Ink that takes less light than this cannot be told from stains and paper.
FAINTEST = 0.08
# Pure noise passes this many standard deviations in one pixel of 150,000.
NOISE_FACTOR = 4.5


@dataclass(frozen=True)
class Ink:
    """How dark each pixel is, as the share of the light that is missing.

    Attributes
    ----------
    darkness : ndarray of float32, shape (height, width)
        About 0 on paper, up to 1 for ink.
    noise : float
        Standard deviation of `darkness` on bare paper.
    level : float
        How dark the picture's ink typically is; 0 where there is none.
    """

    darkness: NDArray[np.float32]
    noise: float
    level: float


def find_ink(levels: NDArray[np.uint8]) -> Ink:
    """Divide the light out of a grey picture.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)

    Returns
    -------
    Ink
    """
    if ink_is_light(levels):
        levels = 255 - levels
    darkness = _divided(levels, _light(levels))
    noise, level = _measure(darkness)
    # Faint ink in strong noise: neighbours are averaged until it stands out, or it cannot.
    for _ in range(2):
        if not level or NOISE_FACTOR * noise <= 0.35 * level:
            break
        darkness = _smoothed(darkness)
        noise, level = _measure(darkness)
    return Ink(darkness, noise, level)


def ink_is_light(levels: NDArray[np.uint8]) -> bool:
    """Return whether the ink is lighter than the ground.

    The ground is the median of a large neighbourhood, which ink does not fill; on which side of it
    the pixels that stand out lie is what decides. Their distance is cubed, so that few and clear
    ones outweigh many and faint ones.
    """
    step = max(1, int(max(levels.shape) / 512))
    ground = resized(_ground(levels), levels.shape)[::step, ::step]
    difference = levels[::step, ::step].astype(np.float32) - ground
    spread = _MAD * float(np.median(np.abs(difference)))
    difference[np.abs(difference) <= 3 * spread] = 0
    return float((difference.astype(np.float64) ** 3).sum()) > 0


def _ground(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Take the median of half the picture around each place, on a coarse copy."""
    from scipy import ndimage

    coarse = reduced(levels, _COARSE)
    window = max(3, min(coarse.shape) // 2 | 1)
    return np.asarray(ndimage.median_filter(coarse, window, mode="nearest"), np.float32)


def _light(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Estimate how bright bare paper would be, on a reduced copy.

    Closing (a maximum, then a minimum) lifts away everything narrower than its window, which is
    somewhat broader than the broadest stroke, and keeps the edges of shadows. Where the picture is
    about as light as that, there is paper; the mean of the paper nearby is the light.
    """
    from scipy import ndimage

    fine = reduced(levels, _FINE)
    coarse = resized(_ground(levels), fine.shape)
    window = _broadest_stroke(fine, coarse)
    closed = ndimage.grey_closing(fine, window, mode="nearest")
    closed = ndimage.uniform_filter(closed, max(3, window // 2), mode="nearest")
    deviation = closed - fine
    spread = _MAD * float(np.median(np.abs(deviation - np.median(deviation))))
    paper = np.asarray(deviation < np.median(deviation) + 3 * spread + 2, np.float32)
    weight = ndimage.uniform_filter(paper, window, mode="nearest")
    total = ndimage.uniform_filter(paper * fine, window, mode="nearest")
    light = np.where(weight > 0.1, total / np.maximum(weight, 0.1), closed)
    return np.asarray(np.maximum(light, 1), np.float32)


def _broadest_stroke(fine: NDArray[np.float32], ground: NDArray[np.float32]) -> int:
    """Give the window, in pixels of the reduced copy, that the broadest stroke does not fill."""
    from scipy import ndimage

    darkness = 1 - fine / np.maximum(ground, 1)
    spread = _MAD * float(np.median(np.abs(darkness)))
    strongest = float(np.quantile(darkness, 0.999))
    dark = darkness > max(0.4 * strongest, 3 * spread, FAINTEST)
    half = float(ndimage.distance_transform_edt(np.pad(dark, 1)).max())
    least, most = min(fine.shape) / 24, min(fine.shape) / 2
    return max(3, int(min(max(3 * 2 * half, least), most))) | 1


def _divided(levels: NDArray[np.uint8], light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Give the share of the light that is missing at each pixel, none below 0."""
    darkness = resized(light, levels.shape)
    np.divide(levels, darkness, out=darkness)
    np.subtract(1, darkness, out=darkness)
    return darkness


def _measure(darkness: NDArray[np.float32]) -> tuple[float, float]:
    """Return the noise of bare paper and the typical darkness of ink, 0 where there is none."""
    step = max(1, int((darkness.size / 200_000) ** 0.5))
    sample = darkness[::step, ::step]
    noise = _MAD * float(np.median(np.abs(sample)))
    least = max(NOISE_FACTOR * noise, FAINTEST)
    ink = sample[sample > least]
    if ink.size < 100:  # one small digit on a large page may fall between the samples
        ink = darkness[darkness > least]
    # Edges are half as dark as strokes, and rules lighter than the pen: ink is the darker part.
    return noise, float(np.quantile(ink, 0.8)) if ink.size else 0.0


def _smoothed(darkness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average each pixel with its neighbours, the near ones more."""
    from scipy import ndimage

    for axis in (0, 1):
        darkness = ndimage.correlate1d(darkness, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    return darkness


def reduced(levels: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
    """Average blocks of pixels until the longer side has at most `longest`."""
    from PIL import Image

    block = -(-max(levels.shape) // longest)
    if block == 1:
        return levels.astype(np.float32)
    image = Image.fromarray(levels)
    # A strip much longer than broad keeps at least some rows.
    return np.asarray(image.reduce((min(block, image.width), min(block, image.height))), np.float32)


def resized(array: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Stretch an array to another shape, smoothly."""
    from PIL import Image

    if array.shape == shape:
        return array.copy()
    image = Image.fromarray(array).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.array(image, np.float32)
