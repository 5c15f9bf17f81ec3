"""Networks that are asked together, and look more than once."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import Augmentation, InputError, NeuralNetMLP
from neuralnet.training.committee import committee_probabilities
from neuralnet.training.follow import training_arguments, views_of
from neuralnet.training.recipes import parse_recipe

MILDLY = Augmentation(rotation=10, shift=1, image_shape=(6, 6))
IMAGES = np.random.default_rng(0).integers(0, 256, (7, 36), dtype=np.uint8)


def networks() -> list[NeuralNetMLP]:
    return [NeuralNetMLP(36, 6, 3, output_activation="softmax", seed=seed) for seed in (0, 1)]


def test_one_look_is_the_mean_of_the_networks() -> None:
    models = networks()
    mean = np.mean([model.predict_proba(IMAGES) for model in models], axis=0)
    np.testing.assert_allclose(committee_probabilities(models, IMAGES), mean, rtol=1e-6)


def test_the_first_look_is_at_the_image_as_it_is_and_the_others_at_deformed_ones() -> None:
    models = networks()
    generator = np.random.default_rng(5)
    looks = [IMAGES, MILDLY(IMAGES, generator), MILDLY(IMAGES, generator)]
    assert not np.array_equal(looks[1], looks[2])
    mean = np.mean([model.predict_proba(look) for look in looks for model in models], axis=0)
    averaged = committee_probabilities(models, IMAGES, MILDLY, 3, seed=5)
    np.testing.assert_allclose(averaged, mean, rtol=1e-6)
    np.testing.assert_allclose(averaged.sum(axis=1), 1, rtol=1e-6)


def test_the_same_seed_looks_in_the_same_way() -> None:
    models = networks()
    first, again, other = (
        committee_probabilities(models, IMAGES, MILDLY, 4, seed=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        ((networks(), IMAGES, None, 2), ("num_views is 2", "augmentation")),
        ((networks(), IMAGES, MILDLY, 0), ("num_views is 0", "at least 1")),
        (([], IMAGES), ("models", "at least one")),
        ((networks(), IMAGES / 255, MILDLY, 2), ("float64", "uint8")),
    ],
)
def test_what_cannot_be_asked_is_said(
    arguments: tuple[object, ...], facts: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        committee_probabilities(*arguments)  # type: ignore[arg-type]
    for fact in facts:
        assert fact in str(caught.value)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("[recipe]\nviews = 3", ("views = 3", "[augmentation]", "mine")),
        ("[augmentation]\nshift = 1", ("[augmentation]", "views above 1", "mine")),
        ("[recipe]\nviews = 0", ("views", "at least 1")),
        ("[recipe]\nviews = 2\n[augmentation]\nshift = -1", ("[augmentation]", "shift is -1")),
    ],
)
def test_looking_several_times_needs_both_how_often_and_how(
    text: str, facts: tuple[str, ...]
) -> None:
    recipe = parse_recipe(text.encode(), "mine", "mine.toml")
    with pytest.raises(InputError) as caught:
        views_of(recipe)
    for fact in facts:
        assert fact in str(caught.value)


def test_a_recipe_without_members_has_no_views() -> None:
    recipe = parse_recipe(b"[recipe]\nviews = 3\n[augmentation]\nshift = 1", "mine", "mine.toml")
    with pytest.raises(InputError, match=r"views is 3.*members"):
        training_arguments(recipe)
    assert views_of(recipe) == (3, Augmentation(shift=1))
