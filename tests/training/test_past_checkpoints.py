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
from neuralnet.checks import Array

V1 = Path(__file__).parents[1] / "files" / "checkpoint-v1.safetensors"
V2 = V1.with_name("checkpoint-v2.safetensors")
V3 = V1.with_name("checkpoint-v3.safetensors")
X = np.random.default_rng(0).integers(0, 256, (40, 16), dtype=np.uint8)
Y = np.arange(40) % 3


class Stop(Callback):
    """A callback of the same name stopped the trainings that wrote the files after two epochs."""


def resumed(
    path: Path | None, scratch: Path, clip_norm: float = 0.5, labels: Array = Y
) -> NeuralNetMLP:
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
    train(model, deformed, labels, X[:9], Y[:9], callbacks=callbacks, resume=path, **settings)
    return model


@pytest.mark.parametrize("path", [V1, V2, V3])
def test_a_checkpoint_of_a_past_version_is_resumed(
    tmp_path: Path, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = resumed(None, tmp_path / "whole")
    assert not caplog.text
    again = resumed(path, tmp_path / "again")
    assert ("has no checksum" in caplog.text) == (path != V3)
    # The file may come from another machine, whose sums are rounded differently.
    np.testing.assert_allclose(again.parameters.state, whole.parameters.state, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("path", [V1, V2])
def test_its_settings_are_compared_too(tmp_path: Path, path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"Clipping\(0\.5\).*Clipping\(0\.6\)"):
        resumed(path, tmp_path / "scratch", clip_norm=0.6)
    with pytest.raises(FileFormatError, match=r"examples is '40, labels .*' there and"):
        resumed(path, tmp_path / "scratch", labels=(Y + 1) % 3)
