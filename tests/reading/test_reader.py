"""Reading whole images: the results, the limits and the errors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import neuralnet
from neuralnet import InputError, NeuralNetMLP, annotate, read_digits, save
from neuralnet.checks import Array
from neuralnet.reading.components import MAX_PIECES
from neuralnet.reading.finding import find_digits
from neuralnet.reading.recognition import Recognizer
from neuralnet.reading.segmentation import segment
from tests.reading.non_digits import KINDS, non_digits
from tests.reading.pages import CONDITIONS, Page, Style, make_page, pages
from tests.reading.scores import Score
from tests.reading.strokes import drawn

PAGE = next(pages("reader", Style(height=(50, 60), rows=(2, 2), a_row=(3, 3)), 1))


def test_a_reading_has_rows_boxes_and_probabilities(quick_model: NeuralNetMLP) -> None:
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
        assert digit.confident
        assert str(digit) == str(digit.label)


def test_a_reading_keeps_a_reduced_copy_of_its_page(quick_model: NeuralNetMLP) -> None:
    picture = np.kron(PAGE.picture, np.ones((5, 5), np.uint8))
    reading = read_digits(picture, model=quick_model)
    assert reading.page is not None
    assert reading.size == picture.shape
    assert max(reading.page.shape) <= 800
    assert reading.page.shape[0] / reading.page.shape[1] == pytest.approx(
        picture.shape[0] / picture.shape[1], rel=0.01
    )
    assert reading._repr_html_().count("<rect") == len(reading.digits) == 6
    small = read_digits(PAGE.picture, model=quick_model).page
    assert small is not None
    assert not np.shares_memory(small, PAGE.picture), "the page is a copy"


def test_most_digits_are_read_correctly(quick_model: NeuralNetMLP) -> None:
    score = Score()
    for name in ("plain", "light on dark", "several rows"):
        for page in pages(name, CONDITIONS[name], 6, seed=2):
            count(score, page, quick_model)
    assert score.found >= 0.98 * score.drawn
    assert score.correct >= 0.8 * score.drawn


def count(score: Score, page: Page, model: NeuralNetMLP) -> None:
    digits = read_digits(page.picture, model=model).digits
    score.add(page, [digit.box for digit in digits], [digit.label for digit in digits])


def test_every_input_type_gives_the_same_reading(quick_model: NeuralNetMLP, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    Image.fromarray(PAGE.picture).save(path)
    wanted = str(read_digits(PAGE.picture, model=quick_model))
    for picture in (path, str(path), path.read_bytes(), Image.open(path), PAGE.picture / 255):
        assert str(read_digits(picture, model=quick_model)) == wanted
    save(quick_model, tmp_path / "network.safetensors")
    assert str(read_digits(path, model=tmp_path / "network.safetensors")) == wanted


def test_digits_below_min_confidence_are_question_marks(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(PAGE.picture, model=quick_model, min_confidence=1.0)
    assert str(reading) == "???\n???"
    assert not any(digit.confident for digit in reading.digits)
    for wrong in (-0.1, 1.1, "high", None):
        with pytest.raises(InputError, match=rf"min_confidence.*{wrong}"):
            read_digits(PAGE.picture, model=quick_model, min_confidence=wrong)  # type: ignore[arg-type]


def test_a_blank_picture_has_no_rows(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(np.full((200, 300), 230, np.uint8), model=quick_model)
    assert not reading.rows
    assert not reading.digits
    assert str(reading) == ""


@pytest.mark.parametrize(
    ("model", "fact"),
    [
        (NeuralNetMLP(783), "model.*783 features.*784"),
        (NeuralNetMLP(784, 5, 9), "model.*9 classes.*10"),
        ("x.safetensors", r"x\.safetensors"),
        (7, "model is .*7.*NeuralNetMLP"),
    ],
)
def test_an_unsuitable_network_is_rejected(model: Any, fact: str) -> None:
    with pytest.raises(neuralnet.NeuralNetError, match=fact):
        read_digits(PAGE.picture, model=model)


def test_the_bundled_network_is_the_default(bundled_model: NeuralNetMLP) -> None:
    for one, other in zip(
        read_digits(PAGE.picture).digits,
        read_digits(PAGE.picture, model=bundled_model).digits,
        strict=True,
    ):
        np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_the_annotated_copy_has_coloured_boxes(quick_model: NeuralNetMLP) -> None:
    reading = read_digits(PAGE.picture, model=quick_model)
    copy = annotate(PAGE.picture, reading)
    assert (copy.height, copy.width) == PAGE.picture.shape
    colours = np.asarray(copy).reshape(-1, 3)
    assert (np.ptp(colours, axis=1) > 50).sum() > 200


def test_touching_digits_are_separated(quick_model: NeuralNetMLP) -> None:
    generator = np.random.default_rng(4)
    separated = 0
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
        separated += len(read_digits(1 - page, model=quick_model).digits) == 2
    assert separated >= 8


class CountingRecognizer(Recognizer):
    """Recognizer that counts the images that its network classifies."""

    num_classified = 0

    def _probabilities(self, pictures: NDArray[np.uint8]) -> Array:
        self.num_classified += len(pictures)
        return super()._probabilities(pictures)


# Seven views of at most 60 pairs and of the 120 pieces in them; and, for at most 60 wide blobs with
# seven seams each, the 35 parts, and seven views of the whole and of the 8 parts chosen.
MAX_CLASSIFIED = 7 * (60 + 120) + 60 * (35 + 7 * (1 + 8))


@pytest.mark.parametrize("kind", KINDS)
def test_the_work_on_images_without_digits_is_bounded(kind: str, quick_model: NeuralNetMLP) -> None:
    for picture in non_digits(kind, 2):
        levels = np.tile(picture, (4, 4))
        candidates = find_digits(levels)
        assert len(candidates.blobs) <= MAX_PIECES
        assert len(candidates.fragments) <= 200
        recognizer = CountingRecognizer(quick_model)
        segment(candidates, recognizer)
        assert recognizer.num_classified <= MAX_CLASSIFIED


@pytest.mark.parametrize("kind", KINDS)
def test_images_without_digits_are_read(kind: str, quick_model: NeuralNetMLP) -> None:
    levels = np.tile(next(non_digits(kind, 1)), (4, 4))
    reading = read_digits(levels, model=quick_model)
    assert reading.size == levels.shape
    for digit in reading.digits:
        top, left, bottom, right = digit.box
        assert 0 <= top < bottom <= levels.shape[0]
        assert 0 <= left < right <= levels.shape[1]
        assert 0 <= digit.confidence <= 1


def test_importing_read_digits_loads_neither_pillow_nor_scipy() -> None:
    code = (
        "import sys, neuralnet; neuralnet.read_digits; print({'PIL', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_same_seed_gives_the_same_page() -> None:
    one, other = (make_page(Style(), np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.picture, other.picture)
