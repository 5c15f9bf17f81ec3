"""Sparse examples that are converted to dense arrays one batch at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralnet.checks import Array, Rows


class SparseRows(Rows):
    """Rows of a sparse matrix, readable by the network in batches.

    Parameters
    ----------
    matrix : scipy.sparse CSR matrix or array, shape (N, D)
        The examples; all numbers must be finite.
    """

    def __init__(self, matrix: Any) -> None:
        self._matrix = matrix
        self.shape = matrix.shape
        self.dtype = matrix.dtype

    def take(self, indices: Array, axis: int, out: Array, mode: str) -> Array:
        """Write the rows at `indices` to `out`, and return it."""
        dense: Array = self._matrix[indices].toarray(out=out)
        return dense

    def __getitem__(self, rows: slice) -> Array:
        """Return the rows of a slice as a dense array."""
        dense: Array = np.ascontiguousarray(self._matrix[rows].toarray())
        return dense
