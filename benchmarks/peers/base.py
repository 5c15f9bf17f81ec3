"""What a peer has to offer: to train for an epoch, and to predict."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.works import NUM_CLASSES, Array, Network, Work


@dataclass(frozen=True)
class Job:
    """A work and its data, as a peer's process is given it."""

    work: Work
    folder: Path

    @property
    def network(self) -> Network:
        """The network of the work."""
        return self.work.network

    def images(self) -> Array:
        """Read the training images: uint8, shape (N, 784)."""
        images: Array = np.load(self.folder / "images.npy")
        return np.ascontiguousarray(images[: self.work.num_examples])

    def labels(self) -> Array:
        """Read their labels: int64, shape (N,)."""
        labels: Array = np.load(self.folder / "labels.npy")
        return np.ascontiguousarray(labels[: self.work.num_examples])

    def test_images(self) -> Array:
        """Read the images to predict: uint8, shape (N, 784)."""
        images: Array = np.load(self.folder / "test_images.npy")
        return np.ascontiguousarray(images[: self.work.num_examples])


def scaled(images: Array) -> Array:
    """Scale pixels to float32 in [-1, 1], in the same arithmetic as the package."""
    floats = images.astype(np.float32)
    floats *= 2 / 255
    floats -= 1
    return floats


def one_hot(labels: Array) -> Array:
    """Turn labels into float32 rows with a single 1."""
    return np.eye(NUM_CLASSES, dtype=np.float32)[labels]


@dataclass(frozen=True)
class Order:
    """Where a training begins and in which order it takes the examples; `steps` ends it early.

    Start weights and order are drawn from the seed, the order as `neuralnet.train` draws it.
    """

    seed: int
    steps: int | None = None

    def rows(self, job: Job) -> Array:
        """Return the examples' places in the order of their use."""
        rows = np.random.default_rng(self.seed).permutation(job.work.num_examples)
        return rows if self.steps is None else rows[: self.steps * job.network.batch_size]


class Trainer(ABC):
    """Trains a network; built once, with all that need not be timed done in `__init__`."""

    # What it gathers its batches from: floats were scaled to [-1, 1] before, bytes are scaled batch
    # by batch.
    inputs = "float32"
    # The mean loss of the last epoch's batches, each before its update; None where a peer's steps
    # give no loss.
    mean_loss: float | None = None

    @abstractmethod
    def train(self, order: Order) -> float:
        """Train from the start weights for an epoch; return its seconds.

        Nothing that is done once a training rather than once an epoch is timed: going back to the
        start, and laying out the order of the examples.
        """

    @abstractmethod
    def weights(self) -> list[Array]:
        """Return W (inputs, outputs) and b, layer by layer, as the last training left them."""


class Predictor(ABC):
    """Predicts; its network and its inputs are made ready in `__init__`."""

    inputs = "float32"

    @abstractmethod
    def predict(self) -> Array:
        """Return the probabilities of each image as a NumPy array, shape (N, 10)."""


# A round of predictions takes about this long, so that single calls of a few microseconds are
# timed by the thousand.
ROUND_SECONDS = 0.25


def calls_a_round(predictor: Predictor) -> int:
    """Return how many calls fill a round, after warming up for half of one."""
    calls = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < ROUND_SECONDS / 2 or not calls:
        predictor.predict()
        calls += 1
    return max(1, round(calls * ROUND_SECONDS / passed))


def seconds_a_call(predictor: Predictor, calls: int) -> float:
    """Return the mean seconds of `calls` predictions in a row, after one that is not timed."""
    predict = predictor.predict
    predict()
    began = time.perf_counter()
    for _ in range(calls):
        predict()
    return (time.perf_counter() - began) / calls
