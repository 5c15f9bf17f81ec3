"""Tests of start and end: imports of the help, Ctrl-C, completion, exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from neuralnet.cli import output
from neuralnet.cli.command import Command
from neuralnet.cli.main import COMMANDS, LazyGroup, main
from neuralnet.training.recipes import recipe_names

COMMAND_LINES = [
    [],
    *([name] for name in COMMANDS),
    *(["data", name] for name in ("fetch", "verify", "where", "clear")),
]


@pytest.mark.parametrize("names", COMMAND_LINES, ids=" ".join)
def test_help_imports_no_heavy_package(names: list[str]) -> None:
    code = (
        "import sys\n"
        "from neuralnet.cli.main import main\n"
        f"try: main({[*names, '--help']})\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'numpy', 'pandas', 'rich', 'matplotlib', 'sklearn', 'scipy', 'PIL', 'onnx'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    if names:
        assert "Example" in done.stdout


def neuralnet(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neuralnet", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | variables,
    )


def test_run_as_a_module() -> None:
    done = neuralnet("--version")
    assert done.returncode == 0
    misspelt = neuralnet("shwo")
    assert misspelt.returncode == 2
    assert "Did you mean 'show'?" in misspelt.stderr
    assert "Did you mean" not in neuralnet("zzz").stderr


def test_ctrl_c_during_the_imports(tmp_path: Path) -> None:
    for module in ("click", "numpy"):
        (tmp_path / f"{module}.py").write_text("raise KeyboardInterrupt")
        done = neuralnet("show", "model.safetensors", PYTHONPATH=_path_with(tmp_path))
        assert done.returncode == 130, done.stderr
        assert "Traceback" not in done.stderr
        (tmp_path / f"{module}.py").unlink()


def test_ctrl_c_during_the_import_of_a_command(tmp_path: Path) -> None:
    code = (
        "import importlib, sys\n"
        "from neuralnet.cli import main as module\n"
        "def interrupted(_): raise KeyboardInterrupt\n"
        "module.importlib.import_module = interrupted\n"
        "module.main(['show', 'model'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert "Traceback" not in done.stderr


def _path_with(folder: Path) -> str:
    return os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])


def test_completion_lists_the_commands() -> None:
    code = "import sys; sys.argv = ['neuralnet']; from neuralnet.__main__ import start; start()"
    asked = {"COMP_WORDS": "neuralnet e", "COMP_CWORD": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | asked | {"_NEURALNET_COMPLETE": "bash_complete"},
    )
    assert {line.partition(",")[2] for line in done.stdout.split()} == {"evaluate", "export"}


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["train", "--recipe", ""], {*recipe_names()}),
        (["train", "--recipe", "ta"], {"table"}),
        (["train", "--optimizer", ""], {"sgd", "adam", "adamw"}),
        (["train", "--hidden-activation", "r"], {"relu"}),
        (["train", "--dtype", ""], {"float32", "float64"}),
        (["train", "--num-epochs", ""], set()),
    ],
)
def test_completion_lists_the_values_of_options(words: list[str], wanted: set[str]) -> None:
    completion = ShellComplete(main, {}, "neuralnet", "_NEURALNET_COMPLETE")
    found = completion.get_completions(words[:-1], words[-1])
    assert {one.value for one in found} == wanted


def test_completion_of_a_recipe_file_is_left_to_the_shell() -> None:
    completion = ShellComplete(main, {}, "neuralnet", "_NEURALNET_COMPLETE")
    [found] = completion.get_completions(["train", "--recipe"], "models/m")
    assert (found.type, found.value) == ("file", "models/m")


@pytest.mark.parametrize("arguments", [["show", "no/where.safetensors"], ["shwo"], ["show"]])
def test_messages_wrap_at_the_width_of_a_terminal(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    whole = CliRunner().invoke(main, arguments).stderr
    monkeypatch.setattr(output, "terminal_width", lambda: 30)
    lines = CliRunner().invoke(main, arguments).stderr.splitlines()
    message = lines[[line.startswith("Error: ") for line in lines].index(True) :]
    assert max(map(len, message)) <= 30
    assert " ".join(message) == whole[whole.index("Error: ") :].strip()


def test_every_command_has_the_exit_codes_of_the_project() -> None:
    assert isinstance(main, LazyGroup)
    with click.Context(main) as context:
        for name in COMMANDS:
            command = main.get_command(context, name)
            commands = command.commands.values() if isinstance(command, click.Group) else [command]
            assert all(isinstance(one, Command) for one in commands)


@click.command(cls=Command)
@click.argument("error")
def failing(error: str) -> None:
    """Fail. Example: failing memory."""
    raise {
        "memory": MemoryError(),
        "disk": OSError(28, "No space left on device", "model"),
        "mistake": ZeroDivisionError("division by zero"),
        "ctrl-c": KeyboardInterrupt(),
    }[error]


@pytest.mark.parametrize(
    ("error", "code", "fact"),
    [
        ("memory", 2, "memory"),
        ("disk", 2, "model: no space left"),
        ("mistake", 2, "--debug"),
        ("ctrl-c", 130, ""),
    ],
)
def test_every_error_is_reported_without_a_traceback(error: str, code: int, fact: str) -> None:
    done = CliRunner().invoke(failing, [error])
    assert done.exit_code == code
    assert fact in done.stderr
    assert "Traceback" not in done.stderr
    if error == "mistake":
        assert isinstance(
            CliRunner().invoke(failing, [error, "--debug"]).exception, ZeroDivisionError
        )


@click.command(cls=Command)
def coloured() -> None:
    """Write in colour. Example: coloured."""
    click.secho("red", fg="red")


def test_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[31m" in CliRunner().invoke(coloured, color=True).output
    monkeypatch.setenv("NO_COLOR", "1")
    assert CliRunner().invoke(coloured, color=True).output == "red\n"
