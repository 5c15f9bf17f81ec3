"""Numbers in the data that are too large: the cause of a training that goes wrong at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from neuralnet.checks import Array, Rows

# Standardized targets stay below 10; beyond this, the first updates overshoot.
LARGE_TARGET = 100.0


def beyond_dtype(data: Mapping[str, Any], dtype: np.dtype[Any]) -> str:
    """Return which numbers a network of this data type takes for infinite, or an empty string.

    Parameters
    ----------
    data : mapping of str to ndarray, Rows or None
        Examples and targets, by name.
    dtype : numpy.dtype
        Data type of the network.
    """
    limit = float(np.finfo(dtype).max)
    for name, array in data.items():
        if isinstance(array, Rows) or array is None or array.dtype.kind != "f":
            continue
        largest = max(float(array.min()), float(array.max()), key=abs)
        if abs(largest) > limit:
            return (
                f"{name} holds {largest:.3g}, beyond {limit:.3g}, the largest number of {dtype}: "
                f"scale {name}, or remove the entry"
            )
    return ""


def large_targets(y: Array, loss: str) -> str:
    """Return that the targets of a regression are large, or an empty string."""
    if y.ndim != 2 or loss != "mean_squared_error":
        return ""
    low, high = float(y.min()), float(y.max())
    if max(-low, high) <= LARGE_TARGET:
        return ""
    return (
        f"y_train holds targets from {low:.4g} to {high:.4g}, which are too large to learn from "
        f"well: standardize them (subtract the mean, divide by the standard deviation)"
    )
