"""One flat buffer of parameters, one of gradients, and named, shaped views into both."""

import itertools
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType, ModuleType

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from neuralnet.checks import Array, check_name, check_parameter, explained_memory_error


class Parameters:
    """Everything that a network learns, by name, in one contiguous 1-D array.

    An optimizer is then a few lines over two 1-D arrays, and an average, a copy or a sum over
    networks is one line. Weight matrices come first, because L2 and weight decay act on them only;
    `num_weights` is where they end.

    Parameters
    ----------
    shapes : mapping of str to tuple of int
        Shape of each parameter under its dotted name, in the order of the layers.
    dtype : dtype
        float32 or float64.
    xp : module
        Array module: NumPy, or a module with its functions (CuPy).
    running_shapes : mapping of str to tuple of int
        Shapes of the running statistics, which are tracked without a gradient: the running means
        and variances of batch normalization.

    Attributes
    ----------
    values, gradients : ndarray, shape (total,)
        The two buffers.
    running : dict of str to ndarray
        The running statistics, by name.
    state : ndarray
        `values` followed by the running statistics in one buffer: all that a copy, an average or a
        file needs. `values` is a view into it.
    num_weights : int
        Number of entries that belong to weight matrices.
    """

    def __init__(
        self,
        shapes: Mapping[str, tuple[int, ...]],
        dtype: DTypeLike,
        xp: ModuleType = np,
        running_shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
    ) -> None:
        self.shapes = dict(shapes)
        self.xp = xp
        self.num_weights = sum(math.prod(s) for s in shapes.values() if len(s) == 2)
        total = sum(math.prod(shape) for shape in shapes.values())
        num_running = sum(math.prod(shape) for shape in running_shapes.values())
        with explained_memory_error(f"These layers have {total:,} parameters", "num_hidden"):
            self.state: Array = xp.zeros(total + num_running, dtype)
            self.gradients: Array = xp.zeros(total, dtype)
        self.values: Array = self.state[:total]
        matrices_first = sorted(shapes.items(), key=lambda item: len(item[1]) != 2)
        self._slices = _slices(dict(matrices_first))
        self._values, self._gradients = self.views(self.values), self.views(self.gradients)
        slices = _slices(running_shapes, start=total)
        self.running = {n: self.state[slices[n]].reshape(s) for n, s in running_shapes.items()}

    def empty(self, *shape: int) -> Array:
        """Allocate an array of the parameters' dtype and array module."""
        array: Array = self.xp.empty(shape, self.state.dtype)
        return array

    def views(self, buffer: Array) -> dict[str, Array]:
        """Cut a buffer of the same length into named, shaped views, in the order of the layers."""
        return {name: buffer[self._slices[name]].reshape(s) for name, s in self.shapes.items()}

    def __getitem__(self, name: str) -> Array:
        """Return the view of one parameter; writing to it changes the network.

        Raises
        ------
        InputError
            If there is no parameter of this name.
        """
        return self._values[check_name(name, self.shapes, "The name of a parameter")]

    def __setitem__(self, name: str, values: ArrayLike) -> None:
        """Write new values into the view of one parameter.

        Raises
        ------
        InputError
            If there is no parameter of this name, or `values` have another shape or are not finite.
        """
        self._values[name][...] = check_parameter(name, values, self._values, self.xp)

    def __repr__(self) -> str:
        return f"<Parameters: {len(self)} arrays, {self.values.size:,} {self.values.dtype} numbers>"

    def gradient(self, name: str) -> Array:
        """Return the view of one parameter's gradient."""
        return self._gradients[check_name(name, self.shapes, "The name of a parameter")]

    def __iter__(self) -> Iterator[str]:
        return iter(self.shapes)

    keys = __iter__  # with it, dict(parameters) works

    def __len__(self) -> int:
        """Return the number of named parameters; `values.size` is the number of entries."""
        return len(self.shapes)

    def items(self) -> Iterator[tuple[str, Array]]:
        """Iterate over names and views."""
        return iter(self._values.items())

    def tensors(self) -> dict[str, Array]:
        """Return all views by name, running statistics last: the tensors of a file."""
        return self._values | self.running


def _slices(shapes: Mapping[str, tuple[int, ...]], start: int = 0) -> dict[str, slice]:
    """Return where arrays of these shapes lie in a buffer, one after the other."""
    bounds = itertools.accumulate(map(math.prod, shapes.values()), initial=start)
    return {n: slice(*pair) for n, pair in zip(shapes, itertools.pairwise(bounds), strict=True)}
