"""Tests that the code of the tutorial runs, that its exercises are solved, and its numbers hold.

`make docs` executes every chapter, with its solutions. The first five, which train briefly,
run here as well, on the bundled digits.
"""

from __future__ import annotations

import re
from pathlib import Path

import mnist_training
import numpy as np
import pytest

from neuralnet.data.idx import write_idx
from tests.digits import digits

TUTORIAL = Path(mnist_training.__file__).parent / "docs" / "tutorial"
CHAPTERS = sorted(TUTORIAL.glob("[01]*.md"))
CELL = re.compile(r"^```\{code-cell\}\n((?::[^\n]*\n)*)(.*?)^```", flags=re.DOTALL | re.MULTILINE)


def cells(chapter: Path) -> list[tuple[str, str]]:
    """Return the tags and the code of each cell."""
    return CELL.findall(chapter.read_text(encoding="utf-8"))


def run(chapter: Path, names: dict[str, object]) -> None:
    """Run a chapter, as a reader would who never looks back; leave out what takes long."""
    for number, (tags, code) in enumerate(cells(chapter)):
        if "slow" not in tags:
            exec(compile(code, f"{chapter.name}, cell {number}", "exec"), names)  # noqa: S102


@pytest.fixture(scope="session")
def few_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the bundled digits as four files that are not compressed, which takes no time."""
    folder, sample = tmp_path_factory.mktemp("digits"), digits()
    images = sample.images.reshape(-1, *sample.image_shape)
    parts = {"train": slice(sample.num_train), "t10k": slice(sample.num_train, None)}
    for part, rows in parts.items():
        write_idx(folder / f"{part}-images-idx3-ubyte", images[rows])
        write_idx(folder / f"{part}-labels-idx1-ubyte", sample.labels[rows])
    return folder


def test_there_are_ten_chapters() -> None:
    assert [int(chapter.name[:2]) for chapter in CHAPTERS] == list(range(1, 11))


@pytest.mark.parametrize("chapter", CHAPTERS[:5], ids=lambda chapter: chapter.stem)
def test_a_chapter_runs(
    chapter: Path, few_digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plt = pytest.importorskip("matplotlib.pyplot")
    plt.switch_backend("agg")
    monkeypatch.setenv("NEURALNET_DATA", str(few_digits))
    monkeypatch.chdir(TUTORIAL)
    run(chapter, {"__name__": "chapter"})
    plt.close("all")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.stem)
def test_a_chapter_has_goals_a_picture_and_solved_exercises(chapter: Path) -> None:
    text = chapter.read_text(encoding="utf-8")
    goals = re.search(r"\*\*After this chapter you can\*\*\n\n((?:- .*\n(?:  .*\n)*)+)", text)
    assert goals is not None
    assert len(re.findall(r"^- ", goals[1], flags=re.MULTILINE)) in (3, 4)
    exercises = text.split("## Exercises\n")[1]
    numbers = re.findall(r"^\*\*Exercise (\d)\.\*\*", exercises, flags=re.MULTILINE)
    assert 3 <= len(numbers) <= 5
    assert numbers == [str(n + 1) for n in range(len(numbers))]
    solutions = [code for tags, code in CELL.findall(exercises) if "hide-cell" in tags]
    assert len(solutions) == len(numbers)
    assert all("assert" in code for code in solutions), "a solution is tested"
    assert "*The picture of this chapter:" in text


def test_the_network_on_one_screen_has_about_forty_lines() -> None:
    (chapter,) = (path for path in CHAPTERS if path.name.startswith("05"))
    (code,) = (code for tags, code in cells(chapter) if "one-screen" in tags)
    assert 35 <= len(code.splitlines()) <= 45


@pytest.mark.parametrize(("place", "framework"), [(0, "torch"), (1, "jax")])
def test_a_framework_reaches_the_same_weights(
    place: int, framework: str, few_digits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = pytest.importorskip(framework)
    monkeypatch.setenv("NEURALNET_DATA", str(few_digits))
    chapter = CHAPTERS[9]
    (preparation,) = (code for tags, code in cells(chapter) if "epoch" in tags)
    programs = re.findall(
        r"^```python\n(.*?)^```", chapter.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert len(programs) == 2
    assert f"import {framework}\n" in programs[place]
    names: dict[str, object] = {}
    code = f"import numpy as np\nfrom neuralnet import load_mnist\n{preparation}\n"
    try:
        exec(compile(code + programs[place], chapter.name, "exec"), names)  # noqa: S102
    finally:
        if framework == "jax":
            module.config.update("jax_enable_x64", False)
    start, end = names["start"], names["end"]
    assert isinstance(start, list)
    assert isinstance(end, list)
    assert all(np.abs(a - b).max() > 1e-4 for a, b in zip(start, end, strict=True))
