"""A training that was stopped and taken up again ends with the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import (
    SGD,
    AdamW,
    Augmentation,
    AugmentedImages,
    BestWeights,
    Callback,
    Checkpoint,
    Cosine,
    FileError,
    FileFormatError,
    GradientClipping,
    History,
    InputError,
    NeuralNetMLP,
    OneCycle,
    WeightAverage,
    train,
)
from tests.training.problems import Stop

GENERATOR = np.random.default_rng(5)
IMAGES = GENERATOR.integers(0, 256, (60, 36), dtype=np.uint8)
LABELS = GENERATOR.integers(0, 3, 60)


def network(**settings: Any) -> NeuralNetMLP:
    return NeuralNetMLP(
        36, (8, 7), 3, hidden_activation="relu", output_activation="softmax",
        loss="cross_entropy", **{"batch_norm": True, "dropout": 0.2} | settings,
    )  # fmt: skip


DEFORMED = Augmentation(rotation=10, alpha=5, sigma=2, image_shape=(6, 6))


def trained(
    path: Path,
    model: NeuralNetMLP,
    stop: int = 99,
    augmentation: Augmentation | None = DEFORMED,
    **settings: Any,
) -> tuple[NeuralNetMLP, History]:
    callbacks = [WeightAverage(0.9, every=1), BestWeights(), Checkpoint(path), Stop(stop)]
    arguments: dict[str, Any] = {
        "num_epochs": 6,
        "learning_rate": OneCycle(0.01),
        "minibatch_size": 16,
        "optimizer": AdamW(),
        "callbacks": callbacks,
        "seed": 3,
    }
    images = IMAGES[:45] if augmentation is None else AugmentedImages(IMAGES[:45], augmentation)
    history = train(model, images, LABELS[:45], IMAGES[45:], LABELS[45:], **arguments | settings)
    return model, history


@pytest.mark.parametrize("stop", [1, 2, 4, 6])
@pytest.mark.parametrize("overlapped", [False, True])
def test_taken_up_again_it_ends_the_same(tmp_path: Path, stop: int, overlapped: bool) -> None:
    whole, history = trained(tmp_path / "whole", network())
    augmentation = replace(DEFORMED, overlapped=overlapped)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "part", network(), stop, augmentation)
    again, resumed = trained(
        tmp_path / "part",
        network(seed=77),
        augmentation=augmentation,
        resume=tmp_path / "part",
    )
    assert again.parameters.state.tobytes() == whole.parameters.state.tobytes()
    for name in ("train_loss", "valid_loss", "valid_accuracy", "learning_rate"):
        assert getattr(resumed, name) == getattr(history, name)
    assert len(resumed.seconds) == 6


def test_plain_sgd_with_momentum_and_clipping_too(tmp_path: Path) -> None:
    path = tmp_path / "part"

    def run(*stopping: Callback, resume: Path | None = None) -> bytes:
        callbacks = [GradientClipping(1.0), Checkpoint(path), *stopping]
        model, _ = trained(
            path, network(), optimizer=SGD(momentum=0.9), callbacks=callbacks, resume=resume
        )
        return model.parameters.state.tobytes()

    whole = run(Stop(99))
    with pytest.raises(KeyboardInterrupt):
        run(Stop(4))
    assert run(Stop(99), resume=path) == whole


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
        ("learning_rate", network(), {"learning_rate": OneCycle(0.02)}),
        ("optimizer", network(), {"optimizer": AdamW(weight_decay=0.5)}),
        ("schedule", network(), {"learning_rate": Cosine(0.01)}),
        ("augmentation", network(), {"augmentation": None}),
        ("callbacks", network(), {"callbacks": []}),
        ("dropout", network(dropout=0.1), {}),
        ("seed", network(), {"seed": 4}),
        ("shuffle", network(), {"shuffle": False}),
        ("sample_weight", network(), {"sample_weight": np.linspace(1, 2, 45)}),
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
