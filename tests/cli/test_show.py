"""Tests of `neuralnet show`, and of the list of commands."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

import neuralnet
from neuralnet.cli.main import COMMANDS, LazyGroup, main


def test_show_describes_the_network(tmp_path: Path) -> None:
    model = neuralnet.NeuralNetMLP(6, (5, 4), 3, hidden_activation="relu", classes=["a", "b", "c"])
    model.notes["data"] = "six numbers each"
    neuralnet.save(model, tmp_path / "network.safetensors")
    done = CliRunner().invoke(main, ["show", str(tmp_path / "network.safetensors")])
    assert done.exit_code == 0
    for fact in ("6-5-4-3", "relu", "layers.0.weight", "6 x 5", "a, b, c", "six numbers each"):
        assert fact in done.output


def test_unreadable_model_is_reported_with_exit_code_2(tmp_path: Path) -> None:
    (tmp_path / "not.safetensors").write_text("nothing of the kind")
    for path in (tmp_path / "missing.safetensors", tmp_path / "not.safetensors", tmp_path):
        done = CliRunner().invoke(main, ["show", str(path)])
        assert done.exit_code == 2
        assert str(path) in done.output
        assert "Traceback" not in done.output
    assert CliRunner().invoke(main, ["shwo"]).exit_code == 2


def test_every_listed_command_has_an_example() -> None:
    assert isinstance(main, LazyGroup)
    help_text = CliRunner().invoke(main, ["--help"]).output
    for name in COMMANDS:
        assert name in help_text
        assert "Example" in CliRunner().invoke(main, [name, "--help"]).output
    assert neuralnet.__version__ in CliRunner().invoke(main, ["--version"]).output
