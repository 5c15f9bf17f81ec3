"""Tests of `neuralnet train`, on a few hundred digits."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import neuralnet
from neuralnet.storage.lock import locked_output
from neuralnet.training.recipes import load_recipe, recipe_names
from tests.cli.training import run
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


def test_num_test_is_refused_where_the_data_have_a_test_part(digits: Path, tmp_path: Path) -> None:
    done = run("--data", digits, "--output", tmp_path, "--num-test", 5)
    assert done.exit_code == 2
    assert "test part of its own" in done.stderr


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
