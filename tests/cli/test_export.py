"""Tests of `neuralnet export`, and of `neuralnet show` with a plot."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import neuralnet
from tests.cli.running import run, run_failing, run_json
from tests.digits import digits


def test_export_to_onnx(digits_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    output = run_json("export", digits_model, tmp_path / "digits.onnx")
    assert output["takes"] == "pixels, uint8, batch x 784"
    session = onnxruntime.InferenceSession(str(tmp_path / "digits.onnx"))
    X = digits().images[:50]
    probabilities, labels = session.run(["probabilities", "label"], {"pixels": X})
    model = neuralnet.load(digits_model)
    np.testing.assert_allclose(probabilities, model.predict_proba(X), atol=1e-5)
    np.testing.assert_array_equal(labels, model.predict(X))
    again = run("export", digits_model, tmp_path / "digits.onnx", "--overwrite")
    assert "Wrote" in again.stdout


def test_export_of_a_network_trained_on_features(flowers_model: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    output = run_json("export", flowers_model, tmp_path / "flowers.onnx")
    assert output["takes"] == "features, float32, batch x 2"


def test_export_to_pytorch(digits_model: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    output = run_json("export", digits_model, tmp_path / "weights.safetensors")
    assert output["format"] == "pytorch"
    assert output["module"] == "nn.Sequential(nn.Linear(784, 20), nn.Sigmoid(), nn.Linear(20, 10))"
    assert load_file(tmp_path / "weights.safetensors")["0.weight"].shape == (20, 784)


def test_invalid_output_is_refused(digits_model: Path, tmp_path: Path) -> None:
    assert "--to" in run_failing("export", digits_model, tmp_path / "digits.bin")
    before = digits_model.read_bytes()
    to_itself = ("export", digits_model, digits_model, "--overwrite")
    assert f"OUTPUT is {digits_model}" in run_failing(*to_itself)
    assert digits_model.read_bytes() == before
    (tmp_path / "file").touch()
    assert "file" in run_failing("export", digits_model, tmp_path / "file" / "weights.safetensors")


@pytest.mark.parametrize("suffix", [".onnx", ".safetensors", ".html"])
def test_an_existing_file_is_replaced_only_on_request(
    suffix: str, digits_model: Path, tmp_path: Path
) -> None:
    if suffix == ".onnx":
        pytest.importorskip("onnx")
    output = tmp_path / f"mine{suffix}"
    output.write_text("mine")
    error = run_failing("export", digits_model, output)
    assert str(output) in error
    assert "--overwrite" in error
    assert output.read_text() == "mine"
    run("export", digits_model, output, "--overwrite")
    assert len(output.read_bytes()) > 100


def test_an_existing_picture_is_replaced_only_on_request(
    digits_model: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "curves.svg"
    picture.write_text("mine")
    assert "--overwrite" in run_failing("show", digits_model, "--picture", picture)
    assert picture.read_text() == "mine"
    run("show", digits_model, "--picture", picture, "--overwrite")
    assert "<svg" in picture.read_text()
    before = digits_model.read_bytes()
    onto_itself = ("show", digits_model, "--picture", digits_model, "--overwrite")
    assert f"--picture is {digits_model}" in run_failing(*onto_itself)
    assert digits_model.read_bytes() == before


def test_show_plots_the_history(digits_model: Path, tmp_path: Path) -> None:
    shown = run("show", digits_model, "--picture", tmp_path / "curves.png").stdout
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    for fact in ("4 epochs", "validation accuracy", "num_epochs 4", "curves.png"):
        assert fact in shown


def test_show_as_json(digits_model: Path) -> None:
    output = run_json("show", digits_model)
    assert output["num_hidden"] == [20]
    assert output["parameters"] == 784 * 20 + 20 + 20 * 10 + 10
    assert output["layers"]["layers.0.weight"] == [784, 20]
    assert output["notes"]["training"]["num_epochs"] == 4
    assert len(output["notes"]["history"]["train_loss"]) == 4


def test_show_refuses_to_plot_without_a_valid_history(
    flowers_model: Path, digits_model: Path, tmp_path: Path
) -> None:
    assert "history" in run_failing("show", flowers_model, "--picture", tmp_path / "curves.png")
    assert ".png" in run_failing("show", digits_model, "--picture", tmp_path / "curves.gif")
    model = neuralnet.load(digits_model)
    model.notes["history"] = "{}"
    neuralnet.save(model, tmp_path / "model")
    assert "damaged" in run_failing(
        "show", tmp_path / "model", "--picture", tmp_path / "curves.png"
    )
    assert "history: {}" in run("show", tmp_path / "model").stdout
