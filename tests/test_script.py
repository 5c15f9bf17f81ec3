"""End-to-end tests of the training script, on a few hundred digits in a temporary folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mnist_training
import pytest
from click.testing import CliRunner, Result

import neuralnet
from tests.digits import write_digits

SCRIPT = Path(mnist_training.__file__)
PLOTS = (
    "training_plots.png",
    "misclassified_images.png",
    "confusion_matrix.png",
    "hidden_units.png",
)


def run_in_a_process(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "NEURALNET_DATA"}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, arguments)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def run(*arguments: object, folder: Path) -> Result:
    """Run the script's command in this process: a start takes as long as the rest of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("NEURALNET_DATA", raising=False)
        return CliRunner().invoke(mnist_training.main, [*map(str, arguments)])


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_digits(tmp_path_factory.mktemp("digits"), num_train=400, num_test=100)


def test_run_writes_plots_and_a_network(digits: Path, tmp_path: Path) -> None:
    done = run_in_a_process("--data", digits, "--num-epochs", 3, folder=tmp_path)

    assert done.returncode == 0, done.stderr
    for name in PLOTS:
        assert (tmp_path / "images" / name).read_bytes().startswith(b"\x89PNG")
    for epoch in (1, 2, 3):
        assert f"epoch {epoch}/3" in done.stdout
    assert "Test accuracy:" in done.stdout
    assert str(digits) in done.stdout  # the source of the data
    model = neuralnet.load(tmp_path / "models" / "mnist.safetensors")
    assert model.num_hidden == (50,)
    assert str(digits) in model.notes["data"]
    assert not list(tmp_path.rglob("*.part"))


def test_same_command_gives_the_same_network_and_advice_on_standard_error(
    digits: Path, tmp_path: Path
) -> None:
    networks = []
    for name in ("first", "second"):
        done = run_in_a_process(
            "--data", digits, "--num-epochs", 2, "--output", name, folder=tmp_path
        )
        assert done.returncode == 0, done.stderr
        (line,) = done.stderr.splitlines()
        assert line.startswith("Warning: ")
        assert "updates" in line
        networks.append(neuralnet.load(tmp_path / name / "models" / "mnist.safetensors"))
    first, second = (network.parameters.values for network in networks)
    assert (first == second).all()


def test_without_the_package_the_script_says_how_to_install_it(tmp_path: Path) -> None:
    script = tmp_path / "mnist_training.py"
    script.write_bytes(Path(mnist_training.__file__).read_bytes())
    # -S leaves out all installed packages.
    done = subprocess.run(
        [sys.executable, "-S", "-E", str(script)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install -e ." in done.stderr
    assert "Traceback" not in done.stderr


def test_every_setting_is_an_option(digits: Path, tmp_path: Path) -> None:
    done = run(
        *("--data", digits, "--protocol", "official", "--num-epochs", 2, "--num-hidden", "20,10"),
        *("--hidden-activation", "relu", "--output-activation", "softmax"),
        *("--loss", "cross_entropy", "--l2", 0.0001, "--initial-weights", "he_uniform"),
        *("--dtype", "float64", "--learning-rate", 0.01, "--minibatch-size", 30),
        *("--optimizer", "adam", "--schedule", "cosine", "--clip-norm", 1, "--seed", 7),
        folder=tmp_path,
    )
    assert done.exit_code == 0, done.stderr
    model = neuralnet.load(tmp_path / "models" / "mnist.safetensors")
    assert model.num_hidden == (20, 10)
    assert model.dtype == "float64"
    assert "100 test" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "facts"),
    [
        (("--data", "nowhere"), ["nowhere"]),
        (("--hidden-activation", "rleu"), ["rleu", "relu"]),
        (("--loss", "cross_entropy"), ["cross_entropy", "softmax", "sigmoid"]),
        (("--num-epochs", "0"), ["num_epochs", "0", "at least 1"]),
        (("--learning-rate", "-1"), ["learning_rate", "-1", "above 0"]),
        (("--num-hidden", "50,x"), ["50,x"]),
        (("--seed", "-1"), ["seed", "-1"]),
        (("--num-hidden", "99999999999999"), ["parameters", "memory"]),
        (("--output-activation", "identity"), ["identity", "softmax"]),
        (("--num-hidden", "0"), ["num_hidden", "0", "at least 1"]),
        (("--output", "a_file"), ["a_file"]),
        (
            (
                *("--hidden-activation", "relu", "--output-activation", "softmax"),
                *("--loss", "cross_entropy", "--learning-rate", "1e30"),
            ),
            ["epoch", "batch", "learning rate", "1e+30"],
        ),
    ],
)
def test_user_error_gives_a_message_and_exit_code_2(
    arguments: tuple[str, ...], facts: list[str], digits: Path, tmp_path: Path
) -> None:
    (tmp_path / "a_file").write_text("not a folder")
    data = () if "--data" in arguments else ("--data", str(digits))
    done = run(*data, *arguments, folder=tmp_path)
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    for fact in facts:
        assert fact in done.stderr
    assert not (tmp_path / "models" / "mnist.safetensors").exists()


def test_a_process_ends_with_the_message_or_with_the_traceback(tmp_path: Path) -> None:
    done = run_in_a_process("--data", "nowhere", folder=tmp_path)
    assert done.returncode == 2
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr
    done = run_in_a_process("--data", "nowhere", "--debug", folder=tmp_path)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_sample_is_named_in_output_and_notes(tmp_path: Path) -> None:
    done = run("--data-source", "sample", "--num-epochs", 1, folder=tmp_path)
    assert done.exit_code == 0, done.stderr
    assert "sample" in done.stdout
    assert "5,000" in done.stdout
    assert "sample" in neuralnet.load(tmp_path / "models" / "mnist.safetensors").notes["data"]


def test_train_can_be_imported_from_the_script() -> None:
    assert mnist_training.train is neuralnet.train


@pytest.mark.parametrize(
    "setting", [("--learning-rate", "-1"), ("--loss", "mse"), ("--num-epochs", "0")]
)
def test_invalid_setting_is_reported_before_data_is_loaded_or_files_are_written(
    setting: tuple[str, str], tmp_path: Path
) -> None:
    done = run(*setting, "--data", "nowhere", folder=tmp_path)
    assert done.exit_code == 2
    assert "nowhere" not in done.stderr
    assert setting[1] in done.stderr
    assert not list(tmp_path.iterdir())
