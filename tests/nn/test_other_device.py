"""The same code on arrays that do not mix with NumPy's gives the same network."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from neuralnet import (
    SGD,
    AdamW,
    Augmentation,
    AugmentedImages,
    Checkpoint,
    NeuralNetMLP,
    load,
    save,
    train,
)
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.optimizers import Optimizer
from tests.nn import other_device
from tests.nn.device_cases import learn, with_everything

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (30, 16), dtype=np.uint8)
FLOATS = RNG.normal(size=(30, 16)).astype(np.float32)
LABELS = RNG.integers(0, 3, 30)


def both(**settings: Any) -> tuple[NeuralNetMLP, NeuralNetMLP]:
    here = NeuralNetMLP(16, (7, 5), 3, **settings)
    return here, NeuralNetMLP(16, (7, 5), 3, xp=other_device, **settings)


def assert_same(here: NeuralNetMLP, there: NeuralNetMLP) -> None:
    state = there.parameters.state
    assert isinstance(state, other_device.DeviceArray)
    np.testing.assert_array_equal(other_device.asnumpy(state), here.parameters.state)


def test_the_two_sides_do_not_mix() -> None:
    there = other_device.asarray(FLOATS)
    with pytest.raises(TypeError, match="NumPy array"):
        there + FLOATS
    with pytest.raises(TypeError, match="NumPy array"):
        np.matmul(FLOATS, there.T)
    with pytest.raises(TypeError, match="NumPy array"):
        there[...] = FLOATS


@pytest.mark.parametrize("hidden", sorted(HIDDEN_ACTIVATIONS))
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("sigmoid", "mean_squared_error"),
        ("softmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
    ],
)
@pytest.mark.parametrize("X", [PIXELS, FLOATS, FLOATS.astype(float)], ids=lambda X: X.dtype.name)
def test_it_answers_and_learns_alike(hidden: str, output: str, loss: str, X: Any) -> None:
    here, there = both(**with_everything(hidden, output, loss))
    for model in (here, there):
        learn(model, X, LABELS, 0.05, 8)
    assert_same(here, there)
    assert type(there.predict_proba(X)) is np.ndarray
    np.testing.assert_array_equal(there.predict_proba(X), here.predict_proba(X))
    np.testing.assert_array_equal(there.predict(X), here.predict(X))
    weights = np.linspace(0, 1, 30)
    assert there.evaluate(X, LABELS, weights) == here.evaluate(X, LABELS, weights)
    mine = here.backward(X, here.forward(X), LABELS)
    for name, gradient in there.backward(X, there.forward(X), LABELS).items():
        assert type(gradient) is np.ndarray
        np.testing.assert_array_equal(gradient, mine[name])


def tensors_of(path: Path) -> dict[str, bytes]:
    """Return the tensors of a checkpoint; its texts hold the seconds that an epoch took."""
    return {name: tensor.tobytes() for name, tensor in load_file(path).items()}


@pytest.mark.parametrize("optimizer", [SGD(), SGD(0.9, nesterov=True), AdamW()], ids=repr)
def test_deformed_images_and_checkpoints(tmp_path: Path, optimizer: Optimizer) -> None:
    settings: dict[str, Any] = {
        "num_epochs": 3,
        "minibatch_size": 8,
        "optimizer": optimizer,
    }
    augmentation = Augmentation(rotation=9, alpha=3, sigma=2, image_shape=(4, 4))
    images = AugmentedImages(PIXELS, augmentation)
    here, there = both(hidden_activation="relu")
    train(here, images, LABELS, callbacks=[Checkpoint(tmp_path / "here", 2)], **settings)
    train(there, images, LABELS, callbacks=[Checkpoint(tmp_path / "there", 2)], **settings)
    assert_same(here, there)
    assert tensors_of(tmp_path / "here") == tensors_of(tmp_path / "there")
    again = both(hidden_activation="relu", seed=5)[1]
    # A checkpoint is taken up on either side.
    callbacks = [Checkpoint(tmp_path / "again", 2)]
    train(again, images, LABELS, callbacks=callbacks, resume=tmp_path / "here", **settings)
    assert_same(here, again)


# Every kind of deformation, so that each is computed on both sides.
EVERYTHING = Augmentation(
    rotation=15, scale=0.2, shear=0.2, shift=2, alpha=8, sigma=3, centred=True, thickness=1.5,
    contrast=0.3, blur=0.5, lines=0.5, noise=0.1, flags=0.7, image_shape=(14, 12),
)  # fmt: skip


@pytest.mark.parametrize("num_images", [1, 30, 100])
@pytest.mark.parametrize("labelled", [True, False])
def test_images_are_deformed_alike(num_images: int, labelled: bool) -> None:
    pictures = np.zeros((num_images, 14, 12), np.uint8)
    pictures[:, 2:12, 5:8] = RNG.integers(100, 256, (num_images, 10, 3))  # one stroke, like a 1
    images = pictures.reshape(num_images, -1)
    labels = RNG.integers(0, 2, num_images) if labelled else None
    here = np.empty(images.shape, np.float32)
    there = other_device.empty(images.shape, np.float32)
    for xp, out in ((np, here), (other_device, there)):
        EVERYTHING.augmenter(xp).apply(images, np.random.default_rng(0), out, labels)
    # Products of other sizes are rounded differently; ink goes up to 255.
    np.testing.assert_allclose(other_device.asnumpy(there), here, atol=0.01)
    assert (here != images).mean() > 0.5


def test_it_is_saved_and_copied(tmp_path: Path) -> None:
    here, there = both(batch_norm=True)
    for model, name in ((here, "here"), (there, "there")):
        save(model, tmp_path / name)
    assert (tmp_path / "here").read_bytes() == (tmp_path / "there").read_bytes()
    np.testing.assert_array_equal(load(tmp_path / "there").predict(FLOATS), here.predict(FLOATS))
    assert_same(here, copy.deepcopy(there))
