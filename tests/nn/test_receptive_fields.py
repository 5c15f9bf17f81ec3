"""Receptive fields: where units look first, and how weight decay holds them to it."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest

from neuralnet import AdamW, InputError, NeuralNetMLP, train
from neuralnet.nn.receptive_fields import FAR_DECAY, REACH, distances, fade, places

SIDE = 12
RADII = (1.5, 3.0)


def network(**settings: Any) -> NeuralNetMLP:
    """A small network of images, its receptive fields those of RADII unless settings differ."""
    settings = {"hidden_activation": "relu", "receptive_fields": RADII} | settings
    return NeuralNetMLP(SIDE**2, [40, 30, 20], 4, **settings)


def decay(model: NeuralNetMLP) -> Any:
    factors = model.parameters.decay_factors
    assert factors is not None
    return factors


def test_places_are_spread_evenly_over_the_inner_part_of_the_image() -> None:
    at = places(200, 28)
    assert at.min() > 3.8
    assert at.max() < 23.2
    lower, right = (at > 13.5).T
    quarters = np.bincount(2 * lower + right, minlength=4)
    np.testing.assert_allclose(quarters, 50, atol=4)
    between = np.linalg.norm(at[:, np.newaxis] - at, axis=2) + 100 * np.eye(200)
    assert between.min() > 0.5  # drawn at random, the nearest two would be closer by far
    np.testing.assert_array_equal(places(50, 28), at[:50])


def test_distances_are_from_pixels_then_from_the_places_of_units() -> None:
    sizes = [SIDE**2, 40, 30]
    first, second = distances(sizes, 0), distances(sizes, 1)
    assert (first.shape, second.shape) == ((144, 40), (40, 30))
    unit, pixel = 7, 3 * SIDE + 5
    assert first[pixel, unit] == pytest.approx(math.dist((3, 5), places(40, SIDE)[unit]))
    assert second[9, 4] == pytest.approx(math.dist(places(40, SIDE)[9], places(30, SIDE)[4]))


def test_weights_fade_as_a_gaussian_and_keep_their_norm() -> None:
    weights = np.ones((144, 40))
    distance = distances([144, 40], 0)
    fade(weights, distance, 2.0)
    np.testing.assert_allclose(np.linalg.norm(weights, axis=0), 12)
    nearest = distance.argmin(axis=0), np.arange(40)
    relative = weights / weights[nearest]
    expected = np.exp((distance[nearest] ** 2 - distance**2) / 8)
    np.testing.assert_allclose(relative, expected, rtol=1e-9)


def test_only_the_layers_that_have_a_radius_are_faded() -> None:
    fields, plain = network(), network(receptive_fields=())
    for layer in range(4):
        name = f"layers.{layer}.weight"
        same = np.array_equal(fields.parameters[name], plain.parameters[name])
        assert same == (layer >= len(RADII))
        kept, drawn = (np.linalg.norm(one.parameters[name], axis=0) for one in (fields, plain))
        np.testing.assert_allclose(kept, drawn, rtol=1e-5)


def test_decay_is_stronger_outside_of_a_field() -> None:
    factors = decay(network())
    assert factors.shape == (network().parameters.num_weights,)
    first = factors[: 144 * 40].reshape(144, 40)
    outside = distances([144, 40], 0) > REACH * RADII[0]
    np.testing.assert_array_equal(first, np.where(outside, FAR_DECAY, 1))
    assert (factors[144 * 40 + 40 * 30 :] == 1).all()  # the layers without a radius
    assert network(receptive_fields=[]).parameters.decay_factors is None


@pytest.mark.parametrize("rate", [0.01, 1.0])
def test_adamw_decays_by_the_factors_and_never_past_nothing(rate: float) -> None:
    model = network(dtype="float64")
    optimizer = AdamW(weight_decay=0.1)
    optimizer.start(model.parameters)
    count, before = model.parameters.num_weights, model.parameters.values.copy()
    optimizer.step(rate)  # the gradients are 0, so Adam itself moves nothing
    kept = np.maximum(0, 1 - rate * 0.1 * decay(model))
    np.testing.assert_allclose(model.parameters.values[:count], kept * before[:count])
    np.testing.assert_array_equal(model.parameters.values[count:], before[count:])


def test_training_keeps_weights_near_their_place() -> None:
    generator = np.random.default_rng(0)
    X, y = generator.random((300, 144), np.float32), generator.integers(0, 4, 300)
    outside = distances([144, 40], 0) > REACH * RADII[0]
    shares = {}
    for radii in ((), RADII):
        model = network(receptive_fields=radii)
        train(model, X, y, num_epochs=20, learning_rate=0.01, optimizer=AdamW(weight_decay=0.2))
        squares = model.parameters["layers.0.weight"] ** 2
        shares[radii] = squares[outside].sum() / squares.sum()
    assert shares[()] > 0.6
    assert 0 < shares[RADII] < 0.1


def test_copies_and_pickles_keep_them() -> None:
    model = network()
    for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):  # noqa: S301
        assert other.receptive_fields == RADII
        np.testing.assert_array_equal(decay(other), decay(model))


@pytest.mark.parametrize(
    ("radii", "fact"),
    [
        (2.0, "list of radii"),
        ("1.5", "list of radii"),
        ([0], "above 0"),
        ([1, -2], r"receptive_fields\[1\].*above 0"),
        ([1, float("nan")], "finite"),
        ([1, 2, 3, 4], "at most one for each"),
    ],
)
def test_radii_that_cannot_be(radii: Any, fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        network(receptive_fields=radii)


def test_inputs_that_are_no_image() -> None:
    with pytest.raises(InputError, match=r"13 inputs.*no square"):
        NeuralNetMLP(13, 5, 3, receptive_fields=[2])
