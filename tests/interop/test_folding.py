"""Folding changes the layers of a network, but not its predictions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuralnet.checks import InputError
from neuralnet.checks.inputs import notes_of_inputs
from neuralnet.interop.folding import fold_batch_norm, with_standardization
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.regularization import BatchNorm, Dropout
from tests.interop.networks import random_features, random_network, random_pixels


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("output", ["softmax", "sigmoid", "identity"])
@pytest.mark.parametrize("hidden", sorted(HIDDEN_ACTIVATIONS))
def test_predictions_are_the_same(hidden: str, output: str, batch_norm: bool) -> None:
    model = random_network(
        output=output, hidden_activation=hidden, batch_norm=batch_norm, dropout=(0.2, 0.5)
    )
    model.notes["data"] = "none"
    before = model.parameters.state.copy()
    plain = fold_batch_norm(model)
    assert not plain.batch_norm
    assert plain.dropout == (0, 0)
    assert not any(isinstance(layer, BatchNorm | Dropout) for layer in plain.layers)
    assert (plain.classes, plain.notes) == (model.classes, model.notes)
    for X in (random_pixels(model), random_features(model)):
        for mine, its in zip(plain.forward(X), model.forward(X), strict=True):
            np.testing.assert_allclose(mine, its, rtol=1e-5, atol=1e-5)
        np.testing.assert_array_equal(plain.predict(X), model.predict(X))
    np.testing.assert_array_equal(model.parameters.state, before)


def test_float64_predictions_agree_closely() -> None:
    model = random_network(batch_norm=True, dtype="float64")
    X = random_features(model).astype(np.float64)
    np.testing.assert_allclose(
        fold_batch_norm(model).forward(X)[-1], model.forward(X)[-1], rtol=1e-12
    )


@pytest.mark.parametrize("batch_norm", [False, True])
def test_standardization_is_folded_into_the_first_layer(batch_norm: bool) -> None:
    model = random_network(batch_norm=batch_norm, dtype="float64")
    rng = np.random.default_rng(3)
    raw = rng.normal(50, 20, (40, model.num_features)) * rng.uniform(0.1, 100, model.num_features)
    mean, deviation = raw.mean(axis=0), raw.std(axis=0)
    wanted = model.predict_proba((raw - mean) / deviation)
    model.notes |= notes_of_inputs((raw - mean) / deviation)
    got = with_standardization(model, mean, deviation).predict_proba(raw)  # warns of nothing
    np.testing.assert_allclose(got, wanted, rtol=1e-9)


@pytest.mark.parametrize(
    ("mean", "deviation", "fact"),
    [
        (np.zeros(3), np.ones(12), "12"),
        (np.zeros(12), np.zeros(12), "above 0"),
        (np.full(12, np.nan), np.ones(12), "mean"),
    ],
)
def test_invalid_standardizations_are_refused(mean: Any, deviation: Any, fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        with_standardization(random_network(), mean, deviation)


def test_only_networks_can_be_folded() -> None:
    with pytest.raises(InputError, match="NeuralNetMLP"):
        fold_batch_norm("network")  # type: ignore[arg-type]
