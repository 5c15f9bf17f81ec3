"""Tests of `neuralnet read`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from neuralnet import NeuralNetMLP, read_digits, save
from neuralnet.cli.main import main
from tests.reading.conftest import quick_model  # noqa: F401  # a fixture
from tests.reading.pages import Style, pages

PAGE = next(pages("command", Style(height=(50, 60), rows=(2, 2), a_row=(3, 3)), 1)).picture


@pytest.fixture
def place(tmp_path: Path, quick_model: NeuralNetMLP) -> Path:  # noqa: F811
    """A folder with a network, a page, and files that are blank, animated or unreadable."""
    save(quick_model, tmp_path / "network.safetensors")
    Image.fromarray(PAGE).save(tmp_path / "page.png")
    Image.new("L", (200, 100), 240).save(tmp_path / "blank.png")
    Image.fromarray(PAGE).save(
        tmp_path / "moving.gif", save_all=True, append_images=[Image.new("L", PAGE.shape[::-1])]
    )
    (tmp_path / "words.png").write_text("no picture")
    (tmp_path / "folder").mkdir()
    return tmp_path


def run(place: Path, *arguments: str | Path, content: bytes | None = None) -> Result:
    network = str(place / "network.safetensors")
    return CliRunner().invoke(main, ["read", "--model", network, *map(str, arguments)], content)


def text(place: Path) -> str:
    return str(read_digits(PAGE, model=place / "network.safetensors"))


def test_one_picture_prints_only_its_digits(place: Path) -> None:
    done = run(place, place / "page.png")
    assert (done.exit_code, done.stdout, done.stderr) == (0, text(place) + "\n", "")
    piped = run(place, "-", content=(place / "page.png").read_bytes())
    assert (piped.exit_code, piped.stdout) == (0, done.stdout)


def test_several_pictures_are_printed_with_their_paths(place: Path) -> None:
    done = run(place, place / "page.png", place / "blank.png")
    assert done.exit_code == 0
    rows = text(place).split("\n")
    wanted = [f"{place / 'page.png'}: {row}" for row in rows] + [f"{place / 'blank.png'}:"]
    assert done.stdout.splitlines() == wanted


def test_json_describes_every_digit(place: Path) -> None:
    done = run(place, place / "page.png", "--json", "--min-confidence", "1")
    said = json.loads(done.stdout)
    assert said["path"] == str(place / "page.png")
    assert (said["height"], said["width"]) == PAGE.shape
    assert [digit["row"] for digit in said["digits"]] == [0, 0, 0, 1, 1, 1]
    for digit in said["digits"]:
        assert digit["box"]["top"] < digit["box"]["bottom"]
        assert digit["digit"] != digit["runner_up"]
        assert 0 <= digit["confidence"] <= 1
        assert digit["confident"] is False


def test_blank_page_prints_an_empty_line(place: Path) -> None:
    done = run(place, place / "blank.png")
    assert (done.exit_code, done.stdout) == (0, "\n")
    assert "No digits" in done.stderr


def test_animation_is_noted(place: Path) -> None:
    done = run(place, place / "moving.gif")
    assert (done.exit_code, done.stdout) == (0, text(place) + "\n")
    assert "first" in done.stderr


@pytest.mark.parametrize("name", ["words.png", "folder", "missing.png"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_failures_are_reported_and_the_others_read(
    place: Path, name: str, form: tuple[str, ...]
) -> None:
    alone = run(place, place / name, *form)
    assert alone.exit_code == 2
    assert name in alone.stderr
    assert "Traceback" not in alone.output
    beside = run(place, place / name, place / "page.png", *form)
    assert beside.exit_code == 1
    assert name in beside.stderr
    assert len(beside.stdout.splitlines()) == 2
    assert beside.stdout.splitlines()[0].startswith("{" if form else str(place / "page.png"))


def test_annotated_copies_never_overwrite_originals(place: Path) -> None:
    (place / "other").mkdir()
    Image.fromarray(255 - PAGE).save(place / "other" / "page.png")
    before = (place / "page.png").read_bytes()
    done = run(place, place / "page.png", place / "other" / "page.png", "--annotate", place)
    assert done.exit_code == 0
    assert (place / "page.png").read_bytes() == before
    for name in ("page-2.png", "page-3.png"):
        copy = np.asarray(Image.open(place / name))
        assert copy.shape == (*PAGE.shape, 3)


def test_invalid_arguments_are_reported_without_a_traceback(place: Path) -> None:
    page = str(place / "page.png")
    for arguments in (
        ["--min-confidence", "2", page], ["--model", str(place / "no.safetensors"), page],
        ["--annotate", str(place / "words.png" / "x"), page], ["--annotate", page, page],
    ):  # fmt: skip
        done = run(place, *arguments)
        assert done.exit_code == 2, arguments
        assert "Traceback" not in done.output
    assert CliRunner().invoke(main, ["read"]).exit_code == 2
