"""What a network accepts for its arguments, brought into one form each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuralnet.checks import (
    InputError,
    check_finite,
    check_integer,
    check_name,
    check_number,
    describe,
)
from neuralnet.nn.activations import Activation, hidden_for


def hidden_sizes(num_hidden: object) -> tuple[int, ...]:
    """Return the hidden layers' sizes as a tuple, whichever way they came."""
    if isinstance(num_hidden, np.ndarray):
        num_hidden = num_hidden.tolist()
    if isinstance(num_hidden, Sequence) and not isinstance(num_hidden, str | bytes):
        sizes = tuple(
            check_integer(size, f"num_hidden[{i}]", minimum=1) for i, size in enumerate(num_hidden)
        )
        if not sizes:
            raise InputError(
                "num_hidden is empty; give one size for each hidden layer, at least one."
            )
        return sizes
    return (check_integer(num_hidden, "num_hidden", minimum=1),)


def one_a_layer(choice: object, num_layers: int) -> tuple[Activation, ...]:
    """Return one activation for each hidden layer, from one for all or from as many."""
    if isinstance(choice, Sequence) and not isinstance(choice, str):
        if len(choice) != num_layers:
            raise InputError(
                f"hidden_activation names {len(choice)} activations for {num_layers} hidden "
                f"layer(s); give one for all, or one for each layer."
            )
        return tuple(hidden_for(one, f"hidden_activation[{i}]") for i, one in enumerate(choice))
    return (hidden_for(choice),) * num_layers


def dropout_rates(rates: object, num_layers: int) -> tuple[float, ...]:
    """Return one dropout rate for each hidden layer, from one for all or from as many."""
    if isinstance(rates, Sequence | np.ndarray) and not isinstance(rates, str):
        if len(rates) != num_layers:
            raise InputError(
                f"dropout has {len(rates)} rates for {num_layers} hidden layer(s); give one for "
                f"all, or one for each layer."
            )
        return tuple(
            check_number(one, f"dropout[{i}]", minimum=0, below=1) for i, one in enumerate(rates)
        )
    return (check_number(rates, "dropout", minimum=0, below=1),) * num_layers


def check_flag(value: object, name: str) -> bool:
    """Return a flag as a `bool`."""
    if not isinstance(value, bool | np.bool_):
        raise InputError(f"{name} is {value!r}; it must be True or False.")
    return bool(value)


def float_type(dtype: object) -> np.dtype[Any]:
    """Return the dtype float32 or float64, whichever way it came."""
    try:
        name: object = np.dtype(dtype).name  # type: ignore[call-overload]
    except (TypeError, ValueError, SyntaxError):  # NumPy parses a text as a small language
        name = dtype
    return np.dtype(
        check_name(name if dtype is not None else None, ("float32", "float64"), "dtype")
    )


def pair_of_numbers(pair: object, name: str) -> tuple[float, float]:
    """Return a pair of numbers, the lower first."""
    if not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
        raise InputError(f"{name} is {pair!r}; it must be a pair of numbers such as (-1, 1).")
    low = check_number(pair[0], f"{name}[0]")
    return low, check_number(pair[1], f"{name}[1]", above=low)


def class_names(classes: object, num_classes: int) -> tuple[str | int, ...]:
    """Return what the labels stand for: as given, or the labels themselves."""
    if classes is None:
        return tuple(range(num_classes))
    if not isinstance(classes, Sequence | np.ndarray) or isinstance(classes, str | bytes):
        raise InputError(f"classes is {classes!r}; it must be a list of {num_classes} names.")
    named = tuple(
        c if isinstance(c, str) else check_integer(c, "a class", minimum=0) for c in classes
    )
    if len(named) != num_classes or len(set(named)) != len(named):
        raise InputError(
            f"classes is {classes!r}; it must give {num_classes} different names, one a class."
        )
    return named


def check_activations(activations: object, shapes: Sequence[tuple[int, int]]) -> None:
    """Raise unless these are arrays of such shapes, as `forward` gives them.

    Raises
    ------
    InputError
        If they are not; the sentence gives both lists of shapes.
    """
    given = activations if isinstance(activations, tuple | list) else ()
    came = [a.shape if hasattr(a, "shape") else None for a in given]
    if came != list(shapes):
        what = f"holds arrays of the shapes {came}" if given else f"is {describe(activations)}"
        raise InputError(
            f"activations {what}; it must be what forward(X) returned for these examples: arrays "
            f"of the shapes {list(shapes)}."
        )
    for number, array in enumerate(given):
        if array.dtype.kind != "f":
            raise InputError(
                f"activations[{number}] is {describe(array)}; it must hold the floating-point "
                f"numbers that forward(X) returned."
            )
        check_finite(array, f"activations[{number}]")
