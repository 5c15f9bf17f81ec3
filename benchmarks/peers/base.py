"""Interface of the peers: train for an epoch, and predict."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.workloads import NUM_CLASSES, Array, Network, Work


@dataclass(frozen=True)
class Job:
    """Workload and its data, for the process of a peer."""

    work: Work
    folder: Path

    @property
    def network(self) -> Network:
        """Network of the workload."""
        return self.work.network

    def images(self) -> Array:
        """Read the training images, uint8 of shape (N, 784)."""
        images: Array = np.load(self.folder / "images.npy")
        return np.ascontiguousarray(images[: self.work.num_examples])

    def labels(self) -> Array:
        """Read the training labels, int64 of shape (N,)."""
        labels: Array = np.load(self.folder / "labels.npy")
        return np.ascontiguousarray(labels[: self.work.num_examples])

    def test_images(self) -> Array:
        """Read the test images, uint8 of shape (N, 784)."""
        images: Array = np.load(self.folder / "test_images.npy")
        return np.ascontiguousarray(images[: self.work.num_examples])


def scaled(images: Array) -> Array:
    """Scale pixels to float32 in [-1, 1], with the same arithmetic as the package."""
    floats = images.astype(np.float32)
    floats *= 2 / 255
    floats -= 1
    return floats


def one_hot(labels: Array) -> Array:
    """Return the one-hot encoding of labels as float32."""
    return np.eye(NUM_CLASSES, dtype=np.float32)[labels]


@dataclass(frozen=True)
class Order:
    """Seed of the initial weights and the order of the examples, and an optional number of steps.

    The order is drawn from the seed as `neuralnet.train` draws it. Training ends after `steps`
    steps, or after the epoch if `steps` is None.
    """

    seed: int
    steps: int | None = None

    def rows(self, job: Job) -> Array:
        """Return the indices of the examples in training order."""
        rows = np.random.default_rng(self.seed).permutation(job.work.num_examples)
        return rows if self.steps is None else rows[: self.steps * job.network.batch_size]


class Trainer(ABC):
    """Training of a network. `__init__` prepares everything that is not timed."""

    # Data type of the images in memory: floating-point images were scaled to [-1, 1] beforehand,
    # uint8 images are scaled batch by batch.
    inputs = "float32"
    # Mean loss over the batches of the last epoch, each computed before its update, or None if the
    # peer does not compute it.
    mean_loss: float | None = None

    @abstractmethod
    def train(self, order: Order) -> float:
        """Train from the initial weights for an epoch; return the time in seconds.

        Resetting the weights and preparing the order of the examples are not timed, because a
        training run does them once rather than in every epoch.
        """

    @abstractmethod
    def weights(self) -> list[Array]:
        """Return W (inputs, outputs) and b of each layer after the last training."""


class Predictor(ABC):
    """Prediction with a network. `__init__` prepares the network and the inputs."""

    inputs = "float32"

    @abstractmethod
    def predict(self) -> Array:
        """Return the class probabilities as a NumPy array of shape (N, 10)."""


# Approximate duration of a round of predictions. Calls that take a few microseconds are too short
# to be timed individually, so a round times thousands of them.
ROUND_SECONDS = 0.25


def calls_per_round(predictor: Predictor) -> int:
    """Return the number of calls per round, after warming up for half a round."""
    calls = 0
    began = time.perf_counter()
    while (passed := time.perf_counter() - began) < ROUND_SECONDS / 2 or not calls:
        predictor.predict()
        calls += 1
    return max(1, round(calls * ROUND_SECONDS / passed))


def seconds_per_call(predictor: Predictor, calls: int) -> float:
    """Return the mean time of `calls` consecutive predictions, after one that is not timed."""
    predict = predictor.predict
    predict()
    began = time.perf_counter()
    for _ in range(calls):
        predict()
    return (time.perf_counter() - began) / calls
