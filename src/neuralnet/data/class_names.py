"""Encoding of class names as integer labels, and a plausibility check of labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_name, echo

if TYPE_CHECKING:
    from numpy.typing import NDArray


def infer_classes(
    names: NDArray[Any], where: str
) -> tuple[NDArray[np.int64], tuple[str | int, ...]]:
    """Find the classes of a data set, and encode them as labels in sorted order.

    Parameters
    ----------
    names : ndarray of str, shape (N,)
        Class name of each example.
    where : str
        Where the names come from, for the error message.

    Returns
    -------
    labels : ndarray of int64, shape (N,)
        Labels from 0 to K - 1.
    classes : tuple of str or int
        The K class names. If all of them are integers, they are converted and sorted as such.

    Raises
    ------
    InputError
        If there is only one class, or if there are three or more with fewer than two examples per
        class on average.
    """
    classes = sort_class_names(set(names.tolist()))
    if len(classes) < 2:
        raise InputError(
            f"{where} has only the class {echo(classes[0])}; classification needs at least two "
            f"classes."
        )
    if len(classes) > max(2, len(names) // 2):
        raise InputError(
            f"{where} has {len(classes):,} classes in {len(names):,} examples; there should be at "
            f"least two examples per class. Is it the right column, and are its values classes "
            f"rather than measurements? NeuralNetRegressor, in Python, predicts measurements."
        )
    place = {str(name): label for label, name in enumerate(classes)}
    return np.array([place[name] for name in names.tolist()], np.int64), classes


def encode_labels(
    names: NDArray[Any], classes: Sequence[str | int], where: str
) -> NDArray[np.int64]:
    """Encode class names as the labels of a network.

    Parameters
    ----------
    names : ndarray of str, shape (N,)
        Class name of each example.
    classes : sequence of str or int
        Class names of the network, in the order of its labels.
    where : str
        Where the names come from, for the error message.

    Returns
    -------
    ndarray of int64, shape (N,)
        Label of each example.

    Raises
    ------
    InputError
        If a name is not one of the network's classes.
    """
    place = {str(name): label for label, name in enumerate(classes)}
    for name in dict.fromkeys(names.tolist()):
        check_name(name, place, f"A class in {where}")
    return np.array([place[name] for name in names.tolist()], np.int64)


def sort_class_names(names: Iterable[str]) -> tuple[str | int, ...]:
    """Sort class names: as integers if all of them are integers, and otherwise as text."""
    names = list(names)
    if all(map(_is_integer, names)):
        return tuple(sorted(int(name) for name in names))
    return tuple(sorted(names))


def _is_integer(name: str) -> bool:
    """Return whether a name is an integer as Python writes it, and fits into 64 bits."""
    return name.isascii() and name.isdigit() and len(name) < 19 and str(int(name)) == name


def check_plausible(labels: NDArray[np.uint8], where: str) -> None:
    """Check that the largest label is plausible, and not the result of a damaged file.

    A label of 252 in a data set of ten digits would give a network 253 outputs. Labels are the
    indices of classes. At least half of the indices up to the largest label should therefore occur,
    and the largest label should be no more than a thousand times rarer than the average class.
    (The labels of EMNIST's letters begin at 1, which is valid.)

    Parameters
    ----------
    labels : ndarray of uint8, shape (N,)
        At least one label.
    where : str
        Where the labels come from, for the error message.

    Raises
    ------
    InputError
        If the largest label is implausible; the message states it and its first position.
    """
    counts = np.zeros(256, np.int64)
    for start in range(0, len(labels), 1 << 20):  # bincount copies labels to 64 bits
        counts += np.bincount(labels[start : start + (1 << 20)], minlength=256)
    counts = np.trim_zeros(counts, "b")
    largest, found = len(counts) - 1, int(np.count_nonzero(counts))
    first = int(np.argmax(labels == largest))
    fact = f"{where} holds the label {largest} {counts[-1]:,} time(s), first at example {first:,}"
    if 2 * found < largest + 1:
        raise InputError(
            f"{fact}, which would imply {largest + 1} classes, but {largest + 1 - found} of them "
            f"have no example. Is the file damaged? If not, number the classes from 0 without gaps."
        )
    if 1000 * found * int(counts[-1]) < len(labels):
        raise InputError(
            f"{fact}, but a class has {len(labels) / found:,.0f} examples on average. Is the file "
            f"damaged? If not, remove these examples."
        )
