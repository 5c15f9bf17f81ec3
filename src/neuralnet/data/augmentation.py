"""Data augmentation: random deformations that imitate the variation of handwriting."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import (
    InputError,
    check_array_module,
    check_flag,
    check_integer,
    check_number,
    describe,
    echo,
)
from neuralnet.data.deformation import CHUNK, Deformer
from neuralnet.data.ink import (
    add_noise,
    blur,
    change_contrast,
    change_thickness,
    draw_flags,
    draw_lines,
)
from neuralnet.data.random_numbers import draw_numbers

if TYPE_CHECKING:
    from types import ModuleType

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

# Upper limits of the strengths. Beyond them, nothing recognizable of a digit would be left.
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
# A 1 with an upstroke would become a 7 if it were rotated or sheared as far as the other digits, so
# it gets half of their rotation and shear.
_FLAG_CALM = 0.5


@dataclass(frozen=True)
class Augmentation:
    """Random deformations of digit images.

    Each strength is a maximum, and the amount is drawn anew for each image: uniformly between minus
    and plus the strength, unless a parameter states another range.

    Parameters
    ----------
    rotation : float
        Rotation in degrees, at most 180.
    scale : float
        Relative change in size, drawn separately for each axis; at most 0.9.
    shear : float
        Horizontal shear: columns by which a row moves for each row above the middle; at most 2.
    shift : float
        Shift along each axis, in pixels.
    alpha : float
        Strength of the elastic deformation, in pixels; 0 for none.
    sigma : float
        Smoothness of the elastic deformation: the standard deviation of its Gaussian filter in
        pixels, at least 0.5.
    centred : bool
        Whether to subtract the mean displacement of the ink from the elastic deformation. The
        centre of mass then stays about where it is, as in MNIST, whose digits are centred by mass,
        and `shift` alone moves it.
    thickness : float
        Change in stroke thickness, in pixels; at most 3.
    contrast : float
        Fraction, from 0 to `contrast`, by which all ink becomes fainter. Grey ink also becomes
        lighter or darker relative to full ink. At most 0.9.
    blur : float
        Fraction of each pixel, from 0 to `blur`, that is spread over its neighbours; at most 1.
    lines : float
        Probability that a straight line is drawn across an image, at most 1.
    noise : float
        Standard deviation of the noise in each pixel, from 0 to `noise`, as a fraction of full ink;
        at most 1.
    flags : float
        Probability that a digit labelled 1 gets an upstroke, at most 1. Most people outside America
        write the upstroke, but it is rare in MNIST. Requires labels that are digits.
    image_shape : (int, int)
        Rows and columns of an image.
    overlapped : bool
        Whether `train` deforms a batch in a second thread while the network learns from the one
        before. The result is the same. It pays where BLAS leaves a core free.

    Raises
    ------
    InputError
        If a setting has the wrong type or lies outside its range.

    Notes
    -----
    `Augmentation(rotation=15, scale=0.15, shear=0.15, shift=1, alpha=36, sigma=5.5)` is close to
    the settings of Simard, Steinkraus and Platt (2003) and of Cireşan, Meier, Gambardella and
    Schmidhuber (2010, arXiv 1003.0358). Its elastic deformation has a root-mean-square displacement
    of 1.07 pixels along each axis (`deformation.rms_displacement`).
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
    overlapped: bool = field(default=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, limit in _LIMITS.items():
            value = check_number(getattr(self, name), name, minimum=0, maximum=limit)
            object.__setattr__(self, name, value)
        for name in ("centred", "overlapped"):
            check_flag(getattr(self, name), name)
        shape: object = self.image_shape
        if not isinstance(shape, tuple | list) or len(shape) != 2:
            raise InputError(
                f"image_shape is {echo(shape)}; it must be (rows, columns), for example (28, 28)."
            )
        rows, columns = (check_integer(n, "a side of image_shape", minimum=1) for n in shape)
        object.__setattr__(self, "image_shape", (rows, columns))
        widest = min(self.image_shape)
        sigma = check_number(self.sigma, "sigma", minimum=0.5, maximum=max(0.5, widest))
        object.__setattr__(self, "sigma", sigma)

    def settings(self) -> dict[str, Any]:
        """Return the settings by name, as they are stored in recipes and files."""
        return {setting.name: getattr(self, setting.name) for setting in fields(self)}

    def augmenter(self, xp: ModuleType = np) -> Augmenter:
        """Return an augmenter that applies these deformations to arrays of the module `xp`."""
        return Augmenter(self, check_array_module(xp))

    def __call__(
        self,
        images: NDArray[np.uint8],
        seed: int | np.random.Generator | None = None,
        labels: NDArray[np.integer] | None = None,
    ) -> NDArray[np.uint8]:
        """Return deformed copies of images, for inspection.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, H W)
            Pixels from 0 (background) to 255 (ink).
        seed : int, numpy.random.Generator or None
            Seed or generator for the deformations.
        labels : ndarray of int, shape (N,), optional
            Digit shown in each image; required if `flags` is above 0.

        Returns
        -------
        ndarray of uint8, shape (N, H W)

        Raises
        ------
        InputError
            If the images have the wrong type or shape, or `flags` is above 0 and there is not one
            label per image.
        """
        self.check_images(images)
        if self.flags and (labels is None or len(labels) != len(images)):
            raise InputError(
                f"flags is {self.flags}, but labels is {describe(labels)}; only digits labelled 1 "
                f"get an upstroke, so give one label for each of the {len(images):,} images."
            )
        out = np.empty(images.shape, np.float32)
        self.augmenter().apply(images, np.random.default_rng(seed), out, labels)
        return np.rint(out).astype(np.uint8)

    def check_images(self, images: object) -> None:
        """Check that the images are uint8 and have the shape `image_shape`.

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
                f"images is {describe(images)}; augmentation needs uint8 pixels of shape "
                f"(N, {height * width}), one flattened {height} x {width} image per row. Set "
                f"image_shape for images of another size."
            )


class Augmenter:
    """Augmentation of one batch after another, with reused buffers.

    NumPy draws all random numbers, so every array module deforms in the same way, up to rounding.

    Parameters
    ----------
    augmentation : Augmentation
        Settings of the deformations.
    xp : module
        Array module that computes the deformed images.
    """

    def __init__(self, augmentation: Augmentation, xp: ModuleType = np) -> None:
        self.augmentation = augmentation
        self._settings = augmentation.settings()
        self._xp = xp
        shape, sigma, alpha = augmentation.image_shape, augmentation.sigma, augmentation.alpha
        self._deformer = Deformer(shape, sigma, alpha, centred=augmentation.centred, xp=xp)

    def apply(
        self,
        images: NDArray[np.uint8],
        generator: np.random.Generator,
        out: Floats,
        labels: NDArray[np.integer] | None = None,
        part: tuple[int, slice] | None = None,
    ) -> None:
        """Write deformed images, with pixels from 0 to 255, to `out`.

        Parameters
        ----------
        images : ndarray of uint8, shape (N, H W)
            Images to deform, in NumPy's memory; they are left unchanged.
        generator : numpy.random.Generator
            Generator for the deformations, which are drawn in the order of the images.
        out : ndarray of float32, shape (N, H W)
            Receives the deformed images; an array of `xp`.
        labels : ndarray of int, shape (N,), optional
            Digit shown in each image. Without labels, no image gets an upstroke.
        part : (int, slice), optional
            If these images are a part of a batch whose other images are deformed elsewhere: number
            of images in the batch, and which of them are these. The random numbers of the whole
            batch are drawn.
        """
        flags = bool(self.augmentation.flags) and labels is not None
        batch: dict[str, Any] = {}
        if part is not None:
            batch = draw_numbers(self._settings, part[0], generator, flags=flags)
            batch = {name: numbers[part[1]] for name, numbers in batch.items()}
        # A processor's cache holds the buffers of CHUNK images; a GPU is fast with all at once.
        size = CHUNK if self._xp is np else max(len(images), 1)
        for start in range(0, len(images), size):
            rows = slice(start, start + size)
            chunk = images[rows]
            ones = labels[rows] == 1 if flags and labels is not None else None
            drawn = {name: numbers[rows] for name, numbers in batch.items()}
            drawn = drawn or draw_numbers(self._settings, len(chunk), generator, flags=flags)
            self._deform(chunk, drawn, out[rows], ones)

    def _deform(
        self,
        images: NDArray[np.uint8],
        numbers: dict[str, Any],
        out: Floats,
        ones: NDArray[np.bool_] | None,
    ) -> None:
        """Write the images, deformed as the random numbers tell, to `out`.

        `ones`, of shape (N,), tells which images show a 1, if any may get an upstroke.
        """
        xp, a = self._xp, self.augmentation
        drawn: dict[str, Any] = {name: xp.asarray(array) for name, array in numbers.items()}
        ink = xp.asarray(images.reshape(-1, *a.image_shape)).astype(np.float32)  # (N, H, W)
        moved = None
        if ones is not None:
            rows = xp.asarray(np.flatnonzero(numbers["flagged"] & ones))
            moved = self._flag(ink, rows, drawn)
        if a.thickness:
            ink = change_thickness(ink, drawn["thickness"], a.thickness)
        affine = self._affine(drawn, moved)
        self._deformer.deform(ink, affine, drawn.get("elastic"), out)
        self._spoil(out.reshape(-1, *a.image_shape), drawn)

    def _flag(self, ink: Floats, rows: NDArray[np.intp], drawn: dict[str, Any]) -> Floats:
        """Draw upstrokes on the images at `rows`, in place.

        Returns the displacement of each image's centre of mass in rows and columns, shape (N, 2).
        """
        moved: Floats = self._xp.zeros((len(ink), 2), np.float32)
        if len(rows):
            images = ink[rows]
            strokes = (drawn[name][rows] for name in ("flag_length", "flag_angle", "flag_width"))
            moved[rows] = draw_flags(images, *strokes)
            ink[rows] = images
        return moved

    def _affine(self, drawn: dict[str, Any], moved: Floats | None) -> Floats:
        """Return affine maps from deformed images to the originals, shape (N, 2, 3)."""
        rotation, shear = drawn["rotation"], drawn["shear"]
        if moved is not None:
            calm = np.where(moved.any(axis=1), np.float32(_FLAG_CALM), np.float32(1))
            rotation, shear = calm * rotation, calm * shear
        angle = np.deg2rad(rotation)
        row_scale, column_scale = 1 + drawn["row_scale"], 1 + drawn["column_scale"]
        cos, sin = np.cos(angle), np.sin(angle)
        affine: Floats = self._xp.empty((len(angle), 2, 3), np.float32)
        # The inverse of rotating, shearing, scaling and shifting the original, in this order.
        affine[:, 0, 0] = cos / row_scale
        affine[:, 0, 1] = -sin / column_scale
        affine[:, 1, 0] = (sin + shear * cos) / row_scale
        affine[:, 1, 1] = (cos - shear * sin) / column_scale
        affine[:, 0, 2] = drawn["row_shift"]
        affine[:, 1, 2] = drawn["column_shift"]
        if moved is not None:  # keep the ink centred: positions in the original move with it
            affine[:, :, 2] += moved
        return affine

    def _spoil(self, images: Floats, drawn: dict[str, Any]) -> None:
        """Apply blur, contrast, lines and noise to images of shape (N, H, W), in place."""
        a = self.augmentation
        if a.blur:
            blur(images, a.blur * drawn["blur"])
        if a.contrast:
            change_contrast(images, np.exp(drawn["power"]), 1 - a.contrast * drawn["faintness"])
        if a.lines:
            width = (0.5 + 1.5 * drawn["line_width"]) * drawn["crossed"]
            draw_lines(images, drawn["line_angle"], drawn["line_distance"], width)
        if a.noise:
            add_noise(images, drawn["noise"], 255 * a.noise * drawn["noise_strength"])
