"""Where each pixel of a deformed image comes from, and what stands there between the pixels.

Shapes: `N` images of `H` rows and `W` columns. Positions are (row, column), as indices: the first
pixel's centre is (0, 0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Images deformed at a time: what they need stays in the processor's cache.
CHUNK = 32


def gaussian_kernel(length: int, sigma: float) -> Floats:
    """Give the matrix that smooths rows of `length` entries by a Gaussian, shape (length, length).

    Rows are taken as going round, the last entry beside the first, so that a field smoothed by it
    has the same strength everywhere. Each column sums to one.
    """
    offsets = np.arange(length)
    distance = np.abs(offsets[:, np.newaxis] - offsets)
    # Beyond four rounds of the grid nothing is left of a Gaussian that is narrower than the grid.
    rounds = np.arange(-4, 5)[:, np.newaxis, np.newaxis] * length
    kernel: NDArray[np.float64] = np.exp(-0.5 * ((distance + rounds) / sigma) ** 2).sum(axis=0)
    kernel /= kernel.sum(axis=0)
    return kernel.astype(np.float32)


def root_mean_square(alpha: float, sigma: float) -> float:
    """Give the root mean square, in pixels, of an elastic displacement along one axis.

    Uniform numbers in [-1, 1] have the variance 1/3. Smoothing takes the sum of the squared kernel
    of it, 1 / (4 pi sigma²), where the kernel is wide against a pixel and narrow against the image.
    """
    return alpha / (sigma * math.sqrt(12 * math.pi))


class Deformer:
    """Moves pixels by an affine map and an elastic field, and interpolates bilinearly.

    Parameters
    ----------
    shape : (int, int)
        H and W.
    sigma, alpha : float
        The elastic field: uniform displacements in [-1, 1], smoothed by a normalized Gaussian of
        standard deviation `sigma` pixels, times `alpha` pixels (Simard, Steinkraus and Platt 2003,
        "Best practices for convolutional neural networks applied to visual document analysis").
        None where `alpha` is 0.
    centred : bool
        Whether what the elastic field does to the ink as a whole, a shift, is taken out of it.
    """

    def __init__(
        self, shape: tuple[int, int], sigma: float, alpha: float, *, centred: bool = False
    ) -> None:
        height, width = self.shape = shape
        self.elastic = alpha > 0
        self.centred = centred
        if self.elastic:
            self._along_rows = gaussian_kernel(width, sigma)  # (W, W)
            self._along_columns = gaussian_kernel(height, sigma) * np.float32(alpha)  # (H, H)
        # Positions from the image's centre, a row of ones below them for the shift: (3, H W).
        rows, columns = np.indices(shape, dtype=np.float32).reshape(2, -1)
        self._centre = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
        self._grid = np.stack(
            [rows - self._centre[0], columns - self._centre[1], np.ones_like(rows)]
        )
        # A border of background around each image: what comes from outside is background.
        self._padded = np.zeros((CHUNK, height + 2, width + 2), np.float32)
        self._first = (np.arange(CHUNK) * self._padded[0].size)[:, np.newaxis]  # (CHUNK, 1)
        size = (CHUNK, height * width)
        self._positions = np.empty((CHUNK, 2, height * width), np.float32)
        self._index = np.empty((2, *size), np.intp)
        self._corners = np.empty((4, *size), np.float32)

    def displacements(self, num_images: int, generator: np.random.Generator) -> Floats:
        """Draw elastic displacements in pixels, shape (N, 2, H, W)."""
        height, width = self.shape
        noise = generator.random((num_images * 2 * height, width), np.float32)
        noise *= 2
        noise -= 1
        smooth = (noise @ self._along_rows).reshape(num_images * 2, height, width)
        return (self._along_columns @ smooth).reshape(num_images, 2, height, width)

    def deform(
        self, images: Floats, affine: Floats, generator: np.random.Generator, out: Floats
    ) -> None:
        """Write at most `CHUNK` deformed images to `out`.

        Parameters
        ----------
        images : ndarray, shape (N, H, W)
            Images on a background of 0.
        affine : ndarray, shape (N, 2, 3)
            Takes a position (row, column, 1) seen from the centre of the deformed image to the
            position in the original, seen from the original's centre.
        generator : numpy.random.Generator
            What the elastic fields are drawn from.
        out : ndarray, shape (N, H W)
        """
        num_images = len(images)
        positions = np.matmul(affine, self._grid, out=self._positions[:num_images])  # (N, 2, H W)
        if self.elastic:
            field = self.displacements(num_images, generator).reshape(positions.shape)
            if self.centred:
                ink = images.reshape(num_images, 1, -1)
                total = ink.sum(axis=2, keepdims=True) + 1  # an empty image has none
                field -= (field * ink).sum(axis=2, keepdims=True) / total
            positions += field
        # From here on seen from the corner of the padded image.
        positions += (self._centre + 1)[:, np.newaxis]
        self._padded[:num_images, 1:-1, 1:-1] = images
        self._interpolate(positions, out)

    def _interpolate(self, positions: Floats, out: Floats) -> None:
        """Write what the padded images show at these positions, between the pixels.

        Between four pixels, at the fractions f and g of the way down and to the right:
        (1 - f) ((1 - g) upper left + g upper right) + f ((1 - g) lower left + g lower right).
        """
        num_images, (height, width) = len(positions), self.shape
        row_length = width + 2
        rows, columns = positions[:, 0], positions[:, 1]  # (N, H W)
        # What lies outside the padded image is moved to its edge, where all is background.
        np.clip(rows, 0, np.float32(height + 0.999), out=rows)
        np.clip(columns, 0, np.float32(width + 0.999), out=columns)
        corner, column = self._index[:, :num_images]
        corner[...] = rows  # cut off to whole numbers, which is rounding down: none is negative
        column[...] = columns
        rows -= corner
        columns -= column
        corner *= row_length
        corner += column
        corner += self._first[:num_images]
        pixels = self._padded.reshape(-1)
        neighbours = (0, 1, row_length, row_length + 1)
        a, b, c, d = self._corners[:, :num_images]
        for offset, value in zip(neighbours, (a, b, c, d), strict=True):
            pixels[offset:].take(corner, out=value, mode="clip")
        b -= a
        b *= columns
        a += b  # along the upper row
        d -= c
        d *= columns
        c += d  # along the lower row
        c -= a
        c *= rows
        np.add(a, c, out=out)
