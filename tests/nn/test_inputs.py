"""Inputs of another kind than the network was trained on."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP, load, load_pretrained, save, train
from neuralnet.checks import Array
from neuralnet.errors import InputWarning

RNG = np.random.default_rng(7)
PIXELS = RNG.integers(0, 256, (40, 9), dtype=np.uint8)
PIXELS[:, 0], PIXELS[:, 1] = 0, 255
LABELS = np.arange(40) % 3
STANDARDIZED = RNG.normal(0, 1, (40, 9))


def trained_on(X: Array, **changes: Any) -> NeuralNetMLP:
    model = NeuralNetMLP(9, 4, 3, **changes)
    train(model, X, LABELS, num_epochs=1)
    return model


USES: list[Callable[[NeuralNetMLP, Array], object]] = [
    lambda model, X: model.predict(X),
    lambda model, X: model.predict_proba(X),
    lambda model, X: model.forward(X),
    lambda model, X: model.evaluate(X, LABELS[: len(X)]),
    lambda model, X: train(model, model_inputs(model), LABELS, X, LABELS[: len(X)], num_epochs=1),
]


def model_inputs(model: NeuralNetMLP) -> Array:
    return PIXELS if model.notes["input"] == "pixels" else PIXELS / 255


@pytest.mark.parametrize("use", USES, ids=["predict", "proba", "forward", "evaluate", "train"])
@pytest.mark.parametrize(
    ("training", "X", "facts"),
    [
        (PIXELS, PIXELS / 255, ["from 0 to 1", "-1 to 1", "uint8"]),
        (PIXELS, PIXELS.astype("float32"), ["from 0 to 255", "-1 to 1", "uint8"]),
        (PIXELS, PIXELS[:1] / 255, ["from 0 to 1"]),
        (PIXELS / 255, PIXELS, ["uint8", "-1 to 1", "from 0 to 1"]),
        (PIXELS / 255, PIXELS.astype(float), ["from 0 to 255", "from 0 to 1"]),
    ],
)
def test_inputs_of_another_kind_are_warned_of(
    use: Callable[[NeuralNetMLP, Array], object], training: Array, X: Array, facts: list[str]
) -> None:
    model = trained_on(training)
    with pytest.warns(InputWarning) as caught:
        use(model, X)
    (warning,) = (one for one in caught if one.category is InputWarning)
    assert warning.filename == __file__
    for fact in ["X", *facts]:
        assert fact in str(warning.message)


@pytest.mark.parametrize(
    ("training", "X"),
    [
        (PIXELS, PIXELS),
        (PIXELS, PIXELS[:1]),
        (PIXELS, PIXELS / 127.5 - 1),  # scaled by hand as the network does it
        (PIXELS / 127.5 - 1, PIXELS),
        (PIXELS / 255, PIXELS[:1] / 255),
        (PIXELS / 255, np.zeros((2, 9))),
        (STANDARDIZED, STANDARDIZED * 5),  # outliers
        (np.zeros((40, 9)), STANDARDIZED),
    ],
)
def test_inputs_of_the_same_kind_are_not(training: Array, X: Array) -> None:
    model = trained_on(training)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(X)
        model.evaluate(X, LABELS[: len(X)])


def test_a_range_of_zero_to_one_takes_pixels_divided_by_255() -> None:
    model = trained_on(PIXELS, input_range=(0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(model.predict(PIXELS / 255), model.predict(PIXELS))


def test_a_network_that_was_not_trained_takes_both() -> None:
    model = NeuralNetMLP(9, 4, 3)
    assert model.notes == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(PIXELS / 255)
        model.predict(PIXELS)


def test_a_copy_and_a_file_remember(tmp_path: Path) -> None:
    model = trained_on(PIXELS / 255)
    save(model, tmp_path / "model.safetensors")
    for twin in (copy.deepcopy(model), load(tmp_path / "model.safetensors")):
        assert twin.notes == {"input": "features", "input_values": "[0.0, 1.0]"}
        with pytest.warns(InputWarning):
            twin.predict(PIXELS)


def test_a_second_training_decides() -> None:
    twin = trained_on(PIXELS / 255)
    train(twin, PIXELS, LABELS, num_epochs=1)
    with pytest.warns(InputWarning):
        twin.predict(PIXELS / 255)


def test_the_bundled_reader_names_the_fix() -> None:
    images = np.zeros((2, 784), np.uint8)
    images[:, 300:400] = 255
    model = load_pretrained()
    with pytest.warns(InputWarning, match="uint8"):
        model.predict(images / 255)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(images)


@pytest.mark.parametrize("X", [PIXELS.tolist(), PIXELS.astype(int)], ids=["list", "int64"])
def test_whole_numbers_are_refused_in_lists_as_in_arrays(X: Any) -> None:
    for model in (NeuralNetMLP(9, 4, 3), trained_on(PIXELS)):
        with pytest.raises(InputError, match=r"uint8.*float32"):
            model.predict(X)
        with pytest.raises(InputError, match=r"uint8.*float32"):
            train(model, X, LABELS)


def test_arrays_are_names_too_and_a_single_number_is_a_rate() -> None:
    names: Any = np.array(["no", "yes"])
    rate: Any = np.array(0.5)
    model = NeuralNetMLP(9, 4, 1, classes=names, dropout=rate)
    assert model.classes == ("no", "yes")
    assert model.dropout == (0.5,)


def test_weights_behind_a_mask_are_refused() -> None:
    weights = np.ma.masked_array(np.ones(40), mask=np.arange(40) == 3)
    with pytest.raises(InputError, match="sample_weight"):
        NeuralNetMLP(9, 4, 3).evaluate(PIXELS, LABELS, weights)
