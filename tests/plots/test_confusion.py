"""Tests of the confusion matrix plot."""

from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.plots import confusion, plot_confusion_matrix
from neuralnet.training.metrics import confusion_matrix
from tests.plots.helpers import (
    Classifier,
    assert_nothing_overlaps,
    make_model,
    make_predictions,
    texts,
)


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

    def test_names_in_capitals(self) -> None:
        for letters in (3, 14):
            names = [letter * letters for letter in "WMWMWMWMWM"]
            assert_nothing_overlaps(plot_confusion_matrix(self.make_matrix(10), names, "A sample"))

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


class TestFromAModel:
    def test_same_figure_as_from_its_counts(self) -> None:
        names = [f"class {number}" for number in range(10)]
        model = make_model(classes=names)
        images, labels, *_ = make_predictions(0)
        counts = confusion_matrix(labels, model.predict(images), 10)
        given = texts(plot_confusion_matrix(counts, names, "A sample"))
        assert texts(confusion(model, images, labels, title="A sample")) == given
        stack = images.reshape(-1, 8, 8)
        assert texts(confusion(model, stack, labels, title="A sample")) == given

    def test_network_without_probabilities(self) -> None:
        model = make_model(output_activation="identity", loss="mean_squared_error")
        assert_nothing_overlaps(confusion(model, *make_predictions(0)[:2]))

    def test_classifier_with_names_as_labels(self) -> None:
        X = np.array([[0], [1], [2], [1]])
        figure = confusion(Classifier(), X, ["a", "b", "b", "b"])
        cells = {text.get_position(): text.get_text() for text in figure.axes[0].texts}
        assert cells[2, 1] == "1"
        assert cells[1, 1] == "2"
        assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["a", "b", "c"]

    @pytest.mark.parametrize(
        ("y", "fact"),
        [
            (["a", "b", "d"], "y contains 'd'.*3 classes: 'a', 'b', 'c'"),
            ([0, 1, 2], "y contains 0"),
            (["a", "b"], r"\(2,\).*\(3,\)"),
            ([["a"], ["b"], ["c"]], r"\(3, 1\).*\(3,\)"),
        ],
    )
    def test_labels_of_a_classifier_are_checked(self, y: Any, fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            confusion(Classifier(), np.array([[0], [1], [2]]), y)

    def test_unfitted_and_multilabel_classifiers_raise(self) -> None:
        class Indicators(Classifier):
            def predict(self, X: Any) -> Any:
                return np.zeros((len(X), 3), int)

        with pytest.raises(InputError, match="predicts 3 labels"):
            confusion(Indicators(), np.zeros((3, 64)), ["a", "b", "c"])
        unfitted = Classifier()
        del unfitted.classes_
        with pytest.raises(InputError, match=r"Classifier without classes_.*fit"):
            confusion(unfitted, np.zeros((3, 64)), ["a", "b", "c"])

    def test_network_checks_its_examples(self) -> None:
        with pytest.raises(InputError, match=r"63.*64"):
            confusion(make_model(), np.zeros((3, 63)), [0, 1, 2])
        with pytest.raises(InputError, match="2 labels for 3"):
            confusion(make_model(), np.zeros((3, 64)), [0, 1])
        with pytest.raises(InputError, match="model is a list"):
            confusion([], np.zeros((3, 64)), [0, 1, 2])
