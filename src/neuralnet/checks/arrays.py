"""Checks of arrays: shape, dtype, range and finiteness of examples, labels, targets and weights."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks.conversion import Array, array_of_numbers, check_unmasked
from neuralnet.errors import InputError

Labelled = tuple[Array, Array, Array | None]  # X, y, sample_weight


class Rows(ABC):
    """Examples that are converted to dense rows one batch at a time, such as a sparse matrix.

    The interface is the part of `numpy.ndarray` that the network and the training loop use. The
    values are not checked for NaN and infinities, because that would convert every row; the creator
    of the object must ensure that they are finite.

    Attributes
    ----------
    shape : (int, int)
        Number of examples N and of features D.
    dtype : numpy.dtype
        Data type of the dense rows.
    """

    ndim = 2
    shape: tuple[int, int]
    dtype: np.dtype[Any]

    def __len__(self) -> int:
        return self.shape[0]

    @abstractmethod
    def take(self, indices: Array, axis: int, out: Array, mode: str) -> Array:
        """Write the dense rows at `indices` to `out` and return it, as `ndarray.take` on axis 0."""

    @abstractmethod
    def __getitem__(self, rows: slice) -> Array:
        """Return the dense rows of a slice."""


def all_finite(array: Array) -> bool:
    """Return whether every entry is finite; integers always are.

    The sum is computed first: if it is finite, so are all its terms. If it is not, some entry may
    be NaN or infinite, or large finite entries may have overflowed, so every entry is tested. Call
    this with NumPy's overflow and invalid-value errors ignored.
    """
    if array.dtype.kind != "f":
        return True
    # A sum of float16 overflows soon. NumPy forms it in float32 without a copy of the array.
    total = array.sum(dtype=np.float32) if array.dtype == np.float16 else array.sum()
    return math.isfinite(total) or bool(np.isfinite(array).all())


def check_finite(array: Array, name: str) -> None:
    """Raise unless every entry is finite.

    Raises
    ------
    InputError
        If an entry is NaN or infinite; the message gives the number of such entries and the
        position of the first.
    """
    if isinstance(array, Rows):
        return
    with np.errstate(over="ignore", invalid="ignore"):
        if all_finite(array):
            return
    bad = np.argwhere(~np.isfinite(array))
    place = tuple(int(i) for i in bad[0])
    where = f"row {place[0]}, column {place[1]}" if len(place) == 2 else f"index {place[0]}"
    raise InputError(
        f"{name} contains {len(bad)} value(s) that are NaN or infinite, the first at {where}: "
        f"{array[place]}. Remove or replace them first."
    )


def check_examples(X: object, num_features: int, name: str = "X", *, finite: bool = True) -> Array:
    """Return `X` as a non-empty 2-D array of finite numbers with `num_features` columns.

    Parameters
    ----------
    X : array_like or Rows, shape (N, num_features)
        Examples, of dtype uint8 or floating point. Lists are converted to arrays, and whole numbers
        are refused, in lists as in arrays, because they may be pixels or not.
    num_features : int
        Required number of columns.
    name : str
        Name of the argument in error messages.
    finite : bool
        Whether to also check for NaN and infinities.

    Returns
    -------
    ndarray, shape (N, num_features)
        `X` itself, without a copy, if it is already an array or a memory map.

    Raises
    ------
    InputError
        If the shape or dtype is wrong, there are no rows, the array is masked, or an entry is NaN
        or infinite.
    """
    if isinstance(X, Rows):
        array, finite = cast(Array, X), False
    else:
        array = X if isinstance(X, np.ndarray) else array_of_numbers(X, name)
    check_unmasked(array, name)
    if array.ndim != 2:
        hint = ""
        if array.ndim == 1:
            hint = f" For a single example, pass {name}.reshape(1, -1)."
        elif array.ndim > 2 and math.prod(array.shape[1:]) == num_features:
            hint = f" Flatten each example first: {name}.reshape(len({name}), -1)."
        raise InputError(
            f"{name} is {array.ndim}-D with shape {array.shape}; it must be 2-D with shape "
            f"(examples, {num_features}).{hint}"
        )
    if array.shape[1] != num_features:
        raise InputError(
            f"{name} has {array.shape[1]} columns (shape {array.shape}); this network expects "
            f"{num_features} features per example, so the shape must be "
            f"(examples, {num_features})."
        )
    if not len(array):
        raise InputError(f"{name} has no rows (shape {array.shape}); pass at least one example.")
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise InputError(
            f"{name} has dtype {array.dtype}; it must be uint8 (pixels, which the network scales "
            f"itself) or floating point (used without scaling). Convert it with "
            f"numpy.asarray({name}, 'uint8') for pixels from 0 to 255, otherwise with "
            f"numpy.asarray({name}, 'float32')."
        )
    if finite:
        check_finite(array, name)
    return array


def check_labels(
    y: object, num_examples: int, num_classes: int, name: str = "y"
) -> NDArray[np.int64]:
    """Return `y` as a new int64 array of `num_examples` labels in [0, num_classes).

    Parameters
    ----------
    y : array_like, shape (N,)
        Labels: whole numbers from 0 to `num_classes - 1`. Floating point is accepted if every value
        is whole.
    num_examples : int
        Required number of labels, N: the number of rows of X.
    num_classes : int
        Number of classes.
    name : str
        Name of the argument in error messages.

    Raises
    ------
    InputError
        If `y` has the wrong shape, length or dtype, or contains a value that is not a label.
    """
    array = y if isinstance(y, np.ndarray) else array_of_numbers(y, name)
    check_unmasked(array, name)
    if array.ndim != 1:
        hint = ""
        if array.ndim == 2 and array.shape[1] == num_classes:
            hint = f" If the labels are one-hot encoded, pass {name}.argmax(axis=1)."
        elif array.ndim == 2 and array.shape[1] == 1:
            hint = f" Pass {name}.ravel()."
        raise InputError(
            f"{name} has shape {array.shape}; it must be 1-D, with one whole-number label per "
            f"example.{hint}"
        )
    if len(array) != num_examples:
        raise InputError(
            f"{name} has {len(array)} labels for {num_examples} examples; pass one label for each "
            f"row of X."
        )
    if array.dtype.kind == "f":
        check_finite(array, name)
        fractions = array != np.floor(array)
        if fractions.any():
            raise InputError(
                f"{name} contains {array[fractions][0]}, which is not a whole number; labels are "
                f"whole numbers from 0 to {num_classes - 1}."
            )
    elif array.dtype.kind not in "biu":
        raise InputError(
            f"{name} has dtype {array.dtype}; labels are whole numbers from 0 to "
            f"{num_classes - 1}. To number the classes, use np.unique({name}, return_inverse=True)."
        )
    if not len(array):
        raise InputError(f"{name} is empty; pass at least one label.")
    smallest, largest = array.min(), array.max()
    if smallest < 0 or largest >= num_classes:
        wrong = smallest if smallest < 0 else largest
        raise InputError(
            f"{name} contains the label {wrong}; with {num_classes} classes, labels range from "
            f"0 to {num_classes - 1}."
        )
    return array.astype(np.int64)


def check_targets(
    y: object, num_examples: int, num_outputs: int, name: str, target_range: tuple[float, float]
) -> Array:
    """Return `y` as a matrix of targets with one row per example, or as labels if it is 1-D.

    Parameters
    ----------
    y : array_like, shape (N, num_outputs) or (N,)
        Numeric targets, or whole-number labels as for `check_labels`. For a single output, N
        numbers are N targets.
    num_examples, num_outputs : int
        Required numbers of rows and columns.
    name : str
        Name of the argument in error messages.
    target_range : (float, float)
        Smallest and largest target allowed; either may be infinite.

    Raises
    ------
    InputError
        If the shape or dtype is wrong, or a target is NaN, infinite or out of range.
    """
    array = y if isinstance(y, np.ndarray) else array_of_numbers(y, name)
    if array.ndim == 1 and num_outputs > 1:
        try:
            return check_labels(y, num_examples, num_outputs, name)
        except InputError as error:
            outputs = "" if math.isinf(target_range[1]) else " and output_activation='identity'"
            if outputs and array.dtype.kind != "f":
                raise
            hint = (
                f"To predict one number per example, build the network with num_classes=1{outputs}."
            )
            raise InputError(f"{error} {hint}") from error
    check_unmasked(array, name)
    if array.ndim == 1:
        array = array[:, np.newaxis]
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} has dtype {array.dtype}; targets must be numbers.")
    if array.shape != (num_examples, num_outputs):
        raise InputError(
            f"{name} has shape {array.shape}; targets for {num_examples} examples and "
            f"{num_outputs} output(s) must have shape ({num_examples}, {num_outputs})."
        )
    check_finite(array, name)
    low, high = target_range
    if array.min() < low or array.max() > high:
        wrong = array.min() if array.min() < low else array.max()
        wanted = f"at least {low:g}" if math.isinf(high) else f"from {low:g} to {high:g}"
        raise InputError(f"{name} contains {wrong}; targets must be {wanted}.")
    return array


def check_weights(sample_weight: object, num_examples: int, name: str = "sample_weight") -> Array:
    """Return sample weights: `num_examples` finite, non-negative numbers that are not all zero.

    Raises
    ------
    InputError
        If the weights have the wrong shape, one is negative, NaN or infinite, their sum overflows,
        or all are zero.
    """
    if isinstance(sample_weight, np.ndarray):
        check_unmasked(sample_weight, name)
    array = np.asarray(array_of_numbers(sample_weight, name), dtype=np.float64)
    if array.shape != (num_examples,):
        raise InputError(
            f"{name} has shape {array.shape}; it must have shape ({num_examples},), one weight for "
            f"each of the {num_examples} examples."
        )
    check_finite(array, name)
    if array.min() < 0:
        raise InputError(f"{name} contains {array.min()}; a weight must be 0 or more.")
    if not math.isfinite(float(array.sum() if array.max() < 1e300 else math.inf)):
        raise InputError(
            f"{name} contains {array.max()}; the sum of weights this large is not finite."
        )
    if not array.any():
        raise InputError(f"{name} is zero for every example; at least one must be positive.")
    return array


def check_labelled(
    X: object, y: object, sample_weight: object, num_features: int, objective: Any, suffix: str = ""
) -> Labelled:
    """Return examples with their labels (or targets) and weights, validated.

    Parameters
    ----------
    X, y, sample_weight
        As for `check_examples`, `check_labels` (or `check_targets`) and `check_weights`; the
        weights may be None.
    num_features : int
        D.
    objective : Objective
        Its `num_outputs`, K; its `target_range`, which, if given, allows y to be a matrix of
        targets as well; and its `label_smoothing`, which needs labels where it is above 0.
    suffix : str
        Added to "X" and "y" in errors, for example "_valid".

    Raises
    ------
    InputError
        If one of them cannot be used.
    """
    X, name = check_examples(X, num_features, "X" + suffix), "y" + suffix
    if sample_weight is not None:
        sample_weight = check_weights(sample_weight, len(X))
    if objective.target_range is None:
        return X, check_labels(y, len(X), objective.num_outputs, name), sample_weight
    targets = check_targets(y, len(X), objective.num_outputs, name, objective.target_range)
    if targets.ndim == 2 and objective.label_smoothing:
        raise InputError(
            f"{name} is a matrix of targets, and label_smoothing is {objective.label_smoothing}, "
            f"which smooths labels. Build the network with label_smoothing=0, or smooth {name}."
        )
    return X, targets, sample_weight
