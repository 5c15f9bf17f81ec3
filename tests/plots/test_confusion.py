"""Tests of the confusion matrix plot."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.plots import plot_confusion_matrix
from tests.plots.helpers import assert_nothing_overlaps, texts


class TestConfusionMatrix:
    def make_matrix(self, num_classes: int) -> Any:
        generator = np.random.default_rng(0)
        return generator.integers(0, 4, (num_classes,) * 2) + 90 * np.eye(num_classes, dtype=int)

    @pytest.mark.parametrize("num_classes", [1, 2, 10, 47])
    def test_shows_counts_names_and_recall(self, num_classes: int) -> None:
        matrix = self.make_matrix(num_classes)
        figure = plot_confusion_matrix(matrix, range(num_classes), "A sample")
        assert_nothing_overlaps(figure)
        axes = figure.axes[0]
        names = [str(number) for number in range(num_classes)]
        assert [label.get_text() for label in axes.get_xticklabels()] == names
        assert [label.get_text() for label in axes.get_yticklabels()] == names
        cells = {text.get_position(): text.get_text() for text in axes.texts}
        for row, column in np.argwhere(matrix):
            assert cells[column, row] == str(matrix[row, column])
        assert f"{100 * matrix[0, 0] / matrix[0].sum():.1f} %" in texts(figure)

    def test_scale_ends_at_the_largest_error_percentage(self) -> None:
        figure = plot_confusion_matrix([[80, 20, 0], [3, 7, 0], [0, 0, 5]], ["a", "b", "c"])
        image = figure.axes[0].images[0]
        shown = image.get_array()
        assert image.get_clim() == (0, 30)
        assert isinstance(shown, np.ma.MaskedArray)
        assert shown.mask.tolist() == np.eye(3, dtype=bool).tolist()
        assert shown[0, 1] == 20

    def test_text_contrasts_with_its_cell(self) -> None:
        figure = plot_confusion_matrix([[80, 20, 1], [3, 97, 0], [0, 0, 5]], ["a", "b", "c"])
        colours = {text.get_text(): text.get_color() for text in figure.axes[0].texts}
        assert mpl.colors.to_rgb(colours["20"]) == (1, 1, 1)
        assert max(mpl.colors.to_rgb(colours["3"])) < 0.2
        assert max(mpl.colors.to_rgb(colours["80"])) < 0.2

    def test_matrix_without_errors_and_with_an_empty_class(self) -> None:
        figure = plot_confusion_matrix([[8, 0], [0, 0]], ["a", "b"])
        assert {"100.0 %", "none", "8 of 8 correct (100.00 %)."} <= set(texts(figure))

    def test_long_names_are_rotated(self) -> None:
        names = [f"class {number} of many, $ and _" for number in range(10)]
        figure = plot_confusion_matrix(self.make_matrix(10), names, "A title " * 20)
        assert figure.axes[0].get_xticklabels()[0].get_rotation() == 90
        assert_nothing_overlaps(figure)

    @pytest.mark.parametrize(
        ("matrix", "fact"),
        [
            ([[1, 2, 3], [4, 5, 6]], r"\(2, 3\)"),
            ([[0.5, 0.5], [0.0, 1.0]], "float64"),
            ([[1, -1], [0, 1]], "negative"),
            ([[0, 0], [0, 0]], "at least one"),
            ([[1]], "1 classes"),
        ],
    )
    def test_invalid_input_raises(self, matrix: Any, fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            plot_confusion_matrix(matrix, ["a", "b"])
