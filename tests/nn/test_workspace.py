"""The workspace: used again batch after batch, with nothing left over from the last."""

from __future__ import annotations

import numpy as np
import pytest

from neuralnet import NeuralNetError, NeuralNetMLP
from neuralnet.nn.workspace import Workspace


def test_weights_are_shares_of_the_whole_and_are_not_kept() -> None:
    model = NeuralNetMLP(3, 2, 2, dtype="float64")
    workspace = Workspace(model, 4)
    X, y = np.ones((4, 3)), np.array([0, 1, 1, 0])
    workspace.load(X)
    workspace.label(y, np.array([1.0, 2.0, 3.0, 2.0]))
    np.testing.assert_array_equal(workspace.weights, [0.125, 0.25, 0.375, 0.25])
    workspace.load(X)
    workspace.label(y)
    np.testing.assert_array_equal(workspace.weights, [0.25] * 4)
    np.testing.assert_array_equal(workspace.targets, np.eye(2)[y])


@pytest.mark.parametrize("kind", ["uint8", "float32", "float64"])
def test_gathered_examples_are_those_at_the_rows(kind: str) -> None:
    model = NeuralNetMLP(3, 2, 4, dtype="float64")
    X = np.arange(30).reshape(10, 3).astype(kind)
    y = np.arange(10) % 4
    sample_weight = np.arange(10.0)
    rows = np.array([7, 0, 9])
    gathered, loaded = Workspace(model, 3), Workspace(model, 3)
    gathered.gather(X, rows)
    loaded.load(X[rows])
    for workspace in (gathered, loaded):
        workspace.label(y[rows], sample_weight[rows])
    for name in ("x", "targets", "weights"):
        np.testing.assert_array_equal(getattr(gathered, name), getattr(loaded, name))
    assert gathered.forward().tobytes() == loaded.forward().tobytes()


def test_backward_before_forward_is_an_error() -> None:
    model = NeuralNetMLP(3, 2, 2)
    workspace = Workspace(model, 1)
    workspace.load(np.zeros((1, 3)))
    workspace.label(np.array([1]))
    with pytest.raises(NeuralNetError, match="forward"):
        workspace.backward()
