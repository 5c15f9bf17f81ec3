"""Ink darkness at each pixel, independent of paper and illumination.

The grey level of a pixel is modelled as a product of paper, illumination and ink. The brightness of
the lit paper is estimated on a reduced copy of the image and divided out. One minus the quotient is
the darkness, which is 0 on bare paper and 1 for black ink. If the ink is lighter than the ground,
the image is inverted first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Longest side of the reduced copies, in pixels: the coarse one to tell light ink from dark ink, the
# fine one to estimate the illumination. The cost of the median filter grows with the fourth power
# of the coarse size.
_COARSE = 48
_FINE = 256
# For a normal distribution, 1.4826 median absolute deviations (MAD) are one standard deviation.
_MAD_TO_SIGMA = 1.4826
# Minimum darkness of ink; anything fainter cannot be distinguished from stains and paper.
FAINTEST = 0.08
# Ink threshold in standard deviations of the noise; normal noise deviates by more than that, in
# either direction, in one pixel out of 150,000.
NOISE_FACTOR = 4.5


@dataclass(frozen=True)
class Ink:
    """Darkness of each pixel, as the fraction of light that the ink absorbs.

    Attributes
    ----------
    darkness : ndarray of float32, shape (height, width)
        About 0 on paper, up to 1 for ink.
    noise : float
        Standard deviation of `darkness` on bare paper.
    level : float
        Typical darkness of the ink in the image, or 0 if there is no ink.
    """

    darkness: NDArray[np.float32]
    noise: float
    level: float


def find_ink(levels: NDArray[np.uint8]) -> Ink:
    """Compute the ink darkness of a greyscale image.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).

    Returns
    -------
    Ink
        Darkness of each pixel, noise level and ink level.
    """
    if ink_is_light(levels):
        levels = 255 - levels
    darkness = _darkness(levels, _light(levels))
    noise, level = _measure(darkness)
    # Faint ink in strong noise: average neighbouring pixels, at most twice, until it stands out.
    for _ in range(2):
        if not level or NOISE_FACTOR * noise <= 0.35 * level:
            break
        darkness = _smoothed(darkness)
        noise, level = _measure(darkness)
    return Ink(darkness, noise, level)


def ink_is_light(levels: NDArray[np.uint8]) -> bool:
    """Return whether the ink is lighter than the ground.

    The ground is estimated as the median over a large neighbourhood, which ink does not fill. The
    ink is light if the differences from the ground, each cubed, have a positive sum over the pixels
    that stand out. Cubing lets a few clear pixels outweigh many faint ones.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).
    """
    step = max(1, int(max(levels.shape) / 512))
    ground = resized(_ground(levels), levels.shape)[::step, ::step]
    difference = levels[::step, ::step].astype(np.float32) - ground
    spread = _MAD_TO_SIGMA * float(np.median(np.abs(difference)))
    difference[np.abs(difference) <= 3 * spread] = 0
    return float((difference.astype(np.float64) ** 3).sum()) > 0


def _ground(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Estimate the ground on a coarse copy, as the median over a window of half the image size."""
    from scipy import ndimage

    coarse = reduced(levels, _COARSE)
    window = max(3, min(coarse.shape) // 2 | 1)
    return np.asarray(ndimage.median_filter(coarse, window, mode="nearest"), np.float32)


def _light(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Estimate the brightness of bare paper at each pixel of a reduced copy.

    A morphological closing (a maximum filter, then a minimum filter) removes everything dark that
    is narrower than its window and keeps the edges of shadows. The window is somewhat wider than
    the widest stroke. Pixels about as light as the closed image are paper, and the estimate is the
    local mean over these pixels.
    """
    from scipy import ndimage

    fine = reduced(levels, _FINE)
    coarse = resized(_ground(levels), fine.shape)
    window = _closing_window(fine, coarse)
    closed = ndimage.grey_closing(fine, window, mode="nearest")
    closed = ndimage.uniform_filter(closed, max(3, window // 2), mode="nearest")
    deviation = closed - fine
    spread = _MAD_TO_SIGMA * float(np.median(np.abs(deviation - np.median(deviation))))
    paper = np.asarray(deviation < np.median(deviation) + 3 * spread + 2, np.float32)
    weight = ndimage.uniform_filter(paper, window, mode="nearest")
    total = ndimage.uniform_filter(paper * fine, window, mode="nearest")
    light = np.where(weight > 0.1, total / np.maximum(weight, 0.1), closed)
    return np.asarray(np.maximum(light, 1), np.float32)


def _closing_window(fine: NDArray[np.float32], ground: NDArray[np.float32]) -> int:
    """Return a window size, in pixels of the reduced copy, that the widest stroke does not fill."""
    from scipy import ndimage

    darkness = 1 - fine / np.maximum(ground, 1)
    spread = _MAD_TO_SIGMA * float(np.median(np.abs(darkness)))
    strongest = float(np.quantile(darkness, 0.999))
    dark = darkness > max(0.4 * strongest, 3 * spread, FAINTEST)
    half = float(ndimage.distance_transform_edt(np.pad(dark, 1)).max())
    least, most = min(fine.shape) / 24, min(fine.shape) / 2
    return max(3, int(min(max(3 * 2 * half, least), most))) | 1


def _darkness(levels: NDArray[np.uint8], light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the fraction of the paper's brightness that is missing at each pixel.

    The fraction is slightly negative where a pixel is lighter than the estimated paper.
    """
    darkness = resized(light, levels.shape)
    np.divide(levels, darkness, out=darkness)
    np.subtract(1, darkness, out=darkness)
    return darkness


def _measure(darkness: NDArray[np.float32]) -> tuple[float, float]:
    """Return the noise of bare paper and the typical darkness of ink, which is 0 without ink."""
    step = max(1, int((darkness.size / 200_000) ** 0.5))
    sample = darkness[::step, ::step]
    noise = _MAD_TO_SIGMA * float(np.median(np.abs(sample)))
    least = max(NOISE_FACTOR * noise, FAINTEST)
    ink = sample[sample > least]
    if ink.size < 100:  # the subsample may miss a small digit on a large page
        ink = darkness[darkness > least]
    # A high quantile, since the edges of strokes and ruled lines are lighter than the pen.
    return noise, float(np.quantile(ink, 0.8)) if ink.size else 0.0


def _smoothed(darkness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth with the binomial kernel (1, 2, 1) / 4 along both axes."""
    from scipy import ndimage

    for axis in (0, 1):
        darkness = ndimage.correlate1d(darkness, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    return darkness


def reduced(levels: NDArray[np.uint8], longest: int) -> NDArray[np.float32]:
    """Average blocks of pixels so that the longer side has at most `longest` pixels."""
    from PIL import Image

    block = -(-max(levels.shape) // longest)
    if block == 1:
        return levels.astype(np.float32)
    image = Image.fromarray(levels)
    # The block must not exceed the shorter side of a long, narrow strip.
    return np.asarray(image.reduce((min(block, image.width), min(block, image.height))), np.float32)


def resized(array: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Resize an array to another shape by bilinear interpolation."""
    from PIL import Image

    if array.shape == shape:
        return array.copy()
    image = Image.fromarray(array).resize((shape[1], shape[0]), Image.Resampling.BILINEAR)
    return np.array(image, np.float32)
