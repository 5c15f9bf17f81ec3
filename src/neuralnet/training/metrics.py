"""Metrics: how well predictions agree with labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import (
    InputError,
    check_finite,
    check_integer,
    check_labels,
    describe,
    explained_memory_error,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def accuracy(labels: ArrayLike, predictions: ArrayLike) -> float:
    """Return the fraction of correct predictions.

    Parameters
    ----------
    labels : array_like of whole numbers, shape (N,)
        The true classes.
    predictions : array_like of whole numbers, shape (N,)
        The predicted classes.

    Returns
    -------
    float
        In [0, 1].

    Raises
    ------
    InputError
        If the arguments are not 1-D arrays of whole numbers, of the same length and not empty.
    """
    labels, predictions = _check_pair(labels, predictions)
    return float(np.mean(labels == predictions))


def confusion_matrix(
    labels: ArrayLike, predictions: ArrayLike, num_classes: int
) -> NDArray[np.int64]:
    """Count how often each true class was predicted as each class.

    Parameters
    ----------
    labels : array_like of whole numbers, shape (N,)
        The true classes, from 0 to `num_classes - 1`.
    predictions : array_like of whole numbers, shape (N,)
        The predicted classes, in the same range.
    num_classes : int
        Number of classes, K.

    Returns
    -------
    ndarray of int64, shape (K, K)
        Row i, column j: number of examples of class i that were predicted as class j.

    Raises
    ------
    InputError
        If the arguments are not 1-D arrays of such labels, of the same length and not empty.
    """
    num_classes = check_integer(num_classes, "num_classes", minimum=1)
    labels, predictions = _check_pair(labels, predictions)
    true = check_labels(labels, len(labels), num_classes, "labels")
    predicted = check_labels(predictions, len(labels), num_classes, "predictions")
    with explained_memory_error(f"The counts of {num_classes:,} classes", "num_classes"):
        counts = np.bincount(true * num_classes + predicted, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes).astype(np.int64, copy=False)  # (K, K)


@dataclass(frozen=True)
class ClassScores:
    """How well one class is predicted.

    Attributes
    ----------
    precision : float
        Fraction of the examples predicted as this class that belong to it; NaN if there are none.
    recall : float
        Fraction of the examples of this class that are predicted as it; NaN if there are none.
    f1 : float
        Harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN); NaN if the class neither
        occurs nor is predicted.
    examples : int
        Number of examples of this class.
    """

    precision: float
    recall: float
    f1: float
    examples: int


def class_scores(confusion: NDArray[np.int64]) -> list[ClassScores]:
    """Compute precision, recall and F1 of each class.

    Parameters
    ----------
    confusion : ndarray of int, shape (K, K)
        Confusion matrix, from `confusion_matrix`.

    Returns
    -------
    list of ClassScores
        One for each class. A score that would be 0 / 0 is NaN.
    """
    correct, true, predicted = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    with np.errstate(invalid="ignore"):
        precision, recall = correct / predicted, correct / true
        f1 = 2 * correct / (true + predicted)
    return [
        ClassScores(float(precision[k]), float(recall[k]), float(f1[k]), int(true[k]))
        for k in range(len(true))
    ]


def expected_calibration_error(
    labels: ArrayLike, probabilities: ArrayLike, num_bins: int = 15
) -> float:
    """Compute the expected calibration error: how far confidence is from accuracy.

    Examples are binned by confidence, the probability of the predicted class, into bins of equal
    width. The error is the mean over all examples of |accuracy - mean confidence| of their bin
    (Guo, Pleiss, Sun and Weinberger 2017, arXiv 1706.04599, equation 5).

    Parameters
    ----------
    labels : array_like of whole numbers, shape (N,)
        The true classes.
    probabilities : array_like, shape (N, K)
        Class probabilities, as returned by `predict_proba`.
    num_bins : int
        Number of bins between 0 and 1, at least 1.

    Returns
    -------
    float
        In [0, 1]; 0 means perfectly calibrated.

    Raises
    ------
    InputError
        If the arguments are not such arrays of the same length.
    """
    num_bins = check_integer(num_bins, "num_bins", minimum=1)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.ndim != 2 or not probabilities.size:
        raise InputError(
            f"probabilities is {describe(probabilities)}; it must be 2-D, with one row per example."
        )
    check_finite(probabilities, "probabilities")
    true, predicted = _check_pair(labels, probabilities.argmax(axis=1))
    correct = true == predicted
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * num_bins).astype(int), num_bins - 1)
    gaps = np.bincount(bins, correct, num_bins) - np.bincount(bins, confidence, num_bins)
    return float(np.abs(gaps).sum() / len(true))


def _check_pair(labels: ArrayLike, predictions: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both as 1-D arrays of whole numbers, of the same length and not empty."""
    true = _check_whole(labels, "labels")
    predicted = _check_whole(predictions, "predictions")
    if len(true) != len(predicted):
        raise InputError(
            f"There are {len(true)} labels and {len(predicted)} predictions; give one prediction "
            f"for each label."
        )
    return true, predicted


def _check_whole(values: ArrayLike, name: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise InputError(f"{name} cannot be converted to an array of labels: {error}.") from error
    if array.ndim != 1 or not len(array):
        raise InputError(
            f"{name} is {describe(array)}; it must be 1-D, one label per example, and hold at "
            f"least one."
        )
    check_finite(array, name)
    fractions = array.dtype.kind == "f" and (array != np.floor(array)).any()
    if fractions or array.dtype.kind not in "biuf":
        raise InputError(
            f"{name} is {describe(values)}; it must hold whole numbers only. Number named classes "
            f"first, with one numbering for labels and predictions alike."
        )
    return array
