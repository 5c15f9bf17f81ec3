"""Preprocessing of labels and data sets: one-hot encoding and splits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import (
    InputError,
    check_integer,
    check_labels,
    check_name,
    check_rng,
    describe,
    echo,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neuralnet.data.dataset import Dataset

PROTOCOLS = ("textbook", "official")

# Sizes of the training, validation and test sets that the textbook draws from all 70,000 images.
TEXTBOOK_SIZES = (55_000, 5_000, 10_000)
# Number of validation images, and of the MNIST training images that they are drawn from.
OFFICIAL_VALIDATION = (5_000, 60_000)


def one_hot(labels: object, num_classes: int) -> NDArray[np.float32]:
    """Return the one-hot encoding of labels: a row of zeros with a one in the label's column.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        Labels in [0, `num_classes`).
    num_classes : int
        Number of classes, and of columns.

    Returns
    -------
    ndarray of float32, shape (N, num_classes)
        One row per label.

    Raises
    ------
    InputError
        If the labels are not 1-D, not integers or out of range.
    """
    num_classes = check_integer(num_classes, "num_classes", minimum=1)
    labels = _as_labels(labels)
    labels = check_labels(labels, len(labels), num_classes, "labels")
    rows = np.zeros((len(labels), num_classes), np.float32)  # (N, K)
    rows[np.arange(len(labels)), labels] = 1
    return rows


@dataclass(frozen=True)
class Split:
    """Training, validation and test sets, with the indices of their examples.

    Attributes
    ----------
    X_train, X_valid, X_test : ndarray, shape (N, D)
        Unscaled uint8 images, or the rows of a table.
    y_train, y_valid, y_test : ndarray of int, shape (N,)
        Labels.
    train_index, valid_index, test_index : ndarray of int, shape (N,)
        Indices of the examples in the data set, in ascending order.
    image_shape : tuple of int or None
        Height and width of an image, if the examples are images.
    classes : tuple of str or int
        Names of the classes, in the order of the labels; empty if they have none.
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
    image_shape: tuple[int, int] | None = None
    classes: tuple[str | int, ...] = ()

    def __repr__(self) -> str:
        """Return the sizes of the three sets, without the arrays."""
        sizes = [len(labels) for labels in (self.y_train, self.y_valid, self.y_test)]
        text = "{:,} training, {:,} validation and {:,} test examples".format(*sizes)
        return f"<Split {text} of {self.X_train.shape[1]:,} {self.X_train.dtype} inputs>"

    def _repr_html_(self) -> str:
        """Return sample images and the sizes of the classes in each set, for a notebook."""
        from neuralnet.data.summary import image_panel

        parts = {"Training": self.y_train, "Validation": self.y_valid, "Test": self.y_test}
        title = repr(self).strip("<>")
        return image_panel(title, self.X_train, parts, self.classes, self.image_shape)


def split_dataset(
    dataset: Dataset,
    *,
    protocol: str = "textbook",
    sizes: Sequence[int] | None = None,
    num_valid: int | None = None,
    seed: int | np.random.Generator = 0,
) -> Split:
    """Split a data set into training, validation and test sets.

    Parameters
    ----------
    dataset : Dataset
        Data set to split.
    protocol : {"textbook", "official"}
        "textbook" pools all examples and draws three stratified sets. "official" keeps the test set
        of the data set's authors and draws a stratified validation set from their training set.
        Only errors on the official test set can be compared with published ones.
    sizes : sequence of three int, optional
        For "textbook": sizes of the training, validation and test sets, for example
        `(1000, 500, 500)`. Only the training set must not be empty. Examples beyond the sum are
        left out. By default 55,000, 5,000 and 10,000 of 70,000 examples, and the same proportions
        of any other number.
    num_valid : int, optional
        For "official": size of the validation set, which may be 0. By default 5,000 of 60,000
        training examples, and the same proportion of any other number.
    seed : int or numpy.random.Generator
        Seed or generator for the random split.

    Returns
    -------
    Split
        The three sets and the indices of their examples.

    Raises
    ------
    InputError
        If the protocol is unknown or does not use `sizes` or `num_valid`, a size is invalid, or
        there are too few examples.
    """
    if not hasattr(dataset, "num_train"):
        raise InputError(
            f"dataset is {describe(dataset)}; it must be a Dataset, for example load_mnist()."
        )
    check_name(protocol, PROTOCOLS, "protocol")
    wrong = num_valid if protocol == "textbook" else sizes
    if wrong is not None:
        name = "num_valid" if protocol == "textbook" else "sizes"
        raise InputError(
            f"{name} is {echo(wrong)}, but the protocol {protocol!r} does not use it; give sizes "
            f"with 'textbook' and num_valid with 'official'."
        )
    if protocol == "textbook":
        train, valid, test = _textbook_split(dataset.labels, sizes, seed)
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
        image_shape=dataset.image_shape if dataset.images.dtype == np.uint8 else None,
        classes=dataset.classes,
    )


def _textbook_split(
    labels: NDArray[Any], sizes: object, seed: int | np.random.Generator
) -> list[NDArray[np.intp]]:
    """Draw three stratified sets from all examples."""
    total = len(labels)
    if sizes is None:
        return stratified_split(labels, proportional_sizes(total, TEXTBOOK_SIZES), seed)
    given: object = sizes.tolist() if isinstance(sizes, np.ndarray) else sizes
    given = list(given) if isinstance(given, tuple | list) else []
    if len(given) != 3:
        raise InputError(
            f"sizes is {echo(sizes)}; it must be three whole numbers: the sizes of the training, "
            f"validation and test sets, for example (1000, 500, 500)."
        )
    checked = [check_integer(n, f"sizes[{i}]", minimum=int(i == 0)) for i, n in enumerate(given)]
    left_out = total - sum(checked)
    if left_out < 0:
        raise InputError(
            f"sizes is {tuple(checked)}, which adds up to {sum(checked):,}, but there are only "
            f"{total:,} examples; choose smaller sizes."
        )
    return stratified_split(labels, [*checked, left_out], seed)[:3]


def _official_split(
    dataset: Dataset, num_valid: int | None, seed: int | np.random.Generator
) -> list[NDArray[np.intp]]:
    """Draw the validation set from the first `num_train` examples; the others are the test set."""
    num_train = dataset.num_train
    if num_valid is None:
        of_these, of_all = OFFICIAL_VALIDATION
        _, num_valid = proportional_sizes(num_train, (of_all - of_these, of_these))
    num_valid = check_integer(num_valid, "num_valid", minimum=0)
    if num_valid >= num_train:
        raise InputError(
            f"num_valid is {num_valid:,}, but the training set has only {num_train:,} examples; at "
            f"least one must remain for training."
        )
    sizes = (num_train - num_valid, num_valid)
    train, valid = stratified_split(dataset.labels[:num_train], sizes, seed)
    return [train, valid, np.arange(num_train, len(dataset.labels))]


def stratified_split(
    labels: object, sizes: Sequence[int], seed: int | np.random.Generator
) -> list[NDArray[np.intp]]:
    """Split all examples at random into parts with the class proportions of the whole.

    Parameters
    ----------
    labels : array_like of int, shape (N,)
        Class of each example.
    sizes : sequence of int
        Number of examples in each part; they must add up to N.
    seed : int or numpy.random.Generator
        Seed or generator for the random split.

    Returns
    -------
    list of ndarray of int
        Indices of the examples in each part, in ascending order.

    Raises
    ------
    InputError
        If the labels are not 1-D, or the sizes do not add up to the number of labels.
    """
    labels = _as_labels(labels)
    sizes = [check_integer(size, "a part's size", minimum=0) for size in sizes]
    if sum(sizes) != len(labels):
        raise InputError(
            f"sizes is {tuple(sizes)}, which adds up to {sum(sizes):,}; the sizes must add up to "
            f"the number of examples, {len(labels):,}."
        )
    shuffled = check_rng(seed).permutation(len(labels))
    # Each class is a queue of its examples in random order; every part takes from all the heads.
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
    """Divide a number of examples in the given proportions into parts that are not empty.

    Parameters
    ----------
    num_examples : int
        Number of examples.
    proportions : sequence of int
        Relative sizes of the parts.

    Returns
    -------
    list of int
        Sizes of the parts, which add up to `num_examples`.

    Raises
    ------
    InputError
        If there are fewer examples than parts.
    """
    num_examples = check_integer(num_examples, "num_examples", minimum=0)
    if num_examples < len(proportions):
        raise InputError(
            f"Cannot split {num_examples} examples into {len(proportions)} parts; each part needs "
            f"at least one example."
        )
    sizes = _shares(num_examples, np.asarray(proportions))
    for empty in np.flatnonzero(sizes == 0):
        sizes[sizes.argmax()] -= 1
        sizes[empty] = 1
    return [int(size) for size in sizes]


def _shares(total: int, weights: NDArray[Any]) -> NDArray[np.int64]:
    """Divide `total` in proportion to `weights`, rounding by the largest-remainder method."""
    shares, remainders = np.divmod(total * weights.astype(np.int64), max(int(weights.sum()), 1))
    left = total - int(shares.sum())
    shares[np.argsort(-remainders, kind="stable")[:left]] += 1
    return shares


def _as_labels(labels: object) -> NDArray[Any]:
    """Return labels as a 1-D array."""
    array = np.asarray(labels)
    if array.ndim != 1:
        raise InputError(
            f"labels is {describe(array)}; it must be 1-D, with one integer label per example."
        )
    return array
