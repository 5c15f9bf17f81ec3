"""The works: what is timed, on which network, on how many examples."""

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
    """A network and how it is trained; every peer builds the same."""

    name: str
    sizes: tuple[int, ...]
    hidden: Literal["sigmoid", "relu"]
    output: Literal["sigmoid", "softmax"]
    loss: Literal["mean_squared_error", "cross_entropy"]
    optimizer: Literal["sgd", "adam"]
    learning_rate: float
    batch_size: int
    # After how many steps all peers must have the same weights; None: after the whole epoch.
    # Adam divides by the size of the gradient, so where that is next to nothing rounding decides,
    # and in float32 it drifts from itself.
    same_steps: int | None

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Inputs and outputs of each layer."""
        return list(zip(self.sizes, self.sizes[1:], strict=False))

    def start(self, seed: int = 0) -> list[Array]:
        """Draw the weights that every peer begins with: W (inputs, outputs) and b, layer by layer.

        They are drawn here and not by the package under test, so that nobody's own rule is used.
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
    """One thing that is timed.

    Attributes
    ----------
    name : str
        "one-classic", say; the part before the dash is the family that `--work` may also name.
    kind : str
        "training" and "prediction" are done by peers that stand ready; "mapped" by this package
        alone, over sets of several sizes; "process" is a fresh process each time.
    num_examples : int
        Trained on in an epoch, or predicted in a call.
    rounds : int
        How often each peer takes its turn, if not said otherwise.
    """

    name: str
    what: str
    kind: Kind
    network: Network
    num_examples: int
    rounds: int

    @property
    def family(self) -> str:
        """The name without the network."""
        return self.name.partition("-")[0]


WORKS = (
    Work(
        "classic",
        "an epoch of 55,000: 784-50-10, sigmoid, mean squared error, SGD, batches of 100",
        "training",
        CLASSIC,
        NUM_TRAINING,
        15,
    ),
    Work(
        "wide",
        "an epoch of 55,000: 784-1024-1024-10, ReLU, softmax, cross-entropy, Adam, batches of 256",
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
    Work("start", "a fresh process, to its end", "process", CLASSIC, 1, 25),
    Work(
        "whole",
        "the training script, 50 epochs, from process start to the last picture",
        "process",
        CLASSIC,
        NUM_TRAINING,
        3,
    ),
    Work(
        "large",
        "an epoch over memory-mapped pixels, evaluation included, 784-50-10: time an example",
        "mapped",
        CLASSIC,
        2_000_000,
        5,
    ),
)


def choose(names: list[str] | None) -> list[Work]:
    """Return the works that were asked for by name or family, or all of them.

    Raises
    ------
    ValueError
        If a name is none of theirs.
    """
    known = {work.name for work in WORKS} | {work.family for work in WORKS}
    for name in names or ():
        if name not in known:
            raise ValueError(f"--work is {name!r}; it must be one of {', '.join(sorted(known))}.")
    return [w for w in WORKS if not names or w.name in names or w.family in names]


def quick(work: Work) -> Work:
    """Return the same work cut down: enough to see that all of it runs, not to measure it."""
    fewer = {"classic": 11_000, "wide": 5_200, "large": 100_000}
    return replace(work, rounds=2, num_examples=fewer.get(work.name, work.num_examples))


def find(name: str, *, cut_down: bool) -> Work:
    """Return the work of this name, cut down or whole."""
    work = next(work for work in WORKS if work.name == name)
    return quick(work) if cut_down else work
