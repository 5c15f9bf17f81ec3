"""Settings of any kind: each is returned in one canonical form."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any, TypeGuard, TypeVar

import numpy as np

from neuralnet.checks.values import check_integer, check_name, check_number
from neuralnet.errors import InputError, echo

Checked = TypeVar("Checked")


def check_flag(value: object, name: str) -> bool:
    """Return a flag as a `bool`."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} is {echo(value)}; it must be True or False.")
    return bool(value)


def check_dtype(dtype: object) -> np.dtype[Any]:
    """Return float32 or float64 as a `numpy.dtype`."""
    try:
        name: object = np.dtype(dtype).name  # type: ignore[call-overload]
    except Exception:  # NumPy parses a string as a small language, and prints other values
        name = dtype
    return np.dtype(
        check_name(name if dtype is not None else None, ("float32", "float64"), "dtype")
    )


def is_sequence(value: object) -> TypeGuard[Any]:
    """Return whether a value is a list, a tuple or an array of one or more dimensions."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def check_text_list(values: object, name: str, what: str) -> list[str]:
    """Return a list of texts, such as names of columns; `what` says so in the message."""
    if not isinstance(values, str | bytes):
        with contextlib.suppress(TypeError):  # not iterable
            listed: list[Any] = list(values)  # type: ignore[call-overload]
            if all(isinstance(one, str) for one in listed):
                return listed
    raise InputError(f"{name} is {echo(values)}; it must be a list of {what}.")


def check_class_names(classes: object, what: str = "names of classes") -> tuple[str | int, ...]:
    """Return the names of classes: texts, or whole numbers of at least 0."""
    if not is_sequence(classes):
        raise InputError(f"classes is {echo(classes)}; it must be a list of {what}.")
    given = classes.tolist() if isinstance(classes, np.ndarray) else classes
    return tuple(
        one if isinstance(one, str) else check_integer(one, "a class", minimum=0) for one in given
    )


def check_range(pair: object, name: str) -> tuple[float, float]:
    """Return a pair of numbers in ascending order."""
    if not is_sequence(pair) or len(pair) != 2:
        raise InputError(f"{name} is {echo(pair)}; it must be a pair of numbers such as (-1, 1).")
    low = check_number(pair[0], f"{name}[0]")
    return low, check_number(pair[1], f"{name}[1]", above=low)


def per_layer(
    choice: object, num_layers: int, name: str, check: Callable[[Any, str], Checked]
) -> tuple[Checked, ...]:
    """Return one validated value per layer, from one value for all or a sequence of values.

    Parameters
    ----------
    choice : object
        A value, or a sequence of `num_layers` values.
    num_layers : int
        Number of layers.
    name : str
        Name of the argument, for errors.
    check : callable
        Validates one value, given the value and its name.

    Raises
    ------
    InputError
        If the sequence has another length, or a value is refused by `check`.
    """
    if not is_sequence(choice):
        return (check(choice, name),) * num_layers
    if len(choice) != num_layers:
        raise InputError(
            f"{name} has {len(choice)} entries for {num_layers} layer(s); give one value for all "
            f"layers, or one for each."
        )
    return tuple(check(one, f"{name}[{layer}]") for layer, one in enumerate(choice))
