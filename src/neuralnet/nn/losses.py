"""Losses: each with its gradient, from logits where loss and output activation belong together.

Shapes: `N` examples in a batch, `K` outputs. `z` are the logits (what the last layer computes
before the output activation), `a` the outputs, `targets` what they should be, all (N, K).

A loss here is one number an example, the sum over its K outputs; the network's loss is the mean
of these over the examples (weighted, where there are weights).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from neuralnet.checks import Array, InputError, check_choice
from neuralnet.nn.activations import Activation


class Loss(ABC):
    """How far outputs are from their targets, and in which direction the logits should move."""

    name: ClassVar[str]
    # The output activations that this loss may stand behind, by name.
    outputs: ClassVar[tuple[str, ...]]
    # Behind which of these each output stands for itself, so that targets may be any matrix.
    free_outputs: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Give the loss of each example, shape (N,). `scratch` (N, K) is overwritten."""

    @abstractmethod
    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Give, in `out`, dl/dz of each example's loss l. What stood in `z` may be overwritten."""


class MeanSquaredError(Loss):
    """l = sum_k (a_k - t_k)²."""

    name = "mean_squared_error"
    outputs = ("sigmoid", "softmax", "identity")
    free_outputs = ("identity",)

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Give the sum of the squares."""
        np.subtract(a, targets, out=scratch)
        np.multiply(scratch, scratch, out=scratch)
        each: Array = scratch.sum(axis=1)
        return each  # (N,)

    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Give dl/dz = dl/da da/dz, with dl/da = 2 (a - t)."""
        np.subtract(a, targets, out=out)
        da = np.multiply(out, 2, out=out)  # (N, K)
        return output.backward(da, z, a)


class CrossEntropy(Loss):
    """l = -sum_k t_k log a_k, for a = softmax(z) and targets that sum to 1 in each row.

    With log a_k = z_k - log(sum_j exp z_j) this is log(sum_j exp z_j) - sum_k t_k z_k, whose
    derivative by z_k is exp z_k / (sum_j exp z_j) - t_k = a_k - t_k.
    """

    name = "cross_entropy"
    outputs = ("softmax",)

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Give log(sum_k exp z_k) - sum_k t_k z_k: the same, and finite however small a is."""
        largest = z.max(axis=1, keepdims=True)  # (N, 1)
        np.exp(np.subtract(z, largest, out=scratch), out=scratch)
        each: Array = np.log(scratch.sum(axis=1)) + largest[:, 0]
        each -= np.multiply(targets, z, out=scratch).sum(axis=1)
        return each  # (N,)

    def backward(
        self,
        z: Array,
        a: Array,
        targets: Array,
        output: Activation,
        out: Array,
    ) -> Array:
        """Give dl/dz = a - t."""
        return np.subtract(a, targets, out=out)


class BinaryCrossEntropy(Loss):
    """l = -sum_k [t_k log a_k + (1 - t_k) log(1 - a_k)], for a = sigmoid(z).

    Its derivative by a_k is (a_k - t_k) / (a_k (1 - a_k)), and that of a_k by z_k is a_k (1 - a_k):
    their product is a_k - t_k.
    """

    name = "binary_cross_entropy"
    outputs = ("sigmoid",)
    free_outputs = ("sigmoid",)

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Give sum_k max(z_k, 0) - t_k z_k + log(1 + exp(-|z_k|)): the same, and finite."""
        np.abs(z, out=scratch)
        np.negative(scratch, out=scratch)
        np.log1p(np.exp(scratch, out=scratch), out=scratch)
        scratch += np.maximum(z, 0) - targets * z  # the small one last: nothing of it is lost
        each: Array = scratch.sum(axis=1)
        return each  # (N,)

    def backward(
        self,
        z: Array,
        a: Array,
        targets: Array,
        output: Activation,
        out: Array,
    ) -> Array:
        """Give dl/dz = a - t."""
        return np.subtract(a, targets, out=out)


LOSSES: dict[str, type[Loss]] = {
    kind.name: kind for kind in (MeanSquaredError, CrossEntropy, BinaryCrossEntropy)
}


def loss_for(choice: str | Loss, output: Activation) -> Loss:
    """Return the loss that `choice` is or names, if it may stand behind `output`.

    Raises
    ------
    InputError
        If it may not; the sentence names the outputs and the losses that go together.
    """
    loss = check_choice(choice, Loss, LOSSES, "loss")
    if output.name not in loss.outputs:
        right_losses = [kind.name for kind in LOSSES.values() if output.name in kind.outputs]
        raise InputError(
            f"loss is {loss.name!r} with output_activation {output.name!r}, which do not belong "
            f"together: {loss.name!r} goes with {' or '.join(map(repr, loss.outputs))} outputs, "
            f"and {output.name!r} outputs with {' or '.join(map(repr, right_losses))}."
        )
    return loss
