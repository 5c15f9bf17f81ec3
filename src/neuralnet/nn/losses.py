"""Losses: each class pairs a loss with its gradient with respect to the logits.

Shapes: `N` examples in a batch, `K` outputs. `z` are the logits (the output of the last layer,
before the output activation), `a` the outputs, `targets` the desired outputs, all (N, K).

A loss here is l, one number per example: the sum over its K outputs. `Objective` takes the
(weighted) mean over the examples, which is L. In this module, `da` and `dz` are gradients of l;
`Objective` multiplies them by the example weights.
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from neuralnet.checks import Array, by_name, check_choice, check_pair
from neuralnet.nn.activations import Activation


class Loss(ABC):
    """The distance of outputs from their targets, with its gradient with respect to the logits."""

    name: ClassVar[str]
    # Names of the output activations that this loss can be paired with.
    output_activations: ClassVar[tuple[str, ...]]
    # Output activations with which the caller may give a matrix of targets in place of labels, each
    # with the allowed range of a target.
    target_ranges: ClassVar[dict[str, tuple[float, float]]] = {}

    @abstractmethod
    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Return the loss of each example, shape (N,). `scratch` (N, K) is overwritten."""

    @abstractmethod
    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Return dl/dz of each example's loss l, written to `out`. `z` may be overwritten."""


class MeanSquaredError(Loss):
    """l = sum_k (a_k - t_k)²."""

    name = "mean_squared_error"
    output_activations = ("sigmoid", "softmax", "identity")
    target_ranges: ClassVar = {"identity": (-math.inf, math.inf), "sigmoid": (0.0, 1.0)}

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Return the sum of the squares."""
        np.subtract(a, targets, out=scratch)
        np.multiply(scratch, scratch, out=scratch)
        losses: Array = scratch.sum(axis=1)
        return losses  # (N,)

    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Return dl/dz = dl/da da/dz, with dl/da = 2 (a - t)."""
        np.subtract(a, targets, out=out)
        da = np.multiply(out, 2, out=out)  # (N, K)
        return output.backward(da, z, a)


class CrossEntropy(Loss):
    """l = -sum_k t_k log a_k, for a = softmax(z) and targets that sum to 1 in each row.

    With log a_k = z_k - log(sum_j exp z_j) this is log(sum_j exp z_j) - sum_k t_k z_k; its
    derivative with respect to z_k is exp z_k / (sum_j exp z_j) - t_k = a_k - t_k.

    Both are small differences where a prediction is nearly certain. The code computes them from
    the other outputs, which keeps their digits.
    """

    name = "cross_entropy"
    output_activations = ("softmax",)

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Return log(sum_k exp s_k) - sum_k t_k s_k, with s = z - max z, so that one s is 0."""
        shifted = np.subtract(z, z.max(axis=1, keepdims=True), out=scratch)  # (N, K)
        expected: Array = np.einsum("nk,nk->n", targets, shifted)
        largest = shifted == 0
        np.copyto(np.exp(shifted, out=shifted), 0, where=largest)
        losses: Array = shifted.sum(axis=1)
        # One of the m largest is the 1 of log1p(x) = log(1 + x); the others add exp(0) = 1 each.
        losses += largest.sum(axis=1) - 1
        np.log1p(losses, out=losses)
        losses -= expected
        return losses  # (N,)

    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Return dl/dz = a - t. As a and t sum to 1, a nearly certain output has minus the rest."""
        np.subtract(a, targets, out=out)
        certain = a > 0.5  # at most one output of a row
        np.copyto(out, 0, where=certain)
        np.copyto(out, -out.sum(axis=1, keepdims=True), where=certain)
        return out  # (N, K)


class BinaryCrossEntropy(Loss):
    """l = -sum_k [t_k log a_k + (1 - t_k) log(1 - a_k)], for a = sigmoid(z).

    Its derivative with respect to a_k is (a_k - t_k) / (a_k (1 - a_k)), and that of a_k with
    respect to z_k is a_k (1 - a_k); their product is a_k - t_k.
    """

    name = "binary_cross_entropy"
    output_activations = ("sigmoid",)
    target_ranges: ClassVar = {"sigmoid": (0.0, 1.0)}

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Return sum_k [max(z_k, 0) - t_k z_k + log(1 + exp(-|z_k|))], which is always finite.

        This is l, because log(1 - a) = -max(z, 0) - log(1 + exp(-|z|)) and log a = z + log(1 - a).
        """
        np.negative(np.abs(z, out=scratch), out=scratch)
        np.log1p(np.exp(scratch, out=scratch), out=scratch)
        scratch += np.maximum(z, 0) - targets * z  # the small term last keeps its digits
        losses: Array = scratch.sum(axis=1)
        return losses  # (N,)

    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Return dl/dz = a - t, as a (1 - t) - (1 - a) t with 1 - a = sigmoid(-z).

        This form keeps the digits where a and t are both close to 1.
        """
        complement = output.forward(np.negative(z, out=z), out=out)  # (N, K)
        complement *= targets
        out[...] = a * (1 - targets) - complement
        return out  # (N, K)


class PoissonDeviance(Loss):
    """l = 2 sum_k [t_k log(t_k / a_k) - t_k + a_k], for a = exp(z) and targets of at least 0.

    It is twice the negative log-likelihood of counts t with the means a, up to terms without a, and
    0 where a = t. Its derivative with respect to a_k is 2 (1 - t_k / a_k), and that of a_k with
    respect to z_k is a_k; their product is 2 (a_k - t_k).
    """

    name = "poisson_deviance"
    output_activations = ("exponential",)
    target_ranges: ClassVar = {"exponential": (0.0, math.inf)}

    def forward(self, z: Array, a: Array, targets: Array, scratch: Array) -> Array:
        """Return 2 sum_k t_k [exp(d_k) - 1 - d_k] with d_k = z_k - log t_k, and 2 a_k for t_k = 0.

        This is l, without a difference of large numbers.
        """
        zero = targets == 0
        d = np.subtract(z, np.log(np.where(zero, 1, targets)), out=scratch)  # log a - log t
        excess = np.maximum(np.expm1(d) - d, 0)  # (a / t) - 1 - d, which rounding makes negative
        losses: Array = 2 * np.where(zero, a, targets * excess).sum(axis=1)
        return losses  # (N,)

    def backward(self, z: Array, a: Array, targets: Array, output: Activation, out: Array) -> Array:
        """Return dl/dz = 2 (a - t)."""
        return np.multiply(np.subtract(a, targets, out=out), 2, out=out)


LOSSES = by_name(MeanSquaredError, CrossEntropy, BinaryCrossEntropy, PoissonDeviance)


def loss_for(choice: str | Loss, output: Activation) -> Loss:
    """Return the loss that `choice` is or names, if it can be paired with `output`.

    Raises
    ------
    InputError
        If it cannot; the message names the legal pairs.
    """
    loss = check_choice(choice, Loss, LOSSES, "loss")
    check_pair(loss, output.name, LOSSES.values())
    return loss
