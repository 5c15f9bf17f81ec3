"""Threads: large operations are split into parts that run side by side.

BLAS, the library that multiplies NumPy's matrices, has threads of its own. Small networks leave the
processor's cores to them. Where a step is large enough to pay, `team` takes over: each product, the
additions to it, and the optimizer's update are split into one part per thread, and BLAS computes a
part on one thread. The parts depend on nothing but the number of threads, so the same number of
threads gives the same bits.

Without a team, everything below runs on the calling thread.
"""

import contextlib
import itertools
import os
import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from functools import cache, partial
from typing import Any

import numpy as np

from neuralnet.checks import Array

# The least work that pays for a team, in floating-point operations: of a training step, of a
# prediction, and of one product. To wake a thread takes up to 0.15 ms (docs/benchmark.md).
MIN_STEP = 5e8
MIN_PREDICTION = 5e8
MIN_PRODUCT = 1e8

# Entries processed at a time. Repeated passes over a few buffers are fast while they fit into the
# processor's cache: four float32 buffers of one block take 4 MiB.
BLOCK = 262_144


class _Team(threading.local):
    """The team of the current thread: itself, and `size - 1` threads of a pool."""

    pool: Any = None
    size = process = 0


_team = _Team()
# Held by the thread that has changed BLAS's number of threads, which all threads share.
_holder = threading.Lock()


@cache
def _blas() -> Any:
    """Return the controller of NumPy's BLAS."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


@contextlib.contextmanager
def team(*, large: bool, threads: int | None = None) -> Iterator[None]:
    """Let a team of threads share the large operations inside the `with` block.

    The team has as many threads as BLAS may use; BLAS gets its own threads back afterwards. Nothing
    changes inside the block of another team, while another thread has one, or in a forked process.

    Parameters
    ----------
    large : bool
        Whether the work pays for a team. If not, BLAS keeps its threads.
    threads : int, optional
        Upper limit of the number of threads, BLAS's own included.
    """
    with contextlib.ExitStack() as ends:
        if not _team.pool and (large or threads) and _holder.acquire(blocking=False):
            ends.callback(_holder.release)
            allowed = min((one.num_threads for one in _blas().lib_controllers), default=1)
            size = min(threads or allowed, allowed)
            ends.enter_context(_blas().limit(limits=1 if large else size))
            if large and size > 1:
                from concurrent.futures import ThreadPoolExecutor

                # Some BLAS are built with OpenMP, whose limit holds for the thread that sets it.
                limit = partial(_blas().limit, limits=1)
                pool = ThreadPoolExecutor(size - 1, "neuralnet", limit)
                _team.pool = ends.enter_context(pool)
                _team.size, _team.process = size, os.getpid()
                ends.callback(setattr, _team, "pool", None)
        yield


def run(task: Callable[[slice], object], length: int, *, large: bool = True) -> None:
    """Run `task` on parts of `range(length)`, one per thread; without a team, on all of it."""
    pool, size = _team.pool, _team.size
    if not (pool and large and _team.process == os.getpid()):  # a fork has no other threads
        task(slice(0, length))
        return
    bounds = [round(length * n / size) for n in range(size + 1)]
    first, *others = itertools.starmap(slice, itertools.pairwise(bounds))
    _team.pool = None  # a part is not split again
    try:
        # In a copy of the context, floating-point errors are treated as in this thread.
        futures = [pool.submit(copy_context().run, task, part) for part in others]
        task(first)
    finally:
        errors = [future.exception() for future in futures]
        _team.pool = pool
    for error in filter(None, errors):
        raise error


def matmul(x: Array, W: Array, out: Array, bias: Array | None = None) -> Array:
    """Return x W, plus a bias if there is one, written to `out`; the parts are its columns.

    Shapes: x is (N, D), W is (D, K), out is (N, K), and bias is (K,).
    """

    def columns(part: slice) -> None:
        np.matmul(x, W[:, part], out=out[:, part])
        if bias is not None:
            out[:, part] += bias[part]

    run(columns, out.shape[1], large=2 * x.size * out.shape[1] >= MIN_PRODUCT)
    return out  # (N, K)


def blockwise(task: Callable[[slice, Array], object], buffer: Array, length: int) -> None:
    """Call `task` with each block of the first `length` entries of a flat buffer, and with scratch.

    The scratch is as long as the block. A buffer that is not NumPy's is not in the processor's
    cache, and is one block.
    """
    size = BLOCK if type(buffer) is np.ndarray else max(length, 1)

    def blocks(part: slice) -> None:
        scratch = np.empty_like(buffer[part][:size])
        for start in range(part.start, part.stop, size):
            block = slice(start, min(start + size, part.stop))
            task(block, scratch[: block.stop - start])

    run(blocks, length)
