"""Tests that the programs in the guides run, and that their commands and options exist."""

from __future__ import annotations

import re
import shlex
import warnings
from pathlib import Path

import mnist_training
import pytest
from click.testing import CliRunner

from neuralnet import Augmentation
from neuralnet.cli.main import COMMANDS, main
from neuralnet.training.recipes import _FREE, _TYPED, load_recipe

DOCS = Path(mnist_training.__file__).parent / "docs"
NEEDED = {"own-data.md": ("sklearn",), "export.md": ("onnx", "onnxruntime")}


def blocks(name: str, language: str) -> list[str]:
    text = (DOCS / name).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


@pytest.mark.parametrize("name", NEEDED)
def test_programs_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDED[name]:
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}  # later blocks build on earlier ones, as a reader would
    for program in blocks(name, "python"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            exec(compile(program, name, "exec"), names)  # noqa: S102
    for line in blocks(name, "console")[-1].splitlines() if name == "own-data.md" else []:
        done = CliRunner().invoke(main, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output


def test_the_guide_to_advice_quotes_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    program, filters, inputs = blocks("advice.md", "python")
    names: dict[str, object] = {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for code in (program, filters.replace("error", "ignore"), inputs):
            exec(compile(code, "advice.md", "exec"), names)  # noqa: S102
    said, warned = blocks("advice.md", "text")
    assert capsys.readouterr().out == said
    assert f"{caught[-1].message}\n" == warned


@pytest.mark.parametrize("name", [*NEEDED, "command-line.md", "lab.md", "recipes.md"])
def test_commands_and_their_options_exist(name: str) -> None:
    lines = "\n".join(blocks(name, "console")).splitlines()
    used = [shlex.split(line)[1:] for line in lines if line.startswith("neuralnet ")]
    assert used
    for command, *arguments in used:
        if command.startswith("-"):
            continue
        assert command in COMMANDS
        shown = CliRunner().invoke(main, [command, "--help"]).output
        for option in (one for one in arguments if one.startswith("--")):
            assert option in shown


def test_every_command_is_listed() -> None:
    text = (DOCS / "command-line.md").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert f"| `{command}` |" in text


@pytest.mark.parametrize("name", [*NEEDED, "command-line.md", "lab.md", "recipes.md"])
def test_linked_files_exist(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", (DOCS / name).read_text(encoding="utf-8")):
        assert (DOCS / target).exists(), target


def test_the_recipe_of_the_guide_is_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (text,) = blocks("recipes.md", "toml")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    recipe = load_recipe(tmp_path / "mine.toml")
    assert recipe.network.num_hidden == (256, 128)
    assert recipe.augmentation is not None
    Augmentation(**recipe.augmentation)
    (program,) = blocks("recipes.md", "python")
    exec(compile(program, "recipes.md", "exec"), {})  # noqa: S102
    (printed,) = blocks("recipes.md", "text")
    assert capsys.readouterr().out == printed


def test_the_guide_to_recipes_lists_every_table() -> None:
    text = (DOCS / "recipes.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `[")]
    assert set(re.findall(r"`\[(\w+)\]`", " ".join(rows))) == {*_TYPED, *_FREE}


def test_the_slides_keep_to_the_plan() -> None:
    plan = (DOCS / "teaching.md").read_text(encoding="utf-8")
    slides = (DOCS / "slides.md").read_text(encoding="utf-8")
    minutes = re.findall(r"^\| (\d+\W\d+) \|", plan, flags=re.MULTILINE)
    assert len(minutes) == 7
    assert re.findall(r"^## Minutes (\d+\W\d+):", slides, flags=re.MULTILINE) == minutes
