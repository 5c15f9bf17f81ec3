"""A training that was stopped and taken up again ends with the same bits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    SGD,
    AdamW,
    Augmentation,
    BestWeights,
    Callback,
    Checkpoint,
    FileError,
    FileFormatError,
    History,
    InputError,
    NeuralNetMLP,
    TrainingRun,
    WeightAverage,
    train,
)

GENERATOR = np.random.default_rng(5)
IMAGES = GENERATOR.integers(0, 256, (60, 36), dtype=np.uint8)
LABELS = GENERATOR.integers(0, 3, 60)


class Stop(Callback):
    """Ends the training as Ctrl-C does, in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch

    def on_batch_end(self, run: TrainingRun) -> None:
        if (run.epoch, run.batch) == (self.epoch, 2):
            raise KeyboardInterrupt


def network(**settings: Any) -> NeuralNetMLP:
    return NeuralNetMLP(
        36, (8, 7), 3, hidden_activation="relu", output_activation="softmax",
        loss="cross_entropy", **{"batch_norm": True, "dropout": 0.2} | settings,
    )  # fmt: skip


def trained(
    path: Path, model: NeuralNetMLP, stop: int = 99, **settings: Any
) -> tuple[NeuralNetMLP, History]:
    callbacks = [WeightAverage(0.9, every=1), BestWeights(), Checkpoint(path), Stop(stop)]
    arguments: dict[str, Any] = {
        "num_epochs": 6,
        "learning_rate": 0.01,
        "minibatch_size": 16,
        "optimizer": AdamW(),
        "schedule": "one_cycle",
        "augmentation": Augmentation(rotation=10, alpha=5, sigma=2, image_shape=(6, 6)),
        "callbacks": callbacks,
        "seed": 3,
    }
    history = train(
        model, IMAGES[:45], LABELS[:45], IMAGES[45:], LABELS[45:], **arguments | settings
    )
    return model, history


@pytest.mark.parametrize("stop", [1, 2, 4, 6])
@pytest.mark.parametrize("overlapped", [False, True])
def test_taken_up_again_it_ends_the_same(tmp_path: Path, stop: int, overlapped: bool) -> None:
    whole, history = trained(tmp_path / "whole", network())
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", network(), stop, overlapped=overlapped)
    again, resumed = trained(
        tmp_path / "part", network(seed=77), resume=tmp_path / "part", overlapped=overlapped
    )
    assert again.parameters.state.tobytes() == whole.parameters.state.tobytes()
    for name in ("train_loss", "valid_loss", "valid_accuracy", "learning_rate"):
        assert getattr(resumed, name) == getattr(history, name)
    assert len(resumed.seconds) == 6


def test_plain_sgd_with_momentum_too(tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "optimizer": SGD(momentum=0.9),
        "augmentation": None,
        "clip_norm": 1.0,
    }
    whole, _ = trained(tmp_path / "whole", network(), **settings)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", network(), 4, **settings)
    again, _ = trained(tmp_path / "part", network(), resume=tmp_path / "part", **settings)
    assert again.parameters.state.tobytes() == whole.parameters.state.tobytes()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoints") / "checkpoint"
    with pytest.raises(KeyboardInterrupt):
        trained(path, network(), 3)
    return path


@pytest.mark.parametrize(
    ("named", "model", "settings"),
    [
        ("num_epochs", network(), {"num_epochs": 7}),
        ("minibatch_size", network(), {"minibatch_size": 15}),
        ("learning_rate", network(), {"learning_rate": 0.02}),
        ("optimizer", network(), {"optimizer": AdamW(weight_decay=0.5)}),
        ("schedule", network(), {"schedule": "cosine"}),
        ("augmentation", network(), {"augmentation": None}),
        ("callbacks", network(), {"callbacks": []}),
        ("settings", network(dropout=0.1), {}),
    ],
)
def test_a_checkpoint_of_another_training_is_refused(
    checkpoint: Path, named: str, model: NeuralNetMLP, settings: Any
) -> None:
    before = model.parameters.state.copy()
    with pytest.raises(FileFormatError, match=f"another training: .*{named}") as caught:
        trained(checkpoint, model, resume=checkpoint, **settings)
    assert str(checkpoint) in str(caught.value)
    assert model.parameters.state.tobytes() == before.tobytes()


def test_other_files_are_refused(tmp_path: Path, checkpoint: Path) -> None:
    with pytest.raises(FileError, match="nothing"):
        trained(checkpoint, network(), resume=tmp_path / "nothing")
    (tmp_path / "text").write_text("hello, this is no checkpoint at all")
    content = checkpoint.read_bytes()
    (tmp_path / "cut").write_bytes(content[:-10])
    for name in ("text", "cut"):
        with pytest.raises(FileFormatError, match=name):
            trained(checkpoint, network(), resume=tmp_path / name)


@pytest.mark.parametrize("text", ["generators", "history", "progress", "callbacks", "training"])
def test_texts_that_were_tampered_with_are_refused(
    tmp_path: Path, checkpoint: Path, text: str
) -> None:
    content = checkpoint.read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = content[8 : 8 + length]
    start = header.index(f'"{text}":"'.encode()) + len(text) + 4
    changed = header[:start] + b"!" + header[start + 1 :]
    (tmp_path / "changed").write_bytes(content[:8] + changed + content[8 + length :])
    with pytest.raises(FileFormatError):
        trained(checkpoint, network(), resume=tmp_path / "changed")


def test_a_generator_that_json_cannot_hold_is_refused(tmp_path: Path) -> None:
    generator = np.random.Generator(np.random.MT19937(3))
    with pytest.raises(InputError, match="whole number"):
        trained(tmp_path / "checkpoint", network(), seed=generator)
