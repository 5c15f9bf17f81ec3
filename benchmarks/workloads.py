"""Workloads: the operation that is timed, its network and its number of examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

NUM_TRAINING = 55_000
NUM_TEST = 10_000
NUM_PIXELS = 784
NUM_CLASSES = 10


@dataclass(frozen=True)
class Network:
    """Network and training settings that all peers use."""

    name: str
    sizes: tuple[int, ...]
    hidden: Literal["sigmoid", "relu"]
    output: Literal["sigmoid", "softmax"]
    loss: Literal["mean_squared_error", "cross_entropy"]
    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    batch_size: int
    # Number of steps after which the weights of all peers must agree, or None for a whole epoch.
    # Adam divides by the magnitude of the gradient, so rounding errors dominate where it is nearly
    # zero, and float32 results drift apart over an epoch.
    same_steps: int | None

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Numbers of inputs and outputs of each layer."""
        return list(zip(self.sizes, self.sizes[1:], strict=False))

    def start(self, seed: int = 0) -> list[Array]:
        """Draw the initial weights of all peers: W (inputs, outputs) and b for each layer.

        They do not come from the package under test, so that all peers use the same rule.
        """
        generator = np.random.default_rng(seed)
        weights: list[Array] = []
        for num_inputs, num_outputs in self.pairs:
            deviation = np.sqrt((2 if self.hidden == "relu" else 1) / num_inputs)
            drawn = generator.normal(0, deviation, (num_inputs, num_outputs))
            weights += [drawn.astype(np.float32), np.zeros(num_outputs, np.float32)]
        return weights


CLASSIC = Network(
    "classic",
    (NUM_PIXELS, 50, NUM_CLASSES),
    "sigmoid",
    "sigmoid",
    "mean_squared_error",
    "sgd",
    learning_rate=0.1,
    batch_size=100,
    same_steps=None,
)
WIDE = Network(
    "wide",
    (NUM_PIXELS, 1024, 1024, NUM_CLASSES),
    "relu",
    "softmax",
    "cross_entropy",
    "adam",
    learning_rate=0.001,
    batch_size=256,
    same_steps=10,
)
NETWORKS = {network.name: network for network in (CLASSIC, WIDE)}

Kind = Literal["training", "prediction", "mapped", "process"]


@dataclass(frozen=True)
class Work:
    """Workload to be timed.

    Attributes
    ----------
    name : str
        Name such as "one-classic". `--work` also accepts the part before the hyphen, the family.
    what : str
        Description for the report.
    kind : str
        "training" and "prediction" run in prepared processes, one per peer; "mapped" runs this
        package only, on data sets of several sizes; "process" starts a new process each time.
    network : Network
        Network that is trained or that predicts.
    num_examples : int
        Number of examples per epoch or per prediction call.
    rounds : int
        Default number of rounds.
    """

    name: str
    what: str
    kind: Kind
    network: Network
    num_examples: int
    rounds: int

    @property
    def family(self) -> str:
        """Name without the network."""
        return self.name.partition("-")[0]


WORKS = (
    Work(
        "classic",
        "epoch of 55,000 examples: 784-50-10, sigmoid, mean squared error, SGD, batches of 100",
        "training",
        CLASSIC,
        NUM_TRAINING,
        15,
    ),
    Work(
        "wide",
        "epoch of 55,000 examples: 784-1024-1024-10, ReLU, softmax, cross-entropy, Adam, "
        "batches of 256",
        "training",
        WIDE,
        NUM_TRAINING,
        5,
    ),
    Work("one-classic", "probabilities of one image, 784-50-10", "prediction", CLASSIC, 1, 15),
    Work("one-wide", "probabilities of one image, 784-1024-1024-10", "prediction", WIDE, 1, 15),
    Work(
        "many-classic",
        "probabilities of 10,000 images, 784-50-10",
        "prediction",
        CLASSIC,
        NUM_TEST,
        15,
    ),
    Work(
        "many-wide",
        "probabilities of 10,000 images, 784-1024-1024-10",
        "prediction",
        WIDE,
        NUM_TEST,
        15,
    ),
    Work("start", "new process, from start to exit", "process", CLASSIC, 1, 25),
    Work(
        "whole",
        "training script, 50 epochs, from process start to the last plot",
        "process",
        CLASSIC,
        NUM_TRAINING,
        3,
    ),
    Work(
        "large",
        "epoch on memory-mapped pixels, including evaluation, 784-50-10: time per example",
        "mapped",
        CLASSIC,
        2_000_000,
        5,
    ),
)


def choose(names: list[str] | None) -> list[Work]:
    """Return the workloads with the given names or families, or all of them.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    known = {work.name for work in WORKS} | {work.family for work in WORKS}
    for name in names or ():
        if name not in known:
            raise ValueError(f"--work is {name!r}; it must be one of {', '.join(sorted(known))}.")
    return [w for w in WORKS if not names or w.name in names or w.family in names]


def quick(work: Work) -> Work:
    """Return a small version of a workload, for smoke tests rather than measurements."""
    fewer = {"classic": 11_000, "wide": 5_200, "large": 100_000}
    return replace(work, rounds=2, num_examples=fewer.get(work.name, work.num_examples))


def find(name: str, *, cut_down: bool) -> Work:
    """Return the workload with this name, in its small version if `cut_down` is true."""
    work = next(work for work in WORKS if work.name == name)
    return quick(work) if cut_down else work
