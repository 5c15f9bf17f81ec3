"""Classes by name: which labels stand for them, and which labels are plausible at all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_name

if TYPE_CHECKING:
    from numpy.typing import NDArray


def numbered(names: NDArray[Any], where: str) -> tuple[NDArray[np.int64], tuple[str | int, ...]]:
    """Give classes numbers, in the order of their names.

    Parameters
    ----------
    names : ndarray of str, shape (N,)
        The class of each example.
    where : str
        Where they stand, for the error.

    Returns
    -------
    labels : ndarray of int64, shape (N,)
        From 0 to K - 1.
    classes : tuple of str or int
        The K names; as whole numbers, and in their order, if all of them are.

    Raises
    ------
    InputError
        If there is only one class, or about as many as examples.
    """
    classes = ordered_names(set(names.tolist()))
    if len(classes) < 2:
        raise InputError(
            f"{where} names only the class {classes[0]!r}; at least two are needed to be told "
            f"apart."
        )
    if len(classes) > max(2, len(names) // 2):
        raise InputError(
            f"{where} names {len(classes):,} classes in {len(names):,} examples, and there should "
            f"be at least two examples a class. Is it the right column, and are its values classes "
            f"rather than measurements?"
        )
    place = {str(name): label for label, name in enumerate(classes)}
    return np.array([place[name] for name in names.tolist()], np.int64), classes


def known_labels(
    names: NDArray[Any], classes: Sequence[str | int], where: str
) -> NDArray[np.int64]:
    """Give classes the numbers that a network knows them by.

    Parameters
    ----------
    names : ndarray of str, shape (N,)
        The class of each example.
    classes : sequence of str or int
        What the network's labels stand for.
    where : str
        Where the names stand, for the error.

    Returns
    -------
    ndarray of int64, shape (N,)

    Raises
    ------
    InputError
        If one is a class that the network does not know.
    """
    place = {str(name): label for label, name in enumerate(classes)}
    for name in dict.fromkeys(names.tolist()):
        check_name(name, place, f"A class in {where}")
    return np.array([place[name] for name in names.tolist()], np.int64)


def ordered_names(names: Iterable[str]) -> tuple[str | int, ...]:
    """Order the names of classes: as whole numbers if all are, else by alphabet."""
    names = list(names)
    if all(name.isascii() and name.isdigit() and str(int(name)) == name for name in names):
        return tuple(sorted(int(name) for name in names))
    return tuple(sorted(names))


def check_plausible(labels: NDArray[np.uint8], where: str) -> None:
    """Raise if the largest label looks like damage rather than like a class.

    A label of 252 among ten digits would widen a network to 253 outputs. Labels number classes, so
    most numbers from 0 to the largest should occur, and the largest not a thousand times more
    rarely than classes do on average. (EMNIST's letters begin at 1, which is no damage.)

    Parameters
    ----------
    labels : ndarray of uint8, shape (N,)
        At least one.
    where : str
        Where they stand, for the error.

    Raises
    ------
    InputError
        If it does; the sentence names the label, and where it first stands.
    """
    counts = np.bincount(labels)
    largest, found = len(counts) - 1, int(np.count_nonzero(counts))
    first = int(np.argmax(labels == largest))
    story = f"{where} holds the label {largest} {counts[-1]:,} time(s), first at example {first:,}"
    if 2 * found < largest + 1:
        raise InputError(
            f"{story}, but of the {largest + 1} classes that it would make, {largest + 1 - found} "
            f"have no example. Is the file damaged? If not, number the classes from 0 on without "
            f"gaps."
        )
    if 1000 * found * int(counts[-1]) < len(labels):
        raise InputError(
            f"{story}; the other classes have {len(labels) / found:,.0f} examples on average. Is "
            f"the file damaged? If not, leave these examples out."
        )
