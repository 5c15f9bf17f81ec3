"""A few thousand damaged files of each format; `make fuzz` reads a million."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from neuralnet.reading import pictures
from tests.robustness.formats import FORMATS, Format
from tests.robustness.fuzz import damaged_file, fuzz

PARTS = 7
FILES_PER_PART = {
    "networks": 300, "checkpoints": 300, "idx": 500, "pictures": 500, "photographs": 500,
    "recipes": 500,
}  # fmt: skip


@pytest.fixture(scope="module", params=FORMATS)
def named_format(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Format]:
    return request.param, FORMATS[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pictures, "_MAX_PIXELS", 1_000_000)  # a large one takes seconds
    monkeypatch.setattr(pictures, "_MAX_JPEG_PIXELS", 1_000_000)
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_every_valid_file_is_accepted(named_format: tuple[str, Format], tmp_path: Path) -> None:
    for content in named_format[1].valid:
        (tmp_path / "valid").write_bytes(content)
        assert named_format[1].check(tmp_path / "valid")


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_files_are_refused_or_valid(
    named_format: tuple[str, Format], part: int, tmp_path: Path
) -> None:
    name, one = named_format
    size = FILES_PER_PART[name]
    result = fuzz(one, range(part * size, (part + 1) * size), seed=0, folder=tmp_path)
    assert not result.failures, "\n".join(result.failures)
    assert result.refused > size / 5, "the damage is too slight to test anything"


def test_the_same_seed_gives_the_same_files(named_format: tuple[str, Format]) -> None:
    one = named_format[1]
    assert damaged_file(one, 7, 1) == damaged_file(one, 7, 1)
    assert len({damaged_file(one, number, 1) for number in range(20)}) > 10
