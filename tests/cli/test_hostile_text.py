"""Text from files cannot send commands to the terminal, nor end a command with an error."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from neuralnet import NeuralNetMLP, save
from neuralnet.cli.main import main
from neuralnet.cli.output import printable

# Set the title, clear the screen, answer a query, ring, go back, 8-bit CSI, reverse, a new line.
HOSTILE = [
    *("\x1b]0;title\x07", "\x1b[2J", "\x1b[6n", "a\x08b", "a\rb", "\x9b31m", "\u202eabc"),
    *("\u2066x", "first\nsecond", "tab\there", "\x00", "\x7f", "\u2028", "\ud800", "\udcff"),
]
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


@pytest.fixture
def model_path(tmp_path: Path) -> Path:
    classes = [f"{number}{text}" for number, text in enumerate(HOSTILE)]
    model = NeuralNetMLP(4, 3, len(classes), classes=classes)
    model.notes = {f"name {text}": f"note {text}" for text in HOSTILE}
    model.notes |= dict.fromkeys(("deep", "training"), "[" * 100_000)
    save(model, tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_no_command_prints_what_a_terminal_obeys(
    model_path: Path, tmp_path: Path, option: list[str]
) -> None:
    picture = tmp_path / "a\x1b[2Jb.png"
    Image.fromarray(np.zeros((2, 2), np.uint8)).save(picture)
    damaged = tmp_path / "c\x1b[2Jd.png"
    damaged.write_bytes(b"\x1b[2J")
    results = [
        run("show", model_path, *option),
        run("predict", model_path, picture, damaged, *option),
        run("predict", model_path, damaged, *option),
        run("show", tmp_path / "absent\x1b[2J", *option),
        run("read", damaged, *option),
    ]
    assert [result.exit_code for result in results] == [0, 1, 2, 2, 2]
    for result in results:
        assert not FORBIDDEN.search(result.output), result.output
        assert "Traceback" not in result.output
        assert "bug in neuralnet" not in result.output
    shown = results[0].output
    if option:
        stored = json.loads(shown)
        assert stored["classes"] == [f"{number}{text}" for number, text in enumerate(HOSTILE)]
        assert stored["notes"]["name \x1b[2J"] == "note \x1b[2J"
    else:
        assert r"1\x1b[2J" in shown
        assert r"name \x1b[2J: note \x1b[2J" in shown


def test_ordinary_text_is_printed_as_it_is() -> None:
    for text in ("größe", "数字 7", "👩‍🔬", "a\\b", "½ “x”", ""):
        assert printable(text) == text
    assert printable("a\x1b\n\ud800\u202e\x9b") == r"a\x1b\n\ud800\u202e\x9b"
