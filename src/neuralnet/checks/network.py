"""Settings and arguments of a network: each is returned in one canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import ModuleType
from typing import Any, cast

import numpy as np

from neuralnet.checks.arrays import check_finite
from neuralnet.checks.conversion import Array, array_of_numbers, check_unmasked
from neuralnet.checks.settings import check_class_names, per_layer
from neuralnet.checks.values import check_integer, check_name, check_number, describe
from neuralnet.errors import InputError, NeuralNetError, echo


def check_array_module(xp: object) -> ModuleType:
    """Return an array module: NumPy, or a module with its functions."""
    if not hasattr(xp, "empty_like"):
        raise InputError(f"xp is {echo(xp)}; it must be a module such as numpy.")
    return cast(ModuleType, xp)


def check_layer_sizes(num_hidden: object) -> tuple[int, ...]:
    """Return the sizes of the hidden layers as a tuple, from one size or a sequence of sizes."""
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


def check_dropout(rates: object, num_layers: int) -> tuple[float, ...]:
    """Return one dropout rate per hidden layer, from one rate or a sequence of rates."""

    def check(rate: object, name: str) -> float:
        return check_number(rate, name, minimum=0, below=1)

    return per_layer(rates, num_layers, "dropout", check)


def check_pair(loss: Any, output_activation: str, losses: Iterable[Any]) -> None:
    """Raise unless a loss can be paired with an output activation.

    Parameters
    ----------
    loss : object
        The loss, with its `name` and its `output_activations`.
    output_activation : str
        Name of the output activation.
    losses : iterable of object
        All losses, which the message chooses from.

    Raises
    ------
    InputError
        If it cannot; the message names the legal pairs.
    """
    if output_activation not in loss.output_activations:
        legal_outputs = " or ".join(map(repr, loss.output_activations))
        legal_losses = [one.name for one in losses if output_activation in one.output_activations]
        raise InputError(
            f"loss is {loss.name!r} with output_activation {output_activation!r}, which cannot be "
            f"paired: {loss.name!r} goes with {legal_outputs} outputs, and "
            f"{output_activation!r} outputs with {' or '.join(map(repr, legal_losses))}."
        )


def check_forward(kept: Array | None) -> Array:
    """Return what `forward` kept for `backward`.

    Raises
    ------
    NeuralNetError
        If it kept nothing, or `backward` has used it.
    """
    if kept is None:
        raise NeuralNetError("backward was called without a forward before it; call forward.")
    return kept


def check_classes(classes: object, num_classes: int) -> tuple[str | int, ...]:
    """Return the names of the classes; the labels themselves where none are given.

    A single output tells two classes apart. If one name is given for it, it is that of label 1.
    """
    if classes is None:
        return tuple(range(max(num_classes, 2)))
    names = check_class_names(classes, f"{num_classes} names")
    if num_classes == 1:
        num_classes = 2
        if len(names) == 1:
            names = (0, 1) if names == (0,) else (f"not {names[0]}", names[0])
    if len(names) != num_classes or len(set(names)) != len(names):
        raise InputError(
            f"classes is {echo(classes)}; it must hold {num_classes} different names, one per "
            f"class."
        )
    return names


def check_activations(activations: object, shapes: Sequence[tuple[int, int]]) -> None:
    """Raise unless `activations` are finite floating-point arrays of these shapes.

    Raises
    ------
    InputError
        If they are not; the message gives both lists of shapes.
    """
    given = activations if isinstance(activations, tuple | list) else ()
    came = [a.shape if hasattr(a, "shape") else None for a in given]
    if came != list(shapes):
        what = f"is {describe(activations)}"
        if given:
            what = f"holds arrays of the shapes {echo(came, 300)}"
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


def check_drawn(weights: object, shape: tuple[int, ...]) -> Array:
    """Return what an initializer drew, an array of finite numbers of the shape `shape`.

    Raises
    ------
    InputError
        If it has another shape (NumPy would repeat it), or is not numbers, or not finite.
    """
    what = "What the method draw of the initializer returned"
    array = array_of_numbers(weights, what)
    if array.shape != shape:
        raise InputError(
            f"{what} has shape {array.shape}; it must have the shape (num_inputs, num_outputs), "
            f"here {shape}."
        )
    check_finite(array, what)
    return array


def check_parameter(
    name: object, values: object, parameters: Mapping[str, Array], xp: ModuleType
) -> Array:
    """Return new values of a parameter, as an array of its dtype and array module.

    Parameters
    ----------
    name : str
        Name of the parameter.
    values : array_like
        New values, of the shape of the parameter.
    parameters : mapping of str to ndarray
        The present values, by name.
    xp : module
        Array module of the result.

    Raises
    ------
    InputError
        If there is no such parameter, or the values have another shape, are not numbers, or are not
        finite in the dtype of the parameter.
    """
    present = parameters[check_name(name, parameters, "The name of a parameter")]
    what = f"The new value of {name!r}"
    on_device = hasattr(values, "__array_function__")
    array = cast(Array, values) if on_device else array_of_numbers(values, what)
    check_unmasked(array, what)
    if array.shape != present.shape:
        raise InputError(
            f"{what} has shape {array.shape}; it must have the shape of the parameter, "
            f"{present.shape}. To set every entry to one number, assign to parameters[name][...]."
        )
    if array.dtype.kind not in "biuf":
        raise InputError(f"{what} has dtype {array.dtype}; it must be an array of numbers.")
    with np.errstate(over="ignore"):  # numbers that are too large become infinite
        converted: Array = xp.asarray(array, dtype=present.dtype)
    check_finite(converted, f"{what}, in {present.dtype},")
    return converted
