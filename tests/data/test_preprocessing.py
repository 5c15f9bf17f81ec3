from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet.checks import InputError
from neuralnet.data.dataset import Dataset
from neuralnet.data.preprocessing import (
    one_hot,
    proportional_sizes,
    split_dataset,
    stratified_split,
)


def make_dataset(num_examples: int, num_train: int) -> Dataset:
    rng = np.random.default_rng(3)
    return Dataset(
        images=rng.integers(0, 256, (num_examples, 6), dtype=np.uint8),
        labels=rng.integers(0, 10, num_examples, dtype=np.uint8),
        num_train=num_train,
        image_shape=(2, 3),
        classes=tuple(range(10)),
        name="a test",
        source="a test",
    )


@given(st.lists(st.integers(0, 4), min_size=1, max_size=20))
def test_one_hot_rows(labels: list[int]) -> None:
    rows = one_hot(labels, 5)
    assert rows.shape == (len(labels), 5)
    assert rows.dtype == np.float32
    assert rows.argmax(axis=1).tolist() == labels
    np.testing.assert_array_equal(rows.sum(axis=1), 1)


@pytest.mark.parametrize(
    ("labels", "num_classes", "facts"),
    [([0, 5], 5, "5.*4"), ([-1], 5, "-1"), ([[1]], 5, r"\(1, 1\)"), ([0], 0, "0.*1")],
)
def test_one_hot_is_checked(labels: Any, num_classes: int, facts: str) -> None:
    with pytest.raises(InputError, match=facts):
        one_hot(labels, num_classes)


@given(
    counts=st.lists(st.integers(0, 40), min_size=1, max_size=6),
    cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    seed=st.integers(0, 2**32),
)
def test_stratified_split(counts: list[int], cuts: list[float], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    total = len(labels)
    edges = [0, *sorted(round(cut * total) for cut in cuts), total]
    sizes = np.diff(edges).tolist()
    parts = stratified_split(labels, sizes, seed)
    assert [len(part) for part in parts] == sizes
    assert sorted(np.concatenate(parts).tolist()) == list(range(total))
    for part in parts:
        assert (np.diff(part) > 0).all()
        # Each part takes a rounded share of the examples that the earlier parts left, so the
        # rounding errors of the earlier parts add up.
        share = np.array(counts) * len(part) / max(total, 1)
        got = np.bincount(labels[part], minlength=len(counts))
        assert np.abs(got - share).max() < len(parts)
    again = stratified_split(labels, sizes, seed)
    assert all((a == b).all() for a, b in zip(parts, again, strict=True))


def test_split_accepts_a_generator_and_depends_on_the_seed() -> None:
    labels = np.arange(100) % 10
    first = stratified_split(labels, (50, 50), 1)
    assert (first[0] == stratified_split(labels, (50, 50), np.random.default_rng(1))[0]).all()
    assert (first[0] != stratified_split(labels, (50, 50), 2)[0]).any()


@given(total=st.integers(3, 100_000))
def test_proportional_sizes(total: int) -> None:
    sizes = proportional_sizes(total, (55_000, 5_000, 10_000))
    assert sum(sizes) == total
    assert min(sizes) >= 1
    wanted = np.array([55, 5, 10]) / 70 * total
    assert np.abs(sizes - wanted).max() < 2


def test_textbook_sizes() -> None:
    assert proportional_sizes(70_000, (55_000, 5_000, 10_000)) == [55_000, 5_000, 10_000]
    assert proportional_sizes(5_000, (55_000, 5_000, 10_000)) == [3929, 357, 714]
    assert proportional_sizes(3, (55_000, 5_000, 10_000)) == [1, 1, 1]
    with pytest.raises(InputError, match=r"2 examples.*3 parts"):
        proportional_sizes(2, (55_000, 5_000, 10_000))


def test_textbook_protocol() -> None:
    dataset = make_dataset(700, 600)
    split = split_dataset(dataset, seed=5)
    assert (len(split.X_train), len(split.X_valid), len(split.X_test)) == (550, 50, 100)
    assert split.X_train.dtype == np.uint8
    for X, y, index in (
        (split.X_train, split.y_train, split.train_index),
        (split.X_valid, split.y_valid, split.valid_index),
        (split.X_test, split.y_test, split.test_index),
    ):
        np.testing.assert_array_equal(X, dataset.images[index])
        np.testing.assert_array_equal(y, dataset.labels[index])
    everything = np.concatenate([split.train_index, split.valid_index, split.test_index])
    assert sorted(everything.tolist()) == list(range(700))
    assert len(split_dataset(dataset, sizes=(690, 0, 10)).X_valid) == 0


def test_sizes_below_the_number_of_examples_leave_a_stratified_rest_out() -> None:
    dataset = make_dataset(700, 600)
    split = split_dataset(dataset, sizes=(100, 50, 50), seed=5)
    parts = [split.train_index, split.valid_index, split.test_index]
    assert [len(part) for part in parts] == [100, 50, 50]
    assert len(set(np.concatenate(parts).tolist())) == 200
    proportions = np.bincount(dataset.labels, minlength=10) / 700
    for part in parts:
        counts = np.bincount(dataset.labels[part], minlength=10)
        assert np.abs(counts - len(part) * proportions).max() < 3
    again = split_dataset(dataset, sizes=np.array([100, 50, 50]), seed=5)  # type: ignore[arg-type]
    np.testing.assert_array_equal(again.test_index, split.test_index)


def test_sizes_of_the_textbook_give_its_split() -> None:
    dataset = make_dataset(700, 600)
    split = split_dataset(dataset, sizes=(550, 50, 100), seed=5)
    np.testing.assert_array_equal(split.test_index, split_dataset(dataset, seed=5).test_index)


@pytest.mark.parametrize(
    ("sizes", "facts"),
    [
        ((40, 30), r"\(40, 30\).*three"),
        ((40, 10, 10, 10), "three"),
        (60, "60.*three"),
        ("abc", "'abc'"),
        ({40, 20, 10}, "three"),
        ((70, 10, -10), r"sizes\[2\] is -10.*at least 0"),
        ((0, 10, 10), r"sizes\[0\] is 0.*at least 1"),
        ((0.8, 0.1, 0.1), r"sizes\[0\] is 0\.8.*whole number"),
        ((True, 1, 1), "True"),
        ((60, 10, 1), "71.*70"),
    ],
)
def test_sizes_are_checked(sizes: Any, facts: str) -> None:
    with pytest.raises(InputError, match=facts):
        split_dataset(make_dataset(70, 60), sizes=sizes)


def test_official_protocol() -> None:
    dataset = make_dataset(700, 600)
    split = split_dataset(dataset, protocol="official")
    assert split.test_index.tolist() == list(range(600, 700))
    assert len(split.valid_index) == 50
    assert len(split.train_index) == 550
    assert split.train_index.max() < 600
    assert split.valid_index.max() < 600
    everything = split_dataset(dataset, protocol="official", num_valid=0)
    assert everything.train_index.tolist() == list(range(600))
    assert everything.X_valid.shape == (0, 6)


def test_split_is_checked() -> None:
    dataset = make_dataset(70, 60)
    with pytest.raises(InputError, match=r"'txtbook'.*'textbook'"):
        split_dataset(dataset, protocol="txtbook")
    with pytest.raises(InputError, match=r"\(40, 20, 11\).*71.*70"):
        split_dataset(dataset, sizes=(40, 20, 11))
    with pytest.raises(InputError, match=r"60.*60"):
        split_dataset(dataset, protocol="official", num_valid=60)
    with pytest.raises(InputError, match=r"num_valid is 5.*'textbook'"):
        split_dataset(dataset, num_valid=5)
    with pytest.raises(InputError, match=r"sizes is .*'official'"):
        split_dataset(dataset, protocol="official", sizes=(1, 2, 67))
    with pytest.raises(InputError, match="1-D"):
        stratified_split(np.zeros((2, 2)), (1, 1), 0)
