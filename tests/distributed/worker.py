"""Trains in several processes and in one; the first process prints what differs."""

from __future__ import annotations

import json
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from mpi4py import MPI

from neuralnet import Callback, Checkpoint, GradientClipping, InputError
from neuralnet.training.run import TrainingRun
from tests.distributed.cases import CASES, PIXELS, trained

COMM = MPI.COMM_WORLD
RANK = COMM.Get_rank()


def compare() -> dict[str, Any]:
    """Return the largest differences between several processes and one, by case."""
    results: dict[str, Any] = {}
    file = Path(COMM.bcast(tempfile.mkdtemp() if RANK == 0 else None), "images.npy")
    if RANK == 0:
        np.save(file, PIXELS)
    COMM.Barrier()
    mapped = {"memory map": {"images": np.load(file, mmap_mode="r")}}
    for name, settings in (CASES | mapped).items():
        together, history = trained(COMM, **settings)
        again, _ = trained(COMM, **settings)
        alone, expected = trained(None, **settings)
        results[name] = {
            "weights": float(np.abs(together - alone).max()),
            "losses": float(np.abs(np.subtract(history.train_loss, expected.train_loss)).max()),
            "accuracies": [history.valid_accuracy, expected.valid_accuracy],
            "same bits": len({*COMM.allgather(together.tobytes()), again.tobytes()}) == 1,
        }
    return results


def resume() -> dict[str, Any]:
    """Return what differs when one process goes on where several stopped, and the reverse."""
    folder = Path(COMM.bcast(tempfile.mkdtemp() if RANK == 0 else None))
    settings: dict[str, Any] = {"network": {"dropout": 0.3, "batch_norm": True}}
    settings |= {"minibatch_size": 49, "callbacks": []}
    whole, _ = trained(None, **settings)
    results = {}
    for name, first, second in (("to one", COMM, None), ("to several", None, COMM)):
        path = folder / name
        if first is not None or RANK == 0:
            writing = settings | {"num_epochs": 2, "callbacks": [Checkpoint(path)]}
            trained(first, **writing)
        COMM.Barrier()
        state, history = trained(second, **settings, resume=path)
        results[name] = {
            "weights": float(np.abs(state - whole).max()),
            "epochs": len(history.train_loss),
            "files": sorted(one.name for one in folder.iterdir()),
        }
        COMM.Barrier()
    return results


class StopInOne(Callback):
    """Stops after the second epoch, in the first process alone."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        if run.epoch == 2 and run.processes.rank == 0:
            run.stop("the time is up")


def stop() -> list[Any]:
    """Return how many epochs there were in each process, and why it stopped."""
    _, history = trained(COMM, callbacks=[StopInOne()])
    return COMM.allgather([history.num_epochs, history.stopped])


def errors() -> dict[str, Any]:
    """Return the messages of all processes where one has an argument that the others lack."""
    first = RANK == 0
    wrong: dict[str, dict[str, Any]] = {
        "other data": {"images": PIXELS if first else PIXELS[::-1].copy()},
        "other settings": {"learning_rate": 0.01 if first else 0.02},
        "other seed": {"seed": 3 if first else 4},
        "other number of epochs": {"num_epochs": 2 if first else 3},
        "other figures": {"running_loss": first},
        "other network": {"network": {"l2": 0.0 if first else 0.5}},
        "other callbacks": {"callbacks": [GradientClipping(1 if first else 2)]},
        "resume in one": {"resume": None if first else "no file"},
        "error in one": {"num_epochs": 3 if first else 0},
        "error in the first": {"num_epochs": 0 if first else 3},
        "more processes than examples": {"minibatch_size": 1},
        "diverged": {
            "network": {"hidden_activation": "relu"},
            "optimizer": "sgd",
            "learning_rate": 1e200,
            "callbacks": [],
        },
        "L-BFGS": {"optimizer": "lbfgs", "learning_rate": None, "callbacks": []},
    }
    results = {}
    for name, settings in wrong.items():
        message = ""
        try:
            trained(COMM, **settings)
        except (InputError, ArithmeticError) as error:
            message = str(error)
        results[name] = COMM.allgather(message)
    return results


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {"compare": compare(), "resume": resume(), "stop": stop(), "errors": errors()}
    if RANK == 0:
        sys.stdout.write(json.dumps(found))
