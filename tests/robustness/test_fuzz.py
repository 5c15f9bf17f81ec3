"""A few thousand damaged files of each format; `make fuzz` reads a million."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuralnet.reading import pictures
from tests.robustness.formats import FORMATS, Format
from tests.robustness.fuzz import damaged_file, fuzz, memory_folder

PARTS = 8
FILES_PER_PART = 250


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with memory_folder() as created:
        yield created


@pytest.fixture(scope="module", params=FORMATS)
def one_format(request: pytest.FixtureRequest, folder: Path) -> Format:
    place = folder / request.param
    place.mkdir()
    return FORMATS[request.param](place)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pictures, "_MAX_PIXELS", 1_000_000)  # a large one takes seconds
    monkeypatch.setattr(pictures, "_MAX_JPEG_PIXELS", 1_000_000)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_every_valid_file_is_accepted(one_format: Format, folder: Path) -> None:
    for content in one_format.valid:
        (folder / "valid").write_bytes(content)
        assert one_format.check(folder / "valid")


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_are_refused_or_valid(one_format: Format, part: int, folder: Path) -> None:
    numbers = range(part * FILES_PER_PART, (part + 1) * FILES_PER_PART)
    result = fuzz(one_format, numbers, seed=0, folder=folder)
    assert not result.failures, "\n".join(result.failures)
    assert result.refused > FILES_PER_PART / 5, "the damage is too slight to test anything"


def test_the_same_seed_gives_the_same_files(one_format: Format) -> None:
    assert damaged_file(one_format, 7, 1) == damaged_file(one_format, 7, 1)
    assert len({damaged_file(one_format, number, 1) for number in range(20)}) > 10
