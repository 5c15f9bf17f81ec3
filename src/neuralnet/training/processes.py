"""Several processes that train one network together, each with its rows of every mini-batch.

All processes hold the same network and the same data, draw the same random numbers and take the
same steps: what they add up are the sums over the examples of a batch. So the result is that of one
process, up to rounding, and the same number of processes gives the same bits.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, cast

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError, describe

_NEEDED = ("Get_rank", "Get_size", "Allreduce", "allgather")


class OtherProcessError(InputError):
    """Another process cannot go on; the message names it and says why."""

    everywhere = True


class Processes:
    """The processes of a training; without a communicator, this one alone.

    Parameters
    ----------
    comm : object, optional
        A communicator with the interface of mpi4py's `Comm`, such as `MPI.COMM_WORLD`.

    Attributes
    ----------
    rank, size : int
        Number of this process, from 0, and number of processes.
    num_rows : int
        Number of examples of the current mini-batch, in all processes.

    Raises
    ------
    InputError
        If it is not such an object, or the system is Windows.
    """

    def __init__(self, comm: Any = None) -> None:
        self.comm = comm
        self.rank, self.size = 0, 1
        self.num_rows = 0
        if comm is None:
            return
        missing = [name for name in _NEEDED if not callable(getattr(comm, name, None))]
        if missing:
            raise InputError(
                f"comm is {describe(comm)}, which has no {', '.join(missing)}; it must be a "
                f"communicator of mpi4py, for example MPI.COMM_WORLD."
            )
        if sys.platform == "win32":
            raise InputError(
                "comm was given, but several processes are not supported on Windows; use Linux, "
                "for example in WSL, or train in one process."
            )
        self.rank, self.size = comm.Get_rank(), comm.Get_size()
        hosts = comm.allgather(socket.gethostname())
        self._on_this_host: int = hosts.count(hosts[self.rank])

    def rows(self, num_rows: int) -> slice:
        """Return which of `num_rows` examples are this process's; the first has the most."""
        first, last = (-(-num_rows * rank // self.size) for rank in (self.rank, self.rank + 1))
        return slice(first, last)

    def sum(self, array: Array) -> Array:
        """Return the sum of the processes' arrays; without others, the array itself."""
        if self.size == 1:
            return array
        total = np.empty_like(array)
        self.comm.Allreduce(np.ascontiguousarray(array), total)
        return total

    def sum_in_place(self, array: Array) -> None:
        """Replace an array by the sum of the processes' arrays."""
        if self.size > 1:
            self.comm.Allreduce(None, array)  # None stands for MPI.IN_PLACE

    def sum_number(self, number: float) -> float:
        """Return the sum of the processes' numbers."""
        return number if self.size == 1 else float(self.sum(np.array([number]))[0])

    def first(self, value: Any) -> Any:
        """Return the value of the first process."""
        return value if self.size == 1 else self.comm.allgather(value)[0]

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Let all processes fail if one does, so that none waits for another.

        Raises
        ------
        OtherProcessError
            In the processes that could have gone on.
        """
        failure: NeuralNetError | None = None
        try:
            yield
        except NeuralNetError as error:
            failure = error
            failure.everywhere = True
        if self.size > 1:
            messages = self.comm.allgather(None if failure is None else str(failure))
            failed = [rank for rank, message in enumerate(messages) if message is not None]
            if failed and failure is None:
                raise OtherProcessError(f"Process {failed[0]}: {messages[failed[0]]}")
        if failure is not None:
            raise failure

    def check_equal(self, facts: dict[str, str]) -> None:
        """Compare facts about the data and the settings, by name.

        Raises
        ------
        InputError
            In every process, if one has other facts; the message names the first of them.
        """
        if self.size == 1:
            return
        everyone: list[dict[str, str]] = self.comm.allgather(facts)
        for rank, others in enumerate(everyone):
            names = [
                name for name in {**facts, **others} if others.get(name) != everyone[0].get(name)
            ]
            if names:
                name = names[0]
                raise OtherProcessError(
                    f"{name} is {others.get(name)!r:.200} in process {rank} and "
                    f"{everyone[0].get(name)!r:.200} in process 0; all processes need the same "
                    f"data, settings and seed."
                )

    def check_training(self, num_rows: int, xp: ModuleType) -> None:
        """Check that these processes can share mini-batches of `num_rows` examples.

        Raises
        ------
        InputError
            If they cannot.
        """
        if self.size == 1:
            return
        if self.size > num_rows:
            raise InputError(
                f"{self.size} processes cannot share mini-batches of {num_rows} examples; start at "
                f"most {num_rows}, or raise minibatch_size."
            )
        if xp is not np:
            raise InputError(
                "comm was given for a network on a GPU; several processes need the CPU."
            )

    def generator(self, generator: np.random.Generator) -> np.random.Generator:
        """Return a generator that draws the numbers of this process's rows."""
        return generator if self.size == 1 else cast(Any, SharedGenerator(generator, self))

    def threads(self, threads: int | None) -> int | None:
        """Return the number of threads for this process: by default, its share of the cores."""
        if self.size == 1 or threads is not None:
            return threads
        cores = os.cpu_count() or 1
        return max(1, cores // self._on_this_host)


class SharedGenerator:
    """Draws the random numbers of a whole mini-batch, and returns those of this process's rows.

    Parameters
    ----------
    generator : numpy.random.Generator
        The source, which has the same state in every process.
    processes : Processes
        The processes.
    """

    def __init__(self, generator: np.random.Generator, processes: Processes) -> None:
        self._generator, self._processes = generator, processes
        self._buffers: dict[tuple[int, ...], Array] = {}

    def random(self, out: Array, dtype: Any) -> Array:
        """Fill `out`, of shape (N, K), as `numpy.random.Generator.random` does."""
        num_rows = self._processes.num_rows
        shape = (num_rows, *out.shape[1:])
        if shape not in self._buffers:
            self._buffers[shape] = np.empty(shape, dtype)
        drawn = self._generator.random(out=self._buffers[shape], dtype=dtype)
        out[...] = drawn[self._processes.rows(num_rows)]
        return out


def digest(array: Array) -> str:
    """Return a short text that differs for arrays with other numbers."""
    return hashlib.sha256(np.ascontiguousarray(array).view(np.uint8).data).hexdigest()[:16]
