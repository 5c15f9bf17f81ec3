"""Layers: backward under forward, with one named cache between them.

Shapes: `N` examples in a batch, `D` inputs of a layer, `K` its outputs. A name that begins with
`d` is the gradient of the loss L with respect to what the rest of the name says: `dW` is dL/dW.

A layer keeps its parameters and their gradients, which are views into the network's flat buffers.
What one batch leaves behind on its way forward, and needs on its way back, stands in a cache,
whose arrays are sized once for a batch size and used again at each step.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neuralnet.checks import Array, NeuralNetError
from neuralnet.nn.activations import Activation
from neuralnet.nn.parameters import Parameters


@dataclass(slots=True)
class Cache:
    """What a layer remembers between forward and backward.

    Attributes
    ----------
    inputs : ndarray, shape (N, D), or None
        What came in; None until a batch has gone forward.
    outputs : ndarray, shape (N, K)
        Where what goes out is written.
    d_inputs : ndarray, shape (N, D)
        Where dL/d(inputs) is written; without columns where nobody asks for it: in the first
        layer, whose inputs are data, and where batches only go forward.
    """

    inputs: Array | None
    outputs: Array
    d_inputs: Array

    def inputs_seen(self) -> Array:
        """Return the inputs of the last forward, or say that there was none."""
        if self.inputs is None:
            raise NeuralNetError("backward came before forward: no batch has gone through yet.")
        return self.inputs


class Layer(ABC):
    """What the network asks of a layer; one without parameters keeps the first four as they are."""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter, by name."""
        return {}

    def running_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each figure that training follows without a gradient, by name."""
        return {}

    def bind(self, parameters: Parameters) -> None:  # noqa: B027
        """Take the views that are this layer's."""

    @abstractmethod
    def cache(self, num_rows: int, dtype: DTypeLike, xp: ModuleType, *, d_inputs: bool) -> Cache:
        """Make the arrays that a batch of `num_rows` examples needs."""

    @abstractmethod
    def forward(self, x: Array, cache: Any, training: np.random.Generator | None = None) -> Array:
        """Give the outputs; `training` is what is drawn from in training, None otherwise."""

    @abstractmethod
    def backward(self, dy: Array, cache: Any) -> Array:
        """Leave the gradients in their buffers; from dL/d(outputs) give dL/d(inputs)."""


class Dense(Layer):
    """A fully connected layer, z = x W + b.

    Parameters
    ----------
    num_inputs, num_outputs : int
        D and K.
    name : str
        What the names of its parameters begin with, "layers.0" say.
    bias : bool
        Whether there is a b; before batch normalization, which takes the mean away, it is idle.

    Attributes
    ----------
    W, dW : ndarray, shape (D, K)
        The weights and their gradient.
    b, db : ndarray, shape (K,)
        The biases and their gradient; None without.
    """

    b: Array | None = None
    db: Array | None = None

    def __init__(self, num_inputs: int, num_outputs: int, name: str, *, bias: bool = True) -> None:
        self.num_inputs = num_inputs
        self.num_outputs = num_outputs
        self.name = name
        self.bias = bias

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter, by name."""
        shapes: dict[str, tuple[int, ...]] = {
            f"{self.name}.weight": (self.num_inputs, self.num_outputs)
        }
        return shapes | ({f"{self.name}.bias": (self.num_outputs,)} if self.bias else {})

    def bind(self, parameters: Parameters) -> None:
        """Take the views that are this layer's."""
        weight, *bias = self.shapes()
        self.W, self.dW = parameters[weight], parameters.gradient(weight)  # (D, K)
        for name in bias:
            self.b, self.db = parameters[name], parameters.gradient(name)  # (K,)

    def cache(self, num_rows: int, dtype: DTypeLike, xp: ModuleType, *, d_inputs: bool) -> Cache:
        """Make the arrays that a batch of `num_rows` examples needs."""
        outputs = xp.empty((num_rows, self.num_outputs), dtype)
        return Cache(None, outputs, xp.empty((num_rows, self.num_inputs if d_inputs else 0), dtype))

    def forward(self, x: Array, cache: Cache, training: np.random.Generator | None = None) -> Array:
        """Give z = x W + b."""
        cache.inputs = x
        z: Array = np.matmul(x, self.W, out=cache.outputs)  # (N, K)
        if self.b is not None:
            z += self.b
        return z

    def backward(self, dz: Array, cache: Cache) -> Array:
        """Leave dL/dW and dL/db in their buffers, and give dL/dx where it is asked for.

        z_nk = sum_d x_nd W_dk + b_k, so by the chain rule

            dL/dW_dk = sum_n x_nd dL/dz_nk        dL/db_k = sum_n dL/dz_nk
            dL/dx_nd = sum_k dL/dz_nk W_dk
        """
        x = cache.inputs_seen()
        np.matmul(x.T, dz, out=self.dW)  # (D, K)
        if self.db is not None:
            dz.sum(axis=0, out=self.db)  # (K,)
        if cache.d_inputs.size:  # the first layer's inputs are data: nobody changes them
            np.matmul(dz, self.W.T, out=cache.d_inputs)  # (N, D)
        return cache.d_inputs


class ActivationLayer(Layer):
    """A layer without parameters: a = f(z), entry by entry.

    Parameters
    ----------
    function : Activation
        f, with its derivative.
    num_units : int
        K.
    """

    def __init__(self, function: Activation, num_units: int) -> None:
        self.function = function
        self.num_units = num_units

    def cache(self, num_rows: int, dtype: DTypeLike, xp: ModuleType, *, d_inputs: bool) -> Cache:
        """Make the arrays that a batch of `num_rows` examples needs."""
        outputs = xp.empty((num_rows, self.num_units), dtype)
        return Cache(None, outputs, d_inputs=outputs)  # dL/dz takes the place of dL/da

    def forward(self, z: Array, cache: Cache, training: np.random.Generator | None = None) -> Array:
        """Give a = f(z)."""
        cache.inputs = z
        return self.function.forward(z, out=cache.outputs)  # (N, K)

    def backward(self, da: Array, cache: Cache) -> Array:
        """Give dL/dz = dL/da f'(z), in place of `da`."""
        return self.function.backward(da, cache.inputs_seen(), cache.outputs)  # (N, K)
