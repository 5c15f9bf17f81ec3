"""Weights in PyTorch's layout: the `state_dict` of an `nn.Sequential`, as a safetensors file.

The layers of a network stand in the order that an `nn.Sequential` has them in, so a layer's place
is its name: `0.weight`, `0.bias`. PyTorch's weights have the shape (outputs, inputs). Torch itself
is not needed to write or to read such a file.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from neuralnet.checks import Array, InputError, describe
from neuralnet.data.inputs import input_notes
from neuralnet.files import FileError, FileFormatError, atomic_write, describe_os_error
from neuralnet.interop.pytorch_layers import NORMALIZATION, layers_of
from neuralnet.nn.activations import GELU, Activation, LeakyReLU
from neuralnet.nn.layers import ActivationLayer, Dense
from neuralnet.nn.losses import Loss
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.regularization import BatchNorm, Dropout

_MODULES = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "identity": "nn.Identity()",
}
_MOST_BYTES = 1 << 34


def to_state_dict(model: NeuralNetMLP) -> dict[str, Array]:
    """Return a network's weights under PyTorch's names, in PyTorch's shapes.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.

    Returns
    -------
    dict of str to ndarray
        Copies: "0.weight" of shape (K, D), "0.bias" of shape (K,), and so on.

    Raises
    ------
    InputError
        If it is no such network.
    """
    if not isinstance(model, NeuralNetMLP):
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
    to_numpy = getattr(model.xp, "asnumpy", np.asarray)
    tensors: dict[str, Array] = {}
    for place, layer in enumerate(model.layers):
        if isinstance(layer, Dense):
            tensors[f"{place}.weight"] = np.array(to_numpy(layer.W).T, order="C")  # (K, D)
            if layer.b is not None:
                tensors[f"{place}.bias"] = np.array(to_numpy(layer.b))
        elif isinstance(layer, BatchNorm):
            for theirs, ours in NORMALIZATION.items():
                tensors[f"{place}.{theirs}"] = np.array(to_numpy(getattr(layer, ours)))
            tensors[f"{place}.num_batches_tracked"] = np.array(0, np.int64)
    return tensors


def pytorch_code(model: NeuralNetMLP) -> str:
    """Return the Python expression that builds the same network in PyTorch, less its outputs.

    Its last layer gives the logits, as PyTorch's losses take them.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.

    Returns
    -------
    str
        "nn.Sequential(nn.Linear(784, 50), nn.Sigmoid(), nn.Linear(50, 10))", say.

    Raises
    ------
    InputError
        If it holds a function that PyTorch does not name.
    """
    return f"nn.Sequential({', '.join(map(_module, model.layers))})"


def save_pytorch(model: NeuralNetMLP, path: str | os.PathLike[str]) -> None:
    """Write a network's weights as a safetensors file that PyTorch takes.

    In PyTorch, `load_state_dict(safetensors.torch.load_file(path))` of the `nn.Sequential` that
    the file's metadata spell out (`pytorch_code`) takes them. It expects pixels that are scaled
    already: to `model.input_range`.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.
    path : path
        Where the file is to stand; its name usually ends in `.safetensors`.

    Raises
    ------
    InputError
        If it is no such network, or holds a function that PyTorch does not name.
    FileError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    content = save(to_state_dict(model), {"format": "pt", "module": pytorch_code(model)})
    with atomic_write(path) as file:
        file.write(content)


def load_pytorch(
    path: str | os.PathLike[str],
    *,
    hidden_activation: str | Activation | Sequence[str | Activation],
    output_activation: str | Activation = "softmax",
    loss: str | Loss = "cross_entropy",
    input_range: tuple[float, float] | None = None,
    classes: Sequence[str | int] | None = None,
) -> NeuralNetMLP:
    """Build a network from the weights of a safetensors file in PyTorch's layout.

    Such a file has weights and no functions, so these have to be said.

    Parameters
    ----------
    path : path
        What `safetensors.torch.save_file(module.state_dict(), path)` or `save_pytorch` wrote.
    hidden_activation, output_activation, loss, classes
        As for `NeuralNetMLP`.
    input_range : (float, float), optional
        Where pixels were scaled to, if the network was trained on pixels; if not given, it is
        noted to take features, floating-point numbers as they are.

    Returns
    -------
    NeuralNetMLP

    Raises
    ------
    FileFormatError
        If it is no such file.
    FileError
        If it cannot be read.
    InputError
        If its tensors are none of such a network, or an argument cannot be used.
    """
    model = from_state_dict(
        _read(Path(path)),
        hidden_activation=hidden_activation,
        output_activation=output_activation,
        loss=loss,
        input_range=input_range,
        classes=classes,
    )
    model.notes["source"] = f"PyTorch weights, from {Path(path).name}"
    return model


def from_state_dict(
    tensors: dict[str, Array],
    *,
    hidden_activation: str | Activation | Sequence[str | Activation],
    output_activation: str | Activation = "softmax",
    loss: str | Loss = "cross_entropy",
    input_range: tuple[float, float] | None = None,
    classes: Sequence[str | int] | None = None,
) -> NeuralNetMLP:
    """Build a network from weights under PyTorch's names, in PyTorch's shapes.

    Layers are taken in the order of the numbers in their names: "fc1" before "fc2", and "9" before
    "10". Whole numbers such as `num_batches_tracked` are passed over.

    Parameters
    ----------
    tensors : dict of str to array_like
        The `state_dict`, its tensors as arrays.
    hidden_activation, output_activation, loss, input_range, classes
        As for `load_pytorch`.

    Returns
    -------
    NeuralNetMLP

    Raises
    ------
    InputError
        If the tensors are none of such a network, or an argument cannot be used.
    """
    layers = layers_of(tensors)
    normalized = [layer.normalization is not None for layer in layers[:-1]]
    if layers[-1].normalization is not None or any(normalized) != all(normalized):
        raise InputError(
            "Some layers of this network are batch-normalized and some are not; here all hidden "
            "layers are, or none, and the output layer never is."
        )
    model = NeuralNetMLP(
        layers[0].weight.shape[1],
        [len(layer.weight) for layer in layers[:-1]],
        len(layers[-1].weight),
        hidden_activation=hidden_activation,
        output_activation=output_activation,
        loss=loss,
        batch_norm=any(normalized),
        dtype="float64" if layers[0].weight.dtype == np.float64 else "float32",
        input_range=(-1.0, 1.0) if input_range is None else input_range,
        classes=classes,
    )
    model.notes |= input_notes("features" if input_range is None else "pixels")
    theirs = iter(layers)
    for layer in model.layers:
        if isinstance(layer, Dense):
            given = next(theirs)
            layer.W[...] = given.weight.T  # (D, K)
            if layer.b is not None:
                layer.b[...] = given.bias
        elif isinstance(layer, BatchNorm):
            for name, values in (given.normalization or {}).items():
                getattr(layer, name)[...] = values
            layer.mean[...] -= given.bias  # a bias only moves what normalization centres
    return model


def _read(path: Path) -> dict[str, Array]:
    """Read all tensors of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        if path.stat().st_size > _MOST_BYTES:
            raise FileFormatError(f"{path} is larger than 16 GiB. Is it the right file?")
        return dict(load_file(path))
    except FileError:
        raise
    except OSError as error:
        raise FileError(
            f"Cannot read {path}: {describe_os_error(error)}. Is the path right?"
        ) from error
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise FileFormatError(
            f"{path} cannot be read as a safetensors file of numbers that NumPy has: {error}. "
            f"Write it with safetensors.torch.save_file(module.float().state_dict(), path); "
            f"files of torch.save can run code, and are not read."
        ) from error


def _module(layer: object) -> str:
    """Return the expression that builds a layer in PyTorch."""
    if isinstance(layer, Dense):
        bias = "" if layer.b is not None else ", bias=False"
        return f"nn.Linear({layer.num_inputs}, {layer.num_outputs}{bias})"
    if isinstance(layer, BatchNorm):
        return f"nn.BatchNorm1d({layer.num_units})"
    if isinstance(layer, Dropout):
        return f"nn.Dropout({layer.rate!r})"
    function = layer.function if isinstance(layer, ActivationLayer) else None
    if type(function) is GELU:
        return "nn.GELU(approximate='tanh')"
    if type(function) is LeakyReLU:
        return f"nn.LeakyReLU({function.negative_slope!r})"
    if type(function).__module__ != Activation.__module__ or function is None:
        raise InputError(f"The network holds {describe(function)}, which PyTorch has no name for.")
    return _MODULES[function.name]
