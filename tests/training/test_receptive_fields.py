"""Receptive fields: initial weights that fade with distance, and a decay that keeps them local."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import AdamW, InputError, NeuralNetMLP
from neuralnet.training.receptive_fields import (
    FAR_DECAY,
    REACH,
    LocalAdamW,
    ReceptiveFields,
    distances,
    places,
)

SIZES = (36, 7, 5, 3)


def test_places_lie_in_the_image_and_apart() -> None:
    spread = places(50, 28)
    assert spread.min() > 27 / 7 - 1e-9
    assert spread.max() < 27 * 6 / 7 + 1e-9
    apart = np.linalg.norm(spread[:, None] - spread, axis=-1) + 99 * np.eye(50)
    assert apart.min() > 1


def test_weights_fade_with_distance_and_keep_their_norm() -> None:
    initial_weights = ["he_normal", None, None]
    plain = NeuralNetMLP(36, SIZES[1:3], 3, initial_weights=initial_weights, dtype="float64")
    initializers = ReceptiveFields([1.5]).initializers(SIZES)
    local = NeuralNetMLP(36, SIZES[1:3], 3, initial_weights=initializers, dtype="float64")
    W, faded = plain.parameters["layers.0.weight"], local.parameters["layers.0.weight"]
    np.testing.assert_allclose(np.linalg.norm(faded, axis=0), np.linalg.norm(W, axis=0))
    away = distances(SIZES, 0)
    shrinkage = faded / W
    for unit in range(7):
        order = np.argsort(away[:, unit])
        assert (np.diff(shrinkage[order, unit]) <= 1e-12).all()
    for layer in ("layers.1.weight", "layers.2.weight"):
        np.testing.assert_array_equal(plain.parameters[layer], local.parameters[layer])


def test_decay_is_stronger_beyond_the_field() -> None:
    factors = ReceptiveFields([1.5]).decay_factors(SIZES)
    first = factors[: 36 * 7].reshape(36, 7)
    far = distances(SIZES, 0) > REACH * 1.5
    assert far.any()
    assert not far.all()
    np.testing.assert_array_equal(first, np.where(far, FAR_DECAY, 1))
    assert (factors[36 * 7 :] == 1).all()


def test_a_step_decays_each_weight_by_its_factor() -> None:
    model = NeuralNetMLP(4, 2, 2)
    weights = model.parameters.values[: model.parameters.num_weights]
    factors = np.linspace(1, 300, len(weights)).astype(np.float32)
    before = weights.copy()
    optimizer = LocalAdamW(weight_decay=0.5, decay_factors=factors)
    optimizer.start(model.parameters)
    optimizer.step(0.01)  # the gradients are 0
    np.testing.assert_allclose(weights, before * np.maximum(0, 1 - 0.005 * factors), rtol=1e-6)

    model.initialize()
    expected = AdamW(weight_decay=0.5)
    expected.start(model.parameters)
    expected.step(0.01)
    np.testing.assert_allclose(weights, before * 0.995, rtol=1e-6)


@pytest.mark.parametrize(
    ("radii", "sizes", "facts"),
    [
        ([1, -2], SIZES, ["radii[1] is -2", "above 0"]),
        ([], SIZES, ["radii is []"]),
        ("123", SIZES, ["radii is '123'"]),
        ([1, 2, 3], SIZES, ["3 entries", "2 hidden"]),
        ([1], (13, 5, 3), ["13 inputs"]),
    ],
)
def test_radii_that_cannot_be_used_are_refused(
    radii: list[float], sizes: tuple[int, ...], facts: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        ReceptiveFields(radii).initializers(sizes)
    for fact in facts:
        assert fact in str(caught.value)
