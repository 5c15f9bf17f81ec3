"""Tests of the command `train` on tables: its recipe, names, splits and class weights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.datasets import load_iris

import neuralnet
from neuralnet.cli.main import main
from neuralnet.training.recipes import DataSettings, load_recipe
from tests.cli.training import run


def iris_rows() -> tuple[Any, Any]:
    iris = load_iris()
    order = np.random.default_rng(0).permutation(len(iris.target))
    return iris.data[order], iris.target[order]


@pytest.fixture
def iris(tmp_path: Path) -> Path:
    X, y = iris_rows()
    names = load_iris().target_names
    rows = [
        ",".join([str(i), *map(str, x), names[k]])
        for i, (x, k) in enumerate(zip(X, y, strict=True))
    ]
    path = tmp_path / "iris.csv"
    path.write_text("\n".join(["id,a,b,c,d,species", *rows]) + "\n")
    return path


def test_network_trained_on_a_table_takes_unscaled_columns(tmp_path: Path) -> None:
    iris = load_iris()
    rows = [
        ",".join([*map(str, x), iris.target_names[y]]) for x, y in zip(*iris_rows(), strict=True)
    ]
    (tmp_path / "iris.csv").write_text("\n".join(["a,b,c,d,species", *rows]) + "\n")
    arguments = ["--data", tmp_path / "iris.csv", "--target", "species", "--output", tmp_path]
    recipe = ["--recipe", "quick", "--num-epochs", 40, "--minibatch-size", 20]
    done = run(*arguments, *recipe)
    assert done.exit_code == 0, done.output
    network = neuralnet.load(tmp_path / "iris-quick-seed0.safetensors")
    assert network.classes == ("setosa", "versicolor", "virginica")
    X, y = iris_rows()
    assert network.evaluate(X.astype(np.float32), y).accuracy > 0.93
    evaluated = CliRunner().invoke(
        main,
        ["evaluate", str(tmp_path / "iris-quick-seed0.safetensors"), str(tmp_path / "iris.csv")],
    )
    assert evaluated.exit_code == 0, evaluated.output
    stated = re.search(r"test error ([\d.]+) %", done.output)
    assert stated is not None
    assert f"accuracy {100 - float(stated[1]):.2f} %" in evaluated.output


def test_tables_have_their_own_recipe_and_names(iris: Path, tmp_path: Path) -> None:
    arguments = ["--data", iris, "--target", "species", "--output", tmp_path, "--num-epochs", 2]
    done = run(*arguments, "--ignore-column", "id")
    assert done.exit_code == 0, done.output
    assert re.fullmatch(
        r"table, seed 0: test error \d+\.\d\d %, \d+ of 21 rows\.", done.output.splitlines()[-1]
    )
    path = tmp_path / "iris-table-seed0.safetensors"
    assert neuralnet.load(path).num_features == 4
    saved = load_recipe(path.with_suffix(".toml"))
    assert saved.name == "table"
    assert saved.data == DataSettings(str(iris), "species", ("id",))

    before = {one: one.read_bytes() for one in (path, path.with_suffix(".toml"))}
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert str(path) in refused.stderr
    assert "--overwrite" in refused.stderr
    assert {one: one.read_bytes() for one in before} == before
    other = iris.rename(tmp_path / "other flowers.csv")
    assert run(*arguments[:1], other, *arguments[2:]).exit_code == 0
    assert (tmp_path / "other-flowers-table-seed0.safetensors").exists()
    assert {one: one.read_bytes() for one in before} == before
    replaced = run(*arguments[:1], other, *arguments[2:], "--overwrite")  # with the column id
    assert replaced.exit_code == 0, replaced.output
    network = neuralnet.load(tmp_path / "other-flowers-table-seed0.safetensors")
    assert network.num_features == 5


def test_unfinished_trainings_are_not_replaced(iris: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "iris-table-seed0.checkpoint"
    checkpoint.write_text("kept")
    done = run("--data", iris, "--target", "species", "--output", tmp_path)
    assert done.exit_code == 2
    assert str(checkpoint) in done.stderr
    assert "--resume" in done.stderr
    assert checkpoint.read_text() == "kept"


def test_sizes_of_the_split_are_chosen_and_known_to_evaluate(iris: Path, tmp_path: Path) -> None:
    arguments = ["--data", iris, "--target", "species", "--num-epochs", 2]
    done = run(*arguments, "--output", tmp_path, "--num-test", 40, "--num-valid", 10)
    assert "of 40 rows" in done.output.splitlines()[-1]
    evaluate = ["evaluate", str(tmp_path / "iris-table-seed0.safetensors"), str(iris)]
    evaluated = CliRunner().invoke(main, evaluate)
    stated = re.search(r"test error ([\d.]+) %", done.output)
    assert stated is not None
    assert "40 rows: loss" in evaluated.output
    assert f"accuracy {100 - float(stated[1]):.2f} %" in evaluated.output
    lines = iris.read_text().splitlines()
    iris.write_text("\n".join(lines[:100]) + "\n")  # other data of the same name
    assert "99 rows: loss" in CliRunner().invoke(main, evaluate).output

    whole = run(*arguments, "--output", tmp_path / "whole", "--num-test", 0)
    assert whole.exit_code == 0, whole.output
    assert whole.output.splitlines()[-1].endswith("trained on all 99 rows, without a test.")
    network = neuralnet.load(tmp_path / "whole" / "iris-table-seed0.safetensors")
    assert "test_accuracy" not in network.notes
    refused = run(*arguments, "--output", tmp_path / "no", "--num-test", 90, "--num-valid", 9)
    assert refused.exit_code == 2
    assert "99 examples" in refused.stderr


def test_balanced_class_weights_favour_rare_classes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(400) < 0.1).astype(int)
    X = rng.normal(size=400) + 1.2 * labels
    rows = [f"{x:.4f},{'rare' if label else 'usual'}" for x, label in zip(X, labels, strict=True)]
    (tmp_path / "rare.csv").write_text("\n".join(["x,y", *rows]) + "\n")
    recalls = {}
    for weight in ("none", "balanced"):
        arguments = ["--data", tmp_path / "rare.csv", "--target", "y", "--num-epochs", 20]
        output = tmp_path / weight
        done = run(*arguments, "--class-weight", weight, "--output", output, "--quiet")
        assert done.exit_code == 0, done.output
        assert load_recipe(output / "rare-table-seed0.toml").data.class_weight == weight
        network = neuralnet.load(output / "rare-table-seed0.safetensors")
        predicted = network.predict(X[:, None].astype(np.float32))
        recalls[weight] = float(np.mean(predicted[labels == 1] == 0))  # "rare" is the first class
    assert recalls["none"] < 0.3
    assert recalls["balanced"] > 0.5


def test_a_recipe_with_an_unknown_class_weight_is_refused(iris: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[data]\nclass_weight = "balancd"\n')
    done = run(
        *("--recipe", tmp_path / "mine.toml", "--data", iris, "--target", "species"),
        *("--output", tmp_path),
    )
    assert done.exit_code == 2
    assert "Did you mean 'balanced'?" in done.stderr
