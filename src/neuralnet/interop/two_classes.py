"""Two classes: the sigmoid output in training and two equivalent softmax outputs.

softmax(-z/2, z/2) = (exp(-z/2), exp(z/2)) / (exp(-z/2) + exp(z/2)) = (1 - sigmoid(z), sigmoid(z)),
and halving is exact in floating point. Training with one output is not the same as with two: a step
of Adam would change the difference of two logits by twice the step size.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.network import NeuralNetMLP


def halves(values: Array) -> Array:
    """Return the columns -v/2 and v/2 for logits or weights (N, 1), or for one bias (1,)."""
    pair: Array = np.concatenate([values * -0.5, values * 0.5], axis=-1)
    return pair  # (N, 2), (2,)


def two_outputs(
    model: NeuralNetMLP, classes: Sequence[str | int], label_smoothing: float = 0.0
) -> NeuralNetMLP:
    """Return a network with two softmax outputs that is equivalent to one with a sigmoid output.

    The last layer of the copy has the halved weights and biases with both signs. Predictions and
    cross-entropy are the same up to rounding. The L2 penalty differs, because the weights do, so
    use the copy for prediction.

    Parameters
    ----------
    model : NeuralNetMLP
        A network with one sigmoid output and binary cross-entropy; it is not changed.
    classes : sequence of two str or int
        Names of the labels 0 and 1. The sigmoid output is the probability of label 1.
    label_smoothing : float
        Label smoothing used in training.

    Returns
    -------
    NeuralNetMLP
        A network with the same hidden layers.
    """
    changes = {"num_classes": 2, "output_activation": "softmax", "loss": "cross_entropy"}
    changes |= {"label_smoothing": label_smoothing, "classes": classes}
    pair = NeuralNetMLP(**model.settings() | changes, xp=model.xp)
    pair.notes = dict(model.notes)
    last = f"layers.{len(model.num_hidden)}."
    trained = model.parameters.tensors()
    for name, values in pair.parameters.tensors().items():
        values[...] = halves(trained[name]) if name.startswith(last) else trained[name]
    return pair
