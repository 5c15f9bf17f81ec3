"""Works that are a fresh process each time: to start, and the whole of the training script."""

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
from benchmarks.rounds import Say, in_turns
from benchmarks.works import Work

# What ru_maxrss counts in: kilobytes, and bytes on macOS.
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Command:
    """A command that is timed from its start to its end."""

    name: str
    line: list[str]
    note: str = ""


def run(
    work: Work,
    folder: Path,
    results: Results,
    *,
    quick: bool,
    say: Say,
) -> None:
    """Measure all commands of a work, in turns."""
    listed = _start_commands(folder) if work.name == "start" else _whole_commands(folder, quick)
    commands = {command.name: command for command in listed}
    rows: dict[str, Row] = {}
    for name, command in list(commands.items()):
        # Once without timing: it fills the caches of disk and bytecode, and shows whether it runs.
        # The whole script, which takes long, fills them in its first round.
        say(f"{work.name}: trying {name}")
        reason = _reason_against(command, folder, really_run=work.name == "start")
        if reason:
            results.absent.append(Absent(work.name, name, reason))
            del commands[name]
        else:
            rows[name] = Row(work.name, name, name, note=command.note)
    for number in range(work.rounds):
        for name in in_turns(list(commands), number):
            say(f"{work.name}: round {number + 1} of {work.rounds}, {name}")
            try:
                measured = measure(commands[name], folder)
                if work.name == "start":
                    del measured["peak_memory"]  # no more than what this process had
                rows[name].add(measured)
            except RuntimeError as error:
                results.absent.append(Absent(work.name, name, str(error)))
                del rows[name], commands[name]
    results.rows += rows.values()


def measure(command: Command, folder: Path) -> dict[str, float]:
    """Run a command; return its seconds and its peak of memory in bytes.

    Raises
    ------
    RuntimeError
        If it fails.
    """
    began = time.perf_counter()
    process = _open(command, folder)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"failed with exit code {process.returncode}")
    return {"seconds": seconds, "peak_memory": float(usage.ru_maxrss * _MAXRSS_UNIT)}


def _open(
    command: Command, folder: Path, stderr: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        command.line,
        # The whole script is started as `python mnist_training.py`, all else from nowhere special.
        cwd=ROOT if "-c" not in command.line else folder,
        env=_environment(folder),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        text=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    """Let a process find the run's data, and keep its bytecode, as one that a user starts does."""
    environment = data.cached(folder)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment | {"PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _reason_against(command: Command, folder: Path, *, really_run: bool) -> str | None:
    """Say why a command cannot be measured, if it cannot."""
    if not shutil.which(command.line[0]):
        return "not installed"
    if command.line[1].endswith(".py") and not (ROOT / command.line[1]).is_file():
        return f"there is no {command.line[1]}"
    if not really_run:
        return None
    process = _open(command, folder, subprocess.PIPE)
    said = process.communicate()[1].strip().splitlines()
    if not process.returncode:
        return None
    missing = said and said[-1].startswith("ModuleNotFoundError")
    return "not installed" if missing else f"failed: {said[-1] if said else process.returncode}"


def _start_commands(folder: Path) -> list[Command]:
    """Return what is started afresh; the saved network is written here."""
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
    """Return the script and its counterpart in the textbook's manner."""
    output = tempfile.mkdtemp(dir=folder)
    arguments = ["--output", output, *(["--num-epochs", "2"] if quick else [])]
    textbook = [sys.executable, "-m", "benchmarks.textbook_script", *arguments]
    return [
        Command(OURS, [sys.executable, "mnist_training.py", *arguments]),
        Command(
            "textbook NumPy",
            textbook,
            note="the same network, epochs, evaluations and pictures, its loop in float64",
        ),
    ]
