"""Settings, teaching, slow motion and the training process, without a browser or a server."""

from __future__ import annotations

import base64
import copy
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from neuralnet.data.dataset import DataNotFoundError
from neuralnet.errors import InputError, NeuralNetError
from neuralnet.lab.digits import dataset, lab_digits
from neuralnet.lab.lesson import teach
from neuralnet.lab.session import Session
from neuralnet.lab.settings import OUTPUTS, LabSettings
from neuralnet.lab.single_file import MODULES, PAGE, single_file
from neuralnet.lab.slow_motion import slow_motion
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import OPTIMIZERS
from neuralnet.reading import digit_detector
from neuralnet.storage import save
from tests.cli.running import run, run_failing
from tests.digits import write_digits


@pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
@pytest.mark.parametrize("loss", OUTPUTS)
def test_every_choice_builds_a_network(activation: str, loss: str) -> None:
    given = {"activation": activation, "loss": loss, "hidden": [7, 3], "l2": 0.01, "dropout": 0.1}
    network = LabSettings.from_request(given).network()
    assert network.num_hidden == (7, 3)
    assert network.loss.name == loss
    assert {one.name for one in network.hidden_activation} == {activation}
    assert (network.l2, network.dropout) == (0.01, (0.1, 0.1))


def test_an_empty_request_has_the_defaults() -> None:
    assert LabSettings.from_request({}) == LabSettings()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_same_seed_draws_the_same_digits(optimizer: str) -> None:
    settings = LabSettings.from_request({"optimizer": optimizer, "examples": 150, "seed": 3})
    digits = lab_digits(settings.data, settings.examples, settings.seed)
    assert digits.X_train.shape == (150, 784)
    assert digits.X_valid.shape == (1000, 784)
    other = lab_digits("sample", 150, 4)
    assert not np.array_equal(digits.X_train, other.X_train)


def test_missing_mnist_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("NEURALNET_DATA", raising=False)
    monkeypatch.setenv("NEURALNET_CACHE", str(tmp_path))
    dataset.cache_clear()
    with pytest.raises(DataNotFoundError, match="neuralnet data fetch"):
        dataset("mnist")


def test_a_lesson_teaches_the_drawing_and_keeps_the_rest(small_network: NeuralNetMLP) -> None:
    model = copy.deepcopy(small_network)
    digits = lab_digits("sample", 3000, 0)
    predicted = model.predict(digits.X_valid)
    number = int(np.flatnonzero(predicted != digits.y_valid)[0])
    picture, label = digits.X_valid[number], int(digits.y_valid[number])
    before = model.predict_proba(picture[np.newaxis])[0, label]
    accuracy = model.evaluate(digits.X_valid, digits.y_valid).accuracy
    teach(model, picture, label, digits, [])
    assert model.predict_proba(picture[np.newaxis])[0, label] > before + 0.05
    assert model.evaluate(digits.X_valid, digits.y_valid).accuracy > accuracy - 0.03


@pytest.mark.parametrize("loss", OUTPUTS)
def test_slow_motion_is_forward_backward_and_one_step(loss: str) -> None:
    settings = LabSettings(hidden=(6, 4), activation="tanh", loss=loss, l2=0.01)
    model = settings.network()
    picture = lab_digits("sample", 3000, 0).X_train[0]
    kept = model.parameters.state.copy()
    tensors, numbers = slow_motion(model, picture, 3, 0.2)
    assert np.array_equal(model.parameters.state, kept), "the network itself does not change"
    X, y = picture[np.newaxis], np.array([3])
    activations = model.forward(X)
    gradients = model.backward(X, activations, y)
    x = tensors["x"]
    for layer in range(3):
        W, b = (model.parameters[f"layers.{layer}.{part}"] for part in ("weight", "bias"))
        np.testing.assert_allclose(tensors[f"{layer}.z"], x @ W + b, atol=1e-5)
        np.testing.assert_array_equal(tensors[f"{layer}.a"], activations[layer][0])
        gradient = gradients[f"layers.{layer}.weight"]
        np.testing.assert_array_equal(tensors[f"{layer}.gradient"], gradient)
        np.testing.assert_allclose(tensors[f"{layer}.new_weight"], W - 0.2 * gradient, atol=1e-6)
        delta = tensors[f"{layer}.delta"]
        np.testing.assert_allclose(gradient, np.outer(x, delta) + 0.01 * W, atol=1e-5)
        x = tensors[f"{layer}.a"]
    assert numbers["loss"] == pytest.approx(model.evaluate(X, y).loss)
    assert numbers["new_loss"] < numbers["loss"]


def test_every_module_of_the_page_has_its_place() -> None:
    for name in MODULES:
        assert (PAGE / name).is_file()
    page = single_file(b"weights")
    assert "d2VpZ2h0cw==" in page
    assert page.count("</script>") == 3
    assert base64.b64encode(digit_detector.FILE.read_bytes()).decode() in page
    assert "canvas.pad" in page
    assert '<canvas class="pad ink"' in page
    assert '<div class="layers">' in page
    assert not re.search(r"<!--|data-do=.example", page.partition("<script")[0])
    assert "\nimport " not in page
    assert "\nexport " not in page


def test_the_page_refuses_a_network_for_other_inputs(tmp_path: Path) -> None:
    save(NeuralNetMLP(4, 3, 3), tmp_path / "iris.safetensors")
    message = run_failing("export", tmp_path / "iris.safetensors", tmp_path / "iris.html")
    assert "4 inputs and 3 classes" in message
    assert not (tmp_path / "iris.html").exists()
    assert "4 inputs" in run_failing("lab", tmp_path / "iris.safetensors", "--no-open")
    message = run_failing(
        "export", tmp_path / "iris.safetensors", tmp_path / "iris.html", "--html", "--to", "onnx"
    )
    assert "choose one" in message


def test_html_can_be_asked_for_by_name(tmp_path: Path, small_network: NeuralNetMLP) -> None:
    save(small_network, tmp_path / "network.safetensors")
    run("export", tmp_path / "network.safetensors", tmp_path / "page.xyz", "--html")
    assert (tmp_path / "page.xyz").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_missing_server_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("neuralnet.lab.serving")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert "neuralnet-numpy[lab]" in run_failing("lab", "--no-open")


def test_a_session_trains_answers_and_stops(small_network: NeuralNetMLP) -> None:
    events: list[dict[str, Any]] = []
    session = Session(small_network, "small", events.append)
    with pytest.raises(InputError, match="no training"):
        session.required()
    settings = LabSettings(examples=100, hidden=(5,), epochs=1000)
    session.start(settings, lab_digits("sample", 100, 0))
    training = session.required()
    initial = session.network().parameters.state.copy()
    np.testing.assert_array_equal(initial, settings.network().parameters.state)
    training.command("run")
    deadline = time.monotonic() + 20
    while len(training.state["history"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert not np.array_equal(session.network().parameters.state, initial)
    began = time.monotonic()
    session.reset()
    assert time.monotonic() - began < 2
    assert not training._process.is_alive()
    assert session.network() is small_network
    assert events[-1]["event"] == "reset"
    with pytest.raises(NeuralNetError, match="has ended"):
        training.command("run")


@pytest.mark.parametrize("training", [False, True])
def test_ctrl_c_stops_everything_within_two_seconds(tmp_path: Path, training: bool) -> None:
    write_digits(tmp_path, num_train=1500, num_test=10)
    environment = {**os.environ, "NEURALNET_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "neuralnet", "lab", "--no-open"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = said.split()[4]
        assert address.startswith("http://127.0.0.1:"), said
        with httpx.Client(base_url=address, timeout=30) as client:
            if training:
                settings = {"data": "mnist", "examples": 100, "hidden": [5], "epochs": 1000}
                assert client.post("api/training", json=settings).status_code == 201
                client.post("api/training/run")
            children = children_of(process.pid)
            assert bool(children) == training
            with client.stream("GET", "api/events") as stream:
                next(stream.iter_lines())
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                rest = process.stdout.read()
                process.wait(10)
    assert time.monotonic() - began < 2
    assert rest == ""
    assert process.returncode == 130
    while any(is_running(child) for child in children):
        assert time.monotonic() - began < 2
        time.sleep(0.02)


def children_of(process: int) -> list[str]:
    """Return the ids of the processes that a process started, whichever thread did."""
    tasks = Path(f"/proc/{process}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text(encoding="utf-8").split()]


def is_running(process: str) -> bool:
    """Return whether a process runs; one that nobody has waited for yet (a zombie) does not."""
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
