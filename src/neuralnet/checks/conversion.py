"""Conversion of array-like objects to arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks.values import describe
from neuralnet.errors import InputError

# The annotation carries no shape or dtype: both are validated once, in public functions, where the
# error message can name the argument.
Array = NDArray[Any]


def as_array(values: object, name: str, kind: str = "an array") -> Array:
    """Convert an array-like object to an array; `kind` is what the message calls it."""
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be converted to {kind}: {error!s:.200}.") from error


def array_of_numbers(values: object, name: str) -> Array:
    """Convert an array-like object to an array of numbers."""
    array = as_array(values, name, "an array of numbers")
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} is {describe(values)}; it must be an array of numbers.")
    return array


def check_unmasked(array: Array, name: str) -> None:
    """Raise if the array is masked: the values under the mask must not be used."""
    if hasattr(array, "mask"):
        raise InputError(
            f"{name} is a masked array, whose mask would be ignored. Remove the masked rows, or "
            f"replace the masked values: {name}.filled(...)."
        )
