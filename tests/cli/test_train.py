"""Tests of `neuralnet train`, on a few hundred digits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from sklearn.datasets import load_iris

import neuralnet
from neuralnet.cli.main import main
from neuralnet.storage.lock import locked_output
from neuralnet.training.recipes import DataSettings, load_recipe, recipe_names
from tests.digits import write_digits

SMALL = """
[recipe]
summary = "For tests."
seeds = [0, 1]
[network]
num_hidden = [12]
hidden_activation = "relu"
output_activation = "softmax"
loss = "cross_entropy"
batch_norm = true
[training]
num_epochs = 3
learning_rate = 0.01
minibatch_size = 50
optimizer = "adam"
[augmentation]
rotation = 10.0
alpha = 20.0
[weight_average]
decay = 0.9
"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("data") / "digits", num_train=400, num_test=100)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipes") / "small.toml"
    path.write_text(SMALL)
    return path


def run(*arguments: object, **settings: Any) -> Result:
    return CliRunner().invoke(main, ["train", *map(str, arguments)], **settings)


def test_help_lists_every_recipe() -> None:
    output = run("--help").output
    for name in recipe_names():
        assert re.search(rf"^  {name} ", output, re.MULTILINE)
        assert load_recipe(name).about.summary.split()[0] in output


def test_saved_settings_reproduce_the_network(digits: Path, small: Path, tmp_path: Path) -> None:
    first = run("--recipe", small, "--data", digits, "--output", tmp_path, "--dropout", 0.1)
    assert first.exit_code == 0, first.output
    last_line = first.output.splitlines()[-1]
    assert re.fullmatch(r"small, seed 0: test error \d+\.\d\d %, \d+ of 100 images\.", last_line)
    network = neuralnet.load(tmp_path / "digits-small-seed0.safetensors")
    assert network.dropout == (0.1,)
    assert network.notes["recipe"] == "small"
    assert "history" in network.notes
    assert not list(tmp_path.glob("*.checkpoint"))

    again = run(
        *("--recipe", tmp_path / "digits-small-seed0.toml"),  # it names the data, too
        *("--output", tmp_path / "again", "--quiet"),
    )
    assert again.output.splitlines() == [last_line]
    other = neuralnet.load(tmp_path / "again" / "digits-small-seed0.safetensors")
    assert other.parameters.state.tobytes() == network.parameters.state.tobytes()


def test_options_override_the_environment_which_overrides_the_recipe(
    digits: Path, small: Path, tmp_path: Path
) -> None:
    arguments = ["--recipe", small, "--data", digits, "--output", tmp_path, "--num-epochs", 1]
    environment = {"NEURALNET_TRAIN_NUM_EPOCHS": "2", "NEURALNET_TRAIN_NUM_HIDDEN": "7,6"}
    done = run(*arguments, env=environment)
    assert done.exit_code == 0, done.output
    recipe = load_recipe(tmp_path / "digits-small-seed0.toml")
    assert recipe.training.num_epochs == 1
    assert recipe.network.num_hidden == (7, 6)
    assert recipe.training.minibatch_size == 50


def test_num_valid_holds_out_images(digits: Path, small: Path, tmp_path: Path) -> None:
    done = run(
        "--recipe", small, "--data", digits, "--output", tmp_path, "--num-valid", 40, "--seed", 5
    )
    assert done.exit_code == 0, done.output
    assert "validation" in done.output
    assert (tmp_path / "digits-small-seed5.safetensors").exists()


def test_committee_averages_its_members_and_trains_the_missing(
    digits: Path, small: Path, tmp_path: Path
) -> None:
    recipe = tmp_path / "together.toml"
    recipe.write_text('[recipe]\nmembers = "classic"\nseeds = [0, 1]\n')
    arguments = ["--recipe", recipe, "--data", digits, "--output", tmp_path]
    first, again = run(*arguments), run(*arguments)
    assert first.exit_code == again.exit_code == 0, first.output
    assert "Recipe classic, seed 1" in first.output
    assert "Recipe classic" not in again.output
    assert "together, seeds (0, 1): test error" in again.output.splitlines()[-1]
    data = neuralnet.load_mnist(digits)
    networks = [
        neuralnet.load(tmp_path / f"digits-classic-seed{seed}.safetensors") for seed in (0, 1)
    ]
    probabilities = np.sum([one.predict_proba(data.images[400:]) for one in networks], axis=0)
    wrong = (probabilities.argmax(axis=1) != data.labels[400:]).sum()
    assert f"{wrong} of 100" in again.output


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


def iris_rows() -> tuple[Any, Any]:
    iris = load_iris()
    order = np.random.default_rng(0).permutation(len(iris.target))
    return iris.data[order], iris.target[order]


def run_in_a_process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does: other libraries in this process may change rounding."""
    command = [sys.executable, "-m", "neuralnet", "train", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_ctrl_c_saves_the_network_and_training_resumes(
    digits: Path, small: Path, tmp_path: Path
) -> None:
    whole = run_in_a_process(
        *("--recipe", small, "--data", digits, "--output", tmp_path / "whole"),
        *("--num-epochs", 40, "--num-valid", 50, "--quiet"),
    )
    assert whole.returncode == 0, whole.stderr
    arguments = [
        *("train", "--recipe", small, "--data", digits, "--output", tmp_path / "part"),
        *("--num-epochs", 40, "--num-valid", 50, "--checkpoint-every", 3),
    ]
    code = "from neuralnet.cli.main import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A background job of a shell ignores SIGINT, and its children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "epoch  8/40" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    kept = tmp_path / "part" / "digits-small-seed0-interrupted.safetensors"
    assert str(kept) in errors
    assert "--resume" in errors
    assert neuralnet.load(kept).num_hidden == (12,)
    resumed = run_in_a_process(*arguments[1:], "--resume")
    assert resumed.returncode == 0, resumed.stderr
    assert "Resuming from" in resumed.stdout
    assert resumed.stdout.splitlines()[-1] == whole.stdout.splitlines()[-1]
    states = [
        neuralnet.load(
            tmp_path / name / "digits-small-seed0.safetensors"
        ).parameters.state.tobytes()
        for name in ("whole", "part")
    ]
    assert states[0] == states[1]


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (["--recipe", "recrod"], ("recrod", "record?")),
        (["--recipe", "nowhere.toml"], ("nowhere.toml",)),
        (["--device", "cuda"], ("CuPy", "cpu")),
        (["--hidden-activation", "rleu"], ("rleu", "relu")),
        (["--learning-rate", "-1"], ("learning_rate is -1", "above 0")),
        (["--optimizer", "adamm"], ("adamm", "adam")),
        (["--minibatch-size", "many"], ("many",)),
        (["--data", "nowhere"], ("nowhere",)),
        (["--num-valid", "400"], ("400", "at least one")),
        (["--seed", "-1"], ("seed is -1", "at least 0")),
        (["--invert"], ("invert", "pictures")),
    ],
)
def test_invalid_arguments_are_reported_without_a_traceback(
    digits: Path, tmp_path: Path, arguments: list[str], facts: tuple[str, ...]
) -> None:
    done = run("--data", digits, "--output", tmp_path, *arguments)
    assert done.exit_code == 2
    for fact in facts:
        assert fact in done.output
    assert "Traceback" not in done.output
    assert not list(tmp_path.glob("*.safetensors"))


def test_checkpoint_of_other_settings_is_refused(digits: Path, small: Path, tmp_path: Path) -> None:
    from neuralnet.training.checkpoint import Checkpoint
    from neuralnet.training.recipe_training import build_network, train_recipe

    recipe, data = load_recipe(small), neuralnet.load_mnist(digits)
    model = build_network(recipe, 784, data.classes, 0)
    path = tmp_path / "digits-small-seed0.checkpoint"
    images, labels = data.images[:400], data.labels[:400]
    train_recipe(recipe, model, (images, labels), None, seed=0, callbacks=[Checkpoint(path)])
    done = run(
        *("--recipe", small, "--data", digits, "--output", tmp_path, "--resume"),
        *("--learning-rate", 0.02),
    )
    assert done.exit_code == 2
    for fact in ("another training", "learning_rate", "0.02"):
        assert fact in done.output
    assert path.exists()


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (["--num-epochs", "0"], ("num_epochs is 0", "at least 1")),
        (["--hidden-activation", "rleu"], ("rleu", "relu")),
    ],
)
def test_committee_checks_the_settings_of_its_members(
    digits: Path, tmp_path: Path, arguments: list[str], facts: tuple[str, ...]
) -> None:
    done = run("--recipe", "committee", "--data", digits, "--output", tmp_path, *arguments)
    assert done.exit_code == 2
    for fact in facts:
        assert fact in done.output


def test_resuming_without_a_checkpoint_is_reported(digits: Path, tmp_path: Path) -> None:
    done = run("--data", digits, "--output", tmp_path, "--num-epochs", 1, "--quiet", "--resume")
    assert done.exit_code == 0
    assert "no checkpoint" in done.stderr
    assert str(tmp_path) in done.stderr


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


def test_num_test_is_refused_where_the_data_have_a_test_part(digits: Path, tmp_path: Path) -> None:
    done = run("--data", digits, "--output", tmp_path, "--num-test", 5)
    assert done.exit_code == 2
    assert "test part of its own" in done.stderr


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


def test_two_trainings_of_one_output_do_not_mix(digits: Path, small: Path, tmp_path: Path) -> None:
    with locked_output(tmp_path / "digits-small-seed0.safetensors"):
        refused = run("--recipe", small, "--data", digits, "--output", tmp_path)
        assert refused.exit_code == 2
        assert "another process" in refused.output
        arguments = ["--recipe", small, "--data", digits, "--output", tmp_path]
        others = run(*arguments, "--seed", 1, "--num-epochs", 1)
        assert others.exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == [
        "digits-small-seed1.safetensors",
        "digits-small-seed1.toml",
    ]


def test_a_training_that_fails_leaves_the_network_with_its_own_settings(
    digits: Path, small: Path, tmp_path: Path
) -> None:
    arguments = ["--recipe", small, "--data", digits, "--output", tmp_path, "--num-epochs", 1]
    assert run(*arguments).exit_code == 0
    names = ("digits-small-seed0.safetensors", "digits-small-seed0.toml")
    kept = [(tmp_path / name).read_bytes() for name in names]
    failed = run(*arguments, "--learning-rate", 1e30, "--overwrite")
    assert failed.exit_code == 2, failed.output
    assert [(tmp_path / name).read_bytes() for name in names] == kept


def test_a_member_with_other_classes_is_refused(digits: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "together.toml"
    recipe.write_text('[recipe]\nmembers = "classic"\nseeds = [0]\n')
    member = neuralnet.NeuralNetMLP(784, 5, 10, classes=list("abcdefghij"))
    neuralnet.save(member, tmp_path / "digits-classic-seed0.safetensors")
    done = run("--recipe", recipe, "--data", digits, "--output", tmp_path)
    assert done.exit_code == 2
    for fact in ("digits-classic-seed0", "a, b, c", "0, 1, 2"):
        assert fact in done.output
    neuralnet.save(neuralnet.NeuralNetMLP(9, 5, 10), tmp_path / "digits-classic-seed0.safetensors")
    done = run("--recipe", recipe, "--data", digits, "--output", tmp_path)
    assert done.exit_code == 2
    assert "9 inputs" in done.output
