"""Reading a whole picture: what comes back, and what is refused."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import neuralnet
from neuralnet import InputError, NeuralNetMLP, annotated, read_digits, save
from tests.reading.non_digits import KINDS, non_digits
from tests.reading.pages import CONDITIONS, Page, Style, make_page, pages
from tests.reading.scores import Score
from tests.reading.strokes import drawn

PAGE = next(pages("reader", Style(height=(50, 60), rows=(2, 2), a_row=(3, 3)), 1))


def test_a_reading_says_all_that_is_known(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(PAGE.picture, model=quick_model)
    assert [len(row) for row in reading.rows] == [3, 3]
    assert reading.size == PAGE.picture.shape
    lines = str(reading).split("\n")
    assert [len(line) for line in lines] == [3, 3]
    for digit, box in zip(reading.digits, PAGE.boxes, strict=True):
        np.testing.assert_allclose(digit.box, box, atol=2)
        assert digit.picture.shape == (28, 28)
        assert digit.picture.dtype == np.uint8
        assert digit.probabilities.shape == (10,)
        assert digit.probabilities.sum() == pytest.approx(1, abs=1e-4)
        assert digit.label == digit.probabilities.argmax() != digit.runner_up
        assert 0 <= digit.confidence <= digit.probabilities[digit.label]
        assert digit.sure
        assert str(digit) == str(digit.label)


def test_most_digits_are_read_right(quick_model: NeuralNetMLP) -> None:
    score = Score()
    for name in ("plain", "light on dark", "several rows"):
        for page in pages(name, CONDITIONS[name], 6, seed=2):
            count(score, page, quick_model)
    assert score.found >= 0.98 * score.drawn
    assert score.right >= 0.8 * score.drawn


def count(score: Score, page: Page, model: NeuralNetMLP) -> None:
    digits = read_digits(page.picture, model=model).digits
    score.add(page, [digit.box for digit in digits], [digit.label for digit in digits])


def test_every_way_to_give_a_picture_reads_the_same(
    quick_model: NeuralNetMLP, tmp_path: Path
) -> None:
    path = tmp_path / "page.png"
    Image.fromarray(PAGE.picture).save(path)
    wanted = str(read_digits(PAGE.picture, model=quick_model))
    for picture in (path, str(path), path.read_bytes(), Image.open(path), PAGE.picture / 255):
        assert str(read_digits(picture, model=quick_model)) == wanted
    save(quick_model, tmp_path / "network.safetensors")
    assert str(read_digits(path, model=tmp_path / "network.safetensors")) == wanted


def test_unsure_digits_are_question_marks(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(PAGE.picture, model=quick_model, min_confidence=1.0)
    assert str(reading) == "???\n???"
    assert not any(digit.sure for digit in reading.digits)
    for wrong in (-0.1, 1.1, "high", None):
        with pytest.raises(InputError, match="min_confidence"):
            read_digits(PAGE.picture, model=quick_model, min_confidence=wrong)  # type: ignore[arg-type]


def test_a_blank_picture_has_no_rows(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(np.full((200, 300), 230, np.uint8), model=quick_model)
    assert not reading.rows
    assert not reading.digits
    assert str(reading) == ""


@pytest.mark.parametrize("model", [NeuralNetMLP(783), NeuralNetMLP(784, 5, 9), "x.safetensors", 7])
def test_a_network_for_something_else_is_refused(model: Any) -> None:
    with pytest.raises(neuralnet.NeuralNetError, match=r"model|x\.safetensors"):
        read_digits(PAGE.picture, model=model)


def test_the_bundled_network_is_the_default(bundled_model: NeuralNetMLP) -> None:
    for one, other in zip(
        read_digits(PAGE.picture).digits,
        read_digits(PAGE.picture, model=bundled_model).digits,
        strict=True,
    ):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_the_copy_shows_the_boxes(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(PAGE.picture, model=quick_model)
    copy = annotated(PAGE.picture, reading)
    assert (copy.height, copy.width) == PAGE.picture.shape
    colours = np.asarray(copy).reshape(-1, 3)
    assert (np.ptp(colours, axis=1) > 50).sum() > 200


def test_touching_digits_are_taken_apart(quick_model: NeuralNetMLP) -> None:
    generator = np.random.default_rng(4)
    right = 0
    for _ in range(12):
        one, other = (
            drawn(int(d), 60, 5, "round", generator) for d in generator.integers(2, 10, 2)
        )
        page = np.zeros((100, one.shape[1] + other.shape[1] + 38), np.float32)
        page[20 : 20 + one.shape[0], 20 : 20 + one.shape[1]] = one
        part = page[
            20 : 20 + other.shape[0], 18 + one.shape[1] : 18 + one.shape[1] + other.shape[1]
        ]
        np.maximum(part, other, out=part)
        right += len(read_digits(1 - page, model=quick_model).digits) == 2
    assert right >= 8


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_digit_takes_no_time_to_speak_of(kind: str, quick_model: NeuralNetMLP) -> None:
    start = time.process_time()
    for picture in non_digits(kind, 2):
        read_digits(np.tile(picture, (4, 4)), model=quick_model)
    assert time.process_time() - start < 20  # each must be read within 10 s


def test_a_network_by_itself_loads_no_pillow() -> None:
    code = (
        "import sys, neuralnet; neuralnet.read_digits; print({'PIL', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_pages_are_the_same_each_time() -> None:
    one, other = (make_page(Style(), np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.picture, other.picture)
