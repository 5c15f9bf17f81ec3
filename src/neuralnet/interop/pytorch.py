"""Exchange of weights with PyTorch: the `state_dict` of an `nn.Sequential`, as a safetensors file.

The network's layers have the order of an `nn.Sequential`, so a layer's index is its name:
`0.weight`, `0.bias`. PyTorch's weights have the shape (outputs, inputs). The package torch is not
needed to read or write such a file.

Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Sequential.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from neuralnet.checks import Array, InputError, describe
from neuralnet.data.inputs import input_kind, input_notes
from neuralnet.data.tasks import task_of
from neuralnet.files import (
    FileError,
    FileFormatError,
    atomic_write,
    check_path,
    check_regular,
    describe_os_error,
)
from neuralnet.interop.pytorch_layers import NORMALIZATION, parse_layers
from neuralnet.nn.activations import GELU, Activation, LeakyReLU
from neuralnet.nn.layers import ActivationLayer, Dense
from neuralnet.nn.losses import Loss
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.regularization import BatchNorm, Dropout
from neuralnet.storage.estimators import OffersNetwork, network_of

_MODULES = {
    "sigmoid": "nn.Sigmoid()",
    "tanh": "nn.Tanh()",
    "relu": "nn.ReLU()",
    "identity": "nn.Identity()",
}
_MAX_BYTES = 1 << 34


def to_state_dict(model: NeuralNetMLP | OffersNetwork) -> dict[str, Array]:
    """Return a network's weights with PyTorch's names and shapes.

    Parameters
    ----------
    model : NeuralNetMLP, NeuralNetClassifier, NeuralNetRegressor or Pipeline
        The network, a fitted estimator, or a Pipeline of scalers and a fitted estimator; scalers
        are folded into the first layer.

    Returns
    -------
    dict of str to ndarray
        Copies of the weights: "0.weight" of shape (K, D), "0.bias" of shape (K,), and so on.

    Raises
    ------
    InputError
        If `model` is none of these, or has a scaler that cannot be folded.
    """
    model = network_of(model)
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


def pytorch_code(model: NeuralNetMLP | OffersNetwork) -> str:
    """Return the Python expression that builds the same network in PyTorch, up to its logits.

    The output activation is left out, because PyTorch's losses take logits.

    Parameters
    ----------
    model
        As for `to_state_dict`.

    Returns
    -------
    str
        For example "nn.Sequential(nn.Linear(784, 50), nn.Sigmoid(), nn.Linear(50, 10))".

    Raises
    ------
    InputError
        If it has an activation that PyTorch does not have.
    """
    return f"nn.Sequential({', '.join(map(_module, network_of(model).layers))})"


def pytorch_usage(model: NeuralNetMLP | OffersNetwork) -> dict[str, str]:
    """Return what the module of `pytorch_code` takes and what its results mean, in a few words.

    Parameters
    ----------
    model
        As for `to_state_dict`.

    Returns
    -------
    dict of str to str
        "takes": the kind of input; "gives": how a prediction follows from the results.
    """
    model = network_of(model)
    takes = "features, used as they are"
    if input_kind(model.notes) == "pixels":
        low, high = model.input_range
        takes = f"pixels, scaled to [{low:g}, {high:g}]"
    task, output = task_of(model.notes, model.output_activation.name), model.output_activation.name
    meaning = {
        "softmax": "logits; their softmax gives the probabilities",
        "sigmoid": "logits; their sigmoids, divided by the sum, give the probabilities",
        "identity": "scores; the class with the largest is predicted",
        "exponential": "logits; their exponentials are the predicted numbers",
    }[output]
    if task == "multilabel":
        meaning = "logits; the sigmoid of each is the probability of that label"
    elif output == "sigmoid" and model.num_classes == 1:
        meaning = "a logit; its sigmoid is the probability of the second class"
    elif task == "regression" and output == "identity":
        meaning = "the predicted numbers"
    return {"takes": takes, "gives": meaning}


def save_pytorch(model: NeuralNetMLP | OffersNetwork, path: str | os.PathLike[str]) -> None:
    """Write a network's weights to a safetensors file for PyTorch.

    To load them in PyTorch, build the `nn.Sequential` of `pytorch_code`, which is also in the
    file's metadata, and call its `load_state_dict(safetensors.torch.load_file(path))`. It does not
    scale pixels: scale them to `model.input_range` first. The metadata also state what the module
    takes and what its results mean.

    Parameters
    ----------
    model
        As for `to_state_dict`.
    path : path
        Path of the file; its name usually ends in `.safetensors`.

    Raises
    ------
    InputError
        If `model` cannot be used, or has an activation that PyTorch does not have.
    FileError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    model = network_of(model)
    texts = {"format": "pt", "module": pytorch_code(model)} | pytorch_usage(model)
    content = save(to_state_dict(model), texts)
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
    """Build a network from a safetensors file with PyTorch's weights.

    The file contains no activations and no loss, so they are arguments.

    Parameters
    ----------
    path : path
        A file written by `safetensors.torch.save_file(module.state_dict(), path)` or by
        `save_pytorch`.
    hidden_activation, output_activation, loss, classes
        As for `NeuralNetMLP`.
    input_range : (float, float), optional
        Range to which pixels were scaled in training. By default, the network's notes state that
        its inputs are features, floating-point numbers that are not scaled.

    Returns
    -------
    NeuralNetMLP

    Raises
    ------
    FileFormatError
        If the file is not a safetensors file, or is too large.
    FileError
        If the file cannot be read.
    InputError
        If the tensors are not those of such a network, or an argument is invalid.
    """
    model = from_state_dict(
        _read(check_path(path)),
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
    """Build a network from weights with PyTorch's names and shapes.

    Layers are ordered by the numbers in their names: "fc1" before "fc2", and "9" before "10".
    Integer tensors such as `num_batches_tracked` are ignored.

    Parameters
    ----------
    tensors : dict of str to array_like
        The `state_dict`, with its tensors as arrays.
    hidden_activation, output_activation, loss, input_range, classes
        As for `load_pytorch`.

    Returns
    -------
    NeuralNetMLP

    Raises
    ------
    InputError
        If the tensors are not those of such a network, or an argument is invalid.
    """
    if not isinstance(tensors, Mapping):
        raise InputError(f"tensors is {describe(tensors)}; it must be a dict of arrays by name.")
    layers = parse_layers(tensors)
    normalized = [layer.normalization is not None for layer in layers[:-1]]
    if layers[-1].normalization is not None or any(normalized) != all(normalized):
        raise InputError(
            "Some layers of this network are batch-normalized and some are not; either all hidden "
            "layers must be or none, and the output layer must not be."
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
    linear_layers = iter(layers)
    for layer in model.layers:
        if isinstance(layer, Dense):
            linear = next(linear_layers)
            layer.W[...] = linear.weight.T  # (D, K)
            if layer.b is not None:
                layer.b[...] = linear.bias
        elif isinstance(layer, BatchNorm):
            for name, values in (linear.normalization or {}).items():
                getattr(layer, name)[...] = values
            layer.mean[...] -= linear.bias  # z + b - mean = z - (mean - b)
    return model


def _read(path: Path) -> dict[str, Array]:
    """Read all tensors of a safetensors file."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        check_regular(path, "read")
        if path.stat().st_size > _MAX_BYTES:
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
            f"{path} is not a safetensors file with number types that NumPy supports: {error}. "
            f"Write it with safetensors.torch.save_file(module.float().state_dict(), path). "
            f"Files from torch.save are not supported, because loading them can run code."
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
        raise InputError(f"The network has {describe(function)}, which PyTorch does not have.")
    return _MODULES[function.name]
