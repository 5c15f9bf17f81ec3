"""The networks that are trained on the GPU, with the settings that all peers use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.workloads import CLASSIC, NUM_CLASSES, NUM_PIXELS, WIDE, Array, Network
from neuralnet.data.sources import load_mnist

NUM_TRAINING = 50_000


@dataclass(frozen=True)
class Job:
    """A network, its regularization and its optimizer."""

    network: Network
    batch_norm: bool = False
    dropout: float = 0.0
    label_smoothing: float = 0.0
    weight_decay: float = 0.0  # of AdamW; 0 for plain Adam or SGD

    @property
    def name(self) -> str:
        """Name of the network."""
        return self.network.name

    def start(self) -> list[tuple[Array, ...]]:
        """Draw the initial weights: W and b of each layer, or W alone before batch norm."""
        weights = self.network.start()
        pairs = list(zip(weights[::2], weights[1::2], strict=True))
        last = len(pairs) - 1
        return [(W,) if self.batch_norm and n < last else (W, b) for n, (W, b) in enumerate(pairs)]


RECORD = Network(
    "record",
    (NUM_PIXELS, 2500, 2000, 1500, 1000, 500, NUM_CLASSES),
    "relu",
    "softmax",
    "cross_entropy",
    "adam",
    learning_rate=0.003,
    batch_size=512,
    same_steps=None,
)
SMALL = replace(WIDE, name="small", sizes=(NUM_PIXELS, 100, 50, NUM_CLASSES), batch_size=100)
REGULARIZED: dict[str, Any] = {"batch_norm": True, "dropout": 0.05, "label_smoothing": 0.05}
JOBS = {
    "classic": Job(CLASSIC),
    "small": Job(SMALL, dropout=0.2, label_smoothing=0.1),
    "wide": Job(WIDE),
    "record": Job(RECORD, weight_decay=0.05, **REGULARIZED),
}


@dataclass(frozen=True)
class Data:
    """MNIST: 50,000 images to train on, and 10,000 that are held out."""

    X: Array
    y: Array
    held_out: tuple[Array, Array]
    test: tuple[Array, Array]


def load_data(folder: Path) -> Data:
    """Read MNIST from a folder; the last 10,000 of its 60,000 training images are held out."""
    dataset = load_mnist(folder)
    X, y = dataset.images, dataset.labels.astype(np.int64)
    held_out = slice(NUM_TRAINING, 60_000)
    return Data(
        np.ascontiguousarray(X[:NUM_TRAINING]),
        y[:NUM_TRAINING],
        (X[held_out], y[held_out]),
        (X[60_000:], y[60_000:]),
    )
