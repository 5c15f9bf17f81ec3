"""Tests of the input checks: values passed unchanged, converted or rejected, and the messages."""

from __future__ import annotations

import decimal
import fractions
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet.checks import (
    InputError,
    NeuralNetError,
    check_choice,
    check_examples,
    check_finite,
    check_integer,
    check_labels,
    check_name,
    check_number,
    check_weights,
    describe,
)


def test_input_error_is_a_value_error_and_a_type_error() -> None:
    for kind in (NeuralNetError, ValueError, TypeError):
        with pytest.raises(kind):
            check_integer("x", "size", minimum=0)


# ---------------------------------------------------------------- single values


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.int64(3), np.array(3)], ids=repr)
def test_whole_numbers_become_int(value: Any) -> None:
    received = check_integer(value, "size", minimum=3)
    assert type(received) is int
    assert received == 3


@pytest.mark.parametrize(
    "value",
    [2, -1, 3.0, 3.5, math.nan, True, np.True_, "3", None, [3], 3j, np.float64(3)],
    ids=repr,
)
def test_invalid_integers_raise(value: Any) -> None:
    with pytest.raises(InputError) as raised:
        check_integer(value, "size", minimum=3)
    for fact in ("size", repr(value), "whole number", "at least 3"):
        assert fact in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [0.5, np.float32(0.5), np.array(0.5), fractions.Fraction(1, 2), decimal.Decimal("0.5")],
    ids=repr,
)
def test_numbers_become_float(value: Any) -> None:
    received = check_number(value, "rate", minimum=0.5, maximum=0.5, above=0, below=1)
    assert type(received) is float
    assert received == 0.5
    assert type(check_number(1, "rate")) is float


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, -math.inf, "0.5", b"0.5", None, True, np.False_, [0.5], 0.5j, 10**400],
    ids=lambda v: repr(v)[:20],
)
def test_values_that_are_not_finite_numbers_raise(value: Any) -> None:
    with pytest.raises(InputError) as raised:
        check_number(value, "rate")
    for fact in ("rate", repr(value)[:80], "finite number"):
        assert fact in str(raised.value)


@given(value=st.floats(-2, 2), bound=st.floats(-1, 1))
def test_bounds_are_inclusive_or_exclusive(value: float, bound: float) -> None:
    accepted = {
        "minimum": value >= bound,
        "maximum": value <= bound,
        "above": value > bound,
        "below": value < bound,
    }
    words = {"minimum": "at least", "maximum": "at most", "above": "above", "below": "below"}
    for kind, fits in accepted.items():
        limits: dict[str, Any] = {kind: bound}
        if fits:
            assert check_number(value, "rate", **limits) == value
        else:
            with pytest.raises(InputError) as raised:
                check_number(value, "rate", **limits)
            assert f"{words[kind]} {bound:g}" in str(raised.value)
            assert repr(value) in str(raised.value)


@pytest.mark.parametrize(
    ("value", "nearest"),
    [("gren", "green"), ("GREEN", "green"), (" blue", "blue"), ("xyzzy", None), (None, None)],
)
def test_unknown_name_lists_the_known_ones_and_suggests_the_nearest(
    value: Any, nearest: str | None
) -> None:
    known = ("red", "green", "blue")
    assert [check_name(name, known, "colour") for name in known] == list(known)
    with pytest.raises(InputError) as raised:
        check_name(value, iter(known), "colour")
    for fact in ("colour", repr(value), *map(repr, known)):
        assert fact in str(raised.value)
    assert ("Did you mean" in str(raised.value)) == (nearest is not None)
    assert f"Did you mean {nearest!r}?" in str(raised.value) or nearest is None


class Shape:
    pass


class Square(Shape):
    pass


def test_choice_is_a_name_or_an_instance_but_not_a_class() -> None:
    named = {"square": Square}
    square = Square()
    assert check_choice(square, Shape, named, "shape") is square
    assert type(check_choice("square", Shape, named, "shape")) is Square
    with pytest.raises(InputError, match=r"shape.*class Square.*Square\(\)"):
        check_choice(Square, Shape, named, "shape")
    for value in ("sqare", str, 3, None, ["square"]):
        with pytest.raises(InputError, match=r"shape.*'square'"):
            check_choice(value, Shape, named, "shape")


@pytest.mark.parametrize(
    ("value", "facts"),
    [
        (np.zeros((2, 3), np.uint8), ["(2, 3)", "uint8"]),
        ("some text", ["str", "some text"]),
        (3.5, ["float", "3.5"]),
        (None, ["NoneType", "None"]),
    ],
)
def test_descriptions_are_short(value: Any, facts: list[str]) -> None:
    assert all(fact in describe(value) for fact in facts)
    assert len(describe("x" * 1000)) < 100


# ---------------------------------------------------------------- arrays


@given(
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.data(),
    st.sampled_from([math.nan, math.inf, -math.inf]),
)
def test_first_non_finite_value_is_located_and_all_are_counted(
    shape: tuple[int, int], data: st.DataObject, bad: float
) -> None:
    X = np.zeros(shape)
    places = data.draw(
        st.lists(
            st.tuples(st.integers(0, shape[0] - 1), st.integers(0, shape[1] - 1)),
            min_size=1,
            unique=True,
        )
    )
    for place in places:
        X[place] = bad
    row, column = min(places)
    with pytest.raises(InputError) as raised:
        check_finite(X, "X")
    for fact in ("X", f"{len(places)} value", f"row {row}, column {column}", str(bad)):
        assert fact in str(raised.value)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_huge_values_whose_sum_overflows_are_finite(kind: str) -> None:
    X = np.full((3, 2), np.finfo(kind).max, kind)
    check_finite(X, "X")
    check_finite(-X, "X")
    assert check_examples(X, 2) is X


def test_examples_are_not_copied(tmp_path: Path) -> None:
    mapped = np.memmap(tmp_path / "X", "float32", "w+", shape=(4, 3))
    arrays: list[Any] = [np.zeros((4, 3), kind) for kind in ("uint8", "float16", "float32", "f8")]
    for X in [*arrays, mapped, arrays[0][::2], np.asfortranarray(arrays[3])]:
        assert check_examples(X, 3) is X


@pytest.mark.parametrize("values", [[[1.0, 2], [3, 4]], ((1, 2), (3, 4.0))])
def test_lists_of_numbers_become_floats(values: Any) -> None:
    received = check_examples(values, 2)
    assert received.dtype == np.float64
    assert received.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "labels",
    [
        [0, 2, 1],
        (0, 2, 1),
        np.array([0, 2, 1], np.uint8),
        np.array([0, 2, 1], np.int16),
        np.array([0, 2, 1], np.float32),
        [0.0, 2.0, 1.0],
        np.array([-0.0, 2, 1]),
    ],
    ids=repr,
)
def test_labels_become_a_new_int64_array(labels: Any) -> None:
    received = check_labels(labels, 3, 3)
    assert received.dtype == np.int64
    assert received.tolist() == [0, 2, 1]
    assert not np.shares_memory(received, np.asarray(labels))


def test_true_and_false_are_labels() -> None:
    assert check_labels(np.array([True, False]), 2, 2).tolist() == [1, 0]


@given(st.integers(-(2**63), 2**63 - 1), st.integers(2, 50))
def test_label_out_of_range_is_in_the_message(label: int, num_classes: int) -> None:
    if 0 <= label < num_classes:
        assert check_labels([label], 1, num_classes).tolist() == [label]
        return
    with pytest.raises(InputError) as raised:
        check_labels(np.array([0, label, 1]), 3, num_classes)
    for fact in (f"label {label}", f"{num_classes} classes", f"0 to {num_classes - 1}"):
        assert fact in str(raised.value)


@pytest.mark.parametrize("weights", [[0, 1, 2], np.array([0, 1, 2], np.float32), (0.0, 1, 2)])
def test_sample_weights_become_floats(weights: Any) -> None:
    received = check_weights(weights, 3)
    assert received.dtype == np.float64
    assert received.tolist() == [0, 1, 2]


def test_message_names_the_argument() -> None:
    for use in (
        lambda: check_examples([], 3, "X_valid"),
        lambda: check_labels([5], 1, 3, "X_valid"),
        lambda: check_weights([-1], 1, "X_valid"),
    ):
        with pytest.raises(InputError, match="X_valid"):
            use()
