"""Arrays that lie on another device, as far as one can play that with NumPy alone.

Like CuPy's they do not mix with NumPy's arrays, neither in functions nor in assignments, and their
methods lack the arguments that CuPy's lack. Like it, this module has `asarray` and `asnumpy` to go
from one side to the other. What only a GPU can show, it cannot.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__name__ = "tests.nn.other_device"  # where a pickled network finds it again


class DeviceArray(np.ndarray):
    """An array on the other side."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        outs = kwargs.get("out", ())
        kwargs = {name: _plain(value) for name, value in kwargs.items()}
        result = getattr(ufunc, method)(*map(_plain, inputs), **kwargs)
        return outs[0] if outs else _moved(result)

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        out = kwargs.get("out")
        kwargs = {name: _plain(value) for name, value in kwargs.items()}
        result = func(*map(_plain, args), **kwargs)
        return out if out is not None else _moved(result)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, _plain(value))

    def take(self, indices: Any, axis: Any = None, out: Any = None) -> Any:  # type: ignore[override]
        result = np.take(_plain(self), _plain(indices), axis=axis)
        if out is None:
            return _moved(result)
        out[...] = _moved(result)
        return out

    def sum(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]
        return np.add.reduce(self, axis=axis, out=out, keepdims=keepdims)

    def mean(self, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:  # type: ignore[override]
        return _moved(np.mean(_plain(self), axis=axis, keepdims=keepdims))


def _plain(value: Any) -> Any:
    """Look behind a device array; refuse an array that is none."""
    if isinstance(value, DeviceArray):
        return value.view(np.ndarray)
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError(f"a NumPy array of shape {value.shape} came to a function of the device")
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value))
    return value


def _moved(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return tuple(map(_moved, value))
    return value.view(DeviceArray) if isinstance(value, np.ndarray) else value


def asarray(array: Any, dtype: Any = None) -> Any:
    """Bring an array to the device."""
    if isinstance(array, DeviceArray) and dtype in (None, array.dtype):
        return array
    return np.array(np.asarray(array), dtype=dtype).view(DeviceArray)


def asnumpy(array: Any) -> Any:
    """Bring an array back."""
    return np.array(_plain(array))


def empty(shape: Any, dtype: Any = float) -> Any:
    return np.empty(shape, dtype).view(DeviceArray)


def zeros(shape: Any, dtype: Any = float) -> Any:
    return np.zeros(shape, dtype).view(DeviceArray)


def full(shape: Any, value: Any, dtype: Any = float) -> Any:
    return np.full(shape, value, dtype).view(DeviceArray)


def eye(size: int, dtype: Any = float) -> Any:
    return np.eye(size, dtype=dtype).view(DeviceArray)


def empty_like(array: Any) -> Any:
    return np.empty_like(_plain(array)).view(DeviceArray)
