"""New examples out of old ones: digits deformed, each time in another way, as hands deform them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_integer, check_number, describe
from neuralnet.data.deformation import CHUNK, Deformer
from neuralnet.data.ink import add_noise, blur, change_contrast, draw_flags, draw_lines, thicken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# The largest strengths that leave something of a digit, each with its reason in the docstring.
_LIMITS = {
    "rotation": 180.0,
    "scale": 0.9,
    "shear": 2.0,
    "shift": 1000.0,
    "alpha": 1000.0,
    "thickness": 3.0,
    "contrast": 0.9,
    "blur": 1.0,
    "lines": 1.0,
    "noise": 1.0,
    "flags": 1.0,
}
# An upstroke: shares of the stroke that it precedes and of its width, and degrees below the
# horizontal. Turned or sheared as far as others, a 1 that has one would be a 7: it gets half of
# that.
_FLAG_LENGTHS = (0.2, 0.75)
_FLAG_WIDTHS = (0.6, 1.05)
_FLAG_ANGLES = (38.0, 65.0)
_FLAG_CALM = 0.5


@dataclass(frozen=True)
class Augmentation:
    """How digits are deformed: each strength is the largest, and what an image gets is drawn.

    All is drawn uniformly between minus and plus the strength, but where another range is said.

    Parameters
    ----------
    rotation : float
        Degrees, at most 180.
    scale : float
        Share of the size by which each axis grows or shrinks by itself, at most 0.9.
    shear : float
        Columns by which a row is pushed for each row that it lies above the middle, at most 2.
    shift : float
        Pixels along each axis.
    alpha : float
        Strength of the elastic deformation, in pixels; 0 for none.
    sigma : float
        How smooth it is: the standard deviation of the Gaussian, in pixels, at least 0.5.
    centred : bool
        Whether the elastic part leaves the ink's centre of mass about where it is, as MNIST centred
        its digits by mass; what it does besides, a shift, is left to `shift` then.
    thickness : float
        Pixels by which strokes grow or shrink, at most 3.
    contrast : float
        Share by which ink becomes fainter, from 0 to `contrast`, and grey ink becomes lighter or
        darker against full ink; at most 0.9.
    blur : float
        Share of each pixel, from 0 to `blur`, that is spread over its neighbours; at most 1.
    lines : float
        Share of the images that a straight line crosses, at most 1.
    noise : float
        Standard deviation of noise in each pixel, from 0 to `noise`, as a share of full ink; at
        most 1.
    flags : float
        Share of the digits labelled 1 that get an upstroke, as most hands outside America write it
        and hardly any in MNIST; at most 1. It asks for labels that are digits.
    image_shape : (int, int)
        Rows and columns of an image.

    Raises
    ------
    InputError
        If a strength is negative or absurd.

    Notes
    -----
    `Augmentation(rotation=15, scale=0.15, shear=0.15, shift=1, alpha=36, sigma=5.5)` is about what
    Simard, Steinkraus and Platt (2003) and Cireşan, Meier, Gambardella and Schmidhuber (2010, arXiv
    1003.0358) used: the elastic part moves a pixel by 1.07 pixels along each axis, root mean
    square (`deformation.root_mean_square`).
    """

    rotation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    shift: float = 0.0
    alpha: float = 0.0
    sigma: float = 5.5
    centred: bool = False
    thickness: float = 0.0
    contrast: float = 0.0
    blur: float = 0.0
    lines: float = 0.0
    noise: float = 0.0
    flags: float = 0.0
    image_shape: tuple[int, int] = (28, 28)

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = check_number(getattr(self, name), name, minimum=0, maximum=limit)
            object.__setattr__(self, name, value)
        if not isinstance(self.centred, bool):
            raise InputError(f"centred is {self.centred!r}; it must be True or False.")
        shape: object = self.image_shape
        if not isinstance(shape, tuple | list) or len(shape) != 2:
            raise InputError(f"image_shape is {shape!r}; it must be rows and columns: (28, 28).")
        rows, columns = (check_integer(n, "a side of image_shape", minimum=1) for n in shape)
        object.__setattr__(self, "image_shape", (rows, columns))
        widest = min(self.image_shape)
        sigma = check_number(self.sigma, "sigma", minimum=0.5, maximum=max(0.5, widest))
        object.__setattr__(self, "sigma", sigma)

    def settings(self) -> dict[str, Any]:
        """Return the settings by name, as a recipe or a file keeps them."""
        return {setting.name: getattr(self, setting.name) for setting in fields(self)}

    def augmenter(self) -> Augmenter:
        """Make what applies these deformations, with buffers of its own."""
        return Augmenter(self)

    def __call__(
        self,
        images: NDArray[np.uint8],
        seed: int | np.random.Generator | None = None,
        labels: NDArray[np.integer] | None = None,
    ) -> NDArray[np.uint8]:
        """Return deformed copies of images, to look at.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, H W)
            Ink at 255 on a background of 0.
        seed : int, numpy.random.Generator or None
            What the deformations are drawn from.
        labels : ndarray of int, shape (N,), optional
            Which digits they show; `flags` needs them.

        Returns
        -------
        ndarray of uint8, shape (N, H W)
        """
        self.check_images(images)
        if self.flags and (labels is None or len(labels) != len(images)):
            raise InputError(
                f"flags is {self.flags}, and labels is {describe(labels)}; which digits get one is "
                f"known by their labels: give one for each of the {len(images):,} images."
            )
        out = np.empty(images.shape, np.float32)
        self.augmenter().apply(images, np.random.default_rng(seed), out, labels)
        return np.rint(out).astype(np.uint8)

    def check_images(self, images: object) -> None:
        """Raise unless these are images of this shape, as bytes.

        Raises
        ------
        InputError
            If they are not.
        """
        height, width = self.image_shape
        if (
            not isinstance(images, np.ndarray)
            or images.dtype != np.uint8
            or images.ndim != 2
            or images.shape[1] != height * width
        ):
            raise InputError(
                f"images is {describe(images)}; augmentation takes uint8 pixels of shape "
                f"(N, {height * width}), images of {height} by {width}. Set image_shape for others."
            )


class Augmenter:
    """Applies an `Augmentation` to batch after batch.

    Parameters
    ----------
    augmentation : Augmentation
        What to do.
    """

    def __init__(self, augmentation: Augmentation) -> None:
        self.augmentation = augmentation
        self._deformer = Deformer(
            augmentation.image_shape,
            augmentation.sigma,
            augmentation.alpha,
            centred=augmentation.centred,
        )

    def apply(
        self,
        images: NDArray[np.uint8],
        generator: np.random.Generator,
        out: Floats,
        labels: NDArray[np.integer] | None = None,
    ) -> None:
        """Write deformed images to `out`, their pixels from 0 to 255.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, H W)
        generator : numpy.random.Generator
            What the deformations are drawn from, in the order of the images.
        out : ndarray of float32, shape (N, H W)
        labels : ndarray of int, shape (N,), optional
            Which digits the images show; without them none gets a flag.
        """
        shape = self.augmentation.image_shape
        for start in range(0, len(images), CHUNK):
            chunk = images[start : start + CHUNK]
            ink = chunk.reshape(len(chunk), *shape).astype(np.float32)  # (n, H, W)
            moved = None
            calm = np.ones(len(ink), np.float32)
            if self.augmentation.flags and labels is not None:
                moved = self._flag(ink, labels[start : start + CHUNK], generator)
                calm[moved.any(axis=1)] = _FLAG_CALM
            if self.augmentation.thickness:
                pixels = self._between(len(ink), self.augmentation.thickness, generator)
                ink = thicken(ink, pixels)
            affine = self._affine(calm, generator)
            if moved is not None:  # centred again: a position in the original moves with the ink
                affine[:, :, 2] += moved
            deformed = out[start : start + CHUNK]
            self._deformer.deform(ink, affine, generator, deformed)
            self._spoil(deformed.reshape(-1, *shape), generator)

    def _flag(
        self, ink: Floats, labels: NDArray[np.integer], generator: np.random.Generator
    ) -> Floats:
        """Give a share of the ones an upstroke in place; say how far that moved the ink, (N, 2)."""
        moved = np.zeros((len(ink), 2), np.float32)
        drawn = generator.random(len(ink), np.float32) < self.augmentation.flags
        length = generator.uniform(*_FLAG_LENGTHS, len(ink)).astype(np.float32)
        angle = np.deg2rad(generator.uniform(*_FLAG_ANGLES, len(ink))).astype(np.float32)
        width = generator.uniform(*_FLAG_WIDTHS, len(ink)).astype(np.float32)
        rows = np.flatnonzero(drawn & (labels == 1))
        if len(rows):
            images = ink[rows]
            moved[rows] = draw_flags(images, length[rows], angle[rows], width[rows])
            ink[rows] = images
        return moved

    def _affine(self, calm: Floats, generator: np.random.Generator) -> Floats:
        """Draw affine maps from a deformed image to the original, shape (N, 2, 3).

        `calm` is how much of rotation and shear each image gets, shape (N,).
        """
        a, num_images = self.augmentation, len(calm)
        angle = np.deg2rad(calm * self._between(num_images, a.rotation, generator))
        row_scale = 1 + self._between(num_images, a.scale, generator)
        column_scale = 1 + self._between(num_images, a.scale, generator)
        shear = calm * self._between(num_images, a.shear, generator)
        cos, sin = np.cos(angle), np.sin(angle)
        affine = np.empty((num_images, 2, 3), np.float32)
        # Undo what was done to the original: turned, sheared, scaled and shifted, in this order.
        affine[:, 0, 0] = cos / row_scale
        affine[:, 0, 1] = -sin / column_scale
        affine[:, 1, 0] = (sin + shear * cos) / row_scale
        affine[:, 1, 1] = (cos - shear * sin) / column_scale
        for axis in (0, 1):
            affine[:, axis, 2] = self._between(num_images, a.shift, generator)
        return affine

    def _between(self, num_images: int, strength: float, generator: np.random.Generator) -> Floats:
        """Draw a number between minus and plus `strength` for each image, shape (N,)."""
        drawn = generator.random(num_images, np.float32)
        drawn *= 2 * strength
        drawn -= strength
        return drawn

    def _spoil(self, images: Floats, generator: np.random.Generator) -> None:
        """Blur, fade, cross and roughen images of shape (N, H, W) in place."""
        a, num_images = self.augmentation, len(images)
        if a.blur:
            blur(images, a.blur * generator.random(num_images, np.float32))
        if a.contrast:
            power = np.exp(self._between(num_images, a.contrast, generator))
            change_contrast(
                images, power, 1 - a.contrast * generator.random(num_images, np.float32)
            )
        if a.lines:
            crossed = generator.random(num_images, np.float32) < a.lines
            angle = self._between(num_images, np.pi, generator)
            distance = self._between(num_images, min(a.image_shape) / 3, generator)
            width = (0.5 + 1.5 * generator.random(num_images, np.float32)) * crossed
            draw_lines(images, angle, distance, width)
        if a.noise:
            strength = 255 * a.noise * generator.random(num_images, np.float32)
            add_noise(images, generator.standard_normal(images.shape, np.float32), strength)
