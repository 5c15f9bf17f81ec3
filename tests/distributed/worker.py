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

from neuralnet import (
    Augmentation,
    AugmentedImages,
    Callback,
    Checkpoint,
    EarlyStopping,
    GradientClipping,
    InputError,
    NeuralNetMLP,
    WeightAverage,
    train,
)
from neuralnet.training.run import TrainingRun

COMM = MPI.COMM_WORLD
RANK = COMM.Get_rank()
RNG = np.random.default_rng(0)
# 201 examples in batches of 50 leave a batch of one, in which only the first process has a row.
PIXELS, LABELS = RNG.integers(0, 256, (201, 64), dtype=np.uint8), RNG.integers(0, 4, 201)
AUGMENTATION = Augmentation(
    rotation=15, scale=0.1, shift=1, alpha=5, sigma=2, thickness=1, contrast=0.2, blur=0.3,
    lines=0.3, noise=0.1, flags=0.5, image_shape=(8, 8),
)  # fmt: skip
CASES: dict[str, dict[str, Any]] = {
    "classic": {"network": {"hidden_activation": "sigmoid"}, "optimizer": "sgd"},
    "relu": {"network": {"hidden_activation": "relu", "l2": 0.01}},
    "gelu": {"network": {"hidden_activation": "gelu"}},
    "batch norm": {"network": {"batch_norm": True}, "minibatch_size": 49},
    # The last batch has 2 rows, so that the third process has none.
    "batch norm, few rows": {
        "network": {"batch_norm": True, "hidden_activation": "relu"},
        "minibatch_size": 49,
        "images": PIXELS[:100],
    },
    "dropout": {"network": {"dropout": 0.3}},
    "augmentation": {"images": AugmentedImages(PIXELS, AUGMENTATION)},
    "sample weights": {"sample_weight": RNG.random(201)},
    "weights of 0": {"sample_weight": np.arange(201) % 5 == 0},
    "a process with weights of 0": {"sample_weight": np.arange(201) > 150, "shuffle": False},
    "running loss, in order": {"running_loss": True, "shuffle": False},
    "everything": {
        "network": {"batch_norm": True, "dropout": 0.3, "label_smoothing": 0.1, "l2": 0.01},
        "minibatch_size": 49,
        "sample_weight": RNG.random(201),
        "optimizer": "adamw",
        "images": AugmentedImages(PIXELS, AUGMENTATION),
    },
}


def trained(comm: Any, **settings: Any) -> tuple[np.ndarray, Any]:
    """Return the state of a network after a training, and its history."""
    network = {
        "hidden_activation": "tanh",
        "output_activation": "softmax",
        "loss": "cross_entropy",
        "dtype": "float64",
    } | settings.pop("network", {})
    if network["hidden_activation"] == "sigmoid":
        network |= {"output_activation": "sigmoid", "loss": "mean_squared_error"}
    model = NeuralNetMLP(64, (20, 12), 4, seed=1, **network)
    arguments: dict[str, Any] = {
        "num_epochs": 4,
        "minibatch_size": 50,
        "learning_rate": 0.01,
        "optimizer": "adam",
        "seed": 3,
        "callbacks": [WeightAverage(0.9, every=2), GradientClipping(1.0), EarlyStopping(3)],
    } | settings
    images = arguments.pop("images", PIXELS)
    y = LABELS[: len(getattr(images, "images", images))]
    history = train(model, images, y, PIXELS[:33], LABELS[:33], comm=comm, **arguments)
    return model.parameters.state.copy(), history


def compare() -> dict[str, Any]:
    """Return the largest differences between several processes and one, by case."""
    results: dict[str, Any] = {}
    for name, settings in CASES.items():
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
