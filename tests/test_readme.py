"""Tests that the README's code runs, its excerpts match the source, and its options exist."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

import mnist_training
import pytest
from click.testing import CliRunner

from neuralnet.nn.activations import Sigmoid
from neuralnet.nn.layers import Dense
from tests.digits import write_digits

ROOT = Path(mnist_training.__file__).parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
CONSOLE = "\n".join(re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL))
EXCERPTS = [block for block in PYTHON if block.startswith("def ")]
PROGRAMS = [block for block in PYTHON if not block.startswith("def ")]


class _BareCode(ast.NodeTransformer):
    """Transformer that removes docstrings and annotations from functions."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if ast.get_docstring(node) is not None:
            del node.body[0]
        node.returns = None
        for argument in node.args.args:
            argument.annotation = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign:
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _bare(code: str) -> str:
    return ast.unparse(_BareCode().visit(ast.parse(textwrap.dedent(code))))


def test_excerpts_match_the_source() -> None:
    originals = {
        _bare(inspect.getsource(function))
        for function in (Dense.forward, Dense.backward, Sigmoid.derivative)
    }
    assert {_bare(excerpt) for excerpt in EXCERPTS} == originals


def test_programs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_digits(tmp_path, num_train=300, num_test=50)
    monkeypatch.setenv("NEURALNET_DATA", str(folder))
    monkeypatch.chdir(tmp_path)
    assert PROGRAMS
    names: dict[str, object] = {}  # later blocks build on earlier ones, as a reader would
    for program in PROGRAMS:
        exec(compile(program, "README.md", "exec"), names)  # noqa: S102


def test_options_in_commands_exist() -> None:
    shown = CliRunner().invoke(mnist_training.main, ["--help"]).output
    used = re.findall(
        r"(?<=\s)--[a-z0-9-]+",
        "\n".join(line for line in CONSOLE.splitlines() if "mnist_training.py" in line),
    )
    assert used
    for option in used:
        assert option in shown


def test_linked_files_exist() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target


def test_no_placeholder_remains() -> None:
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        assert "@@" not in page.read_text(encoding="utf-8"), page
