"""Objects show themselves as well-formed HTML, in short lines, and legibly on any background."""

from __future__ import annotations

import base64
import dataclasses
import io
import math
import re
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from neuralnet import Dataset, History, InputError, NeuralNetMLP, split_dataset
from neuralnet.display.markup import (
    BLUE,
    ORANGE,
    Cell,
    boxed_picture,
    chart,
    image_grid,
    panel,
    png,
    table,
    text_table,
)
from neuralnet.reading.reader import Digit, Reading

SVG = "{http://www.w3.org/2000/svg}"
TAG = "<script>alert('&')</script>"


def parsed(text: str) -> ElementTree.Element:
    """Parse HTML that is also XML; fails where a tag is left open or text is not escaped."""
    return ElementTree.fromstring(f"<body>{text}</body>")  # noqa: S314


def cells(text: str) -> list[list[str]]:
    rows = parsed(text).iter("tr")
    return [["".join(cell.itertext()) for cell in row] for row in rows]


def pixels(uri: str) -> np.ndarray:
    head, _, content = uri.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def shown(value: Any) -> str:
    text = value._repr_html_()
    assert isinstance(text, str)
    parsed(text)
    return text


@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (28, 28), (40, 7)])
def test_a_png_holds_the_image(shape: tuple[int, int]) -> None:
    image = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    np.testing.assert_array_equal(pixels(png(image)), image)


def test_a_png_of_something_else_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 3, 4\)"):
        png(np.zeros((2, 3, 4), np.uint8))
    with pytest.raises(InputError, match="float64"):
        png(np.zeros((2, 3)))


def test_text_is_escaped_everywhere() -> None:
    image = np.zeros((4, 4), np.uint8)
    for text in (
        panel(TAG),
        table([TAG], [[TAG]]),
        chart(TAG, {TAG: [1.0, 2.0]}),
        image_grid([image], [TAG]),
        boxed_picture(image, (4, 4), [((0, 0, 1, 1), TAG, True)]),
    ):
        assert "<script" not in text
        assert TAG in "".join(parsed(text).itertext())


def test_numbers_in_a_table_are_grouped_and_aligned_to_the_right() -> None:
    text = table(["Name", "Size"], [["a", 1234567], ["b", 0.123456]])
    assert cells(text) == [["Name", "Size"], ["a", "1,234,567"], ["b", "0.1235"]]
    aligned = [re.findall("text-align:(left|right)", row) for row in text.split("<tr>")[1:]]
    assert aligned == [["left", "right"]] * 3
    assert text_table(["Name", "Size"], [["a", 1234], ["long", 5]]).split("\n") == [
        "Name   Size",
        "a     1,234",
        "long      5",
    ]


def test_a_row_of_totals_is_a_heading() -> None:
    rows: list[list[Cell]] = [["a", 1], ["Total", 1]]
    for total in (False, True):
        tags = [row[0].tag for row in parsed(table(["Name", "Size"], rows, total=total)).iter("tr")]
        assert tags == ["th", "td", "th" if total else "td"]


def test_a_table_without_rows_has_its_header() -> None:
    assert cells(table(["Row", "Digits"], [])) == [["Row", "Digits"]]


def test_nan_leaves_a_gap_and_a_value_between_gaps_is_a_dot() -> None:
    values = [1.0, 0.8, math.nan, 0.5, math.inf, 0.3, 0.2] + [0.1] * 30
    drawn = parsed(chart("Loss", {"Training": values}))
    (path,) = drawn.iter(f"{SVG}path")
    assert path.attrib["d"].count("M") == 3
    assert path.attrib["d"].count("M") + path.attrib["d"].count("L") == len(values) - 2
    assert len(list(drawn.iter(f"{SVG}circle"))) == 1


def test_few_epochs_are_marked_with_dots() -> None:
    drawn = parsed(chart("Loss", {"Training": [3.0], "Validation": [2.0]}))
    assert [dot.attrib["fill"] for dot in drawn.iter(f"{SVG}circle")] == [BLUE, ORANGE]


def test_without_a_finite_value_there_is_no_chart() -> None:
    assert chart("Accuracy", {"Training": [math.nan, math.nan], "Validation": []}) == ""
    assert chart("Loss", {}) == ""


@given(st.lists(st.floats(0, 1e300) | st.just(math.nan), min_size=1, max_size=100))
def test_every_curve_stays_within_its_chart(values: list[float]) -> None:
    text = chart("Loss", {"Training": values, "Validation": []}, mark=1, from_zero=True)
    drawn = parsed(text)
    width, height = 360, 220
    points = [(dot.attrib["cx"], dot.attrib["cy"]) for dot in drawn.iter(f"{SVG}circle")]
    points += [(line.attrib["x1"], line.attrib["y1"]) for line in drawn.iter(f"{SVG}line")]
    for path in drawn.iter(f"{SVG}path"):
        points += re.findall(r"[ML]([^,]+),([^ML]+)", path.attrib["d"])
    assert bool(points) == any(map(math.isfinite, values))
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in points)
    labels = [label.text or "" for label in drawn.iter(f"{SVG}text")]
    assert len(labels) <= 20
    assert all(len(label) <= 12 for label in labels)


def test_ticks_are_round_numbers() -> None:
    drawn = parsed(chart("Accuracy (%)", {"Training": [97.981, 97.99]}))
    labels = [label.text for label in drawn.iter(f"{SVG}text")]
    assert {"97.982", "97.984", "97.990", "1", "2"} <= set(labels)


def luminance(colour: str) -> float:
    """Return the relative luminance of an #RRGGBB colour (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("background", ["#FFFFFF", "#111111"])
@pytest.mark.parametrize("colour", [BLUE, ORANGE])
def test_curves_stand_out_on_light_and_dark_backgrounds(colour: str, background: str) -> None:
    low, high = sorted(map(luminance, (colour, background)))
    assert (high + 0.05) / (low + 0.05) >= 3  # WCAG 2.2, 1.4.11


def test_text_takes_the_colour_of_the_page() -> None:
    drawn = parsed(chart("Loss", {"Training": [1.0, 0.5]}, mark=2))
    assert {label.attrib["fill"] for label in drawn.iter(f"{SVG}text")} == {"currentColor"}
    for text in (panel("a"), table(["a"], [["b"]]), image_grid([np.zeros((2, 2), np.uint8)], [1])):
        assert not re.search(r"[^-]color:|background", text)


def test_boxes_are_drawn_in_pixels_of_the_original() -> None:
    page = np.full((50, 100), 200, np.uint8)
    boxes = [((10, 20, 60, 50), "7", True), ((0, 100, 30, 120), "?", False)]
    drawn = parsed(boxed_picture(page, (100, 200), boxes))
    (svg,) = drawn.iter(f"{SVG}svg")
    assert svg.attrib["viewBox"] == "0 0 200 100"
    (image,) = drawn.iter(f"{SVG}image")
    np.testing.assert_array_equal(pixels(image.attrib["href"]), page)
    rectangles = [
        [float(box.attrib[side]) for side in ("x", "y", "width", "height")]
        for box in drawn.iter(f"{SVG}rect")
    ]
    assert rectangles == [[20, 10, 30, 50], [100, 0, 20, 30]]
    texts = list(drawn.iter(f"{SVG}text"))
    assert [text.text for text in texts] == ["7", "?"]
    assert [text.attrib["fill"] for text in texts] == [BLUE, ORANGE]
    assert all(float(text.attrib["y"]) > 10 for text in texts), "no text is above the picture"


def test_a_history_shows_its_curves_and_its_best_epoch() -> None:
    history = History([0.9, 0.5], [0.7, 0.8], [0.6, 0.75], [1.0, 0.7], [0.1, 0.1], [1.5, 1.0])
    assert repr(history) == "<History: 2 epochs, best epoch 2 (validation accuracy 75.00 %)>"
    history.stopped = TAG
    text = shown(history)
    words = "".join(parsed(text).itertext())
    for fact in ("2 epochs", "best epoch 2", "75.00 %", "2.5 s", TAG, "Loss", "Accuracy (%)"):
        assert fact in words
    assert text.count("<svg") == 2
    assert text.count("<path") == 4


def test_a_history_of_a_regression_has_no_accuracy() -> None:
    history = History([0.9, 0.5], [math.nan] * 2, [math.nan] * 2, [1.0, 0.7], [0.1] * 2, [1.0] * 2)
    assert repr(history) == "<History: 2 epochs, best epoch 2 (validation loss 0.7)>"
    assert shown(history).count("<svg") == 1


def test_a_history_shows_itself_at_any_time() -> None:
    assert repr(History()) == "<History: 0 epochs>"
    assert "<svg" not in shown(History())
    assert repr(History([0.5], [0.9])) == "<History: 1 epoch, best epoch 1 (training loss 0.5)>"
    uneven = History([0.5, 0.4], valid_loss=[0.6])
    assert repr(uneven) == "<History: 2 epochs>"
    assert shown(uneven).count("<svg") == 1


def test_printing_a_network_gives_one_line_per_layer() -> None:
    model = NeuralNetMLP(
        784, (50, 20), hidden_activation=["relu", "tanh"], batch_norm=True, dropout=[0.5, 0]
    )
    assert str(model).split("\n") == [
        "NeuralNetMLP",
        "Layer                Kind          Inputs  Outputs  Parameters",
        "layers.0             Dense            784       50      39,200",
        "layers.0.batch_norm  BatchNorm         50       50         100",
        "                     ReLU              50       50           0",
        "                     Dropout(0.5)      50       50           0",
        "layers.1             Dense             50       20       1,000",
        "layers.1.batch_norm  BatchNorm         20       20          40",
        "                     Tanh              20       20           0",
        "layers.2             Dense             20       10         210",
        "Total                                                   40,550",
        "relu, tanh hidden units, sigmoid outputs, mean_squared_error loss, float32",
    ]
    assert model.parameters.values.size == 40_550
    rows = cells(shown(model))
    assert rows[0] == ["Layer", "Kind", "Inputs", "Outputs", "Parameters"]
    assert rows[1] == ["layers.0", "Dense", "784", "50", "39,200"]
    assert rows[-1] == ["Total", "", "", "", "40,550"]
    assert len(rows) == len(model.layers) + 2


def test_a_layer_and_the_parameters_have_short_lines() -> None:
    model = NeuralNetMLP(784, 50, hidden_activation="relu", batch_norm=True, dropout=0.5)
    assert list(map(repr, model.layers)) == [
        "<Dense 784 -> 50, 39,200 parameters>",
        "<BatchNorm 50 -> 50, 100 parameters>",
        "<ActivationLayer ReLU 50 -> 50>",
        "<Dropout(0.5) 50 -> 50>",
        "<Dense 50 -> 10, 510 parameters>",
    ]
    assert repr(model.parameters) == "<Parameters: 5 arrays, 39,810 float32 numbers>"
    assert "\n" not in repr(model)


def a_dataset(images: np.ndarray, num_classes: int, **changes: Any) -> Dataset:
    labels = np.arange(len(images)) % num_classes
    settings: dict[str, Any] = {"num_train": len(images), "image_shape": (1, images.shape[1])}
    settings |= {"classes": tuple(range(num_classes)), "name": "some", "source": "a test"}
    return Dataset(images, labels, **settings | changes)


def noise() -> Dataset:
    images = np.random.default_rng(0).integers(0, 256, (500, 35), np.uint8)
    return a_dataset(images, 10, num_train=430, image_shape=(7, 5), name="noise")


def test_a_data_set_shows_images_of_each_class_and_its_sizes() -> None:
    dataset = noise()
    sizes = "430 training and 70 test images of 7 x 5 pixels, 10 classes"
    assert repr(dataset) == f"<Dataset noise: {sizes}>"
    text = shown(dataset)
    figures = list(parsed(text).iter("figure"))
    assert [figure.findtext("figcaption") for figure in figures] == [*"0123456789"] * 2
    first = int(np.flatnonzero(dataset.labels == 7)[0])
    image = figures[7].find("img")
    assert image is not None
    expected = 255 - dataset.images[first].reshape(7, 5)
    np.testing.assert_array_equal(pixels(image.attrib["src"]), expected)
    assert cells(text) == [
        ["Class", "Training", "Test"],
        *([str(digit), "43", "7"] for digit in range(10)),
        ["Total", "430", "70"],
    ]


def test_many_classes_are_cut_short() -> None:
    dataset = a_dataset(np.zeros((200, 6), np.uint8), 50, image_shape=(2, 3))
    text = shown(dataset)
    assert text.count("<img") == 20
    rows = cells(text)
    assert len(rows) == 1 + 30 + 1 + 1
    assert rows[-2:] == [["20 more", "80", "0"], ["Total", "200", "0"]]


def test_a_table_shows_its_first_rows() -> None:
    features = np.arange(120, dtype=np.float32).reshape(12, 10)
    names = tuple(f"<{letter}>" for letter in "abcdefghij")
    table_data = a_dataset(features, 3, columns=names, target="kind")
    assert "12 training and 0 test rows of 10 features, 3 classes" in repr(table_data)
    text = shown(table_data)
    assert "<img" not in text
    rows = cells(text)
    assert rows[0] == [*names[:8], "...", "kind"]
    assert rows[2] == [*(str(value) for value in range(10, 18)), "...", "1"]
    assert shown(split_dataset(table_data)).count("<img") == 0


def test_a_split_shows_the_sizes_of_its_sets() -> None:
    split = split_dataset(noise(), sizes=(300, 100, 100))
    sizes = "300 training, 100 validation and 100 test examples of 35 uint8 inputs"
    assert repr(split) == f"<Split {sizes}>"
    text = shown(split)
    assert text.count("<img") == 20
    rows = cells(text)
    assert rows[0] == ["Class", "Training", "Validation", "Test"]
    assert rows[1] == ["0", "30", "10", "10"]
    assert rows[-1] == ["Total", "300", "100", "100"]
    bare = dataclasses.replace(split, image_shape=None, classes=())
    assert cells(shown(bare)) == rows
    assert "<img" not in shown(bare)


def a_reading(page: np.ndarray | None) -> Reading:
    rows = tuple(
        tuple(
            Digit(
                (30 * row, 20 * n, 30 * row + 25, 20 * n + 15), n, 0.9, 0, np.zeros(10, np.float32),
                np.zeros((28, 28), np.uint8), n != 2,
            )
            for n in range(3)
        )
        for row in range(2)
    )  # fmt: skip
    return Reading(rows, (60, 60), ("A note.",), page)


def test_a_reading_shows_its_page_with_boxes() -> None:
    reading = a_reading(np.zeros((30, 30), np.uint8))
    assert repr(reading) == "<Reading: 6 digits in 2 rows, image of 60 x 60 pixels>"
    assert "\n" not in repr(reading.digits[0])
    assert "array" not in repr(reading.digits[0])
    text = shown(reading)
    assert text.count("<rect") == 6
    assert "A note." in text


def test_a_reading_without_its_page_shows_its_rows() -> None:
    text = shown(a_reading(None))
    assert "<svg" not in text
    assert cells(text) == [["Row", "Digits"], ["1", "01?"], ["2", "01?"]]
