"""One flat buffer of parameters, one of gradients, and named, shaped views into both."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import numpy as np
from numpy.typing import DTypeLike

from neuralnet.checks import Array, InputError

# How many numbers are worked on at a time. What goes over the same few buffers several times is
# fast while they stay in the processor's cache: four buffers of a block in float32 fill 1 MiB.
BLOCK = 65_536


def blocks(buffer: Array, length: int | None = None) -> Iterator[slice]:
    """Cut a buffer's first `length` entries, or all, into slices of `BLOCK`, the last one shorter.

    Where the buffer is not NumPy's there is no such cache, and one slice is all.
    """
    length = len(buffer) if length is None else length
    size = BLOCK if type(buffer) is np.ndarray else max(length, 1)
    for start in range(0, length, size):
        yield slice(start, min(start + size, length))


def block_of(buffer: Array) -> Array:
    """Make an array for what is computed in between, of the length of the buffer's first slice."""
    first = next(blocks(buffer), slice(0))
    return np.empty_like(buffer[first])


class Parameters:
    """Everything that a network learns, by name, in one contiguous 1-D array.

    So an optimizer is a few lines over two 1-D arrays, and an average, a copy or a sum over
    networks is one line. The matrices stand first: they are what L2 and weight decay act on, and
    `num_weights` says where they end and the biases begin.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        The shape of each parameter under its dotted name, in the order of the layers.
    dtype : dtype
        float32 or float64.
    xp : module
        Where the arrays live: NumPy, or a module with its functions (CuPy).
    running_shapes : mapping of str to tuple of int
        As `shapes`, for figures that training follows without a gradient: batch normalization's
        running means and variances.
    decay_factors : callable, optional
        Computes `decay_factors` when they are first asked for.

    Attributes
    ----------
    values, gradients : ndarray, shape (total,)
        The two buffers.
    running : dict of str to ndarray
        Those figures, by name.
    state : ndarray, shape (total + figures,)
        `values`, and after them the figures: one buffer, all that a copy, an average or a file
        has to keep. `values` is a view into it.
    num_weights : int
        How many of the entries, from the first, belong to matrices.
    """

    def __init__(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        dtype: DTypeLike,
        xp: ModuleType = np,
        running_shapes: Mapping[str, tuple[int, ...]] | None = None,
        decay_factors: Callable[[], Array | None] = lambda: None,
    ) -> None:
        self._decay_factors = decay_factors
        self.shapes = dict(shapes)
        running_shapes = dict(running_shapes or {})
        self.num_weights = sum(math.prod(s) for s in shapes.values() if len(s) == 2)
        total = sum(math.prod(shape) for shape in shapes.values())
        figures = sum(math.prod(shape) for shape in running_shapes.values())
        try:
            self.state: Array = xp.zeros(total + figures, dtype)
            self.gradients: Array = xp.zeros(total, dtype)
        except (MemoryError, ValueError) as error:
            raise InputError(
                f"These layers have {total:,} parameters, more than this machine has memory for; "
                f"make num_hidden smaller."
            ) from error
        self.values: Array = self.state[:total]
        self._scratch = block_of(self.values)
        self._values = self.views(self.values)
        self._gradients = self.views(self.gradients)
        self.running = _cut(self.state[total:], running_shapes)

    @functools.cached_property
    def decay_factors(self) -> Array | None:
        """How strong weight decay is for each weight, shape (num_weights,); None if all alike."""
        return self._decay_factors()

    def views(self, buffer: Array) -> dict[str, Array]:
        """Cut a buffer of the same length into named, shaped views, in the layers' order."""
        matrices_first = sorted(self.shapes.items(), key=lambda item: len(item[1]) != 2)
        views = _cut(buffer, dict(matrices_first))
        return {name: views[name] for name in self.shapes}

    def __getitem__(self, name: str) -> Array:
        """Return the view of one parameter; what is written to it is learned by the network."""
        return self._values[name]

    def gradient(self, name: str) -> Array:
        """Return the view of one parameter's gradient."""
        return self._gradients[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    def __len__(self) -> int:
        """Return how many parameters there are by name; `values.size` is how many numbers."""
        return len(self.shapes)

    def keys(self) -> Iterator[str]:
        """Walk over the names."""
        return iter(self.shapes)

    def items(self) -> Iterator[tuple[str, Array]]:
        """Walk over names and views: the one walk that saver, summary and count all use."""
        return iter(self._values.items())

    def tensors(self) -> dict[str, Array]:
        """Return all views by name, running figures last: what a file keeps."""
        return self._values | self.running

    def sum_of_squares(self) -> float:
        """Return the sum of the squares of all weights, biases left out."""
        weights = self.values[: self.num_weights]
        return float(np.dot(weights, weights))

    def add_l2_gradient(self, l2: float) -> None:
        """Add the gradient of l2 / 2 times that sum, l2 W, to the weights' gradients."""
        for block in blocks(self.values, self.num_weights):
            scratch = self._scratch[: block.stop - block.start]
            self.gradients[block] += np.multiply(self.values[block], l2, out=scratch)


def _cut(buffer: Array, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Array]:
    """Cut a buffer into named, shaped views that lie one after the other."""
    views = {}
    start = 0
    for name, shape in shapes.items():
        stop = start + math.prod(shape)
        views[name] = buffer[start:stop].reshape(shape)
        start = stop
    return views
