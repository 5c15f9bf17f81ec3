"""Networks and data for the tests of the commands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from neuralnet.data.inputs import input_notes
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import save
from neuralnet.training.loop import train
from tests.digits import digits


@pytest.fixture(autouse=True)
def _no_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEURALNET_DATA", raising=False)


@pytest.fixture(scope="session")
def digits_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that classifies digits fairly well, with notes about its training."""
    sample = digits()
    X, y = sample.images[:1500], sample.labels[:1500]
    model = NeuralNetMLP(784, 20, 10, output_activation="softmax", loss="cross_entropy")
    history = train(model, X, y, X[:200], y[:200], num_epochs=4, minibatch_size=10)
    model.notes = {
        "data": "MNIST, from the folder digits",
        "training": json.dumps({"num_epochs": 4, "seed": 0}),
        "history": json.dumps(history.as_dict()),
    }
    path = tmp_path_factory.mktemp("models") / "digits.safetensors"
    save(model, path)
    return path


@pytest.fixture(scope="session")
def flowers_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with two features that predicts "wide" where the second is larger."""
    model = NeuralNetMLP(
        2,
        3,
        2,
        hidden_activation="tanh",
        output_activation="softmax",
        loss="cross_entropy",
        classes=["long", "wide"],
    )
    model.parameters["layers.0.weight"][...] = [[1, 1, 1], [-1, -1, -1]]
    model.parameters["layers.1.weight"][...] = [[1, -1], [1, -1], [1, -1]]
    model.notes |= input_notes("features", ["length", "width"], "kind")
    path = tmp_path_factory.mktemp("models") / "flowers.safetensors"
    save(model, path)
    return path


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    path = tmp_path / "flowers.csv"
    path.write_text("width,kind,length\n1,long,2\n3,wide,1\n2,long,2.5\n0,wide,1\n")
    return path


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder with a few digits of each class, in one subfolder per class."""
    sample = digits()
    for number in range(40):
        name = tmp_path / "pictures" / str(sample.labels[number]) / f"{number}.png"
        name.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(np.array(sample.images[number].reshape(28, 28))).save(name)
    return tmp_path / "pictures"
