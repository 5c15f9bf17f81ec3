"""Darkness of ink at each pixel, relative to the paper around it.

The brightness of bare paper is estimated locally, as a high percentile over a window, and divided
out. One minus the quotient is the darkness: about 0 on bare paper and up to 1 for black ink. Where
the estimate is wrong, near the edge of a sheet for example, paper is left with some darkness; the
search uses many thresholds, and one of them separates the ink there, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c

if TYPE_CHECKING:
    from numpy.typing import NDArray

# For a normal distribution, 1.4826 median absolute deviations (MAD) are one standard deviation.
_MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True)
class Ink:
    """Darkness of each pixel, as the fraction of light that the ink absorbs.

    Attributes
    ----------
    darkness : ndarray of float32, shape (height, width)
        About 0 on paper, up to 1 for ink.
    noise : float
        Standard deviation of `darkness` on bare paper.
    light : bool
        Whether the ink is lighter than its ground in the image.
    """

    darkness: NDArray[np.float32]
    noise: float
    light: bool = False

    def turned(self, quarters: int) -> Ink:
        """Return the page turned counterclockwise by quarter turns."""
        darkness = np.ascontiguousarray(np.rot90(self.darkness, quarters))
        return replace(self, darkness=darkness)


def find_ink(levels: NDArray[np.uint8]) -> list[Ink]:
    """Compute the darkness of a greyscale image, for both polarities if either may be the ink.

    Parameters
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).

    Returns
    -------
    list of Ink
        One or two versions, the likelier one first.
    """
    shares = [_light_share(levels, window) for window in c.POLARITY_WINDOWS]
    polarities = [shares[0] > 0.5]
    if min(shares) <= 1 - c.POLARITY_DOUBT and max(shares) >= c.POLARITY_DOUBT:
        polarities.append(not polarities[0])
    return [_measured(255 - levels if inverted else levels, inverted) for inverted in polarities]


def _measured(levels: NDArray[np.uint8], light: bool) -> Ink:
    """Return the darkness of dark ink."""
    darkness = resized(_paper(levels), levels.shape)
    np.divide(levels, darkness, out=darkness)
    np.subtract(1, darkness, out=darkness)
    noise = _noise(darkness)
    for factor in c.SMOOTHED_NOISE:
        if c.NOISE_FACTOR * noise * factor <= c.MAX_NOISE:
            break
        darkness = _smoothed(darkness)
    else:
        factor = c.SMOOTHED_NOISE[-1]
    return Ink(darkness, noise * factor, light)


def _smoothed(darkness: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smooth with the binomial kernel (1, 2, 1) / 4 along both axes."""
    from scipy import ndimage

    for axis in (0, 1):
        darkness = ndimage.correlate1d(darkness, [0.25, 0.5, 0.25], axis=axis, mode="nearest")
    return darkness


def _light_share(levels: NDArray[np.uint8], window: float) -> float:
    """Return how much of what stands out from the ground is lighter than it, from 0 to 1.

    The ground is the median over a window, given as a fraction of the shorter side. The differences
    from it are cubed, so that a few clear pixels outweigh many faint ones.
    """
    from scipy import ndimage

    copy = reduced(levels, 48)
    size = max(3, int(window * min(copy.shape)) | 1)
    ground = np.asarray(ndimage.median_filter(copy, size, mode="nearest"), np.float32)
    step = max(1, max(levels.shape) // 512)
    difference = (levels - resized(ground, levels.shape))[::step, ::step].astype(np.float64)
    spread = _MAD_TO_SIGMA * float(np.median(np.abs(difference)))
    difference[np.abs(difference) <= 3 * spread] = 0
    cubes = difference**3
    light, dark = float(cubes[cubes > 0].sum()), -float(cubes[cubes < 0].sum())
    return light / (light + dark) if light + dark else 0.0


def _paper(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Estimate the brightness of bare paper on a reduced copy."""
    from scipy import ndimage

    copy = reduced(levels, c.GROUND_COPY)
    paper = _percentile(copy, c.GROUND_WINDOW)
    small = reduced(levels, c.GROUND_COPY // 3)
    wide = resized(_percentile(small, c.WIDE_WINDOW), copy.shape)
    paper = np.maximum(paper, c.LEAST_OF_WIDE * wide)
    smooth = ndimage.uniform_filter(paper, max(1, max(copy.shape) // 16), mode="nearest")
    return np.asarray(np.maximum(smooth, 1), np.float32)


def _percentile(copy: NDArray[np.float32], window: float) -> NDArray[np.float32]:
    """Return a running percentile over a window, given as a fraction of the longer side."""
    from scipy import ndimage

    size = max(3, int(window * max(copy.shape)) | 1)
    paper = ndimage.percentile_filter(copy, c.GROUND_PERCENTILE, size, mode="nearest")
    return np.asarray(paper, np.float32)


def _noise(darkness: NDArray[np.float32]) -> float:
    """Return the standard deviation of bare paper, from differences of neighbouring pixels."""
    step = max(1, int((darkness.size / 200_000) ** 0.5))
    sample = darkness[::step]
    difference = np.diff(sample, axis=1) if sample.shape[1] > 1 else sample
    return _MAD_TO_SIGMA * float(np.median(np.abs(difference))) / 2**0.5


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
