"""Tests of the plot of sample images."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.data.dataset import Dataset
from neuralnet.plots import digits
from tests.plots.helpers import assert_nothing_overlaps, make_predictions, texts


def make_dataset() -> Dataset:
    images, labels, *_ = make_predictions(0)
    names = tuple(f"name {number}" for number in range(10))
    return Dataset(images, labels, 30, (4, 16), names, "A sample", "a test")


def shown(figure: Any, panel: int = 0) -> Any:
    return np.asarray(figure.axes[panel].images[0].get_array())


class TestDigits:
    @pytest.mark.parametrize("num_images", [1, 5, 7, 11, 40, 100])
    @pytest.mark.parametrize("labelled", [True, False])
    def test_images_with_their_labels(self, num_images: int, labelled: bool) -> None:
        images, labels, *_ = make_predictions(0)
        figure = digits(images, labels if labelled else None, num_images=num_images)
        assert_nothing_overlaps(figure)
        assert len(figure.axes) == min(num_images, 40)
        places = np.linspace(0, 39, len(figure.axes)).round().astype(int)
        for panel, place in enumerate(places):
            np.testing.assert_array_equal(shown(figure, panel), images[place].reshape(8, 8))
            title = figure.axes[panel].get_title()
            assert title == (str(labels[place]) if labelled else "")

    def test_sorted_data_show_every_class(self) -> None:
        labels = np.repeat(np.arange(10), 100)
        figure = digits(np.zeros((1000, 64), np.uint8), labels, num_images=10)
        assert [axes.get_title() for axes in figure.axes] == [str(label) for label in range(10)]
        assert "10 of 1,000 images." in texts(figure)

    def test_dataset_brings_labels_names_shape_and_title(self) -> None:
        figure = digits(make_dataset(), num_images=40)
        assert figure.axes[3].get_title() == "name 3"
        assert shown(figure).shape == (4, 16)
        assert "A sample" in texts(figure)
        other = digits(make_dataset(), classes=range(10), image_shape=(8, 8), title="Other")
        assert other.axes[3].get_title() == "3"
        assert shown(other).shape == (8, 8)
        assert "Other" in texts(other)
        assert "A sample" not in texts(other)

    @pytest.mark.parametrize("letters", [1, 5, 9, 14, 30])
    def test_long_names_get_fewer_columns(self, letters: int) -> None:
        images, labels, *_ = make_predictions(0)
        figure = digits(images, labels, classes=["W" * letters] * 10, title="A sample")
        assert_nothing_overlaps(figure)

    @pytest.mark.parametrize("shape", [(40, 2, 32), (40, 8, 8), (40, 32, 2)])
    def test_shape_and_grey_scale_come_from_the_array(self, shape: tuple[int, ...]) -> None:
        images = np.random.default_rng(0).uniform(-1, 1, shape)
        figure = digits(images, np.full(40, 3.0))
        assert_nothing_overlaps(figure)
        np.testing.assert_array_equal(shown(figure, -1), images[-1])
        limits = {axes.images[0].get_clim() for axes in figure.axes}
        assert limits == {(images.min(), images.max())}
        assert figure.axes[0].get_title() == "3"

    def test_list_of_images_and_names_as_labels(self) -> None:
        figure = digits([[0, 1, 2, 3], [1, 1, 1, 1]], ["left", "right"])
        assert [axes.get_title() for axes in figure.axes] == ["left", "right"]

    @pytest.mark.parametrize(
        ("change", "fact"),
        [
            ({"X": np.zeros((2, 5))}, "5 pixels"),
            ({"X": np.zeros((0, 4))}, r"\(0, 4\)"),
            ({"X": np.array([["a"]])}, "<U1"),
            ({"X": None}, "X is NoneType"),
            ({"y": [1]}, r"\(1,\).*\(2,\)"),
            ({"y": [[1], [2]]}, r"\(2, 1\)"),
            ({"y": [1, 7], "classes": ["a", "b"]}, "7"),
            ({"classes": "ab", "y": [0, 1]}, "classes"),
            ({"num_images": 2.5}, r"2\.5"),
            ({"X": make_dataset(), "y": [1]}, "y is given with a Dataset"),
            ({"X": replace(make_dataset(), columns=("a",) * 64)}, "table 'A sample'"),
        ],
    )
    def test_invalid_input_raises(self, change: dict[str, Any], fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            digits(**{"X": np.zeros((2, 4)), **change})
