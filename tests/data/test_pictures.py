"""Folders of pictures with one subfolder per class, and the errors for invalid ones."""

from __future__ import annotations

import contextlib
import os
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import PIL.EpsImagePlugin
import PIL.Image
import pytest
from numpy.typing import NDArray
from PIL.PngImagePlugin import PngImageFile

import neuralnet
from neuralnet import read_digits
from neuralnet.checks import InputError, NeuralNetError
from neuralnet.data.pictures import expand_folders, load_pictures, read_pictures
from neuralnet.files import FileError, FileFormatError

RNG = np.random.default_rng(4)


def picture(path: Path, pixels: NDArray[Any] | None = None) -> NDArray[Any]:
    pixels = RNG.integers(0, 256, (4, 3), dtype=np.uint8) if pixels is None else pixels
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    for name in ("dog/b.png", "cat/a.png", "dog/a.png", "cat/c.bmp"):
        picture(tmp_path / "animals" / name)
    return tmp_path / "animals"


def test_one_subfolder_per_class(animals: Path) -> None:
    pixels = picture(animals / "cat" / "b.PNG")
    (animals / "cat" / ".hidden").touch()
    (animals / "cat" / "notes.txt").touch()
    (animals / ".cache").mkdir()
    dataset = load_pictures(animals)
    assert dataset.images.shape == (5, 12)
    assert dataset.images.dtype == np.uint8
    assert dataset.labels.tolist() == [0, 0, 0, 1, 1]
    assert dataset.classes == ("cat", "dog")
    assert (dataset.image_shape, dataset.num_train, dataset.name) == ((4, 3), 5, "animals")
    np.testing.assert_array_equal(dataset.images[1], pixels.ravel())
    assert "cat/notes.txt" in dataset.notes
    assert "hidden" not in dataset.notes
    np.testing.assert_array_equal(load_pictures(animals, invert=True).images, 255 - dataset.images)


def test_numeric_subfolders_are_sorted_as_numbers(tmp_path: Path) -> None:
    for name in ("10", "9", "2"):
        picture(tmp_path / name / "a.png")
    assert load_pictures(tmp_path).classes == (2, 9, 10)


def test_labels_follow_the_classes_of_a_network(animals: Path) -> None:
    dataset = load_pictures(animals, classes=["horse", "dog", "cat"])
    assert dataset.labels.tolist() == [1, 1, 2, 2]
    assert dataset.classes == ("horse", "dog", "cat")
    with pytest.raises(InputError, match="dog"):
        load_pictures(animals, classes=["dogs", "cat"])


def test_every_kind_of_picture_is_converted_to_grey(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 12).astype(np.uint8).reshape(4, 3)
    colour = np.stack([ramp] * 3, axis=-1)
    opaque = np.concatenate([colour, np.full((4, 3, 1), 255, np.uint8)], axis=-1)
    for number, pixels in enumerate((ramp, colour, opaque, ramp.astype(np.uint16) * 257)):
        picture(tmp_path / f"{number}.png", pixels)
    read = read_pictures(expand_folders([tmp_path]))
    for grey in read:
        np.testing.assert_array_equal(grey, ramp)
    clear = opaque.copy()
    clear[..., 3] = 0
    picture(tmp_path / "clear.png", clear)
    assert (read_pictures([tmp_path / "clear.png"]) == 255).all()


def test_pictures_of_different_sizes_are_rejected(animals: Path) -> None:
    picture(animals / "dog" / "z.png", np.zeros((5, 3), np.uint8))
    with pytest.raises(FileFormatError, match=r"z\.png is 5 pixels high and 3 wide.*4 x 3"):
        load_pictures(animals)


def test_unreadable_pictures_are_rejected(animals: Path, tmp_path: Path) -> None:
    (animals / "dog" / "text.png").write_text("not a picture")
    with pytest.raises(FileFormatError, match=r"text\.png"):
        load_pictures(animals)
    (animals / "dog" / "text.png").unlink()
    whole = (animals / "dog" / "a.png").read_bytes()
    (animals / "dog" / "cut.png").write_bytes(whole[:50])
    with pytest.raises(FileFormatError, match=r"cut\.png"):
        load_pictures(animals)
    picture(tmp_path / "large.png", np.zeros((1025, 1024), np.uint8))
    with pytest.raises(FileFormatError, match=r"1,048,576"):
        read_pictures([tmp_path / "large.png"])
    with pytest.raises(FileError, match="missing"):
        read_pictures([tmp_path / "missing.png"])
    with pytest.raises(InputError, match="at least one"):
        read_pictures([])


def test_folders_without_classes_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="absent"):
        load_pictures(tmp_path / "absent")
    with pytest.raises(FileError, match="subfolder"):
        load_pictures(tmp_path)
    picture(tmp_path / "one" / "a.png")
    with pytest.raises(NeuralNetError, match=r"'one'.*at least two"):
        load_pictures(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match=r"empty.*\.png"):
        load_pictures(tmp_path)
    with pytest.raises(FileError, match=r"empty.*\.png"):
        expand_folders([tmp_path / "empty"])


def test_parts_of_a_data_set_are_rejected_as_classes(tmp_path: Path) -> None:
    for part in ("train", "test"):
        picture(tmp_path / "parts" / part / "a.png")
        picture(tmp_path / "below" / part / "cat" / "a.png")
    with pytest.raises(FileError, match=r"parts.*test, train"):
        load_pictures(tmp_path / "parts")
    with pytest.raises(FileError, match=r"cat.*below/test"):
        load_pictures(tmp_path / "below")


EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 3 4
%%EndComments
0 0 3 4 rectfill
%%EOF
"""


@pytest.mark.parametrize("name", ["digit.png", "digit.eps"])
def test_no_other_program_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Pillow opens an EPS file with Ghostscript, which runs programs in the PostScript language."""
    started = tmp_path / "started"
    fake = tmp_path / ".bin" / "gs"
    fake.parent.mkdir()
    fake.write_text(f"#!/bin/sh\ntouch '{started}'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(fake.parent), prepend=os.pathsep)
    (tmp_path / "one").mkdir()
    path = tmp_path / "one" / name
    path.write_bytes(EPS)
    monkeypatch.setattr(PIL.EpsImagePlugin, "gs_binary", None)  # where it was found last
    with PIL.Image.open(path) as image, contextlib.suppress(OSError):
        image.load()
    if started.exists():  # so Pillow by itself would start it
        started.unlink()
    else:
        pytest.fail("the fake Ghostscript does not work, so this test would prove nothing")
    for open_it in (
        lambda: read_pictures([path]),
        lambda: read_digits(path),
        lambda: read_digits(EPS),
    ):
        with pytest.raises(FileFormatError, match=r"supported format.*%!PS"):
            open_it()
    picture(tmp_path / "two" / "a.png")
    if name.endswith("png"):
        with pytest.raises(FileFormatError, match=r"digit\.png"):
            load_pictures(tmp_path)
    assert not started.exists()


def test_every_opening_of_a_picture_passes_the_list_of_formats() -> None:
    package = Path(neuralnet.__file__).parent
    calls = [
        call
        for path in package.rglob("*.py")
        for call in re.findall(r"Image\.open\([^\n]*", path.read_text(encoding="utf-8"))
    ]
    assert len(calls) >= 2
    assert all("formats=supported_formats()" in call for call in calls), calls


def test_errors_of_decoders_name_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "a.png")
    for error in (struct.error("short"), IndexError("x"), KeyError(1), ZeroDivisionError()):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(PngImageFile, "load", fail)
        with pytest.raises(FileFormatError, match=r"a\.png is damaged"):
            read_pictures([tmp_path / "a.png"])
