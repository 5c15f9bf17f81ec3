"""A communicator between threads: what `train` needs of mpi4py's, without MPI."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np


class ThreadComm:
    """One thread's end of a communicator."""

    def __init__(self, rank: int, everyone: list[Any], barrier: threading.Barrier) -> None:
        self._rank, self._everyone, self._barrier = rank, everyone, barrier

    def Get_rank(self) -> int:  # noqa: N802 - mpi4py's name
        return self._rank

    def Get_size(self) -> int:  # noqa: N802 - mpi4py's name
        return len(self._everyone)

    def allgather(self, value: Any) -> list[Any]:
        self._everyone[self._rank] = value
        self._barrier.wait(60)
        values = list(self._everyone)
        self._barrier.wait(60)
        return values

    def Allreduce(self, sent: Any, received: np.ndarray) -> None:  # noqa: N802 - mpi4py's name
        mine = received if sent is None else sent  # None stands for MPI.IN_PLACE
        received[...] = sum(self.allgather(mine.copy()))


def in_threads(num_threads: int, work: Callable[[ThreadComm], Any]) -> list[Any]:
    """Call `work` with a communicator in each of several threads; return the results."""
    everyone, barrier = [None] * num_threads, threading.Barrier(num_threads)

    def start(rank: int) -> Any:
        try:
            return work(ThreadComm(rank, everyone, barrier))
        except BaseException:
            barrier.abort()  # the others fail at once instead of waiting
            raise

    with ThreadPoolExecutor(num_threads) as pool:
        return list(pool.map(start, range(num_threads)))
