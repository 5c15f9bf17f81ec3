"""The metrics against scikit-learn, and what they refuse."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as reference

from neuralnet.checks import InputError
from neuralnet.training.metrics import (
    accuracy,
    confusion_matrix,
    expected_calibration_error,
)

CLASSES = 5
pairs = st.lists(
    st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=40
)


@given(pairs)
def test_both_agree_with_scikit_learn(drawn: list[tuple[int, int]]) -> None:
    labels, predictions = (list(column) for column in zip(*drawn, strict=True))
    ours = confusion_matrix(labels, predictions, CLASSES)
    theirs = reference.confusion_matrix(labels, predictions, labels=range(CLASSES))
    np.testing.assert_array_equal(ours, theirs)
    assert ours.dtype == np.int64
    assert accuracy(labels, predictions) == reference.accuracy_score(labels, predictions)
    assert np.trace(ours) / ours.sum() == accuracy(labels, predictions)


def test_rows_are_true_and_columns_predicted() -> None:
    matrix = confusion_matrix([0, 0, 2], [1, 1, 2], 3)
    assert matrix.tolist() == [[0, 2, 0], [0, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.int64])
def test_labels_of_any_number_type_do(kind: type[Any]) -> None:
    labels = np.arange(47).astype(kind)
    assert confusion_matrix(labels, labels, 47).tolist() == np.eye(47).tolist()
    assert accuracy(labels, labels) == 1.0


@pytest.mark.parametrize(
    ("labels", "predictions", "fact"),
    [
        ([0, 1, 2], [0, 1], "3 labels and 2 predictions"),
        ([], [], "at least"),
        ([[0], [1]], [0, 1], r"labels.*\(2, 1\)"),
        ([0, 1], [[1, 0], [0, 1]], r"predictions.*\(2, 2\)"),
        ([[0, 1], [2]], [0, 1], "labels"),
        (["0", "1"], ["0", "1"], "whole numbers"),
        ([0, 1], [0, 0.5], "whole numbers"),
        ([0, 1], [0, float("nan")], "NaN"),
        (3, 3, "1-D"),
    ],
)
def test_what_are_no_labels_is_refused(labels: Any, predictions: Any, fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        accuracy(labels, predictions)
    with pytest.raises(InputError, match=fact):
        confusion_matrix(labels, predictions, 3)


@pytest.mark.parametrize(("labels", "predictions"), [([0, 3], [0, 1]), ([0, 1], [-1, 1])])
def test_labels_out_of_range_are_refused(labels: list[int], predictions: list[int]) -> None:
    with pytest.raises(InputError, match="from 0 to 2"):
        confusion_matrix(labels, predictions, 3)


@pytest.mark.parametrize("num_classes", [0, 2.5, True, "3"])
def test_a_number_of_classes_that_is_none_is_refused(num_classes: Any) -> None:
    with pytest.raises(InputError, match="num_classes"):
        confusion_matrix([0], [0], num_classes)


def test_calibration_error_by_hand() -> None:
    probabilities = np.array([[0.95, 0.05], [0.9, 0.1], [0.35, 0.65], [0.4, 0.6], [0.55, 0.45]])
    labels = [0, 1, 1, 1, 0]
    # Bins of a half: all five have confidences above; 4 of 5 are right, at 0.73 on average.
    assert expected_calibration_error(labels, probabilities, 2) == pytest.approx(0.8 - 0.73)
    # Bins of a tenth: 0.95 and 0.9 (one of two right), 0.65 and 0.6 (both), 0.55 (right).
    gaps = abs(1 - 1.85) + abs(2 - 1.25) + abs(1 - 0.55)
    assert expected_calibration_error(labels, probabilities, 10) == pytest.approx(gaps / 5)


def test_a_sure_network_that_is_right_is_calibrated() -> None:
    assert expected_calibration_error([0, 1, 2], np.eye(3)) == 0
    assert expected_calibration_error([1, 2, 0], np.eye(3)) == 1


@pytest.mark.parametrize(
    "probabilities", [np.ones(3), np.empty((0, 2)), np.full((3, 2), np.nan), np.ones((2, 2))]
)
def test_calibration_of_what_cannot_be(probabilities: Any) -> None:
    with pytest.raises(InputError):
        expected_calibration_error([0, 1, 1], probabilities)
