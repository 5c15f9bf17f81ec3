"""Affine maps folded into the dense layer beside them: fewer layers, the same predictions.

A dense layer is affine, z = x W + b, and so are batch normalization, once it no longer learns, and
the standardization of a table's columns. Two affine maps in a row are one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import Array, InputError, check_finite, describe
from neuralnet.nn.layers import Dense
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.regularization import BatchNorm

Affine = tuple[NDArray[np.float64], NDArray[np.float64]]  # W (D, K) and b (K,)


def folded(model: NeuralNetMLP) -> NeuralNetMLP:
    """Return a network without batch normalization and dropout that predicts the same.

    Batch normalization after z = x W is y = (z - mean) s + shift, s = scale / sqrt(variance +
    EPSILON), so y = x (W s) + (shift - mean s). It is computed in float64, and rounded once. What
    is returned is meant to predict: its L2 penalty is that of other weights.

    Parameters
    ----------
    model : NeuralNetMLP
        A network; it is not changed.

    Returns
    -------
    NeuralNetMLP
        Its dense layers, each with a bias, and its activations.

    Raises
    ------
    InputError
        If it is no such network.
    """
    plain = _plain_copy(model)
    _write(plain, dense_layers(model))
    return plain


def with_standardization(model: NeuralNetMLP, mean: Array, deviation: Array) -> NeuralNetMLP:
    """Return a network that takes the columns as they are, from one that took them standardized.

    The first layer saw (x - mean) / deviation; the one returned has that in its weights, and is
    folded besides. So whoever has the file needs no second one with means and deviations.

    Parameters
    ----------
    model : NeuralNetMLP
        A network that was trained on standardized floating-point inputs; it is not changed.
    mean, deviation : array_like, shape (D,)
        What was taken from each column, and what it then was divided by.

    Returns
    -------
    NeuralNetMLP
        Without batch normalization and dropout.

    Raises
    ------
    InputError
        If it is no network, or there is not one finite mean and one deviation above 0 a column.
    """
    plain = _plain_copy(model)
    mean, deviation = (np.asarray(row, dtype=np.float64) for row in (mean, deviation))
    for name, row in (("mean", mean), ("deviation", deviation)):
        if row.shape != (model.num_features,):
            raise InputError(
                f"{name} has shape {row.shape}; it must have one number for each of the network's "
                f"{model.num_features} features."
            )
        check_finite(row, name)
    if deviation.min() <= 0:
        raise InputError(
            f"deviation holds {deviation.min():g}; it must be above 0. Give 1 for a column that "
            f"is constant."
        )
    (W, b), *others = dense_layers(model)
    W = W / deviation[:, None]  # (D, K)
    _write(plain, [(W, b - mean @ W), *others])
    return plain


def dense_layers(model: NeuralNetMLP) -> list[Affine]:
    """Return each dense layer's weights and biases, batch normalization folded in, in float64."""
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
    """Build the same network, untrained, without batch normalization and dropout."""
    if not isinstance(model, NeuralNetMLP):
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
    settings = model.settings() | {"batch_norm": False, "dropout": 0.0}
    plain = NeuralNetMLP(**settings, xp=model.xp)
    plain.notes = dict(model.notes)
    return plain


def _write(model: NeuralNetMLP, pairs: list[Affine]) -> None:
    """Write weights and biases into the dense layers of a network that has nothing else."""
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    for layer, (W, b) in zip(dense, pairs, strict=True):
        assert layer.b is not None  # noqa: S101
        layer.W[...], layer.b[...] = model.xp.asarray(W), model.xp.asarray(b)
