"""Tests of `neuralnet evaluate` against the network's own figures, on each kind of data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import neuralnet
from neuralnet.data import connectivity
from tests.cli.running import run, run_failing, run_json
from tests.digits import digits, write_digits


def test_evaluate_on_idx_files_uses_the_test_part(digits_model: Path, tmp_path: Path) -> None:
    folder = write_digits(tmp_path, num_train=300, num_test=100)
    output = run_json("evaluate", digits_model, folder)
    model, sample = neuralnet.load(digits_model), digits()
    X, y = sample.images[300:400], sample.labels[300:400]
    loss, accuracy = model.evaluate(X, y)
    assert (output["loss"], output["accuracy"], output["examples"]) == (loss, accuracy, 100)
    assert output["classes"] == list(range(10))
    wanted = neuralnet.confusion_matrix(y, model.predict(X), 10)
    np.testing.assert_array_equal(output["confusion"], wanted)
    assert str(folder) in output["data"]
    assert run_json("evaluate", digits_model, folder, "--part", "train")["examples"] == 300
    assert run_json("evaluate", digits_model, folder, "--part", "all")["examples"] == 400


def test_text_output(digits_model: Path, tmp_path: Path) -> None:
    folder = write_digits(tmp_path, num_train=300, num_test=100)
    shown = run("evaluate", digits_model, folder).stdout
    for fact in ("784-20-10", str(folder), "test part", "100 images", "loss", " %", "Confusion"):
        assert fact in shown
    quiet = run("evaluate", digits_model, folder, "--quiet")
    assert len(quiet.stdout.splitlines()) == 1
    assert quiet.stderr == ""


def test_evaluate_uses_the_split_of_the_training(digits_model: Path, tmp_path: Path) -> None:
    """The pooled split trains on MNIST's test images, so a test on them would be too optimistic."""
    folder = write_digits(tmp_path / "digits", num_train=300, num_test=100)
    model = neuralnet.load(digits_model)
    model.notes |= {"data": "digits, from the folder digits", "protocol": "textbook"}
    model.notes["training"] = json.dumps({"seed": 3})
    neuralnet.save(model, tmp_path / "model")
    output = run_json("evaluate", tmp_path / "model", folder)
    split = neuralnet.split_dataset(neuralnet.load_mnist(folder), protocol="textbook", seed=3)
    assert output["examples"] == len(split.y_test)
    assert output["accuracy"] == model.evaluate(split.X_test, split.y_test).accuracy
    assert "textbook" in output["part"]
    # A copy has another name, so the split is not that of its training.
    other = shutil.copytree(folder, tmp_path / "other")
    assert run_json("evaluate", tmp_path / "model", other)["examples"] == 100


def test_sample_is_named_in_the_output(digits_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(
        connectivity.Reachability, "failure_reason", lambda *_: "no network in tests"
    )
    done = run("evaluate", digits_model)
    assert "sample" in done.stdout
    assert "may have been trained on them" in done.stderr
    assert "may have been trained on them" in run_json("evaluate", digits_model)["note"]


def test_evaluate_on_a_table_matches_columns_by_name(flowers_model: Path, flowers: Path) -> None:
    output = run_json("evaluate", flowers_model, flowers)  # the target is noted in the network
    assert output["accuracy"] == 0.75
    assert output["confusion"] == [[2, 0], [1, 1]]
    assert output["classes"] == ["long", "wide"]
    assert run_json("evaluate", flowers_model, flowers, "--target", "kind") == output


def test_scores_of_each_class(flowers_model: Path, flowers: Path) -> None:
    scores = run_json("evaluate", flowers_model, flowers)["scores"]
    wanted = [
        {"precision": 2 / 3, "recall": 1, "f1": 0.8, "examples": 2},
        {"precision": 1, "recall": 0.5, "f1": 2 / 3, "examples": 2},
    ]
    assert scores == [pytest.approx(one) for one in wanted]
    shown = run("evaluate", flowers_model, flowers).stdout
    assert "4 rows: loss" in shown
    assert [line.split() for line in shown.splitlines() if line.split()[0] in ("class", "long")][
        :2
    ] == [
        ["class", "precision", "recall", "F1", "examples"],
        ["long", "66.67", "%", "100.00", "%", "80.00", "%", "2"],
    ]
    flowers.write_text("width,kind,length\n1,long,2\n2,long,2.5\n")  # one class does not occur
    assert run_json("evaluate", flowers_model, flowers)["scores"][1]["recall"] == "nan"


def test_evaluate_on_a_folder_of_pictures(digits_model: Path, pictures: Path) -> None:
    output = run_json("evaluate", digits_model, pictures)
    assert output["examples"] == 40
    assert output["accuracy"] > 0.6
    worse = run_json("evaluate", digits_model, pictures, "--invert")
    assert worse["accuracy"] < 0.5


def test_data_that_does_not_fit_is_refused(
    digits_model: Path, flowers_model: Path, flowers: Path, pictures: Path, tmp_path: Path
) -> None:
    assert "features" in run_failing("evaluate", flowers_model, pictures)
    assert "784" in run_failing("evaluate", digits_model, flowers, "--target", "length")
    assert "Did you mean 'kind'" in run_failing(
        "evaluate", flowers_model, flowers, "--target", "kid"
    )
    assert "target" in run_failing("evaluate", digits_model, flowers)
    assert "nowhere" in run_failing("evaluate", digits_model, tmp_path / "nowhere")
    assert "missing" in run_failing("evaluate", tmp_path / "missing", pictures)
    (pictures / "10").mkdir()
    shutil.copy(next((pictures / "1").iterdir()), pictures / "10")
    assert "'10'" in run_failing("evaluate", digits_model, pictures)
    (pictures / "10").rename(pictures / "ten")
    assert "'ten'" in run_failing("evaluate", digits_model, pictures)
