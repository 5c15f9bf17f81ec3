"""Activation functions: a function and its derivative, one pair a class.

Shapes: `N` examples in a batch, `K` units in the layer. `z` is what a layer computes before its
activation, `a = f(z)` after it, both (N, K); `da` and `dz` are the gradients of the loss L with
respect to them.

Each function writes its result into `out` and returns it, so that a training step need not make
room for it. `out` may be `z` itself.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from neuralnet.checks import Array, InputError, check_choice, check_name, check_number


class Activation(ABC):
    """A function of a layer's `z`, and how a gradient goes back through it."""

    name: ClassVar[str]
    # Which initial weights go with this function (initialization.py).
    initialization: ClassVar[str] = "glorot_normal"
    # Whether going backward reads z; where it does not, a alone is enough. True is always right.
    needs_z: ClassVar[bool] = True

    # What a data class would give. Making six takes three times as long as importing all else here.
    def __eq__(self, other: object) -> bool:
        """Two of one kind, with the same settings, are equal."""
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash((type(self), tuple(vars(self).items())))

    def __repr__(self) -> str:
        """Name the kind and its settings."""
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"

    @abstractmethod
    def forward(self, z: Array, out: Array) -> Array:
        """Give a = f(z)."""

    @abstractmethod
    def backward(self, da: Array, z: Array, a: Array) -> Array:
        """Give dL/dz from dL/da, in place of `da`. What stood in `z` is overwritten."""

    def probabilities(self, z: Array, out: Array) -> Array:
        """Give, for logits z, rows of probabilities that sum to one, if these outputs have any.

        Raises
        ------
        InputError
            If they have none.
        """
        raise InputError(
            f"A network with {self.name} outputs gives no probabilities. Use forward(X) for the "
            f"raw outputs, or build it with output_activation='softmax' or 'sigmoid'."
        )


class ElementwiseActivation(Activation):
    """A function that takes each entry of `z` by itself, so that its derivative is one as well."""

    @abstractmethod
    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give da/dz, entry by entry."""

    def backward(self, da: Array, z: Array, a: Array) -> Array:
        """Give dL/dz = dL/da da/dz, in place of `da`. What stood in `z` is overwritten."""
        return np.multiply(da, self.derivative(z, a, out=z), out=da)  # (N, K)


class Identity(ElementwiseActivation):
    """a = z: the output of a regression; a hidden layer that is only a bottleneck."""

    name = "identity"
    needs_z = False

    def forward(self, z: Array, out: Array) -> Array:
        """Give z."""
        np.copyto(out, z)
        return out

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give 1."""
        out.fill(1)
        return out


class Sigmoid(ElementwiseActivation):
    """a = 1 / (1 + exp(-z)), between 0 and 1."""

    name = "sigmoid"
    needs_z = False

    def forward(self, z: Array, out: Array) -> Array:
        """Give (1 + tanh(z / 2)) / 2: the same function, which cannot overflow, whatever z is."""
        np.multiply(z, 0.5, out=out)
        np.tanh(out, out=out)
        np.multiply(out, 0.5, out=out)
        return np.add(out, 0.5, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give a (1 - a)."""
        np.subtract(1, a, out=out)
        return np.multiply(a, out, out=out)

    def probabilities(self, z: Array, out: Array) -> Array:
        """Give each sigmoid's share of its row's sum."""
        total: Array = self.forward(z, out=out).sum(axis=1, keepdims=True)  # (N, 1)
        if total.min() > 0.01:
            return np.divide(out, total, out=out)
        # Where all of a row are tiny, their digits are lost to rounding; their logarithms have
        # them: log(sigmoid(z)) = min(z, 0) - log(1 + exp(-|z|)).
        logarithms: Array = np.minimum(z, 0) - np.log1p(np.exp(-np.abs(z)))  # (N, K)
        return Softmax().forward(logarithms, out=out)


class Tanh(ElementwiseActivation):
    """a = tanh(z), between -1 and 1."""

    name = "tanh"
    needs_z = False

    def forward(self, z: Array, out: Array) -> Array:
        """Give tanh(z)."""
        return np.tanh(z, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give 1 - a²."""
        np.multiply(a, a, out=out)
        return np.subtract(1, out, out=out)


class ReLU(ElementwiseActivation):
    """a = max(z, 0). At the kink, z = 0, the derivative is taken as 0."""

    name = "relu"
    initialization = "he_normal"
    needs_z = False

    def forward(self, z: Array, out: Array) -> Array:
        """Give the larger of z and 0."""
        # NumPy compares with a row of zeros in half the time that it takes with the number 0.
        zeros: Array = np.zeros_like(z[0])
        return np.maximum(z, zeros, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give 1 where a > 0, else 0."""
        return np.greater(a, 0, out=out)


@dataclass(frozen=True)
class LeakyReLU(ElementwiseActivation):
    """a = z where z > 0, else negative_slope * z (Maas, Hannun and Ng 2013).

    Parameters
    ----------
    negative_slope : float
        The slope for negative z, in [0, 1).
    """

    negative_slope: float = 0.01

    name = "leaky_relu"
    initialization = "he_normal"
    needs_z = False

    def __post_init__(self) -> None:
        slope = check_number(self.negative_slope, "negative_slope", minimum=0, below=1)
        object.__setattr__(self, "negative_slope", slope)

    def forward(self, z: Array, out: Array) -> Array:
        """Give the larger of z and negative_slope z: on either side of 0 it is the right one."""
        return np.maximum(z, z * self.negative_slope, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give 1 where a > 0, else negative_slope."""
        np.greater(a, 0, out=out)
        out *= 1 - self.negative_slope
        return np.add(out, self.negative_slope, out=out)


class GELU(ElementwiseActivation):
    """a = z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))).

    The tanh approximation of the Gaussian error linear unit (Hendrycks and Gimpel 2016,
    arXiv 1606.08415, section 2).
    """

    name = "gelu"
    initialization = "he_normal"

    SCALE: ClassVar[float] = math.sqrt(2 / math.pi)
    CUBIC: ClassVar[float] = 0.044715
    # Beyond this z, t is 1 to the last bit of a float64, and z³ need not be computed.
    FAR: ClassVar[float] = 20.0

    def forward(self, z: Array, out: Array) -> Array:
        """Give z/2 (1 + t)."""
        t = self._t(np.clip(z, -self.FAR, self.FAR))
        t += 1
        t *= z
        return np.divide(t, 2, out=out)

    def derivative(self, z: Array, a: Array, out: Array) -> Array:
        """Give (1 + t)/2 + z/2 (1 - t²) du/dz."""
        near = np.clip(z, -self.FAR, self.FAR)
        t = self._t(near)
        du_dz: Array = self.SCALE * (1 + 3 * self.CUBIC * near * near)
        twice: Array = 1 + t + near * (1 - t * t) * du_dz
        return np.divide(twice, 2, out=out)

    def _t(self, z: Array) -> Array:
        """Give t = tanh(u), for u = √(2/π) (z + 0.044715 z³)."""
        u: Array = self.SCALE * (z + self.CUBIC * z * z * z)
        return np.tanh(u, out=u)  # (N, K)


class Softmax(Activation):
    """a_k = exp(z_k) / sum_j exp(z_j): rows of probabilities, for the output layer.

    Each output depends on every input of its row, so this one has a backward of its own.
    """

    name = "softmax"

    def forward(self, z: Array, out: Array) -> Array:
        """Give exp(z_k - max z) / sum_j exp(z_j - max z): the same, with exp in range."""
        np.subtract(z, z.max(axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        total: Array = out.sum(axis=1, keepdims=True)  # (N, 1)
        return np.divide(out, total, out=out)

    def backward(self, da: Array, z: Array, a: Array) -> Array:
        """Give dL/dz_k = a_k (dL/da_k - sum_j a_j dL/da_j), in place of `da`.

        That is sum_j dL/da_j da_j/dz_k, with da_j/dz_k = a_j (1 if j is k, else 0) - a_j a_k.
        """
        np.multiply(a, da, out=z)
        np.subtract(da, z.sum(axis=1, keepdims=True), out=da)
        return np.multiply(a, da, out=da)  # (N, K)

    def probabilities(self, z: Array, out: Array) -> Array:
        """Give the outputs themselves."""
        return self.forward(z, out=out)


HIDDEN_ACTIVATIONS: dict[str, type[ElementwiseActivation]] = {
    kind.name: kind for kind in (Sigmoid, Tanh, ReLU, LeakyReLU, GELU, Identity)
}
OUTPUT_ACTIVATIONS: dict[str, type[Activation]] = {
    kind.name: kind for kind in (Sigmoid, Softmax, Identity)
}


def hidden_for(choice: object, name: str = "hidden_activation") -> Activation:
    """Return the hidden activation that `choice` is or names."""
    return check_choice(choice, ElementwiseActivation, HIDDEN_ACTIVATIONS, name)


def output_for(choice: object) -> Activation:
    """Return the output activation that `choice` is or names."""
    activation = check_choice(choice, Activation, OUTPUT_ACTIVATIONS, "output_activation")
    check_name(activation.name, OUTPUT_ACTIVATIONS, "output_activation")
    return activation
