"""Several processes give what one gives; a dead one ends the job, and a checkpoint goes on."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet import InputError, NeuralNetMLP, load, train

pytest.importorskip("mpi4py")
MPIEXEC = shutil.which("mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}")
needs_mpiexec = pytest.mark.skipif(MPIEXEC is None, reason="mpiexec was not found")


def start(num_processes: int, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    """Start Python in several processes; their output is read as text."""
    command = [str(MPIEXEC), "-n", str(num_processes), sys.executable, *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Return the exit code and the output; end all processes if they take too long."""
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    return process.returncode, out, err


@pytest.fixture(scope="module", params=[2, 3])
def results(request: pytest.FixtureRequest) -> dict[str, Any]:
    if MPIEXEC is None:
        pytest.skip("mpiexec was not found")
    code, out, err = finish(start(request.param, "-m", "mpi4py", "-m", "tests.distributed.worker"))
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_several_processes_train_like_one(results: dict[str, Any]) -> None:
    for name, found in results["compare"].items():
        # Images are deformed in float32, whatever the network computes in.
        tolerance = 1e-4 if name in ("augmentation", "everything") else 1e-11
        assert found["weights"] < tolerance, name
        assert found["losses"] < tolerance, name
        assert found["accuracies"][0] == pytest.approx(found["accuracies"][1]), name
        assert found["same bits"], name


def test_a_checkpoint_goes_on_with_another_number_of_processes(results: dict[str, Any]) -> None:
    for name, found in results["resume"].items():
        assert found["weights"] < 1e-11, name
        assert found["epochs"] == 4
    assert set(results["resume"]["to one"]["files"]) == {"to one", "to one.previous"}


def test_the_first_process_decides_when_to_stop(results: dict[str, Any]) -> None:
    assert len(results["stop"]) in (2, 3)
    assert all(one == [2, "the time is up"] for one in results["stop"])


@pytest.mark.parametrize(
    ("case", "facts"),
    [
        ("other data", ["X_train", "process 1"]),
        ("other settings", ["learning_rate", "0.02", "0.01"]),
        ("other seed", ["seed", "4", "3"]),
        ("other number of epochs", ["num_epochs", "2", "3"]),
        ("other figures", ["running_loss", "True", "False"]),
        ("other network", ["l2", "0.5", "0.0"]),
        ("other callbacks", ["GradientClipping(2", "GradientClipping(1"]),
        ("resume in one", ["resume", "no file", "None"]),
        ("error in one", ["num_epochs", "0"]),
        ("error in the first", ["num_epochs", "0"]),
        ("more processes than examples", ["minibatch"]),
        ("diverged", ["learning rate"]),
        ("L-BFGS", ["lbfgs", "several processes"]),
    ],
)
def test_all_processes_refuse_together(
    results: dict[str, Any], case: str, facts: list[str]
) -> None:
    for message in results["errors"][case]:
        for fact in facts:
            assert fact in message


@pytest.mark.parametrize("comm", ["MPI.COMM_WORLD", 3, object()])
def test_another_kind_of_communicator_is_refused(comm: Any) -> None:
    X, y = np.zeros((4, 2)), np.array([0, 1, 0, 1])
    with pytest.raises(InputError, match=r"comm .*MPI\.COMM_WORLD"):
        train(NeuralNetMLP(2, 2, 2), X, y, comm=comm)


@needs_mpiexec
def test_the_program_of_the_guide_runs(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "several-machines.md"
    program = guide.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    (tmp_path / "digits.py").write_text(program)
    job = start(2, "-W", "ignore", "-m", "mpi4py", "digits.py", cwd=tmp_path)
    code, out, err = finish(job)
    assert code == 0, err
    assert out.startswith("2 processes: 9")
    assert len(out.splitlines()) == 1
    assert load(tmp_path / "digits.safetensors").num_hidden == (256, 128)


@needs_mpiexec
@pytest.mark.parametrize(
    ("arguments", "fact"),
    [(["--bogus"], "--bogus"), (["--num-epochs", "0"], "num_epochs is 0")],
)
def test_bad_arguments_are_reported_once(arguments: list[str], fact: str) -> None:
    job = start(2, "-m", "mpi4py", "-m", "neuralnet", "train", *arguments)
    code, out, err = finish(job)
    assert (code, out) == (2, "")
    assert err.count("Error:") == 1
    assert fact in err
    assert "Abort" not in err


def start_one(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program in one process, in which a launcher seems to have set these variables."""
    launcher = ("PMI_", "OMPI_", "SLURM_")
    environment = {n: v for n, v in os.environ.items() if not n.startswith(launcher)} | variables
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


TRAIN = "import sys; sys.argv[1:] = ['train']; from neuralnet.__main__ import start; start()"


def test_an_mpiexec_of_another_mpi_is_refused() -> None:
    done = start_one(TRAIN, PMI_SIZE="4", PMI_RANK="0")
    assert done.returncode == 2
    assert "4 processes" in done.stderr
    assert "another MPI" in done.stderr


@pytest.mark.parametrize("rank", ["0", "1"])
def test_the_first_process_names_the_remedy_where_mpi4py_is_missing(rank: str) -> None:
    missing = f"import sys; sys.modules['mpi4py'] = None; {TRAIN}"
    done = start_one(missing, PMI_SIZE="2", PMI_RANK=rank)
    assert done.returncode == 2
    assert ("neuralnet-numpy[mpi]" in done.stderr) == (rank == "0")
    assert done.stderr.count("Error") == (rank == "0")


def test_one_process_of_a_batch_script_of_slurm_is_one() -> None:
    code = "from neuralnet.cli.processes import communicator; print(communicator())"
    assert start_one(code, SLURM_NTASKS="4", SLURM_PROCID="0").stdout == "None\n"


def digits(folder: Path) -> Path:
    """Write a small data set as a CSV file."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 6))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    rows = [",".join([*(f"{v:.6f}" for v in x), f"c{k}"]) for x, k in zip(X, y, strict=True)]
    path = folder / "data.csv"
    path.write_text("\n".join(["a,b,c,d,e,f,label", *rows]) + "\n")
    return path


def second_process(variable: str) -> int:
    """Return the id of the second process of a job that has this environment variable."""
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it has ended, or belongs to another user
            if {variable, "PMI_RANK=1"} <= set(environment.read_text().split("\0")):
                return int(environment.parent.name)
    raise AssertionError("the second process was not found")


@needs_mpiexec
def test_the_command_prints_once_and_goes_on_after_a_process_was_killed(tmp_path: Path) -> None:
    settings = ["-m", "neuralnet", "train", "--data", str(digits(tmp_path))]
    settings += ["--target", "label", "--recipe", "quick", "--num-epochs", "60"]
    settings += ["--checkpoint-every", "1", "--output", str(tmp_path)]
    environment = os.environ | {"NEURALNET_CACHE": str(tmp_path)}
    job = start(2, *settings, env=environment)
    checkpoint = tmp_path / "data-quick-seed0.checkpoint"
    deadline = time.monotonic() + 60
    while not checkpoint.exists() and job.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(second_process(f"NEURALNET_CACHE={tmp_path}"), signal.SIGKILL)
    killed_at = time.monotonic()
    code, out, err = finish(job)
    assert code != 0
    assert time.monotonic() - killed_at < 30
    assert "KILLED" in (out + err).upper()
    assert checkpoint.exists()

    code, out, err = finish(start(3, *settings, "--resume", env=environment))
    assert code == 0, err
    lines = out.splitlines()
    assert sum(line.startswith("quick, seed 0: test error") for line in lines) == 1
    assert sum(line.startswith("Resuming from") for line in lines) == 1
    assert load(tmp_path / "data-quick-seed0.safetensors").num_features == 6
    assert not checkpoint.exists()

    code, out, err = finish(start(2, *settings, env=environment))
    assert code == 2
    assert err.count("Error:") == 1
    assert "exists" in err
