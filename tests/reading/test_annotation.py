"""Labels of an annotated copy are legible wherever a box is, and whatever lies under them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from neuralnet.reading.annotation import annotate
from neuralnet.reading.reader import Digit, Reading
from neuralnet.reading.rows import Box


def digit_at(box: Box, *, confident: bool = True) -> Digit:
    probabilities = np.eye(10, dtype=np.float32)[7]
    return Digit(box, 7, 1.0, 1, probabilities, np.zeros((28, 28), np.uint8), confident)


@pytest.mark.parametrize("height", [8, 30, 120])
@pytest.mark.parametrize("confident", [True, False])
def test_labels_have_a_background_within_the_copy(height: int, confident: bool) -> None:
    width, size = height // 2, (4 * height, 8 * height)
    rows = tuple(
        tuple(
            digit_at((top, left, top + height, left + width), confident=confident)
            for left in (0, 3 * height, size[1] - width)
        )
        for top in (0, 2 * height)
    )
    noise = np.random.default_rng(0).integers(0, 256, size, dtype=np.uint8)
    busy, empty = (
        np.asarray(annotate(picture, Reading(rows, size)), int)
        for picture in (noise, np.full(size, 255, np.uint8))
    )
    assert busy.shape == empty.shape
    scale = busy.shape[1] / size[1]
    strip = busy.shape[0] - round(scale * size[0])
    assert scale * height >= 39  # small digits are enlarged
    assert strip > 10  # so that there is space above the upper row
    for digit in (one for row in rows for one in row):
        top, left, _, right = (round(scale * side) for side in digit.box)
        label = (slice(strip + top - 12, strip + top - 5), slice(left + 1, right - 1))
        np.testing.assert_array_equal(busy[label], empty[label])
        assert np.ptp(busy[label].mean(axis=2)) > 80  # text on the background


def test_labels_of_neighbours_do_not_overlap() -> None:
    page, size = np.full((80, 120), 255, np.uint8), (80, 120)
    row = tuple(digit_at((20, left, 60, left + 6)) for left in range(10, 100, 12))
    whole = np.asarray(annotate(page, Reading((row,), size)))
    for first, second in itertools.pairwise(row):
        pair = np.asarray(annotate(page, Reading(((first, second),), size)))
        part = (slice(0, 18), slice(first.box[1] - 1, second.box[1] - 3))
        np.testing.assert_array_equal(whole[part], pair[part])
