"""Threads that train together, like processes, do what one does; this needs no MPI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import Checkpoint, NeuralNetError
from tests.distributed.cases import CASES, trained
from tests.distributed.thread_comm import ThreadComm, in_threads


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("num_threads", [1, 2, 4])
def test_threads_train_like_one(name: str, num_threads: int) -> None:
    alone, expected = trained(None, **CASES[name])
    results = in_threads(num_threads, lambda comm: trained(comm, **CASES[name]))
    # Images are deformed in float32, whatever the network computes in.
    tolerance = 1e-4 if name in ("augmentation", "everything") else 1e-11
    for state, history in results:
        np.testing.assert_array_equal(state, results[0][0])
        np.testing.assert_allclose(state, alone, atol=tolerance)
        np.testing.assert_allclose(history.train_loss, expected.train_loss, atol=tolerance)
        assert history.valid_accuracy == pytest.approx(expected.valid_accuracy)


def test_a_checkpoint_goes_on_with_another_number(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"network": {"dropout": 0.3}, "callbacks": []}
    whole, _ = trained(None, **settings)
    path = tmp_path / "checkpoint"
    first = settings | {"num_epochs": 2, "callbacks": [Checkpoint(path)]}
    in_threads(3, lambda comm: trained(comm, **first))
    assert sorted(one.name for one in tmp_path.iterdir()) == ["checkpoint", "checkpoint.previous"]
    for state, _ in in_threads(2, lambda comm: trained(comm, **settings, resume=path)):
        np.testing.assert_allclose(state, whole, atol=1e-11)


@pytest.mark.parametrize(
    ("first", "others", "facts"),
    [
        ({"learning_rate": 0.01}, {"learning_rate": 0.02}, ["learning_rate", "0.02", "0.01"]),
        ({"seed": 3}, {"seed": 4}, ["seed", "3", "4"]),
        ({"num_epochs": 0}, {}, ["num_epochs", "0"]),
        ({}, {"num_epochs": 0}, ["num_epochs", "0"]),
        ({"resume": "nowhere"}, {}, ["resume", "nowhere", "None"]),
        ({"minibatch_size": 1}, {"minibatch_size": 1}, ["2 processes", "1"]),
    ],
)
def test_all_refuse_together(
    first: dict[str, Any], others: dict[str, Any], facts: list[str]
) -> None:
    def message(comm: ThreadComm) -> str:
        with pytest.raises(NeuralNetError) as caught:
            trained(comm, **(others if comm.Get_rank() else first))
        return str(caught.value)

    for text in in_threads(2, message):
        for fact in facts:
            assert fact in text
