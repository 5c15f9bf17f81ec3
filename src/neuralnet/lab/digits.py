"""The digits that the lab trains on and shows."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from neuralnet.checks import Array
from neuralnet.data.dataset import DataNotFoundError, Dataset
from neuralnet.data.preprocessing import split_dataset
from neuralnet.data.sources import load_mnist
from neuralnet.errors import NeuralNetError
from neuralnet.lab.settings import NUM_VALID


@dataclass(frozen=True)
class LabDigits:
    """Training and validation digits: uint8 images, shape (N, 784), and their labels."""

    X_train: Array
    y_train: Array
    X_valid: Array
    y_valid: Array


@functools.lru_cache(maxsize=2)
def dataset(name: str) -> Dataset:
    """Load a data set without a download.

    Raises
    ------
    NeuralNetError
        If it is not on this machine.
    """
    if name == "sample":
        return load_mnist(source="sample")
    for source in ("folder", "cache"):
        try:
            found = load_mnist(source=source)
        except NeuralNetError:
            continue
        if found.images.shape[1:] == (784,) and len(found.classes) == 10:
            return found
    raise DataNotFoundError(
        "MNIST is not on this machine. Run `neuralnet data fetch`, or choose the sample of 5,000 "
        "digits."
    )


@functools.lru_cache(maxsize=2)
def lab_digits(name: str, examples: int, seed: int) -> LabDigits:
    """Return the digits of a training: a validation set, and `examples` of the other digits.

    Test digits are never used. If there are fewer than `examples`, all are used.

    Raises
    ------
    NeuralNetError
        If the data set is not on this machine.
    """
    split = split_dataset(dataset(name), protocol="official", num_valid=NUM_VALID, seed=seed)
    order = np.random.default_rng(seed).permutation(len(split.y_train))[:examples]
    return LabDigits(split.X_train[order], split.y_train[order], split.X_valid, split.y_valid)
