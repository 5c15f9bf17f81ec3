"""Compare a GPU with the CPU, time it against PyTorch and JAX, and train `record` on it.

Four networks take 20 steps on both devices, and have to agree in float64. Then whole epochs are
timed, peers in alternation, after one epoch that is not timed. All compute in IEEE float32, without
TF32.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import importlib.metadata
import json
import logging
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

# JAX would take three quarters of the device's memory at once.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

from benchmarks import machine
from benchmarks.gpu import ours
from benchmarks.gpu.jobs import JOBS, Data, Job, load_data
from neuralnet import Augmentation, Callback
from neuralnet.files import atomic_write
from neuralnet.training.device import array_module
from neuralnet.training.recipe_training import build_network, train_recipe
from neuralnet.training.recipes import Recipe, load_recipe
from neuralnet.training.run import TrainingRun

NUM_STEPS = 20
# Largest difference that counts as equal: of all parameters, relative to their norm.
TOLERANCE = 1e-4
TIMED = {"classic": 5, "wide": 5, "record": 3}
PEERS = {"PyTorch": "pytorch_peer", "JAX": "jax_peer"}


def main() -> int:
    """Run what is asked for; return 1 if the two devices differ in float64."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the MNIST files")
    parser.add_argument("--json", type=Path, required=True, help="write the results to this file")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"), help="for trying out")
    parser.add_argument("--part", action="append", choices=("equal", "times", "record"))
    parser.add_argument(
        "--examples", type=int, default=50_000, help="examples per epoch, fewer for trying out"
    )
    parser.add_argument(
        "--minutes", type=float, default=5.0, help="duration of the training of record"
    )
    parser.add_argument(
        "--epochs", type=int, default=0, help="epochs of record, instead of as many as fit"
    )
    options = parser.parse_args()
    parts = options.part or ["equal", "times", "record"]
    data = load_data(options.data)
    data = dataclasses.replace(data, X=data.X[: options.examples], y=data.y[: options.examples])
    results: dict[str, Any] = {
        "machine": machine.describe(),
        "device": _device(options.device),
        "versions": _versions(),
    }
    if "equal" in parts:
        results["deformation"] = compare_deformation(data, options.device)
        results["equal"] = compare(data, options.device)
    if "times" in parts:
        results["times"] = measure(data, options.device)
    if "record" in parts:
        results["record"] = train_record(data, options.device, options.epochs, 60 * options.minutes)
    with atomic_write(options.json) as file:
        file.write(json.dumps(results, indent=1).encode() + b"\n")
    judged = [row for row in results.get("equal", []) if row["dtype"] == "float64"]
    return int(not all(row["equal"] for row in judged))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _device(name: str) -> str:
    """Return the name of the GPU."""
    if name == "cpu":
        return "cpu"
    properties = array_module(name).cuda.runtime.getDeviceProperties(0)
    return str(properties["name"].decode())


def _versions() -> dict[str, str]:
    """Return the versions of what computes."""
    wanted = ("numpy", "cupy-cuda12x", "cupy-cuda13x", "torch", "jax", "neuralnet-numpy")
    installed = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return {name: installed[name] for name in wanted if name in installed}


def _record() -> Recipe:
    """Return the recipe, whose images are deformed in a second thread."""
    recipe = load_recipe("record")
    augmentation = {**(recipe.augmentation or {}), "overlapped": True}
    return dataclasses.replace(recipe, augmentation=augmentation)


def _augmentation() -> Augmentation:
    """Return the deformations of the recipe."""
    return Augmentation(**(_record().augmentation or {}))


def compare(data: Data, device: str) -> list[dict[str, Any]]:
    """Compare the parameters of each network after 20 steps on the CPU and on the device.

    In float64 they have to be equal. In float32, a gradient that is nothing but rounding error
    moves a weight by a whole step of Adam, so these differences are only reported. A pixel that is
    always background has such a gradient in front of batch normalization.
    """
    rows = []
    for name, job in JOBS.items():
        for dtype in ("float32", "float64"):
            trainers = [ours.Trainer(job, data, d, dtype=dtype) for d in ("cpu", device)]
            losses = []
            for trainer in trainers:
                trainer.train(NUM_STEPS)
                losses.append(np.array(trainer.losses))
            here, there = (
                np.concatenate([array.ravel() for array in t.weights()]) for t in trainers
            )
            start = np.concatenate([a.ravel() for a in _parameters(job, device, dtype)])
            moved = float(np.linalg.norm(here - start) / np.linalg.norm(start))
            difference = float(np.linalg.norm(there - here) / np.linalg.norm(here))
            rows.append(
                {
                    "network": name,
                    "dtype": dtype,
                    "moved": moved,
                    "difference": difference,
                    "largest": float(np.abs(there - here).max()),
                    "losses": float(np.abs(losses[1] / losses[0] - 1).max()),
                    "equal": difference <= TOLERANCE < moved,
                }
            )
            _say(json.dumps(rows[-1]))
    return rows


def compare_deformation(data: Data, device: str) -> dict[str, float]:
    """Compare deformed images of the CPU and of the device, in grey levels from 0 to 255."""
    augmentation = _augmentation()
    images, deformed = data.X[:512], []
    for xp in (np, array_module(device)):
        out = xp.empty(images.shape, np.float32)
        augmentation.augmenter(xp).apply(images, np.random.default_rng(0), out)
        deformed.append(out if xp is np else xp.asnumpy(out))
    difference = np.abs(deformed[1] - deformed[0])
    result = {"largest": float(difference.max()), "mean": float(difference.mean())}
    _say(json.dumps({"deformation": result}))
    return result


def _parameters(job: Job, device: str, dtype: str) -> list[Any]:
    model = ours.build(job, device, dtype)
    return [model.to_numpy(view) for _, view in model.parameters.items()]


def measure(data: Data, device: str) -> dict[str, dict[str, list[float]]]:
    """Time epochs of each peer in alternation; return the seconds by network and peer."""
    table: dict[str, dict[str, list[float]]] = {}
    for name, num_rounds in TIMED.items():
        trainers: dict[str, Any] = {"neuralnet": ours.Trainer(JOBS[name], data, device)}
        if name == "record":
            trainers["neuralnet, with deformation"] = ours.Trainer(
                JOBS[name], data, device, _augmentation()
            )
        for peer, module in PEERS.items():
            try:
                theirs = importlib.import_module(f"benchmarks.gpu.{module}")
            except ImportError as error:
                _say(f"{peer} is left out: {error}")
            else:
                trainers[peer] = theirs.Trainer(JOBS[name], data, device)
        for trainer in trainers.values():
            trainer.train()
        seconds: dict[str, list[float]] = {peer: [] for peer in trainers}
        for _ in range(num_rounds):
            for peer, trainer in trainers.items():
                seconds[peer].append(trainer.train())
        table[name] = seconds
        for peer, times in seconds.items():
            _say(f"{name} {peer}: {statistics.median(times):.3f} s")
    return table


class _Log(Callback):
    """Prints one line every ten epochs."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        if run.epoch % 10 == 0 or run.epoch == run.num_epochs:
            error = 100 * (1 - run.history.valid_accuracy[-1])
            seconds = sum(run.history.seconds)
            loss = run.history.train_loss[-1]
            _say(
                f"epoch {run.epoch}/{run.num_epochs}: loss {loss:.4f}, held out {error:.2f} %, "
                f"{seconds:.0f} s"
            )


def train_record(data: Data, device: str, num_epochs: int, seconds: float) -> dict[str, Any]:
    """Train `record` on 50,000 images, by default for as many epochs as fit, at most 800."""
    recipe = _record()

    def run(num_epochs: int, *observers: Callback) -> Any:
        settings = dataclasses.replace(recipe.training, num_epochs=num_epochs)
        planned = dataclasses.replace(recipe, training=settings)
        model = build_network(planned, 784, range(10), seed=0, device=device)
        began = time.perf_counter()
        history = train_recipe(
            planned, model, (data.X, data.y), data.held_out, seed=0, callbacks=observers
        )
        return model, history, time.perf_counter() - began

    if not num_epochs:
        _, trial, _ = run(4)  # the first epochs also compile the device's kernels
        num_epochs = int(min(800, max(1, 0.97 * seconds / min(trial.seconds))))
    model, history, duration = run(num_epochs, _Log())
    result = {
        "num_epochs": num_epochs,
        "seconds": duration,
        "held_out_error": 1 - history.valid_accuracy[-1],
        "test_error": 1 - model.evaluate(*data.test).accuracy,
        "held_out_errors": [1 - accuracy for accuracy in history.valid_accuracy],
    }
    _say(json.dumps({name: value for name, value in result.items() if "errors" not in name}))
    return result


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    raise SystemExit(main())
