"""What a network takes: pixels and floats, whatever holds them, and none of it changed."""

from __future__ import annotations

import gc
import importlib
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP
from neuralnet.data.sources import Dataset
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from tests.nn.networks import OUTPUTS, a_network

pandas: Any = importlib.import_module("pandas")  # it comes without types


@pytest.mark.parametrize("hidden", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize(("output", "loss"), OUTPUTS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nothing_that_is_given_is_changed(hidden: str, output: str, loss: str, dtype: str) -> None:
    model, X, y = a_network(
        hidden_activation=hidden, output_activation=output, loss=loss, dtype=dtype
    )
    X = X.astype(dtype)
    sample_weight = np.linspace(0, 2, 6).astype(dtype)
    activations = model.forward(X)
    given = [X, y, sample_weight, *activations, model.parameters.values]
    kept = [array.copy() for array in given]
    for array in given[:-1]:
        array.flags.writeable = False
    model.backward(X, activations, y, sample_weight)
    model.evaluate(X, y, sample_weight)
    model.predict_proba(X) if output != "identity" else model.predict(X)
    for array, before in zip(given, kept, strict=True):
        np.testing.assert_array_equal(array, before)


@pytest.mark.parametrize("input_range", [(-1, 1), (0, 1), (-3.5, 12)])
def test_pixels_are_scaled_to_the_input_range(input_range: tuple[float, float]) -> None:
    model, _, y = a_network(input_range=input_range)
    pixels = np.random.default_rng(3).integers(0, 256, (6, 5), dtype=np.uint8)
    pixels[0] = [0, 1, 127, 254, 255]
    low, high = input_range
    scaled = low + pixels / 255 * (high - low)
    assert scaled.min() == low
    assert scaled.max() == pytest.approx(high)
    for ours, expected in zip(model.forward(pixels), model.forward(scaled), strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-10)
    gradients = model.backward(pixels, model.forward(pixels), y)
    for name, expected in model.backward(scaled, model.forward(scaled), y).items():
        np.testing.assert_allclose(gradients[name], expected, rtol=1e-9, atol=1e-15)
    assert model.evaluate(pixels, y).loss == pytest.approx(model.evaluate(scaled, y).loss)
    np.testing.assert_array_equal(model.predict(pixels), model.predict(scaled))


def test_floats_are_taken_as_they_are_whatever_their_kind() -> None:
    model, X, y = a_network(input_range=(0, 1))
    X = np.round(X * 8) / 8  # exact in float16 too
    expected = model.forward(X)
    kinds: list[Any] = [X.astype(kind) for kind in ("float16", "float32", ">f8", "longdouble")]
    kinds += [np.asfortranarray(X), np.repeat(X, 2, axis=1)[:, ::2], X[::-1][::-1], X.tolist()]
    for given_X in kinds:
        for received, right in zip(model.forward(given_X), expected, strict=True):
            np.testing.assert_allclose(received, right, rtol=1e-14)
    assert model.evaluate(X, y.astype(float)) == model.evaluate(X, y.tolist())


@pytest.mark.parametrize("kind", [list, pandas.DataFrame], ids=["list", "DataFrame"])
def test_pixels_are_scaled_whatever_holds_them(kind: Any) -> None:
    model, _, _ = a_network()
    pixels = np.random.default_rng(3).integers(0, 256, (6, 5), dtype=np.uint8)
    np.testing.assert_array_equal(model.forward(kind(pixels))[-1], model.forward(pixels)[-1])


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_a_read_only_memory_map_does(tmp_path: Path, kind: str) -> None:
    model, _, _ = a_network()
    rng = np.random.default_rng(5)
    in_memory = rng.integers(0, 256, (700, 5)).astype(kind) // 2
    y = rng.integers(0, 3, 700)
    in_memory.tofile(tmp_path / "X")
    mapped = np.memmap(tmp_path / "X", kind, "r", shape=(700, 5))
    activations = model.forward(mapped)
    assert not any(isinstance(a, np.memmap) for a in activations)
    for received, expected in zip(activations, model.forward(in_memory), strict=True):
        np.testing.assert_array_equal(received, expected)
    assert model.evaluate(mapped, y) == model.evaluate(in_memory, y)
    gradients = model.backward(mapped, activations, y)
    for name, expected in model.backward(in_memory, activations, y).items():
        np.testing.assert_array_equal(gradients[name], expected)


@pytest.mark.mnist
def test_real_pixels_are_the_same_as_scaled_floats(mnist: Dataset) -> None:
    model = NeuralNetMLP(784, 20)
    pixels, labels = mnist.images[:1100], mnist.labels[:1100]
    scaled = (pixels / 127.5 - 1).astype(np.float32)
    np.testing.assert_allclose(model.forward(pixels)[-1], model.forward(scaled)[-1], rtol=1e-4)
    assert model.evaluate(pixels, labels).loss == pytest.approx(
        model.evaluate(scaled, labels).loss, rel=1e-5
    )


def test_a_masked_array_is_refused() -> None:
    masked = np.ma.masked_array(np.zeros((2, 4)), mask=np.eye(2, 4, dtype=bool))
    with pytest.raises(InputError, match="mask"):
        NeuralNetMLP(4, 3, 3).predict(masked)


def test_floats_are_not_kept_alive_by_a_prediction() -> None:
    model = NeuralNetMLP(6, 5, 3)
    example = np.zeros((1, 6), np.float32)
    held = weakref.ref(example)
    model.predict(example)
    del example
    gc.collect()
    assert held() is None
