"""Tests of the plot of misclassified images."""

from typing import Any

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.plots import misclassified, plot_misclassified
from tests.plots.helpers import (
    DIGITS,
    Classifier,
    assert_nothing_overlaps,
    image_axes,
    make_model,
    make_predictions,
    texts,
)


class TestMisclassified:
    def test_most_confident_first_with_both_classes_and_confidence(self) -> None:
        images, labels, predictions, probabilities = make_predictions(4)
        figure = plot_misclassified(images, labels, predictions, probabilities, DIGITS)
        titles = [axes.get_title() for axes in figure.axes]
        assert [title.split("\n")[0] for title in titles] == [
            "true 3",
            "true 2",
            "true 1",
            "true 0",
        ]
        assert "predicted 4" in titles[0]
        assert f"{100 * probabilities[3, 4]:.1f} %" in titles[0]
        for axes, index in zip(figure.axes, (3, 2, 1, 0), strict=True):
            shown = np.asarray(axes.images[0].get_array())
            np.testing.assert_array_equal(shown, images[index].reshape(8, 8))
            assert axes.images[0].get_clim() == (0, 255)

    @pytest.mark.parametrize("num_wrong", [1, 3, 7, 25, 40])
    def test_max_images_limits_the_panels_and_none_is_empty(self, num_wrong: int) -> None:
        figure = plot_misclassified(*make_predictions(num_wrong), DIGITS, title="A sample")
        assert len(figure.axes) == len(image_axes(figure)) == min(num_wrong, 25)
        assert any(f"{num_wrong} of 40" in text for text in texts(figure))
        assert_nothing_overlaps(figure)
        few = plot_misclassified(*make_predictions(num_wrong), DIGITS, max_images=2)
        assert len(few.axes) == min(num_wrong, 2)

    def test_no_misclassified_image(self) -> None:
        figure = plot_misclassified(*make_predictions(0), DIGITS, title="A sample")
        assert not figure.axes
        assert texts(figure) == ["A sample", "Misclassified: none of 40 images."]
        assert_nothing_overlaps(figure)

    def test_long_names_are_truncated(self) -> None:
        names = [f"{digit}, a class with $ome long name" for digit in DIGITS]
        figure = plot_misclassified(*make_predictions(12), names)
        assert figure.axes[-1].get_title().startswith("true 0, a class wi…\npredicted 1, a class")
        assert_nothing_overlaps(figure)

    def test_names_in_capitals_do_not_overlap(self) -> None:
        figure = plot_misclassified(*make_predictions(12), ["W" * 20] * 10)
        assert_nothing_overlaps(figure)

    @pytest.mark.parametrize(
        ("probability", "text"),
        [(1.0, "100.0 %"), (0.9999, "> 99.9 %"), (0.0001, "< 0.1 %"), (0.0, "0.0 %")],
    )
    def test_confidence_is_not_rounded_to_certainty(self, probability: float, text: str) -> None:
        images, labels, predictions, _ = make_predictions(1, num_classes=2)
        probabilities = np.full((40, 2), [1 - probability, probability])
        figure = plot_misclassified(images, labels, predictions, probabilities, ["a", "b"])
        assert figure.axes[0].get_title() == f"true a\npredicted b, {text}"

    def test_images_that_are_not_square(self) -> None:
        figure = plot_misclassified(*make_predictions(1), DIGITS, image_shape=(4, 16))
        shown = figure.axes[0].images[0].get_array()
        assert shown is not None
        assert shown.shape == (4, 16)

    @pytest.mark.parametrize(
        ("position", "value", "fact"),
        [
            (0, np.zeros((40, 64)), "float64"),
            (0, np.zeros((40, 8, 8), np.uint8), r"\(40, 8, 8\)"),
            (0, np.zeros((0, 64), np.uint8), "no rows"),
            (0, np.zeros((40, 63), np.uint8), "63 pixels"),
            (1, [0, 1], "2 labels for 40"),
            (2, [11] * 40, "11"),
            (3, np.zeros((40, 9)), r"\(40, 10\)"),
            (3, np.full((40, 10), 97.0), "97"),
            (3, np.full((40, 10), np.nan), "NaN"),
            (4, [], "empty"),
            (4, "0123456789", "classes"),
        ],
    )
    def test_invalid_input_raises(self, position: int, value: Any, fact: str) -> None:
        arguments: list[Any] = [*make_predictions(3), DIGITS]
        arguments[position] = value
        with pytest.raises(InputError, match=fact):
            plot_misclassified(*arguments)
        with pytest.raises(InputError, match="max_images"):
            plot_misclassified(*make_predictions(3), DIGITS, max_images=0)


def shown(figure: Any, panel: int = 0) -> Any:
    return np.asarray(figure.axes[panel].images[0].get_array())


class TestFromAModel:
    @pytest.mark.parametrize("output_activation", ["softmax", "sigmoid"])
    def test_same_figure_as_from_its_predictions(self, output_activation: str) -> None:
        names = [f"class {number}" for number in range(10)]
        model = make_model(classes=names, output_activation=output_activation)
        images, labels, *_ = make_predictions(0)
        given = plot_misclassified(
            *(images, labels, model.predict(images), model.predict_proba(images), names),
            max_images=7,
            title="A sample",
        )
        figure = misclassified(model, images, labels, num_images=7, title="A sample")
        assert len(figure.axes) == 7
        assert texts(figure) == texts(given)
        for panel in range(7):
            np.testing.assert_array_equal(shown(figure, panel), shown(given, panel))
        assert_nothing_overlaps(figure)

    def test_shape_comes_from_a_3d_array(self) -> None:
        images, labels, *_ = make_predictions(0)
        figure = misclassified(make_model(), images.reshape(-1, 4, 16), labels)
        assert shown(figure).shape == (4, 16)
        assert_nothing_overlaps(figure)
        tall = misclassified(make_model(), images, labels, image_shape=(16, 4))
        assert shown(tall).shape == (16, 4)
        assert_nothing_overlaps(tall)

    def test_scaled_pixels_share_one_grey_scale(self) -> None:
        images, labels, *_ = make_predictions(0)
        scaled = images.astype(np.float32) / 127.5 - 1
        figure = misclassified(make_model(), scaled, labels)
        for axes in figure.axes:
            assert axes.images[0].get_clim() == (scaled.min(), scaled.max())

    def test_classifier_with_names_as_labels(self) -> None:
        X = np.zeros((4, 64))
        X[:, 0] = [0, 1, 2, 1]
        figure = misclassified(Classifier(), X, ["a", "b", "b", "b"])
        assert [axes.get_title() for axes in figure.axes] == ["true b\npredicted c, 80.0 %"]
        np.testing.assert_array_equal(shown(figure), X[2].reshape(8, 8))

    @pytest.mark.parametrize(
        ("change", "fact"),
        [
            ({"model": None}, "model is a NoneType"),
            ({"model": NeuralNetMLP}, "the class NeuralNetMLP"),
            (
                {"model": make_model(output_activation="identity", loss="mean_squared_error")},
                "ident",
            ),
            ({"X": np.zeros((40, 4, 4, 4))}, r"\(40, 4, 4, 4\)"),
            ({"X": np.zeros(64)}, r"\(64,\)"),
            ({"X": np.zeros((0, 64))}, r"\(0, 64\)"),
            ({"X": [[1, 2], [3]]}, "X cannot"),
            ({"X": "images"}, "X is str 'images'"),
            ({"X": np.full((40, 64), np.nan)}, "NaN"),
            ({"X": np.zeros((40, 63))}, "63 pixels.*square"),
            ({"X": np.zeros((40, 36))}, "36.*64"),
            ({"y": np.zeros(39, int)}, "39.*40"),
            ({"y": np.full(40, 10)}, "10"),
            ({"num_images": 0}, "num_images is 0"),
            ({"image_shape": (8, 9)}, r"64 pixels.*\(8, 9\)"),
            ({"image_shape": 8}, "image shape 8"),
            ({"image_shape": (8.0, 8.0)}, r"\(8\.0, 8\.0\)"),
            ({"title": 5}, "title is int 5"),
        ],
    )
    def test_invalid_input_raises(self, change: dict[str, Any], fact: str) -> None:
        images, labels, *_ = make_predictions(0)
        arguments: dict[str, Any] = {"model": make_model(), "X": images, "y": labels}
        with pytest.raises(InputError, match=fact):
            misclassified(**arguments | change)

    def test_classifier_without_probabilities_raises(self) -> None:
        class Labels:
            classes_ = (0, 1)

            def predict(self, X: Any) -> Any:
                return np.zeros(len(X), int)

        with pytest.raises(InputError, match="Labels without predict_proba"):
            misclassified(Labels(), np.zeros((2, 64)), [0, 1])
