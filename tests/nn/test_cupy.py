"""On a GPU, CuPy gives the same results as NumPy, up to rounding. Skipped where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    SGD,
    AdamW,
    Augmentation,
    AugmentedImages,
    Checkpoint,
    NeuralNetClassifier,
    NeuralNetMLP,
    load,
    save,
    train,
)
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.optimizers import Optimizer
from tests.nn.device_cases import learn, with_everything

cupy = pytest.importorskip("cupy")
try:
    cupy.zeros(1)
except Exception as error:  # CUDA's errors share no base class
    pytest.skip(f"CuPy finds no GPU ({error})", allow_module_level=True)

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (100, 64), dtype=np.uint8)
FLOATS = RNG.normal(size=(100, 64))
LABELS = RNG.integers(0, 3, 100)


def both(**settings: Any) -> tuple[NeuralNetMLP, NeuralNetMLP]:
    """Return equal networks in float64, where rounding is far below real differences."""
    settings = {"dtype": "float64", **settings}
    here = NeuralNetMLP(64, (17, 9), 3, **settings)
    return here, NeuralNetMLP(64, (17, 9), 3, xp=cupy, **settings)


def assert_same(here: NeuralNetMLP, there: NeuralNetMLP, tolerance: float = 1e-8) -> None:
    state = there.parameters.state
    assert isinstance(state, cupy.ndarray)
    np.testing.assert_allclose(cupy.asnumpy(state), here.parameters.state, atol=tolerance)


@pytest.mark.parametrize("hidden", sorted(HIDDEN_ACTIVATIONS))
@pytest.mark.parametrize(
    ("output", "loss"),
    [
        ("sigmoid", "mean_squared_error"),
        ("softmax", "mean_squared_error"),
        ("softmax", "cross_entropy"),
        ("sigmoid", "binary_cross_entropy"),
    ],
)
@pytest.mark.parametrize("X", [PIXELS, FLOATS], ids=["pixels", "floats"])
def test_it_answers_and_learns_alike(hidden: str, output: str, loss: str, X: Any) -> None:
    here, there = both(**with_everything(hidden, output, loss))
    for model in (here, there):
        learn(model, X, LABELS, 0.01, 16)
    assert_same(here, there)
    assert type(there.predict_proba(X)) is np.ndarray
    np.testing.assert_allclose(there.predict_proba(X), here.predict_proba(X), atol=1e-8)
    np.testing.assert_allclose(there.evaluate(X, LABELS), here.evaluate(X, LABELS), atol=1e-8)
    mine = here.backward(X, here.forward(X), LABELS)
    for name, gradient in there.backward(X, there.forward(X), LABELS).items():
        np.testing.assert_allclose(gradient, mine[name], atol=1e-8)


def test_a_regression_of_counts_learns_alike() -> None:
    targets = RNG.poisson(2.0, (100, 3)).astype(float)
    settings: dict[str, Any] = {"output_activation": "exponential", "loss": "poisson_deviance"}
    here, there = both(**settings)
    for model in (here, there):
        train(model, FLOATS, targets, num_epochs=3, optimizer="adam")
    assert_same(here, there)


@pytest.mark.parametrize("optimizer", [SGD(), SGD(0.9, nesterov=True), AdamW()], ids=repr)
def test_float32_and_checkpoints(tmp_path: Path, optimizer: Optimizer) -> None:
    settings: dict[str, Any] = {
        "num_epochs": 3,
        "minibatch_size": 50,
        "optimizer": optimizer,
        "learning_rate": 0.001,
    }
    augmentation = Augmentation(
        rotation=15, scale=0.2, shear=0.2, shift=2, alpha=8, sigma=3, centred=True, thickness=1.5,
        contrast=0.3, blur=0.5, lines=0.5, noise=0.1, flags=0.7, image_shape=(8, 8),
        overlapped=True,
    )  # fmt: skip
    images = AugmentedImages(PIXELS, augmentation)
    here, there = both(hidden_activation="tanh", dtype="float32")
    train(here, images, LABELS, **settings)
    train(there, images, LABELS, callbacks=[Checkpoint(tmp_path / "there", 2)], **settings)
    assert_same(here, there, 1e-3)
    again = both(hidden_activation="tanh", dtype="float32", seed=5)[1]
    train(again, images, LABELS, resume=tmp_path / "there", **settings)
    np.testing.assert_allclose(
        cupy.asnumpy(again.parameters.state), cupy.asnumpy(there.parameters.state), atol=1e-6
    )
    save(there, tmp_path / "network")
    np.testing.assert_allclose(
        load(tmp_path / "network").predict_proba(PIXELS), there.predict_proba(PIXELS), atol=1e-5
    )


@pytest.mark.parametrize("flags", [0, 0.7])
def test_images_are_deformed_alike(flags: float) -> None:
    images = np.zeros((100, 14, 12), np.uint8)
    images[:, 2:12, 5:8] = RNG.integers(100, 256, (100, 10, 3))  # one stroke, like a 1
    augmentation = Augmentation(
        rotation=15, scale=0.2, shear=0.2, shift=2, alpha=8, sigma=3, centred=True, thickness=1.5,
        contrast=0.3, blur=0.5, lines=0.5, noise=0.1, flags=flags, image_shape=(14, 12),
    )  # fmt: skip
    here, there = np.empty((100, 168), np.float32), cupy.empty((100, 168), np.float32)
    for xp, out in ((np, here), (cupy, there)):
        generator = np.random.default_rng(0)
        augmentation.augmenter(xp).apply(images.reshape(100, -1), generator, out, LABELS)
    np.testing.assert_allclose(cupy.asnumpy(there), here, atol=0.1)  # of 255


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_estimator_learns_alike() -> None:
    settings: dict[str, Any] = {"dtype": "float64", "max_iter": 5, "random_state": 0}
    here = NeuralNetClassifier(**settings).fit(FLOATS, LABELS)
    there = NeuralNetClassifier(**settings, device="cuda").fit(FLOATS, LABELS)
    np.testing.assert_allclose(there.predict_proba(FLOATS), here.predict_proba(FLOATS), atol=1e-8)
