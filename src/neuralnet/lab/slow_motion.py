"""One step of gradient descent on one example, each stage with its numbers."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.layers import Dense
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD


def slow_motion(
    model: NeuralNetMLP, picture: Array, label: int, rate: float
) -> tuple[dict[str, Array], dict[str, Any]]:
    """Compute forward pass, loss, deltas, gradients and one SGD step with the package's methods.

    With one example, the gradient of a bias is the delta of its unit, dL/dz.

    Parameters
    ----------
    model : NeuralNetMLP
        A network without batch normalization; it does not change.
    picture : ndarray of uint8, shape (784,)
        The example.
    label : int
        Its label.
    rate : float
        Learning rate of the step.

    Returns
    -------
    tensors : dict of str to ndarray
        For each layer l, counted from 0: "l.z", "l.a" and "l.delta", shape (K,), "l.weight" and
        "l.gradient", shape (D, K), and "l.new_weight" after the update; also "x", the inputs.
    numbers : dict
        "loss" before and "new_loss" after the update, "probabilities" before and after, and the
        names of the loss and the activations.
    """
    model = copy.deepcopy(model)
    X, y = picture[np.newaxis], np.array([label])
    activations = model.forward(X)
    gradients = model.backward(X, activations, y)
    before = model.evaluate(X, y)
    batch = model.batch(1, backward=False)
    batch.load(X)
    tensors: dict[str, Array] = {"x": batch.x[0].copy()}
    inputs = batch.x
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]
    for number, (layer, a) in enumerate(zip(dense, activations, strict=True)):
        [cache] = [layer.cache(1, needs_d_inputs=False)]
        tensors[f"{number}.z"] = layer.forward(inputs, cache)[0].copy()
        tensors[f"{number}.a"] = a[0]
        tensors[f"{number}.delta"] = gradients[f"layers.{number}.bias"]
        tensors[f"{number}.weight"] = layer.W.copy()
        tensors[f"{number}.gradient"] = gradients[f"layers.{number}.weight"]
        inputs = a
    probabilities = model.predict_proba(X)[0]
    optimizer = SGD()
    optimizer.start(model.parameters)
    optimizer.step(rate)
    for number, layer in enumerate(dense):
        tensors[f"{number}.new_weight"] = layer.W.copy()
    after = model.evaluate(X, y)
    return tensors, {
        "label": label,
        "rate": rate,
        "loss": before.loss,
        "new_loss": after.loss,
        "probabilities": probabilities.tolist(),
        "new_probabilities": model.predict_proba(X)[0].tolist(),
        "loss_name": model.loss.name,
        "l2": model.l2,
        "hidden_activation": [one.name for one in model.hidden_activation],
        "output_activation": model.output_activation.name,
    }
