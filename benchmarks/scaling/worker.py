"""Measures in two processes, which mpiexec has started; the first prints the results as JSON."""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from mpi4py import MPI
from threadpoolctl import threadpool_limits

from benchmarks import machine
from benchmarks.workloads import CLASSIC, NUM_CLASSES, NUM_PIXELS, WIDE
from benchmarks.workloads import Network as Workload
from neuralnet import NeuralNetMLP, train
from neuralnet.training.recipe_training import build_network, train_recipe
from neuralnet.training.recipes import load_recipe

COMM = MPI.COMM_WORLD
FIRST = COMM.Get_rank() == 0
CORES = sorted(os.sched_getaffinity(0))
# Bytes of the arrays that are added up, from the gradients of `classic` to those of `record`.
SIZES = (40_000, 160_000, 640_000, 2_500_000, 10_000_000, 50_000_000)
# Sizes of the mini-batches, each with the number of steps that are timed together.
STEPS = {
    "classic": {25: 1000, 100: 500, 400: 200, 1600: 50},
    "wide": {64: 40, 256: 20, 1024: 10, 4096: 3},
    "solid": {64: 12, 128: 10, 256: 8, 512: 6},
}
# One process on one core, one with two threads, and two processes, each on one core.
WAYS = ("one", "threads", "processes")


def main(rounds: int) -> None:
    """Measure sums and steps; the rounds visit all ways in turn."""
    sums = {size: _sum_seconds(size, rounds) for size in SIZES}
    number = _draw_seconds()
    steps: dict[str, Any] = {}
    networks: dict[str, Any] = {}
    for name, batches in STEPS.items():
        for batch, num_steps in batches.items():
            run, networks[name] = _job(name, batch, num_steps)
            networks[name]["drawing"] *= number
            times: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(rounds):
                for way in WAYS:
                    times[way].append(_seconds(run, way) / num_steps)
            steps.setdefault(name, {})[batch] = times
    if FIRST:
        results = {"machine": machine.describe(), "sums": sums, "steps": steps}
        sys.stdout.write(json.dumps(results | {"networks": networks}))


def _sum_seconds(num_bytes: int, rounds: int) -> float:
    """Return the median time of a sum over both processes, of the fastest round."""
    array = np.zeros(num_bytes // 4, np.float32)
    repeats = max(5, min(500, 20_000_000 // num_bytes))
    medians = []
    for _ in range(rounds):
        times = []
        for _ in range(repeats):
            COMM.Barrier()
            began = time.perf_counter()
            COMM.Allreduce(None, array)
            times.append(time.perf_counter() - began)
        medians.append(statistics.median(times))
    return min(medians)


def _draw_seconds() -> float:
    """Return the time that NumPy takes for one random number."""
    generator, drawn = np.random.default_rng(0), np.empty(1_000_000, np.float32)
    times = []
    for _ in range(20):
        began = time.perf_counter()
        generator.random(out=drawn, dtype=np.float32)
        times.append(time.perf_counter() - began)
    return statistics.median(times) / len(drawn)


def _job(
    name: str, batch: int, num_steps: int
) -> tuple[Callable[[Any], list[float]], dict[str, float]]:
    """Return a function that trains for two epochs and returns their seconds, and some numbers.

    These are the arguments of `Step`; "drawing" is the number of random numbers per row.
    """
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (batch * num_steps, NUM_PIXELS), dtype=np.uint8)
    y = rng.integers(0, NUM_CLASSES, len(X))
    if name == "solid":
        recipe = load_recipe(name)
        changed = dataclasses.replace(recipe.training, num_epochs=2, minibatch_size=batch)
        recipe = dataclasses.replace(recipe, training=changed)
        model = build_network(recipe, NUM_PIXELS, range(NUM_CLASSES), seed=0)

        def run_recipe(comm: Any) -> list[float]:
            model.initialize(0)  # as the other process has trained less
            history = train_recipe(
                recipe, model, (X, y), None, seed=0, image_shape=(28, 28), comm=comm
            )
            return history.seconds

        run = run_recipe
    else:
        workload: Workload = {"classic": CLASSIC, "wide": WIDE}[name]
        model = NeuralNetMLP(
            NUM_PIXELS,
            workload.sizes[1:-1],
            NUM_CLASSES,
            hidden_activation=workload.hidden,
            output_activation=workload.output,
            loss=workload.loss,
        )

        def run_workload(comm: Any) -> list[float]:
            model.initialize(0)
            return train(
                model, X, y, num_epochs=2, minibatch_size=batch, learning_rate=1e-4,
                optimizer=workload.optimizer, running_loss=True, seed=0, comm=comm,
            ).seconds  # fmt: skip

        run = run_workload
    layers = len(model.num_hidden) if model.batch_norm else 0
    drawn = sum(n for n, rate in zip(model.num_hidden, model.dropout, strict=True) if rate)
    if name == "solid":
        drawn += 2 * NUM_PIXELS  # the displacements of a deformed image
    return run, {
        "num_bytes": model.parameters.gradients.nbytes,
        "small_sums": 1 + 3 * layers,
        "drawing": drawn,
    }


def _seconds(run: Callable[[Any], list[float]], way: str) -> float:
    """Return the time of the second epoch, when all buffers exist."""
    seconds = 0.0
    if way == "processes":
        _stay_on(COMM.Get_rank())
        with threadpool_limits(1, user_api="blas"):
            seconds = run(COMM)[1]
    elif FIRST:
        _stay_on(0 if way == "one" else None)
        with threadpool_limits(1 if way == "one" else 2, user_api="blas"):
            seconds = run(None)[1]
    _wait_idly()
    return seconds


def _stay_on(core: int | None) -> None:
    """Keep this thread, and those that it starts, on one of the cores; None allows all."""
    chosen = CORES if core is None else CORES[core % len(CORES) :][:1]
    os.sched_setaffinity(0, chosen)


def _wait_idly() -> None:
    """Wait for the other process without using a core, as MPI's own waiting does."""
    request = COMM.Ibarrier()
    while not request.Test():
        time.sleep(0.005)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(int(sys.argv[1]))
