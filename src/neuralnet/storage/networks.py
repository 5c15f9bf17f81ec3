"""Saving and loading of networks.

Parameters are stored as tensors with their own names, "layers.0.weight" and so on. Everything else
is text in JSON:

- `settings`: what `NeuralNetMLP.settings` returns, the arguments that build an equal network; its
  functions are stored by name;
- `notes`: the notes.
"""

from __future__ import annotations

import inspect
import itertools
import json
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from neuralnet.checks import (
    Array,
    InputError,
    check_flag,
    check_integer,
    check_layer_sizes,
    check_name,
    describe,
)
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS, Activation
from neuralnet.nn.initialization import VarianceScaling
from neuralnet.nn.losses import LOSSES, Loss
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage.container import (
    RETRY_HINT,
    Contents,
    FileKind,
    check_keys,
    open_container,
    parse_json,
    write_container,
)
from neuralnet.storage.estimators import OffersNetwork, network_of
from neuralnet.storage.past_networks import converted_texts

NETWORK = FileKind("neuralnet network", version=4)

MAX_NAME = 1000  # characters of a class name, or of the name of a note
_TEXTS = ("settings", "notes")
_ACTIVATIONS: dict[str, type[Activation]] = {**HIDDEN_ACTIVATIONS, **OUTPUT_ACTIVATIONS}

Function = TypeVar("Function", bound=Activation | Loss)


def save(
    model: NeuralNetMLP | OffersNetwork,
    path: str | os.PathLike[str],
    *,
    half_precision: bool = False,
) -> None:
    """Write a network to a file atomically; the same network gives the same bytes.

    The file holds the settings, weights, classes and notes. Without `half_precision`, the loaded
    network's predictions are bit for bit the same. Weights may be NaN, so that a network that
    diverged can be inspected.

    Parameters
    ----------
    model : NeuralNetMLP, NeuralNetClassifier, NeuralNetRegressor or Pipeline
        The network, a fitted estimator, or a Pipeline of scalers and a fitted estimator. The file
        holds a network in each case; scalers are folded into its first layer.
    path : path
        Path of the file; its name usually ends in `.safetensors`.
    half_precision : bool
        Whether weights are stored as float16, with half the bytes and about three digits. The
        loaded network computes in float32.

    Raises
    ------
    InputError
        If `model` is none of these, has a scaler that cannot be folded, or has something that a
        file cannot store, for example a custom activation.
    FileError
        If the file cannot be written.
    """
    model = network_of(model)
    if type(model) is not NeuralNetMLP:
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP, not a subclass.")
    texts = network_metadata(model)
    _build(texts)  # raises if the file could not be loaded
    tensors = {name: model.to_numpy(a) for name, a in model.parameters.tensors().items()}
    if check_flag(half_precision, "half_precision"):
        tensors = {name: _as_float16(name, array) for name, array in tensors.items()}
    write_container(path, NETWORK, texts, tensors)


def load(path: str | os.PathLike[str]) -> NeuralNetMLP:
    """Read a network written by `save`, for prediction or further training.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    NeuralNetMLP
        The network, with its weights, classes and notes.

    Raises
    ------
    InputError
        If `path` is not a path.
    FileFormatError
        If the file is not a network, is damaged, or was written by a newer version.
    FileError
        If the file cannot be read.
    """
    with open_container(path, NETWORK) as contents:
        texts = converted_texts(contents.texts, contents.version)
        if texts is contents.texts and not contents.has_checksum:
            raise InputError(f"it lacks its SHA-256 checksum. {RETRY_HINT}")
        model = _build(texts, contents)
        wanted = model.parameters.tensors()
        shapes = {name: values.shape for name, values in wanted.items()}
        tensors = contents.tensors(shapes, contents.float_type(model.dtype))
        for name, values in wanted.items():
            values[...] = model.xp.asarray(tensors[name])
    return model


def network_metadata(model: NeuralNetMLP) -> dict[str, str]:
    """Return the settings and the notes of a network in JSON.

    Raises
    ------
    InputError
        If a file cannot store one of them.
    """
    settings = {name: _to_json(value, name) for name, value in model.settings().items()}
    parts = (settings, _check_notes(model.notes))
    try:  # default=float: the json module does not support NumPy's numbers
        dumped = [json.dumps(part, allow_nan=False, default=float) for part in parts]
    except (TypeError, ValueError) as error:
        raise InputError(f"The network has a value that JSON cannot store: {error}.") from error
    return dict(zip(_TEXTS, dumped, strict=True))


def _as_float16(name: str, array: Array) -> Array:
    """Return an array as float16; raise `InputError` if that overflows."""
    with np.errstate(over="ignore"):
        halved = array.astype(np.float16)
    if not np.array_equal(np.isfinite(halved), np.isfinite(array)):
        raise InputError(
            f"{name} has numbers above 65,504, the largest number of float16; save the network "
            f"without half_precision."
        )
    return halved


def _build(texts: Mapping[str, str], contents: Contents | None = None) -> NeuralNetMLP:
    """Build a network with weights of 0 from its texts, after comparing sizes with `contents`."""
    texts = check_keys(texts, _TEXTS, "its metadata")
    stored, notes = (parse_json(texts[name], name) for name in _TEXTS)
    settings = _decoded(check_keys(stored, _setting_names(), "settings"))
    if contents is not None:
        _check_sizes(settings, contents)
    initializers = settings.pop("initial_weights")
    model = NeuralNetMLP(**settings, initial_weights=_NoInitialization())
    model.set_initial_weights(initializers)
    for name in [*model.classes, *_check_notes(notes)]:
        if len(str(name)) > MAX_NAME:
            raise InputError(
                f"the name {name!r:.80}... has {len(str(name)):,} characters; the name of a class "
                f"or of a note has at most {MAX_NAME:,}."
            )
    model.notes = notes
    return model


def _setting_names() -> tuple[str, ...]:
    """Return the names of the settings: the arguments of `NeuralNetMLP`, as `settings` has them."""
    arguments = inspect.signature(NeuralNetMLP).parameters
    return tuple(name for name in arguments if name not in ("seed", "xp"))


class _NoInitialization(VarianceScaling):
    """Placeholder initializer: the weights come from the file, and drawing them would be slow."""

    def draw(self, num_inputs: int, num_outputs: int, rng: np.random.Generator) -> Array:
        return np.broadcast_to(np.float32(0), (num_inputs, num_outputs))


def _to_json(value: Any, name: str) -> Any:
    """Return a setting as values that JSON can represent, with its functions by name."""
    if isinstance(value, tuple | list):
        return [_to_json(one, name) for one in value]
    if isinstance(value, Activation | Loss):
        return _function_to_json(value, _ACTIVATIONS if isinstance(value, Activation) else LOSSES)
    if name == "initial_weights":
        # `initialize` needs the initializers. A custom one cannot be stored and becomes None, the
        # default.
        return vars(value) if type(value) is VarianceScaling else None
    return value.name if isinstance(value, np.dtype) else value


def _decoded(settings: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a network from its stored settings, which may be of any type."""
    hidden, initializers = settings["hidden_activation"], settings["initial_weights"]
    for name in ("hidden_activation", "initial_weights", "classes"):
        if not isinstance(settings[name], list):
            raise InputError(f"{name} is {describe(settings[name])}; it must be a list.")
    check_name(settings["dtype"], ("float32", "float64"), "dtype")
    wanted = tuple(vars(VarianceScaling()))
    functions: dict[str, Any] = {
        "hidden_activation": [
            _function_from_json(one, _ACTIVATIONS, "hidden_activation") for one in hidden
        ],
        "output_activation": _function_from_json(
            settings["output_activation"], _ACTIVATIONS, "output_activation"
        ),
        "loss": _function_from_json(settings["loss"], LOSSES, "loss"),
        "initial_weights": [
            None if one is None else VarianceScaling(**check_keys(one, wanted, "initial_weights"))
            for one in initializers
        ],
    }
    return settings | functions


def _function_to_json(
    function: Activation | Loss, table: Mapping[str, type[Any]]
) -> str | dict[str, Any]:
    """Return the name of an activation or loss, with its parameters if it has any."""
    if table.get(function.name) is not type(function):
        raise InputError(
            f"The network has the custom function {type(function).__name__}; a file can store only "
            f"those of the package: {', '.join(table)}."
        )
    return {"name": function.name, **vars(function)} if vars(function) else function.name


def _function_from_json(stored: object, table: Mapping[str, type[Function]], what: str) -> Function:
    """Return the activation or loss that `_function_to_json` stored."""
    entry = stored if isinstance(stored, dict) else {"name": stored}
    function = table[check_name(entry.get("name"), table, what)]
    parameters = dict(check_keys(entry, ("name", *vars(function())), what))
    del parameters["name"]
    return function(**parameters)


def _check_sizes(settings: Mapping[str, Any], contents: Contents) -> None:
    """Compare the layer sizes with the file's size before memory is allocated for the layers."""
    num_features = check_integer(settings["num_features"], "num_features", minimum=1)
    num_classes = check_integer(settings["num_classes"], "num_classes", minimum=1)
    hidden = check_layer_sizes(settings["num_hidden"])
    sizes = [num_features, *hidden, num_classes]
    total = sum(inputs * outputs + outputs for inputs, outputs in itertools.pairwise(sizes))
    if settings["batch_norm"] is True:  # scale, shift, mean and variance in place of the bias
        total += 3 * sum(sizes[1:-1])
    dtype = contents.float_type(np.dtype(settings["dtype"]))
    if total * dtype.itemsize != contents.num_bytes:
        raise InputError(
            f"its tensors have {contents.num_bytes:,} bytes, which does not match the {dtype} "
            f"network {'-'.join(map(str, sizes))} of its settings. {RETRY_HINT}"
        )
    if len(hidden) >= len(contents.declared):  # each layer has a weight at least
        raise InputError(
            f"it has {len(contents.declared):,} tensors, too few for the {len(hidden) + 1:,} "
            f"layers of its settings. {RETRY_HINT}"
        )


def _check_notes(notes: object) -> dict[str, str]:
    """Return the notes after checking that names and values are strings."""
    if not isinstance(notes, dict) or not all(
        isinstance(t, str) for t in [*notes, *notes.values()]
    ):
        raise InputError(f"notes is {describe(notes)}; it must be a dict of str to str.")
    return notes
