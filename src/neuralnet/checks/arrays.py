"""Arrays at the door: examples, labels and weights, their shapes, types and finiteness."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks.values import InputError, describe

# Shapes and types are checked at the door, where errors can explain themselves; within, an array
# is an array.
Array = NDArray[Any]


class Rows(ABC):
    """Examples that are made dense only a few at a time, as a sparse matrix's are.

    What the network and the training ask of an array of examples, and no more. Whoever makes one
    vouches for its values: looking at all of them is what it is there to avoid.

    Attributes
    ----------
    shape : (int, int)
        N and D.
    dtype : numpy.dtype
        Of the dense rows.
    """

    ndim = 2
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return self.shape[0]

    @abstractmethod
    def take(self, indices: Array, axis: int, out: Array, mode: str) -> Array:
        """Write the dense rows at `indices` to `out`, and return it; as `ndarray.take`, axis 0."""

    @abstractmethod
    def __getitem__(self, rows: slice) -> Array:
        """Return the dense rows of a slice."""


def all_finite(array: Array) -> bool:
    """Return whether no entry is NaN or infinite; integers never are.

    One reduction decides: a sum is finite only if all its terms are. Only where it is not (the
    terms may also just be huge) is every entry looked at. The sum may overflow, so this is called
    where NumPy's floating-point errors are ignored.
    """
    if array.dtype.kind != "f":
        return True
    return math.isfinite(array.sum()) or bool(np.isfinite(array).all())


def check_finite(array: Array, name: str) -> None:
    """Raise unless every entry is finite.

    Raises
    ------
    InputError
        If there is a NaN or an infinity; the sentence gives the first one's place and how many.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        if all_finite(array):
            return
    bad = np.argwhere(~np.isfinite(array))
    place = tuple(int(i) for i in bad[0])
    where = f"row {place[0]}, column {place[1]}" if len(place) == 2 else f"index {place[0]}"
    raise InputError(
        f"{name} holds {len(bad)} value(s) that are NaN or infinite, the first at {where}: "
        f"{array[place]}. Remove or fill them in first."
    )


def check_examples(X: object, num_features: int, name: str = "X", *, finite: bool = True) -> Array:
    """Return `X` as a 2-D array of finite numbers with `num_features` columns and some rows.

    Parameters
    ----------
    X : array_like or Rows, shape (N, num_features)
        uint8 or floating point. Lists of numbers are taken as floating point.
    num_features : int
        How many columns the network takes.
    name : str
        What the argument is called, for the error.
    finite : bool
        Whether to look for NaN and infinities as well.

    Returns
    -------
    ndarray, shape (N, num_features)
        `X` itself where it was an array already, memory map or not: nothing is copied.

    Raises
    ------
    InputError
        If it is not such an array.
    """
    if isinstance(X, Rows):
        array, finite = cast(Array, X), False
    else:
        array = X if isinstance(X, np.ndarray) else _array_of_numbers(X, name)
    _check_unmasked(array, name)
    if array.ndim != 2:
        hint = ""
        if array.ndim == 1:
            hint = f" For one example, give {name}.reshape(1, -1)."
        elif array.ndim > 2 and math.prod(array.shape[1:]) == num_features:
            hint = f" Flatten each example first: {name}.reshape(len({name}), -1)."
        raise InputError(
            f"{name} is {array.ndim}-D with shape {array.shape}; it must be 2-D with shape "
            f"(examples, {num_features}).{hint}"
        )
    if array.shape[1] != num_features:
        raise InputError(
            f"{name} has {array.shape[1]} columns (shape {array.shape}); this network takes "
            f"{num_features} features an example, so the shape must be (examples, {num_features})."
        )
    if not len(array):
        raise InputError(f"{name} has no rows (shape {array.shape}); give at least one example.")
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise InputError(
            f"{name} has dtype {array.dtype}; it must be uint8 (pixels, which the network scales "
            f"itself) or floating point (taken as it is). Convert it: {name}.astype('uint8') for "
            f"pixels from 0 to 255, {name}.astype('float32') otherwise."
        )
    if finite:
        check_finite(array, name)
    return array


def check_labels(
    y: object, num_examples: int, num_classes: int, name: str = "y"
) -> NDArray[np.int64]:
    """Return `y` as `num_examples` whole-number labels in [0, num_classes).

    Parameters
    ----------
    y : array_like, shape (N,)
        Whole numbers; floating point is taken if every value is whole.
    num_examples : int
        How many there must be: the rows of X.
    num_classes : int
        The labels run from 0 to `num_classes - 1`.
    name : str
        What the argument is called, for the error.

    Raises
    ------
    InputError
        If they are not such labels, or not as many as there are examples.
    """
    array = y if isinstance(y, np.ndarray) else _array_of_numbers(y, name)
    _check_unmasked(array, name)
    if array.ndim != 1:
        hint = ""
        if array.ndim == 2 and array.shape[1] == num_classes:
            hint = f" If these are one-hot rows, give {name}.argmax(axis=1)."
        elif array.ndim == 2 and array.shape[1] == 1:
            hint = f" Give {name}.ravel()."
        raise InputError(
            f"{name} has shape {array.shape}; it must be 1-D, one whole-number label an example."
            f"{hint}"
        )
    if len(array) != num_examples:
        raise InputError(
            f"{name} has {len(array)} labels for {num_examples} examples; give one label for each "
            f"row of X."
        )
    if array.dtype.kind == "f":
        check_finite(array, name)
        fractions = array != np.floor(array)
        if fractions.any():
            raise InputError(
                f"{name} holds {array[fractions][0]}, which is not a whole number; labels are "
                f"whole numbers from 0 to {num_classes - 1}."
            )
    elif array.dtype.kind not in "biu":
        raise InputError(
            f"{name} has dtype {array.dtype}; labels are whole numbers from 0 to "
            f"{num_classes - 1}. Number the classes first: np.unique({name}, return_inverse=True)."
        )
    if not len(array):
        raise InputError(f"{name} is empty; give at least one label.")
    smallest, largest = array.min(), array.max()
    if smallest < 0 or largest >= num_classes:
        wrong = smallest if smallest < 0 else largest
        raise InputError(
            f"{name} holds the label {wrong}; with {num_classes} classes, labels run from 0 to "
            f"{num_classes - 1}."
        )
    return array.astype(np.int64)


def check_targets(
    y: object, num_examples: int, num_outputs: int, name: str = "y", *, maximum: float | None = None
) -> Array:
    """Return `y` as a matrix of targets, one row an example; or as labels, where it is 1-D.

    Parameters
    ----------
    y : array_like, shape (N, num_outputs) or (N,)
        Numbers, or whole-number labels as for `check_labels`.
    num_examples, num_outputs : int
        How many rows and columns there must be.
    name : str
        What the argument is called, for the error.
    maximum : float, optional
        Where given, targets must lie between 0 and this.

    Raises
    ------
    InputError
        If they are not such targets.
    """
    array = y if isinstance(y, np.ndarray) else _array_of_numbers(y, name)
    if array.ndim == 1 and num_outputs > 1:
        return check_labels(y, num_examples, num_outputs, name)
    _check_unmasked(array, name)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} has dtype {array.dtype}; targets must be numbers.")
    if array.shape != (num_examples, num_outputs):
        hint = f" Give {name}.reshape(-1, 1)." if array.shape == (num_examples,) else ""
        raise InputError(
            f"{name} has shape {array.shape}; targets for {num_examples} examples and "
            f"{num_outputs} output(s) must have the shape ({num_examples}, {num_outputs}).{hint}"
        )
    check_finite(array, name)
    if maximum is not None and (array.min() < 0 or array.max() > maximum):
        wrong = array.min() if array.min() < 0 else array.max()
        raise InputError(f"{name} holds {wrong}; these targets must lie from 0 to {maximum:g}.")
    return array


def check_weights(sample_weight: object, num_examples: int, name: str = "sample_weight") -> Array:
    """Return example weights: `num_examples` finite numbers, none negative, not all zero.

    Raises
    ------
    InputError
        If they are not such weights.
    """
    array = np.asarray(_array_of_numbers(sample_weight, name), dtype=np.float64)
    if array.shape != (num_examples,):
        raise InputError(
            f"{name} has shape {array.shape}; it must have one weight for each of the "
            f"{num_examples} examples, so shape ({num_examples},)."
        )
    check_finite(array, name)
    if array.min() < 0:
        raise InputError(f"{name} holds {array.min()}; a weight must be 0 or more.")
    if not math.isfinite(float(array.sum() if array.max() < 1e300 else math.inf)):
        raise InputError(f"{name} holds {array.max()}; weights this large have no finite sum.")
    if not array.any():
        raise InputError(f"{name} is zero for every example; at least one must count.")
    return array


def _array_of_numbers(values: object, name: str) -> Array:
    """Turn lists (or anything array-like that is no array) into an array of numbers."""
    try:
        array = np.asarray(values)
        # Whole numbers in a list are just numbers; in an array, their type says what they are.
        listed = not hasattr(values, "__array__") and array.dtype != np.uint8
        if array.dtype.kind in "iu" and listed:
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"{name} cannot be made into an array of numbers: {error}.") from error
    if array.dtype.kind not in "biuf":
        raise InputError(
            f"{name} is {describe(values)}, which is not an array of numbers; it must be one."
        )
    return array


def _check_unmasked(array: Array, name: str) -> None:
    """Raise if some entries are masked: what stands under a mask must not be learned from."""
    if hasattr(array, "mask"):
        raise InputError(
            f"{name} is a masked array, whose mask would be ignored. Leave the masked rows out, or "
            f"fill them in: {name}.filled(...)."
        )
