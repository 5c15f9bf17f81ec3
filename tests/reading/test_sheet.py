"""A sheet on a desk is found and read alone; an image without a sheet is read as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from neuralnet import NeuralNetMLP, read_digits
from neuralnet.reading.sheet import find_sheet
from tests.reading.pages import shadow
from tests.reading.strokes import drawn

Grey = NDArray[np.uint8]


def page(digits: str = "2075", height: int = 60) -> Grey:
    """Return a page with a row of dark digits on light paper."""
    generator = np.random.default_rng(0)
    inks = [drawn(int(d), height, 5, "round", generator) for d in digits]
    levels = np.full((3 * height, len(inks) * height + height), 225, np.uint8)
    for number, ink in enumerate(inks):
        left = height // 2 + number * height
        part = levels[height : height + ink.shape[0], left : left + ink.shape[1]]
        part[...] = np.rint(225 - 190 * ink)
    return levels


def on_desk(sheet: Grey, desk: int, margin: int, turn: float = 0) -> Grey:
    image = Image.fromarray(sheet).rotate(turn, Image.Resampling.BICUBIC, True, fillcolor=desk)
    levels = np.pad(np.asarray(image), margin, constant_values=desk).astype(float)
    levels += np.random.default_rng(1).normal(0, 3, levels.shape)
    return np.asarray(np.clip(levels, 0, 255), np.uint8)


@pytest.mark.parametrize("desk", [20, 90, 150])
@pytest.mark.parametrize(("margin", "turn"), [(30, 0), (100, 5), (200, -8)])
def test_a_sheet_is_read_on_any_desk_at_any_tilt(
    bundled_model: NeuralNetMLP, desk: int, margin: int, turn: float
) -> None:
    picture = on_desk(page(), desk, margin, turn)
    reading = read_digits(picture, model=bundled_model)
    assert str(reading) == "2075"
    assert reading.size == picture.shape
    middle = np.mean([digit.box for digit in reading.digits], axis=0)
    assert (middle[:2] + middle[2:]) / 2 == pytest.approx(np.array(picture.shape) / 2, abs=25)


def test_a_sheet_is_cropped_and_its_corners_filled_with_paper() -> None:
    picture = on_desk(page(), 40, 80, 8)
    sheet = find_sheet(picture)
    assert sheet is not None
    top, left = sheet.corner
    assert top >= 75
    assert left >= 75
    assert np.mean(sheet.levels < 60) < np.mean(page() < 60) * 1.2
    assert sheet.edge_crosses((top - 20, left + 50, top + 60, left + 80), picture.shape)
    assert not sheet.edge_crosses((0, 0, 20, 20), picture.shape)


@pytest.mark.parametrize("pen", [8, 20, 40])
def test_a_light_0_on_a_dark_ground_is_not_a_sheet(bundled_model: NeuralNetMLP, pen: int) -> None:
    image = Image.new("L", (300, 300))
    ImageDraw.Draw(image).rounded_rectangle((90, 50, 210, 250), 40, outline=255, width=pen)
    assert find_sheet(np.asarray(image)) is None
    assert str(read_digits(image, model=bundled_model)) == "0"


def test_paper_in_soft_shadow_and_paper_alone_are_not_sheets() -> None:
    generator = np.random.default_rng(0)
    for _ in range(10):
        dimmed = shadow(np.asarray(page() / 255, np.float32), generator)
        assert find_sheet(np.asarray(255 * np.clip(dimmed, 0, 1), np.uint8)) is None
    for levels in (page(), np.full((100, 100), 200, np.uint8), np.zeros((100, 100), np.uint8)):
        assert find_sheet(levels) is None


def test_digits_in_a_hard_shadow_are_read_with_the_others(bundled_model: NeuralNetMLP) -> None:
    levels = np.hstack([page("275"), page("361") // 2])
    assert str(read_digits(levels, model=bundled_model)) == "275361"
