"""Folding of affine maps into dense layers: fewer layers, the same predictions.

A dense layer is an affine map, z = x W + b. So are batch normalization in inference and the
standardization of a table's columns. Two consecutive affine maps are equivalent to one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import Array, InputError, check_finite, describe
from neuralnet.checks.inputs import VALUES_NOTE
from neuralnet.nn.layers import Dense
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.regularization import BatchNorm

Affine = tuple[NDArray[np.float64], NDArray[np.float64]]  # W (D, K) and b (K,)


def fold_batch_norm(model: NeuralNetMLP) -> NeuralNetMLP:
    """Return a network with the same predictions, without batch normalization and dropout.

    Batch normalization after z = x W is y = (z - mean) s + shift with s = scale / sqrt(variance +
    EPSILON), so y = x (W s) + (shift - mean s). The new weights are computed in float64 and rounded
    once. Use the result for prediction: the weights are different, so the L2 penalty is too.

    Parameters
    ----------
    model : NeuralNetMLP
        The network; it is not changed.

    Returns
    -------
    NeuralNetMLP
        A network of dense layers with biases, and the same activations.

    Raises
    ------
    InputError
        If `model` is not a `NeuralNetMLP`.
    """
    plain = _plain_copy(model)
    _set_parameters(plain, dense_layers(model))
    return plain


def with_standardization(model: NeuralNetMLP, mean: Array, deviation: Array) -> NeuralNetMLP:
    """Return a network for raw columns from a network for standardized ones.

    The network was trained on (x - mean) / deviation. The result includes this map in the weights
    of its first layer, and its batch normalization is folded. A file of it is sufficient for
    prediction; the means and standard deviations need not be stored separately.

    Parameters
    ----------
    model : NeuralNetMLP
        The network, trained on standardized floating-point inputs; it is not changed.
    mean, deviation : array_like, shape (D,)
        Mean and standard deviation of each column.

    Returns
    -------
    NeuralNetMLP
        A network without batch normalization and dropout.

    Raises
    ------
    InputError
        If `model` is not a `NeuralNetMLP`, or if `mean` or `deviation` has the wrong shape or a
        value that is not finite, or a standard deviation is not above 0.
    """
    if not isinstance(model, NeuralNetMLP):
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
    mean, deviation = (np.asarray(row, dtype=np.float64) for row in (mean, deviation))
    for name, row in (("mean", mean), ("deviation", deviation)):
        if row.shape != (model.num_features,):
            raise InputError(
                f"{name} has shape {row.shape}; it must have shape ({model.num_features},), one "
                f"number for each of the network's features."
            )
        check_finite(row, name)
    if deviation.min() <= 0:
        raise InputError(
            f"deviation contains {deviation.min():g}; it must be above 0. Use 1 for a constant "
            f"column."
        )
    return with_input_map(model, 1 / deviation, -mean / deviation)


def with_input_map(model: NeuralNetMLP, factor: Array, offset: Array) -> NeuralNetMLP:
    """Return a network for x from a network for x * factor + offset.

    Parameters
    ----------
    model : NeuralNetMLP
        The network; it is not changed.
    factor, offset : ndarray, shape (D,)
        The map of each input.

    Returns
    -------
    NeuralNetMLP
        A network without batch normalization and dropout.
    """
    plain = _plain_copy(model)
    plain.notes.pop(VALUES_NOTE, None)  # they describe the mapped inputs
    (W, b), *others = dense_layers(model)
    _set_parameters(plain, [(W * factor[:, None], b + offset @ W), *others])
    return plain


def dense_layers(model: NeuralNetMLP) -> list[Affine]:
    """Return each dense layer's weights and biases in float64, batch normalization folded in."""
    to_numpy = getattr(model.xp, "asnumpy", np.asarray)

    def float64(values: Array) -> NDArray[np.float64]:
        return np.array(to_numpy(values), dtype=np.float64)

    pairs: list[Affine] = []
    for layer in model.layers:
        if isinstance(layer, Dense):
            b = np.zeros(layer.num_outputs) if layer.b is None else float64(layer.b)
            pairs.append((float64(layer.W), b))
        elif isinstance(layer, BatchNorm):
            W, b = pairs[-1]
            scaling = float64(layer.scale) / np.sqrt(float64(layer.variance) + layer.EPSILON)
            shift = float64(layer.shift) + (b - float64(layer.mean)) * scaling
            pairs[-1] = (W * scaling, shift)  # (D, K), (K,)
    return pairs


def _plain_copy(model: object) -> NeuralNetMLP:
    """Build an untrained network with the same settings, without normalization and dropout."""
    if not isinstance(model, NeuralNetMLP):
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
    settings = model.settings() | {"batch_norm": False, "dropout": 0.0}
    plain = NeuralNetMLP(**settings, xp=model.xp)
    plain.notes = dict(model.notes)
    return plain


def _set_parameters(model: NeuralNetMLP, pairs: list[Affine]) -> None:
    """Set the weights and biases of a network without batch normalization."""
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    for layer, (W, b) in zip(dense, pairs, strict=True):
        assert layer.b is not None  # noqa: S101
        layer.W[...], layer.b[...] = model.xp.asarray(W), model.xp.asarray(b)
