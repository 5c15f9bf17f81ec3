"""Save a network, and load it again.

Its parameters are tensors under their own names, "layers.0.weight" and so on. All else is text:

- `settings`: what the network is built from, its functions by name, out of closed tables;
- `classes`: what its labels stand for;
- `preprocessing`: where bytes are scaled to before they go in;
- `notes`: its notes.
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

NETWORK = Kind("neuralnet network", version=4)

_TEXTS = ("settings", "classes", "preprocessing", "notes")
_SETTINGS = (
    *("num_features", "num_hidden", "num_classes", "hidden_activation", "output_activation"),
    *("loss", "l2", "initial_weights", "dtype"),
    *("batch_norm", "dropout", "label_smoothing"),
)
# What files of earlier versions, which had none of these settings, stand for.
_ADDED_IN: dict[int, dict[str, Any]] = {
    2: {"batch_norm": False, "dropout": 0.0, "label_smoothing": 0.0},
}
_ACTIVATIONS: dict[str, type[Activation]] = {**HIDDEN_ACTIVATIONS, **OUTPUT_ACTIVATIONS}

Function = TypeVar("Function", bound=Activation | Loss)


def save(
    model: NeuralNetMLP, path: str | os.PathLike[str], *, half_precision: bool = False
) -> None:
    """Write a network to a file, whole or not at all; the same network gives the same bytes.

    What it was built from is kept with its weights, classes and notes, so the network that is
    loaded predicts the same to the last bit. Weights are saved as they are, NaN included: a network
    that diverged is worth a look.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.
    path : path
        Where the file is to stand; its name usually ends in `.safetensors`.
    half_precision : bool
        Whether weights are written as float16, in half the bytes and with three digits; what is
        loaded computes in float32 again.

    Raises
    ------
    InputError
        If it is no such network, or holds what a file cannot: a function of your own, say.
    FileError
        If the file cannot be written.
    """
    if type(model) is not NeuralNetMLP:
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP, no other class.")
    path = check_path(path)
    texts = texts_of(model)
    _build(texts)  # nothing is written that could not be read
    tensors = {name: model.to_numpy(a) for name, a in model.parameters.tensors().items()}
    if half_precision:
        tensors = {name: _halved(name, array) for name, array in tensors.items()}
    write(path, NETWORK, texts, tensors)


def load(path: str | os.PathLike[str]) -> NeuralNetMLP:
    """Read a network that `save` wrote, ready to predict or to be trained further.

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
        If the file holds no such network, is damaged, or was written by a newer version.
    FileError
        If it cannot be read.
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
    """Write down in JSON all that a network is built from."""
    settings = {
        "num_features": model.num_features,
        "num_hidden": model.num_hidden,
        "num_classes": model.num_classes,
        "hidden_activation": [_named(one, _ACTIVATIONS) for one in model.hidden_activation],
        "output_activation": _named(model.output_activation, _ACTIVATIONS),
        "loss": _named(model.loss, LOSSES),
        "l2": model.l2,
        # How the weights started is kept for `initialize`; an initializer that is not the
        # package's own becomes None, the default.
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
    try:  # default: NumPy's numbers are none to JSON
        dumped = [json.dumps(part, allow_nan=False, default=float) for part in parts]
    except (TypeError, ValueError) as error:
        raise InputError(f"The network holds what cannot be written as JSON: {error}.") from error
    return dict(zip(_TEXTS, dumped, strict=True))


def _halved(name: str, array: Array) -> Array:
    """Return an array in float16, if its numbers fit into that."""
    with np.errstate(over="ignore"):
        halved = array.astype(np.float16)
    if not np.array_equal(np.isfinite(halved), np.isfinite(array)):
        raise InputError(
            f"{name} has numbers of more than 65,504, which float16 does not hold; save the "
            f"network without half_precision."
        )
    return halved


def _build(texts: Mapping[str, str], contents: Contents | None = None) -> NeuralNetMLP:
    """Build the network that is described, its weights 0, if a file's contents are its size."""
    texts = check_keys(texts, _TEXTS, "its metadata")
    settings, classes, preprocessing, notes = (parse(texts[name], name) for name in _TEXTS)
    if contents is not None and isinstance(settings, dict):
        for version, added in _ADDED_IN.items():
            if contents.version < version:
                settings = {**added, **settings}
        if contents.version < 4:  # they shaped the training only
            settings.pop("receptive_fields", None)
    settings = check_keys(settings, _SETTINGS, "settings")
    pixels = check_keys(preprocessing, ("uint8_range",), "preprocessing")
    hidden, scheme = settings["hidden_activation"], settings["initial_weights"]
    if not isinstance(hidden, list) or not isinstance(classes, list):
        raise InputError(f"hidden_activation and classes must be lists. {AGAIN}")
    check_name(settings["dtype"], ("float32", "float64"), "dtype")
    if contents is not None:
        _check_sizes(settings, contents)
    model = NeuralNetMLP(
        settings["num_features"],
        settings["num_hidden"],
        settings["num_classes"],
        hidden_activation=[_function(one, _ACTIVATIONS, "hidden_activation") for one in hidden],
        output_activation=_function(
            settings["output_activation"], _ACTIVATIONS, "output_activation"
        ),
        loss=_function(settings["loss"], LOSSES, "loss"),
        l2=settings["l2"],
        batch_norm=settings["batch_norm"],
        dropout=settings["dropout"],
        label_smoothing=settings["label_smoothing"],
        initial_weights=_NoneDrawn(),
        dtype=settings["dtype"],
        input_range=pixels["uint8_range"],
        classes=classes,
    )
    # They were not needed to build a network whose weights are in the file.
    model.set_initial_weights(_initializers(scheme, len(hidden) + 1))
    model.notes = _check_notes(notes)
    return model


def _initializers(written: object, num_layers: int) -> list[VarianceScaling | None]:
    """Return the initializers that were written down; before version 4, one for all layers."""
    wanted = tuple(vars(VarianceScaling()))
    return [
        None if one is None else VarianceScaling(**check_keys(one, wanted, "initial_weights"))
        for one in (written if isinstance(written, list) else [written] * num_layers)
    ]


class _NoneDrawn(VarianceScaling):
    """No initial weights: the file's are to come, and to draw others takes longer than to read."""

    def draw(
        self, num_inputs: int, num_outputs: int, generator: np.random.Generator
    ) -> NDArray[np.float64]:
        return np.zeros((1, 1))


def _named(function: Function, table: Mapping[str, type[Function]]) -> str | dict[str, Any]:
    """Write down a function of the table: its name, and its parameters where it has any."""
    if table.get(function.name) is not type(function):
        raise InputError(
            f"The network holds a {type(function).__name__}, a function of your own; a file names "
            f"only those of the package: {', '.join(table)}."
        )
    return {"name": function.name, **vars(function)} if vars(function) else function.name


def _function(written: object, table: Mapping[str, type[Function]], what: str) -> Function:
    """Return the function of the table that was written down."""
    described = written if isinstance(written, dict) else {"name": written}
    function = table[check_name(described.get("name"), table, what)]
    parameters = dict(check_keys(described, ("name", *vars(function())), what))
    del parameters["name"]
    return function(**parameters)


def _check_sizes(settings: Mapping[str, Any], contents: Contents) -> None:
    """Raise unless layers of these sizes have as many bytes; nothing has been made for them yet."""
    num_features = check_integer(settings["num_features"], "num_features", minimum=1)
    num_classes = check_integer(settings["num_classes"], "num_classes", minimum=1)
    sizes = [num_features, *check_layer_sizes(settings["num_hidden"]), num_classes]
    total = sum(inputs * outputs + outputs for inputs, outputs in itertools.pairwise(sizes))
    if settings["batch_norm"] is True:  # scale, shift, mean and variance in place of the bias
        total += 3 * sum(sizes[1:-1])
    dtype = contents.float_type(np.dtype(settings["dtype"]))
    if total * dtype.itemsize != contents.num_bytes:
        raise InputError(
            f"its tensors have {contents.num_bytes:,} bytes, which is not what the {dtype} "
            f"network of its settings needs, {'-'.join(map(str, sizes))}. {AGAIN}"
        )


def _check_notes(notes: object) -> dict[str, str]:
    """Return notes if they are texts by name."""
    if not isinstance(notes, dict) or not all(
        isinstance(t, str) for t in [*notes, *notes.values()]
    ):
        raise InputError(f"notes is {describe(notes)}; it must be a dict of str to str.")
    return notes
