"""Networks that predict numbers or several labels, in `predict` and `evaluate`."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score

from neuralnet import NeuralNetMLP, save
from neuralnet.data.inputs import input_notes
from neuralnet.data.tables import read_table
from neuralnet.data.tasks import Task, task_note
from tests.cli.running import run, run_failing, run_json

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 2)).astype(np.float32)
VOLUME = X @ [2.0, -1.0] + RNG.normal(size=40) / 2


def network(path: Path, task: Task, classes: list[str], **settings: Any) -> NeuralNetMLP:
    """Save a network with random weights and the columns height and girth."""
    model = NeuralNetMLP(
        2, 8, len(classes), hidden_activation="tanh", classes=classes, seed=3, **settings
    )
    model.notes = input_notes("features", ["height", "girth"]) | task_note(task)
    save(model, path)
    return model


@pytest.fixture
def trees(tmp_path: Path) -> Path:
    path = tmp_path / "trees.csv"
    rows = np.column_stack([X[:, ::-1], VOLUME, np.ones(40)])  # not in the network's order
    np.savetxt(path, rows, "%.9g", ",", header="girth,height,volume,one", comments="")
    return path


@pytest.mark.parametrize(
    "settings",
    [
        {"output_activation": "identity", "loss": "mean_squared_error"},
        {"output_activation": "exponential", "loss": "poisson_deviance"},
    ],
)
def test_a_regression_is_scored(settings: Any, tmp_path: Path, trees: Path) -> None:
    path = tmp_path / "volume.safetensors"
    predicted = network(path, "regression", ["0"], **settings).outputs(X)[:, 0]
    scores = run_json("evaluate", path, trees, "--target", "volume")
    assert scores["examples"] == 40
    assert scores["r2"] == pytest.approx(r2_score(VOLUME, predicted), rel=1e-5)
    error = mean_absolute_error(VOLUME, predicted)
    assert scores["mean_absolute_error"] == pytest.approx(error, rel=1e-5)
    text = run("evaluate", path, trees, "--target", "volume", "--quiet").stdout
    assert text == f"40 rows: R2 {scores['r2']:.4f}, mean absolute error {error:.4g}\n"
    constant = run("evaluate", path, trees, "--target", "one").stdout
    assert "undefined" in constant
    assert run_json("evaluate", path, trees, "--target", "one")["r2"] == "nan"


def test_numbers_are_predicted(tmp_path: Path, trees: Path) -> None:
    path, settings = tmp_path / "two.safetensors", {"output_activation": "identity"}
    model = network(path, "regression", ["0", "1"], loss="mean_squared_error", **settings)
    expected = model.outputs(X)
    found = run_json("predict", path, trees)["predictions"]
    numbers = [one["numbers"] for one in found]
    np.testing.assert_allclose(numbers, expected, rtol=1e-6)
    assert all("class" not in one for one in found)
    quiet = run("predict", path, trees, "--quiet").stdout.splitlines()
    assert quiet[0] == ", ".join(f"{number:.7g}" for number in expected[0].tolist())
    assert run("predict", path, trees).stdout.splitlines()[1].startswith("row 2  ")
    run("predict", path, trees, "--output", tmp_path / "predicted.csv")
    table = read_table(tmp_path / "predicted.csv", columns=["prediction 1", "prediction 2"])
    np.testing.assert_allclose(table.X, expected, rtol=1e-6)


def test_labels_are_predicted(tmp_path: Path, trees: Path) -> None:
    path = tmp_path / "labels.safetensors"
    settings = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
    model = network(path, "multilabel", ["tall", "old"], **settings)
    expected = model.outputs(X)
    labels = [
        [name for name, probability in zip(("tall", "old"), row, strict=True) if probability > 0.5]
        for row in expected
    ]
    assert [] in labels
    assert ["tall", "old"] in labels
    found = run_json("predict", path, trees)["predictions"]
    assert [one["labels"] for one in found] == labels
    probabilities = [[*one["probabilities"].values()] for one in found]
    np.testing.assert_allclose(probabilities, expected, rtol=1e-6)
    assert run("predict", path, trees, "--quiet").stdout.split("\n")[:-1] == [
        ", ".join(one) for one in labels
    ]
    assert f"row {labels.index([]) + 1}  no label\n" in run("predict", path, trees).stdout
    run("predict", path, trees, "--output", tmp_path / "predicted.csv")
    with (tmp_path / "predicted.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["input", "labels", "probability of tall", "probability of old"]
    assert [row[1] for row in rows] == [";".join(one) for one in labels]


def test_what_evaluate_cannot_compare_is_refused(tmp_path: Path, trees: Path) -> None:
    one, two, labels = (tmp_path / f"{name}.safetensors" for name in ("one", "two", "labels"))
    numbers = {"output_activation": "identity", "loss": "mean_squared_error"}
    network(one, "regression", ["0"], **numbers)
    network(two, "regression", ["0", "1"], **numbers)
    sigmoids = {"output_activation": "sigmoid", "loss": "binary_cross_entropy"}
    network(labels, "multilabel", ["tall", "old"], **sigmoids)
    assert "2 numbers" in run_failing("evaluate", two, trees, "--target", "volume")
    assert "several labels" in run_failing("evaluate", labels, trees, "--target", "volume")
    assert "--target" in run_failing("evaluate", one, trees)
    assert "an input" in run_failing("evaluate", one, trees, "--target", "girth")
    assert "'volum'" in run_failing("evaluate", one, trees, "--target", "volum")
    for data in ([], [tmp_path]):
        assert "CSV file" in run_failing("evaluate", one, *data, "--target", "volume")
    trees.write_text(trees.read_text().replace("\n", ",oak\n").replace("one,oak", "one,kind"))
    error = run_failing("evaluate", one, trees, "--target", "kind")
    for fact in ("row 1", "'kind'", "'oak'", "40 of 40"):
        assert fact in error
