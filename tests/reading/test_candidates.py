"""Reading by late decisions: proposals, lines, choice, and whole pages."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from neuralnet import NeuralNetMLP
from neuralnet.reading import constants as c
from neuralnet.reading.candidate_reader import read_candidates
from neuralnet.reading.choice import choose, without_parts
from neuralnet.reading.features import own_features
from neuralnet.reading.ink import find_ink
from neuralnet.reading.proposals import propose
from neuralnet.reading.ruling import find_lines
from tests.reading.pages import CONDITIONS, Style, pages
from tests.reading.scores import overlap

PAGE = next(pages("candidates", Style(height=(50, 60), rows=(2, 2), a_row=(3, 3)), 1))


@pytest.mark.parametrize("name", ["plain", "light on dark", "underlined"])
def test_every_digit_is_proposed(name: str) -> None:
    drawn = missed = 0
    for page in pages(name, CONDITIONS[name], 3, seed=1):
        grey = np.asarray(Image.fromarray(page.picture).convert("L"))
        candidates, complete = propose(find_ink(grey))
        assert complete
        for box in page.boxes:
            drawn += 1
            missed += max(overlap(box, candidate.box) for candidate in candidates) < 0.7
    assert missed <= 0.1 * drawn


def test_a_line_is_found_and_the_stroke_that_crosses_it_is_not() -> None:
    mask = np.zeros((200, 300), bool)
    mask[100:103, 5:295] = True
    mask[60:140, 150:156] = True
    (lines,) = find_lines(mask)
    assert lines[101, 20:140].all()
    assert not lines[60:140, 151:155].any()
    mask[100:103] = False
    mask[60:140] = False
    mask[95:105, 150:156] = True
    assert not find_lines(mask)


def test_the_best_set_that_does_not_overlap_is_chosen() -> None:
    boxes = np.array([(0, 0, 20, 30), (0, 0, 20, 14), (0, 16, 20, 30), (0, 40, 20, 50)], np.float32)
    assert sorted(choose(boxes, np.array([0.9, 0.8, 0.7, 0.6], np.float32))) == [1, 2, 3]
    assert sorted(choose(boxes, np.array([0.9, 0.3, 0.3, 0.01], np.float32))) == [0]
    assert choose(boxes[:0], np.zeros(0, np.float32)) == []


def test_a_part_of_a_likely_digit_counts_less() -> None:
    boxes = np.array([(0, 0, 40, 25), (0, 0, 30, 25), (0, 60, 40, 85)], np.float32)
    digits = np.array([0.9, 0.95, 0.9], np.float32)
    factors = without_parts(boxes, np.array([300, 200, 300]), digits)
    np.testing.assert_allclose(factors, [1, 1 - 0.9 * c.PART_LOSS, 1], rtol=1e-6)
    same_ink = without_parts(boxes, np.array([300, 290, 300]), digits)
    np.testing.assert_array_equal(same_ink, 1)  # specks beside a digit do not make it larger


def test_features_stay_in_the_range_of_digits() -> None:
    image = Image.new("L", (400, 300), 240)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 150, 299), fill=3)
    draw.line((250, 100, 250, 180), fill=225, width=6)
    candidates, _ = propose(find_ink(np.asarray(image)))
    features = own_features(candidates, (300, 400))
    for number, (low, high) in c.FEATURE_LIMITS.items():
        if number < features.shape[1]:
            assert features[:, number].min() >= low
            assert features[:, number].max() <= high


def test_noise_is_averaged_until_faint_ink_stands_out() -> None:
    rng = np.random.default_rng(0)
    page = np.full((200, 200), 220.0)
    page[60:140, 95:105] *= 0.75
    for sigma in (2, 15):
        noisy = np.clip(page + sigma * rng.standard_normal(page.shape), 0, 255).astype(np.uint8)
        ink = find_ink(noisy)[0]
        assert ink.noise * c.NOISE_FACTOR < 0.1
        away = ink.darkness[:50]
        assert float(away.std()) == pytest.approx(ink.noise, rel=0.3)


def test_both_polarities_are_searched_on_a_desk() -> None:
    desk = np.full((300, 300), 60, np.uint8)
    desk[80:220, 60:240] = 210
    desk[120:180, 100:106] = 90
    assert {ink.light for ink in find_ink(desk)} == {False, True}
    assert len(find_ink(np.asarray(Image.fromarray(PAGE.picture).convert("L")))) == 1


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_page_is_read_on_any_side(bundled_model: NeuralNetMLP, quarters: int) -> None:
    picture = np.rot90(PAGE.picture, quarters)
    reading = read_candidates(picture, model=bundled_model)
    assert [len(row) for row in reading.rows] == [3, 3]
    assert reading.size == picture.shape
    assert len(reading.notes) == (quarters > 0)
    back = [d.box for d in read_candidates(PAGE.picture, model=bundled_model).digits]
    for digit, box in zip(reading.digits, back, strict=True):
        for _ in range(quarters):
            width = PAGE.picture.shape[1 - _ % 2]
            box = width - box[3], box[0], width - box[1], box[2]  # noqa: PLW2901
        np.testing.assert_allclose(digit.box, box, atol=8)


def test_a_frame_around_the_page_changes_nothing(bundled_model: NeuralNetMLP) -> None:
    image = Image.fromarray(PAGE.picture).convert("L")
    draw = ImageDraw.Draw(image)
    left, top, right, bottom = 3, 3, image.width - 4, image.height - 4
    draw.rectangle((left, top, right, bottom), outline=120, width=2)
    plain = read_candidates(PAGE.picture, model=bundled_model)
    assert str(read_candidates(image, model=bundled_model)) == str(plain)


def test_a_blank_page_has_no_digits(bundled_model: NeuralNetMLP) -> None:
    reading = read_candidates(np.full((200, 300), 230, np.uint8), model=bundled_model)
    assert not reading.rows
    assert not reading.unsure
