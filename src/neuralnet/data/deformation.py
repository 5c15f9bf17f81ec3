"""Affine and elastic deformation of images, with bilinear interpolation.

Shapes: `N` images of `H` rows and `W` columns. Positions are (row, column) in pixels, and the
centre of the first pixel is (0, 0).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Number of images deformed at a time: few enough for their buffers to stay in the CPU cache. Random
# numbers are drawn for as many images at a time, whatever the array module.
CHUNK = 32


def gaussian_kernel(length: int, sigma: float) -> Floats:
    """Return the matrix of a Gaussian filter for rows of `length` entries, shape (length, length).

    The filter is periodic: the last entry of a row is next to the first. A field that it smooths
    therefore has the same variance everywhere. Each column sums to one.
    """
    offsets = np.arange(length)
    distance = np.abs(offsets[:, np.newaxis] - offsets)
    # A Gaussian narrower than the grid is negligible more than four periods away.
    rounds = np.arange(-4, 5)[:, np.newaxis, np.newaxis] * length
    kernel: NDArray[np.float64] = np.exp(-0.5 * ((distance + rounds) / sigma) ** 2).sum(axis=0)
    kernel /= kernel.sum(axis=0)
    return kernel.astype(np.float32)


def rms_displacement(alpha: float, sigma: float) -> float:
    """Return the root-mean-square elastic displacement along one axis, in pixels.

    Uniform numbers in [-1, 1] have variance 1/3. Smoothing multiplies it by the sum of the squared
    kernel, 1 / (4 pi sigma²) if the kernel is wide compared to a pixel and narrow compared to the
    image.
    """
    return alpha / (sigma * math.sqrt(12 * math.pi))


class Deformer:
    """Affine and elastic deformation of images, with bilinear interpolation.

    Parameters
    ----------
    shape : (int, int)
        Height H and width W of an image.
    sigma, alpha : float
        Parameters of the elastic displacement field: uniform numbers in [-1, 1] are smoothed by a
        normalized Gaussian with a standard deviation of `sigma` pixels and multiplied by `alpha`
        pixels (Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks
        applied to visual document analysis"). There is no elastic deformation if `alpha` is 0.
    centred : bool
        Whether to subtract the mean displacement of the ink from the elastic field.
    xp : module
        Array module of all arrays.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        sigma: float,
        alpha: float,
        *,
        centred: bool = False,
        xp: ModuleType = np,
    ) -> None:
        height, width = self.shape = shape
        self.elastic = alpha > 0
        self.centred = centred
        if self.elastic:
            self._along_rows = xp.asarray(gaussian_kernel(width, sigma))  # (W, W)
            columns = gaussian_kernel(height, sigma) * np.float32(alpha)
            self._along_columns = xp.asarray(columns)  # (H, H)
        # Positions relative to the image centre, with a row of ones for the shift: (3, H W).
        rows, columns = np.indices(shape, dtype=np.float32).reshape(2, -1)
        centre = np.array([(height - 1) / 2, (width - 1) / 2], np.float32)
        grid = np.stack([rows - centre[0], columns - centre[1], np.ones_like(rows)])
        self._grid, self._centre = xp.asarray(grid), xp.asarray(centre)
        self._xp = xp
        # NumPy checks each index unless told to clip it; CuPy never checks.
        self._unchecked: dict[str, Any] = {"mode": "clip"} if xp is np else {}
        self._allocate(CHUNK)

    def _allocate(self, num_images: int) -> None:
        """Allocate the buffers for this number of images."""
        xp, (height, width) = self._xp, self.shape
        # A border of background, so that pixels from outside the image are background.
        self._padded: Floats = xp.zeros((num_images, height + 2, width + 2), np.float32)
        first = np.arange(num_images) * ((height + 2) * (width + 2))
        self._first = xp.asarray(first[:, np.newaxis])  # (N, 1)
        size = (num_images, height * width)
        self._positions: Floats = xp.empty((num_images, 2, height * width), np.float32)
        self._index = xp.empty((2, *size), np.intp)
        self._corners: Floats = xp.empty((4, *size), np.float32)

    def displacements(self, numbers: Floats) -> Floats:
        """Return elastic displacement fields in pixels, shape (N, 2, H, W).

        `numbers`, of shape (N, 2 H W), are uniform in [0, 1); they are overwritten.
        """
        height, width = self.shape
        noise = numbers.reshape(-1, width)  # (N 2 H, W)
        noise *= 2
        noise -= 1
        smooth = (noise @ self._along_rows).reshape(-1, height, width)
        fields: Floats = (self._along_columns @ smooth).reshape(-1, 2, height, width)
        return fields

    def deform(self, images: Floats, affine: Floats, numbers: Floats | None, out: Floats) -> None:
        """Write deformed images to `out`.

        Parameters
        ----------
        images : ndarray, shape (N, H, W)
            Images with a background of 0.
        affine : ndarray, shape (N, 2, 3)
            Maps a position (row, column, 1) relative to the centre of the deformed image to a
            position (row, column) relative to the centre of the original.
        numbers : ndarray, shape (N, 2 H W), or None
            Uniform random numbers in [0, 1) for the elastic fields, which are overwritten; None
            for no elastic deformation.
        out : ndarray, shape (N, H W)
            Receives the deformed images.
        """
        num_images = len(images)
        if num_images > len(self._padded):
            self._allocate(num_images)
        positions = np.matmul(affine, self._grid, out=self._positions[:num_images])  # (N, 2, H W)
        if numbers is not None:
            field = self.displacements(numbers).reshape(positions.shape)
            if self.centred:
                ink = images.reshape(num_images, 1, -1)
                total = ink.sum(axis=2, keepdims=True) + 1  # plus 1, as an image may have no ink
                field -= (field * ink).sum(axis=2, keepdims=True) / total
            positions += field
        # From the image centre to the corner of the padded image.
        positions += (self._centre + 1)[:, np.newaxis]
        self._padded[:num_images, 1:-1, 1:-1] = images
        self._interpolate(positions, out)

    def _interpolate(self, positions: Floats, out: Floats) -> None:
        """Interpolate the padded images bilinearly at these positions.

        At fractions f and g of the distance downwards and to the right between four pixels:
        (1 - f) ((1 - g) upper left + g upper right) + f ((1 - g) lower left + g lower right).
        """
        num_images, (height, width) = len(positions), self.shape
        row_length = width + 2
        rows, columns = positions[:, 0], positions[:, 1]  # (N, H W)
        # Positions outside the padded image move to its edge, which is background.
        np.clip(rows, 0, np.float32(height + 0.999), out=rows)
        np.clip(columns, 0, np.float32(width + 0.999), out=columns)
        corner, column = self._index[:, :num_images]
        corner[...] = rows  # truncation rounds down, as no position is negative
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
            pixels[offset:].take(corner, out=value, **self._unchecked)
        b -= a
        b *= columns
        a += b  # along the upper row
        d -= c
        d *= columns
        c += d  # along the lower row
        c -= a
        c *= rows
        np.add(a, c, out=out)
