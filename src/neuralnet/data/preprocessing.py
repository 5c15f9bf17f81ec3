"""From images and labels to what a network trains on: scaling, one-hot labels, splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import (
    InputError,
    check_integer,
    check_labels,
    check_name,
    check_number,
    describe,
    random_generator,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neuralnet.data.dataset import Dataset

PROTOCOLS = ("textbook", "official")

# Training, validation and test parts of the textbook's 70,000.
TEXTBOOK_SIZES = (55_000, 5_000, 10_000)
# Of MNIST's own 60,000 training images, these many are set aside for validation.
OFFICIAL_VALIDATION = (5_000, 60_000)


def scale_pixels(
    images: NDArray[np.uint8], low: float = -1.0, high: float = 1.0
) -> NDArray[np.float32]:
    """Scale pixels from whole numbers in [0, 255] to float32 in [`low`, `high`].

    Parameters
    ----------
    images : ndarray of uint8, any shape
        Pixels.
    low, high : float
        What 0 and 255 become, to float32 rounding.

    Returns
    -------
    ndarray of float32, same shape

    Raises
    ------
    InputError
        If the images are not uint8, or `high` is not above `low`.
    """
    images = np.asarray(images)
    if images.dtype != np.uint8:
        raise InputError(
            f"images is {describe(images)}; it must be an array of uint8, pixels from 0 to 255. "
            f"Has it been scaled already?"
        )
    low = check_number(low, "low")
    high = check_number(high, "high", above=low)
    scaled = images.astype(np.float32)
    # The network's own formula (NeuralNetMLP.scale), so that both give the same bits.
    scaled *= (high - low) / 255
    scaled += low
    return scaled


def one_hot(labels: object, num_classes: int) -> NDArray[np.float32]:
    """Write each label as a row of zeros with a one in its column.

    Parameters
    ----------
    labels : array_like of whole numbers, shape (N,)
        Labels in [0, `num_classes`).
    num_classes : int
        How many columns.

    Returns
    -------
    ndarray of float32, shape (N, num_classes)

    Raises
    ------
    InputError
        If they are not such labels.
    """
    num_classes = check_integer(num_classes, "num_classes", minimum=1)
    labels = _as_labels(labels)
    labels = check_labels(labels, len(labels), num_classes, "labels")
    rows = np.zeros((len(labels), num_classes), np.float32)  # (N, K)
    rows[np.arange(len(labels)), labels] = 1
    return rows


@dataclass(frozen=True)
class Split:
    """Training, validation and test parts of a data set, and which examples each one took.

    Attributes
    ----------
    X_train, X_valid, X_test : ndarray, shape (N, D)
        Images, uint8 and unscaled, or a table's rows.
    y_train, y_valid, y_test : ndarray of whole numbers, shape (N,)
        Their labels.
    train_index, valid_index, test_index : ndarray of int, shape (N,)
        Where each part's examples stand in the data set, in ascending order.
    """

    X_train: NDArray[Any]
    y_train: NDArray[Any]
    X_valid: NDArray[Any]
    y_valid: NDArray[Any]
    X_test: NDArray[Any]
    y_test: NDArray[Any]
    train_index: NDArray[np.intp]
    valid_index: NDArray[np.intp]
    test_index: NDArray[np.intp]


def split_dataset(
    dataset: Dataset,
    *,
    protocol: str = "textbook",
    sizes: Sequence[int] | None = None,
    num_valid: int | None = None,
    seed: int | np.random.Generator = 0,
) -> Split:
    """Split a data set for training, validation and testing.

    Parameters
    ----------
    dataset : Dataset
        The images and labels.
    protocol : {"textbook", "official"}
        "textbook" pools all images and draws three parts, each with every class in proportion.
        "official" keeps the test set of the data set's authors, and draws the validation part, in
        the same way, from their training set. Only figures for the official test set compare with
        published ones.
    sizes : sequence of three int, optional
        For "textbook": how many examples train, validate and test, together all of them. By
        default 55,000, 5,000 and 10,000, or for other than 70,000 examples the same proportions.
    num_valid : int, optional
        For "official": how many of the training set validate; 0 is allowed. By default 5,000 of
        60,000, or the same proportion.
    seed : int or numpy.random.Generator
        Decides which examples go where.

    Raises
    ------
    InputError
        If the protocol is neither, the sizes do not add up, or there are too few examples.
    """
    if not hasattr(dataset, "num_train"):
        raise InputError(f"dataset is {describe(dataset)}; it must be a Dataset: load_mnist().")
    check_name(protocol, PROTOCOLS, "protocol")
    wrong = num_valid if protocol == "textbook" else sizes
    if wrong is not None:
        name = "num_valid" if protocol == "textbook" else "sizes"
        raise InputError(
            f"{name} is {wrong!r}, which does not belong to the protocol {protocol!r}; give sizes "
            f"with 'textbook' and num_valid with 'official'."
        )
    if protocol == "textbook":
        if sizes is None:
            sizes = proportional_sizes(len(dataset.labels), TEXTBOOK_SIZES)
        if not isinstance(sizes, tuple | list) or len(sizes) != 3:
            raise InputError(f"sizes is {sizes!r}; it must be three: training, validation, test.")
        train, valid, test = stratified_split(dataset.labels, sizes, seed)
    else:
        train, valid, test = _official_split(dataset, num_valid, seed)
    return Split(
        X_train=dataset.images[train],
        y_train=dataset.labels[train],
        X_valid=dataset.images[valid],
        y_valid=dataset.labels[valid],
        X_test=dataset.images[test],
        y_test=dataset.labels[test],
        train_index=train,
        valid_index=valid,
        test_index=test,
    )


def _official_split(
    dataset: Dataset, num_valid: int | None, seed: int | np.random.Generator
) -> list[NDArray[np.intp]]:
    """Draw the validation part from the first `num_train` examples; the others test."""
    num_train = dataset.num_train
    if num_valid is None:
        of_these, of_all = OFFICIAL_VALIDATION
        _, num_valid = proportional_sizes(num_train, (of_all - of_these, of_these))
    num_valid = check_integer(num_valid, "num_valid", minimum=0)
    if num_valid >= num_train:
        raise InputError(
            f"num_valid is {num_valid:,}, but the training set has {num_train:,} examples; at "
            f"least one must be left to train on."
        )
    sizes = (num_train - num_valid, num_valid)
    train, valid = stratified_split(dataset.labels[:num_train], sizes, seed)
    return [train, valid, np.arange(num_train, len(dataset.labels))]


def stratified_split(
    labels: object, sizes: Sequence[int], seed: int | np.random.Generator
) -> list[NDArray[np.intp]]:
    """Deal all examples out to parts at random, each part with every class in proportion.

    Parameters
    ----------
    labels : array_like of whole numbers, shape (N,)
        The class of each example.
    sizes : sequence of int
        How many examples each part gets; they add up to N.
    seed : int or numpy.random.Generator
        Decides which examples go where.

    Returns
    -------
    list of ndarray of int
        The examples of each part by their index, in ascending order.

    Raises
    ------
    InputError
        If the labels are not 1-D, or the sizes do not add up to as many.
    """
    labels = _as_labels(labels)
    sizes = [check_integer(size, "a part's size", minimum=0) for size in sizes]
    if sum(sizes) != len(labels):
        raise InputError(
            f"sizes {tuple(sizes)} add up to {sum(sizes):,}; they must add up to the "
            f"{len(labels):,} examples."
        )
    shuffled = random_generator(seed).permutation(len(labels))
    # Every class a queue of its examples in random order; each part takes from the head of each.
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    _, counts = np.unique(labels, return_counts=True)
    heads = np.cumsum(counts) - counts
    parts = []
    for size in sizes:
        taken = _shares(size, counts)
        queues = [by_class[h : h + t] for h, t in zip(heads, taken, strict=True)]
        parts.append(np.sort(np.concatenate([by_class[:0], *queues])))
        heads += taken
        counts = counts - taken
    return parts


def proportional_sizes(num_examples: int, proportions: Sequence[int]) -> list[int]:
    """Divide examples in given proportions into parts of which none is empty.

    Parameters
    ----------
    num_examples : int
        How many there are.
    proportions : sequence of int
        The sizes of the parts, to any scale.

    Returns
    -------
    list of int
        The sizes of the parts, which add up to `num_examples`.

    Raises
    ------
    InputError
        If there are fewer examples than parts.
    """
    num_examples = check_integer(num_examples, "num_examples", minimum=0)
    if num_examples < len(proportions):
        raise InputError(
            f"There are {num_examples} examples to split into {len(proportions)} parts; at least "
            f"one is needed for each."
        )
    sizes = _shares(num_examples, np.asarray(proportions))
    for empty in np.flatnonzero(sizes == 0):
        sizes[sizes.argmax()] -= 1
        sizes[empty] = 1
    return [int(size) for size in sizes]


def _shares(total: int, weights: NDArray[Any]) -> NDArray[np.int64]:
    """Divide `total` in proportion to `weights`: rounded down, then the largest remainders up."""
    shares, remainders = np.divmod(total * weights.astype(np.int64), max(int(weights.sum()), 1))
    left = total - int(shares.sum())
    shares[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shares


def _as_labels(labels: object) -> NDArray[Any]:
    """Return labels as a 1-D array."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise InputError(
            f"labels is {describe(array)}; it must be 1-D, one whole-number label an example."
        )
    return array
