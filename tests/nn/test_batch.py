"""Batches: reused for one mini-batch after the other, with nothing left over from the last."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import NeuralNetError, NeuralNetMLP


def test_weights_are_shares_and_are_not_kept() -> None:
    model = NeuralNetMLP(3, 2, 2, dtype="float64")
    batch = model.batch(4, backward=True)
    y = np.array([0, 1, 1, 0])
    model.objective.set_targets(y, np.array([1.0, 2.0, 3.0, 2.0]), batch.objective_cache)
    np.testing.assert_array_equal(batch.objective_cache.example_weights, [0.125, 0.25, 0.375, 0.25])
    model.objective.set_targets(y, None, batch.objective_cache)
    np.testing.assert_array_equal(batch.objective_cache.example_weights, [0.25] * 4)
    np.testing.assert_array_equal(batch.objective_cache.targets, np.eye(2)[y])


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_gathered_examples_are_those_at_the_rows(kind: str) -> None:
    model = NeuralNetMLP(3, 2, 4, dtype="float64")
    X = np.arange(30).reshape(10, 3).astype(kind)
    rows = np.array([7, 0, 9])
    gathered, loaded = model.batch(3, backward=True), model.batch(3, backward=True)
    gathered.gather(X, rows)
    loaded.load(X[rows])
    np.testing.assert_array_equal(gathered.x, loaded.x)


def test_backward_before_forward_is_an_error() -> None:
    model = NeuralNetMLP(3, 2, 2)
    batch = model.batch(1, backward=True)
    with pytest.raises(NeuralNetError, match="forward"):
        model.sequential.backward(np.zeros((1, 2), np.float32), batch.caches)
