"""Layers that behave differently in training and in inference: batch normalization and dropout.

As in layers.py, `backward` is directly below `forward`, with one cache between them; shapes are
`N` examples and `K` units. `rng` is given in training and is None in inference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import Array, InputError
from neuralnet.nn.layers import Cache, Layer, Rng
from neuralnet.nn.parameters import Parameters


@dataclass(slots=True, eq=False, repr=False)
class BatchNormCache(Cache):
    """The cache of batch normalization; `inputs` holds the normalized inputs.

    Attributes
    ----------
    inverse_deviation : ndarray, shape (K,)
        Factor that the centred inputs were multiplied by.
    num_rows : int
        Number of examples of the mini-batch: N, unless other processes have a part of it.
    reduce : callable
        Returns the sum of the processes' arrays; alone, a copy.
    from_batch : bool
        Whether mean and variance were computed from the batch.
    """

    inverse_deviation: Array
    num_rows: int
    reduce: Callable[[Array], Array] = np.positive
    from_batch: bool = False


class BatchNorm(Layer):
    """Batch normalization (Ioffe and Szegedy 2015, arXiv 1502.03167, algorithm 1).

    y = scale (x - mean) / sqrt(variance + EPSILON) + shift, per unit. In training, mean and
    variance are those of the batch, and the running statistics move towards them by the fraction
    `MOMENTUM` per step, the variance in its unbiased form. In inference the running statistics are
    used.

    Parameters
    ----------
    num_units : int
        K.
    name : str
        Prefix of the parameters' names.
    """

    EPSILON = 1e-5
    MOMENTUM = 0.1

    def __init__(self, num_units: int, name: str) -> None:
        self.num_units = num_units
        self.shapes = {f"{name}.scale": (num_units,), f"{name}.shift": (num_units,)}
        self.running_shapes = {f"{name}.mean": (num_units,), f"{name}.variance": (num_units,)}

    def bind(self, parameters: Parameters) -> None:
        """Take the views that belong to this layer."""
        super().bind(parameters)
        scale, shift = self.shapes
        self.scale, self.dscale = parameters[scale], parameters.gradient(scale)  # (K,)
        self.shift, self.dshift = parameters[shift], parameters.gradient(shift)  # (K,)
        self.mean, self.variance = (parameters.running[name] for name in self.running_shapes)

    def initialize(self, rng: "np.random.Generator") -> None:
        """Start with scale 1 and shift 0, running mean 0 and running variance 1."""
        self.scale[...] = self.variance[...] = 1
        self.shift[...] = self.mean[...] = 0

    def cache(self, num_rows: int, *, needs_d_inputs: bool) -> BatchNormCache:
        """Allocate the cache of a batch of `num_rows` examples."""
        outputs = self.parameters.empty(num_rows, self.num_units)
        return BatchNormCache(None, outputs, self.parameters.empty(self.num_units), num_rows)

    def forward(self, x: Array, cache: BatchNormCache, rng: Rng = None) -> Array:
        """Return y. The contents of `x` are overwritten by its normalized form."""
        cache.from_batch, n = rng is not None, cache.num_rows
        if cache.from_batch:
            if n < 2:
                raise InputError("Batch normalization cannot learn from a batch of one example.")
            mean = cache.reduce(x.sum(axis=0)) / n  # (K,)
            normalized = np.subtract(x, mean, out=x)
            variance = cache.reduce(np.multiply(x, x, out=cache.outputs).sum(axis=0)) / n  # (K,)
            self.mean += self.MOMENTUM * (mean - self.mean)
            unbiased = variance * (n / (n - 1))
            self.variance += self.MOMENTUM * (unbiased - self.variance)
        else:
            variance = self.variance
            normalized = np.subtract(x, self.mean, out=x)
        np.divide(1, np.sqrt(variance + self.EPSILON), out=cache.inverse_deviation)
        normalized *= cache.inverse_deviation
        cache.inputs = normalized
        y: Array = np.multiply(normalized, self.scale, out=cache.outputs)  # (N, K)
        return np.add(y, self.shift, out=y)

    def backward(self, dy: Array, cache: BatchNormCache) -> Array:
        """Store dL/dscale and dL/dshift; return dL/dx, written over `dy`.

        With x_hat = (x - mean) / deviation and deviation = sqrt(variance + EPSILON), each unit has
        y = scale x_hat + shift. With sums over the N examples,

            dL/dscale = sum(dL/dy x_hat)        dL/dshift = sum(dL/dy)
            dL/dx_hat = scale dL/dy

        In inference mean and deviation are constants, and dL/dx = dL/dx_hat / deviation. In
        training they depend on every example, with dmean/dx = 1/N and ddeviation/dx = x_hat/N, so

            dL/dx = (dL/dx_hat - sum(dL/dx_hat)/N - x_hat sum(x_hat dL/dx_hat)/N) / deviation

        In the code, the factor scale is taken out of the bracket; what remains are the two sums
        above, dscale and dshift.
        """
        x_hat = cache.take_inputs()
        products = np.multiply(dy, x_hat, out=cache.outputs)  # (N, K)
        products.sum(axis=0, out=self.dscale)  # (K,)
        dy.sum(axis=0, out=self.dshift)  # (K,)
        if cache.from_batch:
            dscale, dshift = cache.reduce(np.stack([self.dscale, self.dshift])) / cache.num_rows
            x_hat *= dscale  # of the whole batch, as is dshift
            dy -= x_hat
            dy -= dshift
        dx: Array = np.multiply(dy, self.scale * cache.inverse_deviation, out=dy)
        return dx  # (N, K)


@dataclass(slots=True, eq=False, repr=False)
class DropoutCache(Cache):
    """The cache of dropout.

    Attributes
    ----------
    drawn : numpy.ndarray, shape (N, K)
        Buffer for random numbers, which NumPy draws whatever the array module.
    mask : ndarray, shape (N, K), or None
        Factors that the inputs were multiplied by; None in inference.
    """

    drawn: NDArray[Any]
    mask: Array | None = None


class Dropout(Layer):
    """Dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov 2014).

    In training each entry is set to 0 with probability `rate` and otherwise divided by 1 - rate,
    which preserves its expected value. In inference nothing changes.

    Parameters
    ----------
    num_units : int
        K.
    rate : float
        Dropout rate, in [0, 1).
    """

    def __init__(self, num_units: int, rate: float) -> None:
        self.num_units = num_units
        self.rate = rate

    def cache(self, num_rows: int, *, needs_d_inputs: bool) -> DropoutCache:
        """Allocate the cache of a batch of `num_rows` examples."""
        outputs = self.parameters.empty(num_rows, self.num_units)
        return DropoutCache(None, outputs, np.empty(outputs.shape, outputs.dtype))

    def forward(self, x: Array, cache: DropoutCache, rng: Rng = None) -> Array:
        """Return x, in training multiplied by a mask of 0 and 1 / (1 - rate)."""
        cache.mask = None
        if rng is None:
            return x
        drawn = rng.random(out=cache.drawn, dtype=cache.drawn.dtype.type)
        cache.mask = mask = self.parameters.xp.asarray(drawn)
        np.greater_equal(mask, self.rate, out=mask)
        mask *= 1 / (1 - self.rate)
        return np.multiply(x, cache.mask, out=cache.outputs)  # (N, K)

    def backward(self, dy: Array, cache: DropoutCache) -> Array:
        """Return dL/dx = dL/dy mask, written over `dy`."""
        return dy if cache.mask is None else np.multiply(dy, cache.mask, out=dy)  # (N, K)
