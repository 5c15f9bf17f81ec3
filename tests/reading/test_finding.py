"""Digit detection, before any network is evaluated."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from neuralnet.data.sample import load_sample
from neuralnet.reading.components import find_components
from neuralnet.reading.finding import find_digits
from neuralnet.reading.light import find_ink, ink_is_light
from neuralnet.reading.pictures import open_grey
from tests.reading.non_digits import white_noise
from tests.reading.pages import CONDITIONS, pages
from tests.reading.scores import Score, matched


def found_in(levels: np.ndarray) -> list[tuple[int, int, int, int]]:
    return [blob.box for blob in find_digits(levels).blobs]


# Desks are left out here because the sheet is extracted before digit detection; see test_sheet.py.
@pytest.mark.parametrize("name", [n for n, style in CONDITIONS.items() if not style.desk])
def test_digits_are_found_under_each_condition(name: str) -> None:
    score = Score()
    for page in pages(name, CONDITIONS[name], 8, seed=1):
        boxes = found_in(open_grey(page.picture).levels)
        score.add(page, boxes, [0] * len(boxes))
    assert score.found >= 0.93 * score.drawn, score
    assert score.invented <= 0.07 * score.drawn, score


def test_one_digit_is_found_in_each_sample_image() -> None:
    images = load_sample().images[::25].reshape(-1, 28, 28)
    counts = [len(found_in(image)) for image in images]
    assert np.mean(np.equal(counts, 1)) >= 0.985


@pytest.mark.parametrize("thick", [1, 4, 14])
def test_light_ink_is_distinguished_from_dark_ink(thick: int) -> None:
    image = Image.new("L", (100, 80), 200)
    ImageDraw.Draw(image).ellipse((30, 10, 70, 70), outline=60, width=thick)
    levels = np.asarray(image)
    assert not ink_is_light(levels)
    assert ink_is_light(255 - levels)
    assert found_in(levels) == found_in(255 - levels) == [(10, 30, 71, 71)]


def test_illumination_is_divided_out() -> None:
    light = np.linspace(80, 240, 300)[None, :] * np.ones((200, 1))
    page = light.copy()
    page[60:140, 50:56] *= 0.3
    page[60:140, 250:256] *= 0.3
    ink = find_ink(page.astype(np.uint8))
    assert ink.darkness[100, 53] == pytest.approx(0.7, abs=0.05)
    assert ink.darkness[100, 253] == pytest.approx(0.7, abs=0.05)
    assert np.median(np.abs(ink.darkness)) < 0.02


def stroke_page(
    *strokes: tuple[float, ...], width: int = 8, size: tuple[int, int] = (200, 240)
) -> np.ndarray:
    image = Image.new("L", size, 245)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        draw.line(stroke, fill=30, width=width)
    return np.asarray(image)


FIVE = (100, 70, 70, 70, 68, 115, 110, 120, 118, 150, 100, 175, 64, 170)


@pytest.mark.parametrize(
    "strokes",
    [
        (
            (70, 82, 68, 115, 110, 120, 118, 150, 100, 175, 64, 170),
            (72, 66, 125, 62),
        ),  # the bar of a 5
        ((90, 60, 60, 130, 120, 130), (125, 90, 120, 190)),  # a 4 in two strokes
        ((60, 60, 130, 60, 90, 180), (75, 122, 96, 120)),  # the bar of a 7
        ((100, 50, 82, 140), (79, 147, 76, 174)),  # a broken 1
    ],
)
def test_strokes_of_one_digit_are_grouped(strokes: tuple[tuple[float, ...], ...]) -> None:
    assert len(found_in(stroke_page(*strokes))) == 1


def test_neighbouring_digits_stay_separate() -> None:
    ones = ((60, 60, 60, 160), (80, 60, 80, 160), (100, 60, 100, 160))
    assert len(found_in(stroke_page(*ones))) == 3
    above = (FIVE, tuple(v + 130 * (i % 2) for i, v in enumerate(FIVE)))
    assert len(found_in(stroke_page(*above, size=(200, 400)))) == 2


def test_specks_dashes_and_frames_are_ignored() -> None:
    levels = stroke_page(FIVE).copy()
    wanted = found_in(levels)
    levels[20:24, 20:24] = 30  # a speck
    levels[200:206, 30:120] = 30  # a dash
    levels[0:5] = levels[-5:] = 40  # the edge of the desk
    levels[:, :6] = 40
    assert found_in(levels) == wanted
    framed = stroke_page(FIVE, (30, 30, 170, 30, 170, 210, 30, 210, 30, 30)[:10])
    assert found_in(framed) == wanted


@pytest.mark.parametrize("margin", [2, 10, 15, 30])
@pytest.mark.parametrize("width", [1, 4, 8, 10])
def test_a_frame_around_the_page_is_ignored(margin: int, width: int) -> None:
    def page(framed: bool) -> np.ndarray:
        image = Image.new("L", (600, 200), 250)
        draw = ImageDraw.Draw(image)
        for left in (80, 240, 400):
            moved = [v + (left - 64) * (i % 2 == 0) - 20 * (i % 2) for i, v in enumerate(FIVE)]
            draw.line(moved, fill=20, width=7)
        if framed:
            box = (margin, margin, 600 - margin, 200 - margin)
            draw.rectangle(box, outline=20, width=width)
        return np.asarray(image)

    assert found_in(page(True)) == found_in(page(False))
    assert len(found_in(page(True))) == 3


@pytest.mark.parametrize("step", [25, 40])
def test_ruled_lines_are_erased(step: int) -> None:
    levels = stroke_page(FIVE).copy()
    wanted = found_in(levels)
    columns = np.arange(200)
    for row in range(12, 235, step):
        levels[row + columns // 60, columns] = 30
    found = found_in(levels)
    assert len(matched(wanted, found)) == len(found) == 1


@pytest.mark.parametrize("row", [164, 172, 176])
@pytest.mark.parametrize("width", [2, 8])
def test_digits_on_an_underline_are_separated(row: int, width: int) -> None:
    strokes = tuple(
        tuple(v + 90 * number * (1 - i % 2) for i, v in enumerate(FIVE)) for number in range(3)
    )
    without = found_in(stroke_page(*strokes, size=(400, 240)))
    line = (40, row, 330, row + 2)
    levels = stroke_page(*strokes, size=(400, 240)).copy()
    levels = np.minimum(levels, stroke_page(line, width=width, size=(400, 240)))
    found = found_in(levels)
    assert len(without) == len(found) == 3
    assert len(matched(without, found)) == 3


def test_the_base_of_a_2_is_not_an_underline() -> None:
    two = (60, 80, 80, 60, 105, 70, 100, 100, 60, 160, 150, 160)
    pieces = find_components(find_ink(stroke_page(two, width=6)))
    assert [(piece.height > 90, piece.width > 85) for piece in pieces] == [(True, True)]


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_page_has_no_digits(level: int) -> None:
    assert not found_in(np.full((300, 200), level, np.uint8))
    noisy = np.clip(level + np.random.default_rng(0).normal(0, 4, (300, 200)), 0, 255)
    assert not found_in(noisy.astype(np.uint8))


@pytest.mark.parametrize("size", [(5, 5), (5, 400), (400, 5), (28, 28), (3000, 7)])
def test_blobs_lie_within_an_image_of_any_size(size: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    num_blobs = 0
    for _ in range(5):
        levels = generator.integers(245, 256, size, dtype=np.uint8)
        for _ in range(4):
            top, left = generator.integers(0, np.subtract(size, 3))
            height, width = generator.integers([6, 1], [20, 4])
            levels[top : top + height, left : left + width] = 20
        candidates = find_digits(levels)
        num_blobs += len(candidates.blobs)
        assert candidates.complete
        for blob in (*candidates.blobs, *candidates.fragments):
            top, left, bottom, right = blob.box
            assert 0 <= top < bottom <= size[0]
            assert 0 <= left < right <= size[1]
            assert blob.ink.shape == (bottom - top, right - left)
            assert blob.ink.min() >= 0
            assert 0 < blob.ink.max() <= 1
            for edge in (blob.ink[0], blob.ink[-1], blob.ink[:, 0], blob.ink[:, -1]):
                assert edge.any()
    assert (num_blobs > 0) == (size[0] >= 6)  # the height of the smallest digits


@pytest.mark.parametrize("size", [(5, 5), (5, 400), (400, 5), (28, 28), (3000, 7)])
def test_white_noise_of_any_size_has_few_blobs(size: tuple[int, int]) -> None:
    generator = np.random.default_rng(0)
    for _ in range(5):
        assert len(found_in(generator.integers(0, 256, size, dtype=np.uint8))) <= 5


@pytest.mark.parametrize("size", [(9, 5), (9, 400), (400, 5), (28, 28)])
def test_a_bar_is_found_in_a_small_or_narrow_image(size: tuple[int, int]) -> None:
    levels = np.full(size, 250, np.uint8)
    levels[1:8, 2] = 20
    assert found_in(levels) == [(1, 2, 8, 3)]


def test_white_noise_has_few_blobs() -> None:
    assert len(found_in(white_noise(np.random.default_rng(0)))) <= 5
