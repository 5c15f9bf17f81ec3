"""Activation functions: each class pairs a function with its derivative.

Shapes: `N` examples in a batch, `K` units in the layer. `z` is the input of the activation,
`a = f(z)` its output, both (N, K); `da` and `dz` are the gradients of the loss L with respect to
them.

Each function writes its result to `out` and returns it, so that a training step allocates little.
`out` may be `z` itself. Otherwise `forward` leaves z as it is, because `backward` needs it;
`backward` then overwrites it (batch.py says which buffers may be overwritten).
"""

import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from neuralnet.checks import Array, ByValue, InputError, by_name, check_choice, check_name
from neuralnet.checks.values import check_number


class Activation(ByValue, ABC):
    """A function of a layer's `z`, with the backward pass through it."""

    name: ClassVar[str]
    # The initializer that suits this function, by its name in initialization.py.
    initialization: ClassVar[str] = "glorot_normal"

    @abstractmethod
    def forward(self, z: Array, out: Array) -> Array:
        """Return a = f(z)."""

    @abstractmethod
    def backward(self, da: Array, z: Array, a: Array) -> Array:
        """Return dL/dz, written over `da`. The contents of `z` are overwritten."""

    def probabilities(self, z: Array) -> Array:
        """Return rows of probabilities that sum to one, given the logits z.

        Raises
        ------
        InputError
            If these outputs are not probabilities.
        """
        raise InputError(
            f"A network with {self.name} outputs gives no probabilities. Use forward(X) for the "
            f"raw outputs, or build it with output_activation='softmax' or 'sigmoid'."
        )


class ElementwiseActivation(Activation):
    """A function applied to each entry of `z` separately; its derivative is elementwise as well."""

    @abstractmethod
    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return da/dz of each entry."""

    def backward(self, da: Array, z: Array, a: Array) -> Array:
        """Return dL/dz = dL/da da/dz, written over `da`. The contents of `z` are overwritten."""
        return np.multiply(da, self.derivative(z, a, out=z), out=da)  # (N, K)


class Identity(ElementwiseActivation):
    """a = z, for the outputs of a regression or a linear bottleneck."""

    name = "identity"

    def forward(self, z: Array, out: Array) -> Array:
        """Return z."""
        return np.positive(z, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return 1."""
        out.fill(1)
        return out


class Sigmoid(ElementwiseActivation):
    """a = 1 / (1 + exp(-z)), between 0 and 1."""

    name = "sigmoid"

    def forward(self, z: Array, out: Array) -> Array:
        """Return 1 / (1 + exp(-z)), with full relative precision while exp(-z) is finite."""
        with np.errstate(over="ignore"):  # far below 0, exp(-z) is infinite and a is 0
            np.exp(np.negative(z, out=out), out=out)
        return np.reciprocal(np.add(out, 1, out=out), out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return a (1 - a)."""
        np.subtract(1, a, out=out)
        return np.multiply(a, out, out=out)

    def probabilities(self, z: Array) -> Array:
        """Return each sigmoid divided by the sum of its row; for one output, 1 - a and a."""
        if z.shape[1] == 1:
            # softmax(-z/2, z/2) = (1 - sigmoid(z), sigmoid(z)), and 1 - a would lose digits.
            pair: Array = np.concatenate([z * -0.5, z * 0.5], axis=1)  # (N, 2)
            return Softmax().forward(pair, out=pair)
        # Sigmoids far below 0 vanish. Multiplied by exp(-s), with s = min(max z, 0), the largest
        # of a row is at least 1/2: sigmoid(z) exp(-s) = 1 / (exp(s) + exp(s - z)).
        s = np.minimum(z.max(axis=1, keepdims=True), 0)  # (N, 1)
        with np.errstate(over="ignore"):  # a much smaller sigmoid is 0
            a: Array = np.reciprocal(np.exp(s) + np.exp(s - z))  # (N, K)
        a /= a.sum(axis=1, keepdims=True)
        return a


class Tanh(ElementwiseActivation):
    """a = tanh(z), between -1 and 1."""

    name = "tanh"

    def forward(self, z: Array, out: Array) -> Array:
        """Return tanh(z)."""
        return np.tanh(z, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return 1 - a²."""
        np.multiply(a, a, out=out)
        return np.subtract(1, out, out=out)


class ReLU(ElementwiseActivation):
    """a = max(z, 0). The derivative at the kink, z = 0, is taken as 0."""

    name = "relu"
    initialization = "he_normal"

    def forward(self, z: Array, out: Array) -> Array:
        """Return the larger of z and 0."""
        # NumPy compares with a row of zeros in half the time that it takes with the number 0.
        zeros: Array = np.zeros_like(z[:1])
        return np.maximum(z, zeros, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return 1 where a > 0, else 0."""
        return np.greater(a, 0, out=out)


class LeakyReLU(ElementwiseActivation):
    """a = z where z > 0, else negative_slope * z (Maas, Hannun and Ng 2013).

    Parameters
    ----------
    negative_slope : float
        Slope for negative z, in [0, 1).
    """

    name = "leaky_relu"
    initialization = "he_normal"

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = check_number(negative_slope, "negative_slope", minimum=0, below=1)

    def forward(self, z: Array, out: Array) -> Array:
        """Return the larger of z and negative_slope * z."""
        return np.maximum(z, z * self.negative_slope, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return 1 where a > 0, else negative_slope."""
        return np.maximum(np.greater(a, 0, out=out), self.negative_slope, out=out)


class GELU(ElementwiseActivation):
    """a = z/2 (1 + t) with t = tanh(u) and u = √(2/π) (z + 0.044715 z³).

    The tanh approximation of the Gaussian error linear unit (Hendrycks and Gimpel 2016,
    arXiv 1606.08415, section 2).
    """

    name = "gelu"
    initialization = "he_normal"

    SCALE: ClassVar[float] = math.sqrt(2 / math.pi)
    CUBIC: ClassVar[float] = 0.044715
    # Beyond |z| = 20, t is ±1 to the last bit of a float64; clipping keeps z³ in range.
    CLIP: ClassVar[float] = 20.0

    def forward(self, z: Array, out: Array) -> Array:
        """Return z/2 (1 + t)."""
        t = self._t(np.clip(z, -self.CLIP, self.CLIP))
        return np.divide(np.multiply(z, np.add(t, 1, out=t), out=t), 2, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return (1 + t)/2 + z/2 (1 - t²) du/dz."""
        clipped = np.clip(z, -self.CLIP, self.CLIP)
        t = self._t(clipped)
        du_dz: Array = self.SCALE * (1 + 3 * self.CUBIC * clipped * clipped)
        twice: Array = 1 + t + clipped * (1 - t * t) * du_dz
        return np.divide(twice, 2, out=out)

    def _t(self, z: Array) -> Array:
        """Return t = tanh(u)."""
        u: Array = self.SCALE * (z + self.CUBIC * z * z * z)
        return np.tanh(u, out=u)  # (N, K)


class Exponential(ElementwiseActivation):
    """a = exp(z), for the outputs of a regression of counts."""

    name = "exponential"

    def forward(self, z: Array, out: Array) -> Array:
        """Return exp(z)."""
        return np.exp(z, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Return a."""
        return np.positive(a, out=out)


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j): rows of probabilities, for the output layer.

    Each output depends on every input of its row, so the backward pass is not elementwise.
    """

    name = "softmax"

    def forward(self, z: Array, out: Array) -> Array:
        """Return exp(z_k - max z) / sum_j exp(z_j - max z), which never overflows."""
        np.subtract(z, z.max(axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        total: Array = out.sum(axis=1, keepdims=True)  # (N, 1)
        return np.divide(out, total, out=out)

    def backward(self, da: Array, z: Array, a: Array) -> Array:
        """Return dL/dz_k = a_k (dL/da_k - sum_j a_j dL/da_j), written over `da`.

        This is sum_j dL/da_j da_j/dz_k, with da_j/dz_k = a_j (1 if j = k, else 0) - a_j a_k.
        """
        np.multiply(a, da, out=z)
        np.subtract(da, z.sum(axis=1, keepdims=True), out=da)
        return np.multiply(a, da, out=da)  # (N, K)

    def probabilities(self, z: Array) -> Array:
        """Return the outputs themselves."""
        return self.forward(z, out=np.empty_like(z))


HIDDEN_ACTIVATIONS = by_name(Sigmoid, Tanh, ReLU, LeakyReLU, GELU, Identity)
OUTPUT_ACTIVATIONS: dict[str, type[Activation]] = by_name(Sigmoid, Softmax, Identity, Exponential)


def hidden_activation_for(choice: object, name: str = "hidden_activation") -> Activation:
    """Return the hidden activation that `choice` is or names."""
    return check_choice(choice, ElementwiseActivation, HIDDEN_ACTIVATIONS, name)


def output_activation_for(choice: object) -> Activation:
    """Return the output activation that `choice` is or names."""
    activation = check_choice(choice, Activation, OUTPUT_ACTIVATIONS, "output_activation")
    check_name(activation.name, OUTPUT_ACTIVATIONS, "output_activation")
    return activation
