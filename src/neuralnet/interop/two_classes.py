"""Two classes: one sigmoid output, which is trained, and the two softmax outputs that it equals.

softmax(-z/2, z/2) = (exp(-z/2), exp(z/2)) / (exp(-z/2) + exp(z/2)) = (1 - sigmoid(z), sigmoid(z)),
and halving is exact in floating point. With one output the logits of both classes move by one step
of the optimizer; with two, Adam would move their difference by two.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.activations import Softmax
from neuralnet.nn.network import NeuralNetMLP


def halves(values: Array) -> Array:
    """Return -v/2 and v/2 side by side, for logits or weights (N, 1), or one bias (1,)."""
    pair: Array = np.concatenate([values * -0.5, values * 0.5], axis=-1)
    return pair  # (N, 2), (2,)


def two_outputs(
    model: NeuralNetMLP, classes: Sequence[str | int], label_smoothing: float = 0.0
) -> NeuralNetMLP:
    """Return a network of two softmax outputs that answers as one of a sigmoid output does.

    It is a copy, with the last layer's weights and biases halved, once with the other sign. It
    predicts the same to rounding and has the same cross-entropy, but not the same L2 penalty, whose
    weights are others: it is meant to predict.

    Parameters
    ----------
    model : NeuralNetMLP
        A network of one sigmoid output with binary cross-entropy; it is not changed.
    classes : sequence of two str or int
        What the labels 0 and 1 stand for; 1 is the one that the output speaks for.
    label_smoothing : float
        How the targets were smoothed that it was trained on.

    Returns
    -------
    NeuralNetMLP
        With the same hidden layers.
    """
    changed = {"num_classes": 2, "output_activation": "softmax", "loss": "cross_entropy"}
    changed |= {"label_smoothing": label_smoothing, "classes": classes}
    pair = NeuralNetMLP(**model.settings() | changed, xp=model.xp)
    pair.notes = dict(model.notes)
    last = f"layers.{len(model.num_hidden)}."
    trained = model.parameters.tensors()
    for name, values in pair.parameters.tensors().items():
        values[...] = halves(trained[name]) if name.startswith(last) else trained[name]
    return pair


def probabilities(model: NeuralNetMLP, X: Array) -> Array:
    """Return the probabilities of both classes, from a network of one sigmoid output.

    Both are computed from the logit: 1 - p of a p near 1 would have lost its digits.
    """
    pairs = halves(model.logits(X))
    return Softmax().forward(pairs, out=pairs)  # (N, 2)


def labels(model: NeuralNetMLP, X: Array) -> Array:
    """Return the more probable label, 0 or 1: that of the logit's sign."""
    ones: Array = (model.logits(X)[:, 0] > 0).astype(np.int64)
    return ones  # (N,)
