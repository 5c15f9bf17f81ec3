"""Tests of the hidden unit plot."""

from typing import Any

import numpy as np
import pytest

from neuralnet import NeuralNetMLP
from neuralnet.checks import InputError
from neuralnet.plots import hidden_units, plot_hidden_units
from tests.plots.helpers import (
    Classifier,
    assert_nothing_overlaps,
    image_axes,
    make_model,
    texts,
)


class TestHiddenUnits:
    @pytest.mark.parametrize("num_units", [1, 7, 50, 100])
    def test_all_units_share_one_symmetric_scale(self, num_units: int) -> None:
        weights = np.random.default_rng(0).normal(size=(64, num_units)).astype(np.float32)
        figure = plot_hidden_units(weights, title="A sample")
        assert_nothing_overlaps(figure)
        *units, legend = figure.axes
        assert legend.get_ylabel() == "Weight"
        extent = np.percentile(np.abs(weights), 99.5)
        for unit, axes in enumerate(units):
            image = axes.images[0]
            np.testing.assert_array_equal(
                np.asarray(image.get_array()), weights[:, unit].reshape(8, 8)
            )
            assert image.get_clim() == pytest.approx((-extent, extent))
        assert len(units) == num_units

    def test_max_units_limits_the_images_and_the_heading_says_so(self) -> None:
        figure = plot_hidden_units(np.ones((64, 300)))
        assert len(image_axes(figure)) == 100
        assert any("first 100 of 300" in text for text in texts(figure))
        assert len(image_axes(plot_hidden_units(np.ones((64, 9)), max_units=4))) == 4

    def test_outlier_does_not_stretch_the_scale(self) -> None:
        weights = np.full((64, 10), 0.1)
        weights[0, 0] = 1000
        _, high = plot_hidden_units(weights).axes[0].images[0].get_clim()
        assert high == pytest.approx(0.1)

    def test_zero_weights_and_an_image_that_is_not_square(self) -> None:
        figure = plot_hidden_units(np.zeros((32, 2)), (4, 8))
        shown = figure.axes[0].images[0].get_array()
        assert shown is not None
        assert shown.shape == (4, 8)
        assert_nothing_overlaps(figure)

    @pytest.mark.parametrize(
        ("weights", "shape", "fact"),
        [
            (np.ones(64), None, r"\(64,\)"),
            (np.ones((64, 0)), None, r"\(64, 0\)"),
            (np.ones((64, 2), int), None, "int64"),
            (np.full((64, 2), np.inf), None, "infinite"),
            (np.ones((63, 2)), None, "63 pixels"),
            (np.ones((64, 2)), (8, 9), r"\(8, 9\)"),
            (np.ones((64, 2)), (64,), r"\(64,\)"),
            (np.ones((64, 2)), (-8, -8), r"\(-8, -8\)"),
        ],
    )
    def test_invalid_input_raises(self, weights: Any, shape: Any, fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            plot_hidden_units(weights, shape)
        with pytest.raises(InputError, match="max_units"):
            plot_hidden_units(np.ones((64, 2)), max_units=0)


class TestFromAModel:
    def test_weights_of_the_first_layer(self) -> None:
        model = make_model()
        figure = hidden_units(model, title="A sample")
        weights = model.parameters["layers.0.weight"]
        assert "A sample" in texts(figure)
        assert len(image_axes(figure)) == 5
        for unit, axes in enumerate(figure.axes[:5]):
            image = np.asarray(axes.images[0].get_array())
            np.testing.assert_array_equal(image, weights[:, unit].reshape(8, 8))

    def test_features_of_a_table_are_no_picture(self) -> None:
        model = NeuralNetMLP(4, 3, 2)
        with pytest.raises(InputError, match=r"4 inputs.*image_shape"):
            hidden_units(model)
        assert len(hidden_units(model, image_shape=(2, 2)).axes) == 4

    def test_estimator_shape_and_number_of_units(self) -> None:
        figure = hidden_units(Classifier(), num_units=2, image_shape=(4, 16))
        assert any("first 2 of 3" in text for text in texts(figure))
        image = figure.axes[0].images[0].get_array()
        assert image is not None
        assert image.shape == (4, 16)

    @pytest.mark.parametrize(
        ("arguments", "fact"),
        [
            ({"model": None}, "model is a NoneType.*NeuralNetMLP"),
            ({"model": np.ones((64, 2))}, "model is a ndarray.*coefs_"),
            ({"model": type(make_model())}, "model is the class"),
            ({"num_units": 0}, "num_units is 0"),
            ({"image_shape": (9, 9)}, r"64 pixels.*\(9, 9\)"),
        ],
    )
    def test_invalid_input_raises(self, arguments: dict[str, Any], fact: str) -> None:
        with pytest.raises(InputError, match=fact):
            hidden_units(**{"model": make_model(), **arguments})
