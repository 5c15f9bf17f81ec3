"""The random numbers that decide how images are deformed.

NumPy draws them, whatever the array module that computes the images, and the same generator always
gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralnet.data.deformation import CHUNK

# The upstroke of a 1: its length and width as fractions of the main stroke's length and width, and
# its angle in degrees below the horizontal.
_FLAG_LENGTHS = (0.2, 0.75)
_FLAG_WIDTHS = (0.6, 1.05)
_FLAG_ANGLES = (38.0, 65.0)


def draw_numbers(
    settings: Mapping[str, Any], num_images: int, generator: np.random.Generator, *, flags: bool
) -> dict[str, NDArray[Any]]:
    """Draw the random numbers of a batch, `CHUNK` images at a time.

    Parameters
    ----------
    settings : mapping of str to object
        Settings of an `Augmentation`, by name.
    num_images : int
        Number of images, N.
    generator : numpy.random.Generator
        Source of the numbers.
    flags : bool
        Whether images that show a 1 may get an upstroke.

    Returns
    -------
    dict of str to ndarray, shape (N, ...)
        Random numbers by what they decide.
    """
    sizes = [min(CHUNK, num_images - start) for start in range(0, num_images, CHUNK)]
    parts = [_draw_chunk(settings, size, generator, flags=flags) for size in sizes]
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _draw_chunk(
    settings: Mapping[str, Any], num_images: int, generator: np.random.Generator, *, flags: bool
) -> dict[str, NDArray[Any]]:
    """Draw the random numbers of a few images; the results of a seed depend on the order here."""
    height, width = settings["image_shape"]

    def fraction() -> NDArray[np.float32]:
        return generator.random(num_images, np.float32)

    def between(strength: float) -> NDArray[np.float32]:
        """Draw numbers between minus and plus `strength`."""
        numbers = fraction()
        numbers *= 2 * strength
        numbers -= strength
        return numbers

    drawn: dict[str, NDArray[Any]] = {}
    if flags:
        drawn["flagged"] = fraction() < settings["flags"]
        drawn["flag_length"] = generator.uniform(*_FLAG_LENGTHS, num_images).astype(np.float32)
        angle = np.deg2rad(generator.uniform(*_FLAG_ANGLES, num_images))
        drawn["flag_angle"] = angle.astype(np.float32)
        drawn["flag_width"] = generator.uniform(*_FLAG_WIDTHS, num_images).astype(np.float32)
    if settings["thickness"]:
        drawn["thickness"] = between(settings["thickness"])
    drawn["rotation"] = between(settings["rotation"])
    drawn["row_scale"] = between(settings["scale"])
    drawn["column_scale"] = between(settings["scale"])
    drawn["shear"] = between(settings["shear"])
    drawn["row_shift"] = between(settings["shift"])
    drawn["column_shift"] = between(settings["shift"])
    if settings["alpha"]:
        field = generator.random((num_images * 2 * height, width), np.float32)
        drawn["elastic"] = field.reshape(num_images, -1)
    if settings["blur"]:
        drawn["blur"] = fraction()
    if settings["contrast"]:
        drawn["power"] = between(settings["contrast"])
        drawn["faintness"] = fraction()
    if settings["lines"]:
        drawn["crossed"] = fraction() < settings["lines"]
        drawn["line_angle"] = between(np.pi)
        drawn["line_distance"] = between(min(height, width) / 3)
        drawn["line_width"] = fraction()
    if settings["noise"]:
        drawn["noise_strength"] = fraction()
        drawn["noise"] = generator.standard_normal((num_images, height, width), np.float32)
    return drawn
