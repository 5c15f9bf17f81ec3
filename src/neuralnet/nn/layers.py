"""Layers: `backward` directly below `forward`, with one named cache between them.

Shapes: `N` examples in a batch, `D` inputs of a layer, `K` its outputs. An array whose name begins
with `d` is the gradient of the loss L with respect to the rest of the name: `dW` is dL/dW. `x` and
`y` are a layer's inputs and outputs (elsewhere, y are the labels).

A layer holds its parameters and their gradients as views into the network's flat buffers. What
`forward` leaves for `backward` is kept in a cache, whose arrays are sized once per batch size and
reused at every step.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from neuralnet.checks import Array, check_drawn, check_forward
from neuralnet.display.network import LayerDisplay
from neuralnet.nn import parallel
from neuralnet.nn.activations import Activation
from neuralnet.nn.initialization import Initializer
from neuralnet.nn.parameters import Parameters

Shapes = dict[str, tuple[int, ...]]
# A string, because NumPy imports `numpy.random` when it is first used.
Rng: TypeAlias = "np.random.Generator | None"  # given in training, None in inference


@dataclass(slots=True, eq=False, repr=False)
class Cache:
    """What a layer keeps between forward and backward.

    Attributes
    ----------
    inputs : ndarray, shape (N, D), or None
        The inputs of the last forward; None before the first, and once backward has used them.
    outputs : ndarray, shape (N, K)
        Buffer for the outputs.
    """

    inputs: Array | None
    outputs: Array

    def take_inputs(self) -> Array:
        """Return the inputs of the last forward, once: backward may overwrite them.

        Raises
        ------
        NeuralNetError
            If there was no forward since the last call.
        """
        inputs, self.inputs = self.inputs, None
        return check_forward(inputs)


@dataclass(slots=True, eq=False, repr=False)
class DenseCache(Cache):
    """The cache of a dense layer.

    Attributes
    ----------
    d_inputs : ndarray, shape (N, D)
        Buffer for dL/d(inputs). It has no columns where that gradient is not needed: in the first
        layer, whose inputs are data, and in batches that only go forward. Other layers need no
        such buffer, because they overwrite the gradient that they are given.
    """

    d_inputs: Array


class Layer(LayerDisplay, ABC):
    """The interface of a layer.

    Attributes
    ----------
    shapes, running_shapes : dict of str to tuple of int
        Shape of each parameter, and of each running statistic (tracked without a gradient), by
        name. Layers without parameters have none.
    """

    shapes: Shapes = {}  # noqa: RUF012
    running_shapes: Shapes = {}  # noqa: RUF012

    def initialize(self, rng: "np.random.Generator") -> None:
        """Set the parameters to their initial values."""

    def bind(self, parameters: Parameters) -> None:
        """Take the views that belong to this layer."""
        self.parameters = parameters

    @abstractmethod
    def cache(self, num_rows: int, *, needs_d_inputs: bool) -> Cache:
        """Allocate the cache of a batch of `num_rows` examples.

        `needs_d_inputs` says whether backward has to return dL/d(inputs).
        """

    @abstractmethod
    def forward(self, x: Array, cache: Any, rng: Rng = None) -> Array:
        """Return the outputs. `rng` is given in training and is None in inference."""

    @abstractmethod
    def backward(self, dy: Array, cache: Any) -> Array:
        """Store the parameters' gradients; return dL/d(inputs), given dL/d(outputs)."""


class Dense(Layer):
    """Fully connected layer, z = x W + b.

    Parameters
    ----------
    num_inputs, num_outputs : int
        D and K.
    name : str
        Prefix of the parameters' names, for example "layers.0".
    bias : bool
        Whether there is a b. Before batch normalization, which subtracts the mean, it has no
        effect.

    Attributes
    ----------
    W, dW : ndarray, shape (D, K)
        The weights and their gradient.
    initializer : Initializer
        Draws the initial weights; biases start at 0.
    b, db : ndarray, shape (K,)
        The biases and their gradient; None without biases.
    """

    initializer: Initializer
    b: Array | None = None
    db: Array | None = None

    def __init__(self, num_inputs: int, num_outputs: int, name: str, *, bias: bool = True) -> None:
        self.num_inputs = num_inputs
        self.num_outputs = num_outputs
        self.shapes = {f"{name}.weight": (num_inputs, num_outputs)}
        if bias:
            self.shapes[f"{name}.bias"] = (num_outputs,)

    def bind(self, parameters: Parameters) -> None:
        """Take the views that belong to this layer."""
        super().bind(parameters)
        weight, *bias = self.shapes
        self.W, self.dW = parameters[weight], parameters.gradient(weight)  # (D, K)
        for name in bias:
            self.b, self.db = parameters[name], parameters.gradient(name)  # (K,)

    def initialize(self, rng: "np.random.Generator") -> None:
        """Draw the weights and set the biases to 0."""
        weights = self.initializer.draw(self.num_inputs, self.num_outputs, rng)
        self.W[...] = self.parameters.xp.asarray(check_drawn(weights, self.W.shape))
        if self.b is not None:
            self.b[...] = 0

    def cache(self, num_rows: int, *, needs_d_inputs: bool) -> DenseCache:
        """Allocate the cache of a batch of `num_rows` examples."""
        outputs = self.parameters.empty(num_rows, self.num_outputs)
        columns = self.num_inputs if needs_d_inputs else 0
        return DenseCache(None, outputs, self.parameters.empty(num_rows, columns))

    def forward(self, x: Array, cache: DenseCache, rng: Rng = None) -> Array:
        """Return z = x W + b."""
        cache.inputs = x
        return parallel.matmul(x, self.W, out=cache.outputs, bias=self.b)  # (N, K)

    def backward(self, dz: Array, cache: DenseCache) -> Array:
        """Store dL/dW and dL/db; return dL/dx where it is needed.

        With i for an input, z_nk = sum_i x_ni W_ik + b_k, so by the chain rule

            dL/dW_ik = sum_n x_ni dL/dz_nk        dL/db_k = sum_n dL/dz_nk
            dL/dx_ni = sum_k dL/dz_nk W_ik
        """
        x = cache.take_inputs()
        parallel.matmul(x.T, dz, out=self.dW)  # (D, K)
        if self.db is not None:
            dz.sum(axis=0, out=self.db)  # (K,)
        if cache.d_inputs.size:  # not in the first layer, whose inputs are data
            parallel.matmul(dz, self.W.T, out=cache.d_inputs)  # (N, D)
        return cache.d_inputs


class ActivationLayer(Layer):
    """An activation function as a layer without parameters, a = f(z).

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

    def cache(self, num_rows: int, *, needs_d_inputs: bool) -> Cache:
        """Allocate the cache of a batch of `num_rows` examples."""
        return Cache(None, self.parameters.empty(num_rows, self.num_units))

    def forward(self, z: Array, cache: Cache, rng: Rng = None) -> Array:
        """Return a = f(z)."""
        cache.inputs = z
        return self.function.forward(z, out=cache.outputs)  # (N, K)

    def backward(self, da: Array, cache: Cache) -> Array:
        """Return dL/dz = dL/da f'(z), written over `da`."""
        return self.function.backward(da, cache.take_inputs(), cache.outputs)  # (N, K)
