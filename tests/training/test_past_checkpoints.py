"""Checkpoints of past format versions can be resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    Augmentation,
    AugmentedImages,
    Callback,
    Checkpoint,
    FileFormatError,
    GradientClipping,
    NeuralNetMLP,
    OneCycle,
    WeightAverage,
    train,
)

V1 = Path(__file__).parents[1] / "files" / "checkpoint-v1.safetensors"
X = np.random.default_rng(0).integers(0, 256, (40, 16), dtype=np.uint8)
Y = np.arange(40) % 3


class Stop(Callback):
    """A callback of the same name stopped the training that wrote the file after two epochs."""


def resumed(path: Path | None, scratch: Path, clip_norm: float = 0.5) -> NeuralNetMLP:
    model = NeuralNetMLP(
        16,
        5,
        3,
        hidden_activation="relu",
        output_activation="softmax",
        loss="cross_entropy",
        batch_norm=True,
        dropout=0.1,
        seed=1,
    )
    deformed = AugmentedImages(X, Augmentation(rotation=9, alpha=3, sigma=2, image_shape=(4, 4)))
    settings: dict[str, Any] = {
        "num_epochs": 4,
        "learning_rate": OneCycle(0.01),
        "minibatch_size": 8,
        "optimizer": "adamw",
        "seed": 3,
    }
    callbacks = [
        Stop(),
        Checkpoint(scratch),
        WeightAverage(0.9, every=1),
        GradientClipping(clip_norm),
    ]
    train(model, deformed, Y, X[:9], Y[:9], callbacks=callbacks, resume=path, **settings)
    return model


def test_a_checkpoint_of_version_1_is_resumed(tmp_path: Path) -> None:
    whole = resumed(None, tmp_path / "whole")
    again = resumed(V1, tmp_path / "again")
    # The file may come from another machine, whose sums are rounded differently.
    np.testing.assert_allclose(again.parameters.state, whole.parameters.state, rtol=1e-3, atol=1e-4)


def test_its_settings_are_compared_too(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"Clipping\(0\.5\).*Clipping\(0\.6\)"):
        resumed(V1, tmp_path / "scratch", clip_norm=0.6)
