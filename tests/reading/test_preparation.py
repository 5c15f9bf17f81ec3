"""Preparation leaves MNIST images unchanged and converts ink of any pen to their format."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuralnet import Dataset, InputError
from neuralnet.data.sample import load_sample
from neuralnet.reading.preparation import CENTRE, LONGER_SIDE, prepare, stroke_width
from tests.reading.strokes import PENS, drawn


def cropped(picture: np.ndarray) -> np.ndarray:
    rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def unchanged(pictures: np.ndarray) -> float:
    """Return the fraction of images that preparation leaves unchanged apart from a shift."""
    same = [np.array_equal(cropped(p), cropped(prepare(p))) for p in pictures]
    return float(np.mean(same))


def test_sample_digits_are_unchanged() -> None:
    assert unchanged(load_sample().images[::10].reshape(-1, 28, 28)) >= 0.99


@pytest.mark.mnist
def test_mnist_test_digits_are_unchanged(mnist: Dataset) -> None:
    assert unchanged(mnist.images[60_000:].reshape(-1, 28, 28)) >= 0.995


@pytest.mark.parametrize("kind", PENS)
@pytest.mark.parametrize(
    ("height", "pen"), [(20, 2), (64, 8), (300, 3), (300, 60), (1000, 10), (1000, 200)]
)
def test_ink_of_any_pen_gets_the_format_of_mnist(kind: str, height: int, pen: int) -> None:
    generator = np.random.default_rng(5)
    for digit in range(10):
        picture = prepare(drawn(digit, height, pen, kind, generator))
        ink = cropped(picture)
        assert picture.dtype == np.uint8
        assert max(ink.shape) in {LONGER_SIDE, LONGER_SIDE - 1}
        assert ink.max() > 200
        rows, columns = np.indices(picture.shape)
        for axis in (rows, columns):
            assert abs((axis * picture).sum() / picture.sum() - CENTRE) <= 1
        large = ink.repeat(8, axis=0).repeat(8, axis=1).astype(np.float32) / np.float32(255)
        assert 1 <= stroke_width(large) / 8 <= 6


def test_no_ink_is_lost_if_the_centre_of_mass_is_far_off() -> None:
    ink = np.zeros((20, 20), np.float32)
    ink[:, :2] = 1
    ink[0, :] = 0.05
    picture = prepare(ink)
    assert np.isclose(picture.sum(), np.rint(ink * 255).sum(), rtol=0.01)


@pytest.mark.parametrize(
    ("ink", "fact"),
    [
        (np.zeros((5, 5)), r"\(5, 5\).*0"),
        (np.ones((2, 3, 4)), r"\(2, 3, 4\).*2-D"),
        (np.ones((5, 5), int), "int64.*uint8"),
        ("a digit", "'a digit'.*2-D"),
        (np.zeros((0, 3)), r"\(0, 3\).*0"),
    ],
)
def test_invalid_ink_is_rejected(ink: Any, fact: str) -> None:
    with pytest.raises(InputError, match=f"ink is .*{fact}"):
        prepare(ink)
