"""What a History says about its run, and that storing one loses nothing."""

import json
import math
from typing import Any

import pytest

from neuralnet.checks import InputError
from neuralnet.training.history import History


def make_history(**changes: Any) -> History:
    lists: dict[str, Any] = {
        "train_loss": [0.9, 0.5, 0.3],
        "train_accuracy": [0.7, 0.8, 0.9],
        "valid_accuracy": [0.6, 0.8, 0.75],
        "valid_loss": [1.0, 0.6, 0.7],
        "learning_rate": [0.1, 0.1, 0.05],
        "seconds": [1.5, 1.25, 1.0],
    }
    return History(**(lists | changes))


def test_it_unpacks_into_the_three_lists_of_the_textbook() -> None:
    history = make_history()
    epoch_loss, epoch_train_acc, epoch_valid_acc = history
    assert epoch_loss is history.train_loss
    assert epoch_train_acc is history.train_accuracy
    assert epoch_valid_acc is history.valid_accuracy


def test_an_empty_history_has_no_epoch_and_no_best_one() -> None:
    history = History()
    assert history.num_epochs == 0
    assert history.best_epoch is None
    assert [list(values) for values in history] == [[], [], []]
    assert not hasattr(history, "__len__")


@pytest.mark.parametrize(
    ("changes", "best"),
    [
        ({}, 2),
        ({"valid_accuracy": [0.8, 0.8, 0.8]}, 2),  # the lower validation loss
        ({"valid_accuracy": [0.8, 0.8, 0.8], "valid_loss": [0.6, 0.6, 0.6]}, 1),  # the earlier
        ({"valid_accuracy": [0.8, 0.8, 0.8], "valid_loss": [math.nan, math.inf, 0.6]}, 3),
        ({"valid_accuracy": [], "valid_loss": []}, 3),
        ({"valid_accuracy": [], "valid_loss": [], "train_loss": [0.5, 0.2, math.nan]}, 2),
    ],
)
def test_best_epoch(changes: dict[str, list[float]], best: int) -> None:
    history = make_history(**changes)
    assert history.num_epochs == 3
    assert history.best_epoch == best


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stopped": "no better validation accuracy for 10 epochs"},
        {"valid_accuracy": [], "valid_loss": []},
        {"train_loss": [0.5, math.inf, -math.inf]},
    ],
)
def test_storing_as_json_is_a_round_trip(changes: dict[str, Any]) -> None:
    history = make_history(**changes)
    stored = json.loads(json.dumps(history.as_dict(), allow_nan=False))
    assert History.from_dict(stored) == history


def test_nan_survives_storing() -> None:
    stored = make_history(train_loss=[0.5, math.nan, 0.4]).as_dict()
    loss = History.from_dict(json.loads(json.dumps(stored, allow_nan=False))).train_loss
    assert math.isnan(loss[1])
    assert loss[::2] == [0.5, 0.4]


def test_an_empty_history_is_stored_too() -> None:
    assert History.from_dict(History().as_dict()) == History()


def test_the_stored_lists_are_copies() -> None:
    history = make_history()
    history.as_dict()["train_loss"].append(0.1)
    assert history.num_epochs == 3


def test_a_missing_name_is_refused() -> None:
    stored = make_history().as_dict()
    del stored["seconds"], stored["stopped"]
    with pytest.raises(InputError, match="seconds, stopped"):
        History.from_dict(stored)


def test_an_unknown_name_is_refused_and_the_nearest_named() -> None:
    stored = make_history().as_dict() | {"train_los": []}
    with pytest.raises(InputError, match="Did you mean 'train_loss'"):
        History.from_dict(stored)


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("train_loss", None, "None"),
        ("train_loss", "0.5", "0.5"),
        ("train_loss", [0.9, "0.5", 0.3], r"train_loss\[1\]"),
        ("train_loss", [0.9, True, 0.3], "True"),
        ("train_accuracy", [0.9, 0.95, 97.0], "at most 1"),
        ("seconds", [1.0, -1.0, 1.0], "at least 0"),
        ("seconds", [1.0, 1.0], "seconds 2"),
        ("valid_accuracy", [], "valid_accuracy 0"),
        ("valid_loss", [], "valid_loss 0"),
        ("stopped", 3, "3"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: object, fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        History.from_dict(make_history().as_dict() | {name: value})
