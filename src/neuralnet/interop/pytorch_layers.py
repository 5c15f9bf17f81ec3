"""The layers that a PyTorch `state_dict` holds, gathered by name and checked one onto the other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neuralnet.checks import Array, InputError, check_finite

# PyTorch's name, ours, of what batch normalization holds.
NORMALIZATION = {
    "weight": "scale",
    "bias": "shift",
    "running_mean": "mean",
    "running_var": "variance",
}


@dataclass
class Layer:
    """A linear layer as PyTorch has it, and the batch normalization behind it."""

    name: str
    weight: Array  # (K, D)
    bias: Array  # (K,)
    normalization: dict[str, Array] | None = field(default=None)


def layers_of(tensors: Mapping[str, Array]) -> list[Layer]:
    """Gather a state_dict's tensors by layer, and check that each fits onto the one before.

    Raises
    ------
    InputError
        If they are not those of linear layers in a row, batch-normalized or not.
    """
    modules: dict[str, dict[str, Array]] = {}
    for name, values in tensors.items():
        module, _, part = name.rpartition(".")
        array = np.asarray(values)
        if array.dtype.kind == "f":
            check_finite(array, name)
            modules.setdefault(module, {})[part] = array
    layers: list[Layer] = []
    for module in _in_order(modules):
        parts = modules[module]
        weight = parts.get("weight")
        if weight is not None and weight.ndim == 2:
            _append_linear(layers, module, parts)
        elif layers and parts.keys() == NORMALIZATION.keys():
            _append_normalization(layers, module, parts)
        else:
            shapes = {f"{module}.{part}": array.shape for part, array in parts.items()}
            raise InputError(
                f"The tensors {shapes} are neither a linear layer (weight of shape (outputs, "
                f"inputs), bias) nor batch normalization behind one ({', '.join(NORMALIZATION)}); "
                f"only networks of these, without other layers, can be taken over."
            )
    if len(layers) < 2:
        raise InputError(
            f"There are {len(layers)} linear layers in {list(tensors)}; a network here has at "
            f"least two, one of them hidden."
        )
    return layers


def _append_linear(layers: list[Layer], module: str, parts: dict[str, Array]) -> None:
    """Add a linear layer behind the others, if it fits there."""
    weight = parts["weight"]
    bias = parts.get("bias", np.zeros(len(weight), weight.dtype))
    if parts.keys() - {"weight", "bias"} or bias.shape != weight.shape[:1]:
        shapes = {part: array.shape for part, array in parts.items()}
        raise InputError(
            f"The layer {module!r} has the tensors {shapes}; a linear layer has a weight of shape "
            f"(outputs, inputs) and a bias of shape (outputs,)."
        )
    if layers and weight.shape[1] != len(layers[-1].weight):
        raise InputError(
            f"The layer {module!r} takes {weight.shape[1]} inputs, but {layers[-1].name!r} before "
            f"it gives {len(layers[-1].weight)}. Layers are taken in the order of the numbers in "
            f"their names; rename them so that it is theirs."
        )
    layers.append(Layer(module, weight, bias))


def _append_normalization(layers: list[Layer], module: str, parts: dict[str, Array]) -> None:
    """Add batch normalization to the last linear layer, if it fits there."""
    size = layers[-1].bias.shape
    if layers[-1].normalization is not None or any(a.shape != size for a in parts.values()):
        shapes = {part: array.shape for part, array in parts.items()}
        raise InputError(
            f"The batch normalization {module!r} has the tensors {shapes}; it must stand alone "
            f"behind {layers[-1].name!r} and have the shape {size}."
        )
    layers[-1].normalization = {NORMALIZATION[part]: array for part, array in parts.items()}


def _in_order(modules: dict[str, dict[str, Array]]) -> list[str]:
    """Return the layers' names in the order of the numbers in them, "fc1" before its "bn1"."""

    def place(module: str) -> tuple[list[int], bool]:
        numbers = [int(digits) for digits in re.findall(r"\d{1,9}", module)]
        return numbers, "running_mean" in modules[module]

    ordered = sorted(modules, key=place)
    for one, other in itertools.pairwise(ordered):
        if not place(one)[0] or place(one) == place(other):
            raise InputError(
                f"The layers {ordered} have no order: each name needs a number that says where it "
                f"stands, as those of nn.Sequential have. Rename them: fc1, fc2, ..."
            )
    return ordered
