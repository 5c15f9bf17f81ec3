"""Layers in sequence: the forward pass and the backward pass."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neuralnet.checks import Array
from neuralnet.nn.layers import Cache, Layer, Rng
from neuralnet.nn.parameters import Parameters


class Sequential:
    """Layers applied one after the other, with all their parameters in one buffer.

    Parameters
    ----------
    layers : sequence of Layer
        From the inputs to the logits.
    dtype : dtype
        float32 or float64.
    xp : module
        Array module: NumPy, or a module with its functions (CuPy).

    Attributes
    ----------
    parameters : Parameters
        Parameters of all layers, and their gradients.
    """

    def __init__(self, layers: Sequence[Layer], dtype: DTypeLike, xp: ModuleType = np) -> None:
        self.layers = list(layers)
        shapes = {name: s for layer in layers for name, s in layer.shapes.items()}
        running = {name: s for layer in layers for name, s in layer.running_shapes.items()}
        self.parameters = Parameters(shapes, dtype, xp, running)
        for layer in layers:
            layer.bind(self.parameters)

    def initialize(self, rng: "np.random.Generator") -> None:
        """Set all parameters to their initial values."""
        for layer in self.layers:
            layer.initialize(rng)

    def caches(self, num_rows: int, *, backward: bool) -> list[Any]:
        """Allocate one cache per layer for batches of `num_rows` examples.

        Parameters
        ----------
        num_rows : int
            N.
        backward : bool
            Whether the batches also go backward.
        """
        numbered = enumerate(self.layers)
        return [layer.cache(num_rows, needs_d_inputs=backward and n > 0) for n, layer in numbered]

    def forward(self, x: Array, caches: Sequence[Cache], rng: Rng = None) -> Array:
        """Return the logits. `rng` is given in training and is None in inference."""
        for layer, cache in zip(self.layers, caches, strict=True):
            x = layer.forward(x, cache, rng)
        return x  # (N, K)

    def backward(self, dz: Array, caches: Sequence[Cache]) -> None:
        """Store the gradients of all parameters, given the gradient at the logits.

        The inputs of a layer are the outputs of the layer below, so the dL/d(inputs) that one layer
        returns is the dL/d(outputs) that the next one is given. That of the first layer is not
        used.
        """
        gradient = dz  # (N, K)
        for layer, cache in zip(reversed(self.layers), reversed(caches), strict=True):
            gradient = layer.backward(gradient, cache)
