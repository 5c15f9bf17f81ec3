"""Fingerprints of data, by which a checkpoint recognizes the training that it belongs to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import cast

import numpy as np

from neuralnet.checks import Array, Rows

MAX_HASHED_BYTES = 1 << 30
NUM_SAMPLED_ROWS = 10_000
_CHUNK_BYTES = 1 << 24


def fingerprint(array: Array | Rows | None) -> str:
    """Return a text that differs for arrays of another shape, data type or content.

    Up to 1 GiB, the content is hashed completely and in order, and beyond that 10,000 rows at
    regular intervals. A hash takes about 0.5 s per GB.

    Parameters
    ----------
    array : ndarray or Rows, optional
        Examples, labels or weights.

    Returns
    -------
    str
        "none" for None.
    """
    if array is None:
        return "none"
    digest = hashlib.sha256()
    num_rows, width = len(array), int(np.prod(array.shape[1:], dtype=np.int64))
    row_bytes = max(1, width * array.dtype.itemsize)
    sampled = num_rows * row_bytes > MAX_HASHED_BYTES and num_rows > NUM_SAMPLED_ROWS
    parts = _samples(array) if sampled else _chunks(array, max(1, _CHUNK_BYTES // row_bytes))
    for part in parts:
        digest.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    what = f" of {NUM_SAMPLED_ROWS:,} rows" if sampled else ""
    return f"{array.dtype} of shape {array.shape}, SHA-256{what} {digest.hexdigest()[:16]}"


def _chunks(array: Array | Rows, num_rows: int) -> Iterator[Array]:
    """Yield all rows in order."""
    for start in range(0, len(array), num_rows):
        yield array[start : start + num_rows]


def _samples(array: Array | Rows) -> Iterator[Array]:
    """Yield the sampled rows in order."""
    every = len(array) / NUM_SAMPLED_ROWS
    rows = (np.arange(NUM_SAMPLED_ROWS) * every).astype(np.intp)
    for part in np.array_split(rows, 100):
        out = np.empty((len(part), *array.shape[1:]), array.dtype)
        yield cast(Array, array).take(part, axis=0, out=out, mode="clip")


def describe_seed(seed: object) -> str:
    """Return the seed of a training as a checkpoint compares it.

    The state of a generator is not compared: a checkpoint restores it.
    """
    if isinstance(seed, np.random.Generator):
        return f"a generator, {type(seed.bit_generator).__name__}"
    return str(seed)
