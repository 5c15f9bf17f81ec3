"""The typed settings are what the network and the training take, name by name."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from typing import Any

import pytest

from neuralnet import NeuralNetMLP, train
from neuralnet.training.settings import NetworkSettings, TrainingSettings

PAIRS = [(NetworkSettings, NeuralNetMLP.__init__), (TrainingSettings, train)]


@pytest.mark.parametrize(("settings", "function"), PAIRS)
def test_every_setting_is_an_argument_with_the_same_default(settings: Any, function: Any) -> None:
    arguments = inspect.signature(function).parameters
    for field in dataclasses.fields(settings):
        if field.name in ("schedule", "clip_norm"):  # parts of learning_rate and of callbacks
            continue
        default = arguments[field.name].default
        if field.name == "num_hidden":  # the network takes a plain number for one layer
            assert (default,) == field.default
        else:
            assert default == field.default
            assert type(default) is type(field.default)


@pytest.mark.parametrize(("settings", "function"), PAIRS)
def test_every_argument_that_a_setting_could_hold_is_one(settings: Any, function: Any) -> None:
    # The other arguments are data, or objects that no command line can give.
    left = {
        "self", "model", "num_features", "num_classes", "classes", "input_range", "xp", "seed",
        "X_train", "y_train", "X_valid", "y_valid", "sample_weight", "callbacks",
        "resume", "verbose", "threads", "comm",
    }  # fmt: skip
    names = {field.name for field in dataclasses.fields(settings)}
    assert set(inspect.signature(function).parameters) - left <= names


@pytest.mark.parametrize("settings", [NetworkSettings, TrainingSettings])
def test_defaults_are_of_the_declared_type(settings: Any) -> None:
    hints = typing.get_type_hints(settings)
    for field in dataclasses.fields(settings):
        hint = hints[field.name]
        kinds = (tuple,) if typing.get_origin(hint) is tuple else typing.get_args(hint) or (hint,)
        assert isinstance(field.default, kinds), field.name
        assert isinstance(field.default, float) == (float in kinds and field.default is not None)


def test_the_defaults_build_and_are_frozen() -> None:
    settings = NetworkSettings()
    model = NeuralNetMLP(784, **dataclasses.asdict(settings))
    assert model.num_hidden == (50,)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.l2 = 1.0  # type: ignore[misc]
