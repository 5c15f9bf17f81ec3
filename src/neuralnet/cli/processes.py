"""`neuralnet train` in several processes, which mpiexec has started."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from typing import Any

from neuralnet.errors import InputError

# How the launchers of MPICH, Open MPI and Slurm tell a process its number, and how many there are.
# Slurm sets SLURM_NTASKS even for a single process in a batch script, but this one in srun alone.
_RANKS = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
_SIZES = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


def communicator() -> Any:
    """Return the communicator of all processes that were started together, or None for one.

    Raises
    ------
    InputError
        If several processes were started in a way in which they cannot work together.
    """
    started = _from_environment(_SIZES, 1)
    if started == 1 and "mpi4py" not in sys.modules:
        return None
    if sys.platform == "win32":
        raise InputError(
            "Several processes are not supported on Windows; use Linux, for example in WSL, or "
            "start one process, without mpiexec."
        )
    try:
        world = importlib.import_module("mpi4py.MPI").COMM_WORLD
    except (ImportError, RuntimeError) as error:  # RuntimeError: there is no MPI library
        raise InputError(
            f"{started} processes were started together, which needs mpi4py and MPI, and these "
            f"cannot be used here ({error}): pip install 'neuralnet-numpy[mpi]', or start one "
            f"process, without mpiexec."
        ) from error
    if started > 1 and world.Get_size() == 1:
        raise InputError(
            f"{started} processes were started together, but mpi4py finds only one: the program "
            f"that started them belongs to another MPI. Start them with the mpiexec of the MPI "
            f"that 'python -m mpi4py --mpi-lib-version' names."
        )
    return world if world.Get_size() > 1 else None


def is_first() -> bool:
    """Return whether this process is the first, or the only one."""
    return _from_environment(_RANKS, 0) == 0


@contextlib.contextmanager
def only_the_first_speaks() -> Iterator[None]:
    """Discard what all processes but the first print."""
    if is_first():
        yield
    else:
        with (
            open(os.devnull, "w") as nowhere,  # noqa: PTH123 - os.devnull is no Path
            contextlib.redirect_stdout(nowhere),
            contextlib.redirect_stderr(nowhere),
        ):
            yield


def end_all(message: str, exit_code: int) -> None:
    """End all processes, with a message from this one, if the others would wait for it for ever."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is not None and mpi.COMM_WORLD.Get_size() > 1:
        if message and sys.__stderr__ is not None:
            sys.__stderr__.write(f"{message}\n")
            sys.__stderr__.flush()
        mpi.COMM_WORLD.Abort(exit_code)


def end_together() -> None:
    """Wait until all processes are about to end, so that none cuts off what the first prints."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is not None and mpi.COMM_WORLD.Get_size() > 1:
        mpi.COMM_WORLD.Barrier()
        mpi.Finalize()  # otherwise, an exit code other than 0 aborts the others


def _from_environment(names: tuple[str, ...], default: int) -> int:
    """Return the first of these environment variables that is a number."""
    for name in names:
        with contextlib.suppress(ValueError):
            return int(os.environ.get(name, ""))
    return default
