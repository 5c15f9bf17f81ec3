"""Saving and loading of networks.

Parameters are stored as tensors with their own names, "layers.0.weight" and so on. Everything else
is text in JSON:

- `settings`: arguments of the network; its functions are stored by name;
- `classes`: the class names;
- `preprocessing`: the range to which bytes are scaled;
- `notes`: the notes.
"""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import (
    Array,
    InputError,
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
    AGAIN,
    Contents,
    Kind,
    check_keys,
    check_path,
    opened,
    parse,
    write,
)
from neuralnet.storage.estimators import OffersNetwork, network_of

NETWORK = Kind("neuralnet network", version=4)

_TEXTS = ("settings", "classes", "preprocessing", "notes")
_SETTINGS = (
    *("num_features", "num_hidden", "num_classes", "hidden_activation", "output_activation"),
    *("loss", "l2", "initial_weights", "dtype"),
    *("batch_norm", "dropout", "label_smoothing"),
)
# For each format version, the settings it added and their values for files of older versions.
_ADDED_IN: dict[int, dict[str, Any]] = {
    2: {"batch_norm": False, "dropout": 0.0, "label_smoothing": 0.0},
}
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
    path = check_path(path)
    texts = texts_of(model)
    _build(texts)  # raises if the file could not be loaded
    tensors = {name: model.to_numpy(a) for name, a in model.parameters.tensors().items()}
    if half_precision:
        tensors = {name: _as_float16(name, array) for name, array in tensors.items()}
    write(path, NETWORK, texts, tensors)


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
    FileFormatError
        If the file is not a network, is damaged, or was written by a newer version.
    FileError
        If the file cannot be read.
    """
    with opened(check_path(path), NETWORK) as contents:
        model = _build(contents.texts, contents)
        wanted = model.parameters.tensors()
        shapes = {name: values.shape for name, values in wanted.items()}
        tensors = contents.tensors(shapes, contents.float_type(model.dtype))
        for name, values in wanted.items():
            values[...] = model.xp.asarray(tensors[name])
    return model


def texts_of(model: NeuralNetMLP) -> dict[str, str]:
    """Return the settings, classes, preprocessing and notes of a network in JSON."""
    settings = {
        "num_features": model.num_features,
        "num_hidden": model.num_hidden,
        "num_classes": model.num_classes,
        "hidden_activation": [
            _function_to_json(one, _ACTIVATIONS) for one in model.hidden_activation
        ],
        "output_activation": _function_to_json(model.output_activation, _ACTIVATIONS),
        "loss": _function_to_json(model.loss, LOSSES),
        "l2": model.l2,
        # `initialize` needs the initializers. A custom one cannot be stored and becomes None, the
        # default.
        "initial_weights": [
            vars(one) if type(one) is VarianceScaling else None for one in model.initial_weights
        ],
        "dtype": model.dtype.name,
        "batch_norm": model.batch_norm,
        "dropout": model.dropout,
        "label_smoothing": model.label_smoothing,
    }
    preprocessing = {"uint8_range": model.input_range}
    parts = (settings, model.classes, preprocessing, _check_notes(model.notes))
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
    settings, classes, preprocessing, notes = (parse(texts[name], name) for name in _TEXTS)
    if contents is not None and isinstance(settings, dict):
        for version, added in _ADDED_IN.items():
            if contents.version < version:
                settings = {**added, **settings}
        if contents.version < 4:  # receptive fields affected the training only
            settings.pop("receptive_fields", None)
    settings = check_keys(settings, _SETTINGS, "settings")
    pixels = check_keys(preprocessing, ("uint8_range",), "preprocessing")
    hidden, initializers = settings["hidden_activation"], settings["initial_weights"]
    if not isinstance(hidden, list) or not isinstance(classes, list):
        raise InputError(f"hidden_activation and classes must be lists. {AGAIN}")
    check_name(settings["dtype"], ("float32", "float64"), "dtype")
    if contents is not None:
        _check_sizes(settings, contents)
    model = NeuralNetMLP(
        settings["num_features"],
        settings["num_hidden"],
        settings["num_classes"],
        hidden_activation=[
            _function_from_json(one, _ACTIVATIONS, "hidden_activation") for one in hidden
        ],
        output_activation=_function_from_json(
            settings["output_activation"], _ACTIVATIONS, "output_activation"
        ),
        loss=_function_from_json(settings["loss"], LOSSES, "loss"),
        l2=settings["l2"],
        batch_norm=settings["batch_norm"],
        dropout=settings["dropout"],
        label_smoothing=settings["label_smoothing"],
        initial_weights=_NoInitialization(),
        dtype=settings["dtype"],
        input_range=pixels["uint8_range"],
        classes=classes,
    )
    model.set_initial_weights(_initializers(initializers, len(hidden) + 1))
    model.notes = _check_notes(notes)
    return model


def _initializers(stored: object, num_layers: int) -> list[VarianceScaling | None]:
    """Return the stored initializers; before version 4, a file has one for all layers."""
    wanted = tuple(vars(VarianceScaling()))
    return [
        None if one is None else VarianceScaling(**check_keys(one, wanted, "initial_weights"))
        for one in (stored if isinstance(stored, list) else [stored] * num_layers)
    ]


class _NoInitialization(VarianceScaling):
    """Placeholder initializer: the weights come from the file, and drawing them would be slow."""

    def draw(
        self, num_inputs: int, num_outputs: int, generator: np.random.Generator
    ) -> NDArray[np.float64]:
        return np.zeros((1, 1))


def _function_to_json(
    function: Function, table: Mapping[str, type[Function]]
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
    sizes = [num_features, *check_layer_sizes(settings["num_hidden"]), num_classes]
    total = sum(inputs * outputs + outputs for inputs, outputs in itertools.pairwise(sizes))
    if settings["batch_norm"] is True:  # scale, shift, mean and variance in place of the bias
        total += 3 * sum(sizes[1:-1])
    dtype = contents.float_type(np.dtype(settings["dtype"]))
    if total * dtype.itemsize != contents.num_bytes:
        raise InputError(
            f"its tensors have {contents.num_bytes:,} bytes, which does not match the {dtype} "
            f"network {'-'.join(map(str, sizes))} of its settings. {AGAIN}"
        )


def _check_notes(notes: object) -> dict[str, str]:
    """Return the notes after checking that names and values are strings."""
    if not isinstance(notes, dict) or not all(
        isinstance(t, str) for t in [*notes, *notes.values()]
    ):
        raise InputError(f"notes is {describe(notes)}; it must be a dict of str to str.")
    return notes
