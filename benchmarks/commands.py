"""Workloads that start a new process each time: start-up, and the complete training script."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import data
from benchmarks.peers.catalogue import OURS
from benchmarks.process import ROOT
from benchmarks.results import Absent, Results, Row
from benchmarks.rounds import Progress, turn_order
from benchmarks.workloads import Work

# Unit of ru_maxrss: kilobytes, but bytes on macOS.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Command:
    """Command timed from its start to its end."""

    name: str
    line: list[str]
    note: str = ""


def run(
    work: Work,
    folder: Path,
    results: Results,
    *,
    quick: bool,
    progress: Progress,
) -> None:
    """Measure all commands of a workload in alternation."""
    listed = _start_commands(folder) if work.name == "start" else _whole_commands(folder, quick)
    commands = {command.name: command for command in listed}
    rows: dict[str, Row] = {}
    for name, command in list(commands.items()):
        # One untimed run fills the disk and bytecode caches and shows whether the command works.
        # The training script takes too long for that and fills them in its first round.
        progress(f"{work.name}: trying {name}")
        reason = _reason_unavailable(command, folder, execute=work.name == "start")
        if reason:
            results.absent.append(Absent(work.name, name, reason))
            del commands[name]
        else:
            rows[name] = Row(work.name, name, name, note=command.note)
    for number in range(work.rounds):
        for name in turn_order(list(commands), number):
            progress(f"{work.name}: round {number + 1} of {work.rounds}, {name}")
            try:
                measured = measure(commands[name], folder)
                if work.name == "start":
                    del measured["peak_memory"]  # inherited from this process
                rows[name].add(measured)
            except RuntimeError as error:
                results.absent.append(Absent(work.name, name, str(error)))
                del rows[name], commands[name]
    results.rows += rows.values()


def measure(command: Command, folder: Path) -> dict[str, float]:
    """Run a command and return its time in seconds and its peak memory in bytes.

    Raises
    ------
    RuntimeError
        If the command fails.
    """
    began = time.perf_counter()
    process = _open(command, folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"failed with exit code {process.returncode}")
    return {"seconds": seconds, "peak_memory": float(usage.ru_maxrss * MAXRSS_UNIT)}


def _open(
    command: Command, folder: Path, stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        command.line,
        # Scripts and modules run in the repository root, `python -c` in the temporary folder.
        cwd=ROOT if "-c" not in command.line else folder,
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment with the data of this run and with bytecode caching enabled."""
    environment = data.cached(folder)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _reason_unavailable(command: Command, folder: Path, *, execute: bool) -> str | None:
    """Return why a command cannot be measured, or None if it can."""
    if not shutil.which(command.line[0]):
        return "not installed"
    if command.line[1].endswith(".py") and not (ROOT / command.line[1]).is_file():
        return f"{command.line[1]} does not exist"
    if not execute:
        return None
    process = _open(command, folder, subprocess.PIPE)
    lines = process.communicate()[1].strip().splitlines()
    if not process.returncode:
        return None
    missing = lines and lines[-1].startswith("ModuleNotFoundError")
    return "not installed" if missing else f"failed: {lines[-1] if lines else process.returncode}"


def _start_commands(folder: Path) -> list[Command]:
    """Return the start-up commands; write the saved network that one of them loads."""
    saved = str(folder / "network.safetensors")
    save = f"import neuralnet; neuralnet.save(neuralnet.NeuralNetMLP(784), {saved!r})"
    subprocess.run([sys.executable, "-c", save], check=False, capture_output=True)  # noqa: S603
    predict = (
        f"import numpy, neuralnet; "
        f"neuralnet.load({saved!r}).predict(numpy.zeros((1, 784), numpy.uint8))"
    )
    lines = {
        "python -c pass": "pass",
        "import numpy": "import numpy",
        "from neuralnet import NeuralNetMLP": "from neuralnet import NeuralNetMLP",
        "load a network, predict one image": predict,
        "import sklearn.neural_network": "import sklearn.neural_network",
        "import torch": "import torch",
        "import jax": "import jax",
        "import onnxruntime": "import onnxruntime",
    }
    commands = [Command(name, [sys.executable, "-c", line]) for name, line in lines.items()]
    script = str(Path(sys.executable).with_name("neuralnet"))
    return [*commands, Command("neuralnet --help", [script, "--help"])]


def _whole_commands(folder: Path, quick: bool) -> list[Command]:
    """Return the training script and its textbook counterpart."""
    output = tempfile.mkdtemp(dir=folder)
    arguments = ["--output", output, *(["--num-epochs", "2"] if quick else [])]
    textbook = [sys.executable, "-m", "benchmarks.textbook_script", *arguments]
    return [
        Command(OURS, [sys.executable, "mnist_training.py", *arguments]),
        Command(
            "textbook NumPy",
            textbook,
            note="the same network, epochs, evaluations and plots, with a training loop in float64",
        ),
    ]
