"""Parsing of a PyTorch `state_dict` into consecutive linear layers."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from neuralnet.checks import Array, InputError, check_finite, echo

# PyTorch's names of the arrays of batch normalization, and the package's names.
NORMALIZATION = {
    "weight": "scale",
    "bias": "shift",
    "running_mean": "mean",
    "running_var": "variance",
}


@dataclass
class LinearLayer:
    """Linear layer of PyTorch, with the batch normalization after it, if any."""

    name: str
    weight: Array  # (K, D)
    bias: Array  # (K,)
    normalization: dict[str, Array] | None = field(default=None)


def parse_layers(tensors: Mapping[str, Array]) -> list[LinearLayer]:
    """Group a state_dict's tensors into layers, and check that consecutive layers fit together.

    Raises
    ------
    InputError
        If the tensors are not those of consecutive linear layers, with or without batch
        normalization.
    """
    modules: dict[str, dict[str, Array]] = {}
    for name, values in tensors.items():
        if not isinstance(name, str):
            raise InputError(f"tensors has the name {echo(name)}; a name must be text.")
        module, _, part = name.rpartition(".")
        array = np.asarray(values)
        if array.dtype.kind == "f":
            check_finite(array, name)
            modules.setdefault(module, {})[part] = array
    layers: list[LinearLayer] = []
    for module in _sorted_by_number(modules):
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
                f"inputs), bias) nor batch normalization after one ({', '.join(NORMALIZATION)}); "
                f"only networks of these layers can be loaded."
            )
    if len(layers) < 2:
        raise InputError(
            f"There are {len(layers)} linear layers in {list(tensors)}; a network has at least "
            f"two, one of them hidden."
        )
    return layers


def _append_linear(layers: list[LinearLayer], module: str, parts: dict[str, Array]) -> None:
    """Check and append a linear layer."""
    weight = parts["weight"]
    bias = parts.get("bias", np.zeros(len(weight), weight.dtype))
    if parts.keys() - {"weight", "bias"} or bias.shape != weight.shape[:1]:
        shapes = {part: array.shape for part, array in parts.items()}
        raise InputError(
            f"The layer {module!r} has the tensors {shapes}; a linear layer must have a weight of "
            f"shape (outputs, inputs) and at most a bias of shape (outputs,)."
        )
    if layers and weight.shape[1] != len(layers[-1].weight):
        raise InputError(
            f"The layer {module!r} has {weight.shape[1]} inputs, but the layer before it, "
            f"{layers[-1].name!r}, has {len(layers[-1].weight)} outputs. Layers are ordered by the "
            f"numbers in their names; rename them if the order is wrong."
        )
    layers.append(LinearLayer(module, weight, bias))


def _append_normalization(layers: list[LinearLayer], module: str, parts: dict[str, Array]) -> None:
    """Check batch normalization and attach it to the last linear layer."""
    size = layers[-1].bias.shape
    if layers[-1].normalization is not None or any(a.shape != size for a in parts.values()):
        shapes = {part: array.shape for part, array in parts.items()}
        raise InputError(
            f"The batch normalization {module!r} has the tensors {shapes}; it must be the only one "
            f"after {layers[-1].name!r}, and its tensors must have the shape {size}."
        )
    layers[-1].normalization = {NORMALIZATION[part]: array for part, array in parts.items()}


def _sorted_by_number(modules: dict[str, dict[str, Array]]) -> list[str]:
    """Return the layers' names ordered by the numbers in them, "fc1" before "bn1"."""

    def sort_key(module: str) -> tuple[list[int], bool]:
        numbers = [int(digits) for digits in re.findall(r"\d{1,9}", module)]
        return numbers, "running_mean" in modules[module]

    ordered = sorted(modules, key=sort_key)
    for one, other in itertools.pairwise(ordered):
        if not sort_key(one)[0] or sort_key(one) == sort_key(other):
            raise InputError(
                f"The layers {ordered} have no unique order: each layer needs a number of its own "
                f"in its name, as in nn.Sequential. Rename them, for example to fc1, fc2, ..."
            )
    return ordered
