"""The MNIST data set: its four files, their mirrors and their checksums.

MNIST is by Yann LeCun, Corinna Cortes and Christopher Burges, under CC BY-SA 3.0.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from neuralnet.data.dataset import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray


class MnistFile(NamedTuple):
    """One of the four gzipped files: its name, its size in bytes and its SHA-256."""

    name: str
    size: int
    sha256: str


FILES = (
    MnistFile(
        "train-images-idx3-ubyte.gz",
        9_912_422,
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ),
    MnistFile(
        "train-labels-idx1-ubyte.gz",
        28_881,
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    MnistFile(
        "t10k-images-idx3-ubyte.gz",
        1_648_877,
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ),
    MnistFile(
        "t10k-labels-idx1-ubyte.gz",
        4_542,
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
)

# Each mirror serves the original files, byte for byte, under their original names.
MIRRORS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://raw.githubusercontent.com/fgnt/mnist/master/",
)

NUM_TRAIN = 60_000
IMAGE_SHAPE = (28, 28)

# Hashes of the 70,000 images, training images first, and of their labels.
IMAGES_SHA256 = "5b92582eb909c82a9bfefcd44acbe9233be3eb5b419a44cf211022ad2bf4bf96"
LABELS_SHA256 = "671ff9d70b4811116d55c3dd479efa7a981e2e62753ef7a6d5c15fea81e63d27"


def is_mnist(images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> bool:
    """Return whether images and labels equal MNIST's 70,000 digits, bit for bit and in order."""
    # The labels come first: they are quick to hash, and differ in other data sets.
    return _sha256(labels) == LABELS_SHA256 and _sha256(images) == IMAGES_SHA256


def as_dataset(images: NDArray[np.uint8], labels: NDArray[np.uint8], source: str) -> Dataset:
    """Return MNIST as a `Dataset`, from images and labels that passed `is_mnist`."""
    return Dataset(
        images=images.reshape(len(images), -1),  # (N, D)
        labels=labels,
        num_train=NUM_TRAIN,
        image_shape=IMAGE_SHAPE,
        classes=tuple(range(10)),
        name="MNIST",
        source=source,
    )


def _sha256(array: NDArray[np.uint8]) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
