"""Layers that behave otherwise in training: batch normalization and dropout.

As in layers.py, backward stands under forward, with one cache between them, and shapes are `N`
examples and `K` units. Whether a batch is there to learn from is said at each forward: `training`
is what randomness is drawn from then, and None when the network only answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neuralnet.checks import Array, InputError
from neuralnet.nn.layers import Cache, Layer
from neuralnet.nn.parameters import Parameters


@dataclass(slots=True)
class BatchNormCache(Cache):
    """What batch normalization remembers; `inputs` hold them normalized.

    Attributes
    ----------
    inverse_deviation : ndarray, shape (K,)
        What the centred inputs were multiplied by.
    from_batch : bool
        Whether mean and deviation were the batch's own.
    """

    inverse_deviation: Array
    from_batch: bool = False


class BatchNorm(Layer):
    """Batch normalization (Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 1).

    y = scale (x - mean) / sqrt(variance + EPSILON) + shift, unit by unit. In training, mean and
    variance are the batch's own; the running ones follow them by a share `MOMENTUM` each step, and
    stand in for them when the network only answers.

    Parameters
    ----------
    num_units : int
        K.
    name : str
        What the names of its parameters begin with.
    """

    EPSILON = 1e-5
    MOMENTUM = 0.1

    def __init__(self, num_units: int, name: str) -> None:
        self.num_units = num_units
        self.name = name

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each parameter, by name."""
        return {f"{self.name}.scale": (self.num_units,), f"{self.name}.shift": (self.num_units,)}

    def running_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each running figure, by name."""
        return {f"{self.name}.mean": (self.num_units,), f"{self.name}.variance": (self.num_units,)}

    def bind(self, parameters: Parameters) -> None:
        """Take the views that are this layer's."""
        scale, shift = self.shapes()
        self.scale, self.dscale = parameters[scale], parameters.gradient(scale)  # (K,)
        self.shift, self.dshift = parameters[shift], parameters.gradient(shift)  # (K,)
        self.mean, self.variance = (parameters.running[name] for name in self.running_shapes())

    def initialize(self) -> None:
        """Begin with nothing but the normalization, and with a running mean 0 and variance 1."""
        self.scale[...] = self.variance[...] = 1
        self.shift[...] = self.mean[...] = 0

    def cache(
        self, num_rows: int, dtype: DTypeLike, xp: ModuleType, *, d_inputs: bool
    ) -> BatchNormCache:
        """Make the arrays that a batch of `num_rows` examples needs."""
        outputs = xp.empty((num_rows, self.num_units), dtype)
        return BatchNormCache(None, outputs, outputs, xp.empty(self.num_units, dtype))

    def forward(
        self, x: Array, cache: BatchNormCache, training: np.random.Generator | None = None
    ) -> Array:
        """Give y; what stood in `x` is overwritten by its normalized form."""
        cache.from_batch = training is not None
        if cache.from_batch:
            if len(x) < 2:
                raise InputError(
                    "A batch of one example came to batch normalization, which has no variance to "
                    "learn from there; give batches of at least two."
                )
            mean = x.mean(axis=0)  # (K,)
            normalized = np.subtract(x, mean, out=x)
            variance = np.multiply(x, x, out=cache.outputs).mean(axis=0)  # (K,)
            self._follow(mean, variance, len(x))
        else:
            variance = self.variance
            normalized = np.subtract(x, self.mean, out=x)
        np.divide(1, np.sqrt(variance + self.EPSILON), out=cache.inverse_deviation)
        normalized *= cache.inverse_deviation
        cache.inputs = normalized
        y: Array = np.multiply(normalized, self.scale, out=cache.outputs)  # (N, K)
        return np.add(y, self.shift, out=y)

    def backward(self, dy: Array, cache: BatchNormCache) -> Array:
        """Leave dL/dscale and dL/dshift in their buffers, and give dL/dx in place of `dy`.

        With n = (x - mean) / deviation, y = scale n + shift, so

            dL/dscale = sum_n dL/dy n        dL/dshift = sum_n dL/dy
            dL/dn = scale dL/dy

        and as mean and deviation depend on every example of the batch (where they are its own)

            dL/dx = (dL/dn - mean(dL/dn) - n mean(n dL/dn)) / deviation
        """
        n = cache.inputs_seen()
        products = np.multiply(dy, n, out=cache.outputs)  # (N, K)
        products.sum(axis=0, out=self.dscale)  # (K,)
        dy.sum(axis=0, out=self.dshift)  # (K,)
        if cache.from_batch:
            n *= self.dscale / len(dy)
            dy -= n
            dy -= self.dshift / len(dy)
        dx: Array = np.multiply(dy, self.scale * cache.inverse_deviation, out=dy)
        return dx  # (N, K)

    def _follow(self, mean: Array, variance: Array, num_rows: int) -> None:
        """Move the running figures towards a batch's; its variance as an unbiased estimate."""
        self.mean += self.MOMENTUM * (mean - self.mean)
        unbiased = variance * (num_rows / (num_rows - 1))
        self.variance += self.MOMENTUM * (unbiased - self.variance)


@dataclass(slots=True)
class DropoutCache(Cache):
    """What dropout remembers.

    Attributes
    ----------
    drawn : numpy.ndarray, shape (N, K)
        Where random numbers are drawn to: NumPy's, whatever the network computes with.
    xp : module
        What the network computes with.
    mask : ndarray, shape (N, K), or None
        What the inputs were multiplied by; None where they went through as they were.
    """

    drawn: NDArray[Any]
    xp: ModuleType
    mask: Array | None = None


class Dropout(Layer):
    """Dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014).

    In training each entry is set to 0 with the probability `rate`, and the others are divided by
    1 - rate, so that what is expected of an entry stays the same; otherwise nothing changes.

    Parameters
    ----------
    num_units : int
        K.
    rate : float
        In [0, 1).
    """

    def __init__(self, num_units: int, rate: float) -> None:
        self.num_units = num_units
        self.rate = rate

    def cache(
        self, num_rows: int, dtype: DTypeLike, xp: ModuleType, *, d_inputs: bool
    ) -> DropoutCache:
        """Make the arrays that a batch of `num_rows` examples needs."""
        outputs = xp.empty((num_rows, self.num_units), dtype)
        return DropoutCache(None, outputs, outputs, np.empty(outputs.shape, dtype), xp)

    def forward(
        self, x: Array, cache: DropoutCache, training: np.random.Generator | None = None
    ) -> Array:
        """Give x, in training times a mask of 0 and 1 / (1 - rate)."""
        cache.mask = None
        if training is None:
            return x
        drawn = cache.drawn
        training.random(out=drawn, dtype=drawn.dtype.type)
        np.greater_equal(drawn, self.rate, out=drawn)
        drawn *= 1 / (1 - self.rate)
        cache.mask = cache.xp.asarray(drawn)
        return np.multiply(x, cache.mask, out=cache.outputs)  # (N, K)

    def backward(self, dy: Array, cache: DropoutCache) -> Array:
        """Give dL/dx = dL/dy mask, in place of `dy`."""
        return dy if cache.mask is None else np.multiply(dy, cache.mask, out=dy)  # (N, K)
