"""Image loading: every format of the same digit gives the same grey levels; errors state facts."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from neuralnet import FileError, FileFormatError, InputError
from neuralnet.reading import pictures
from neuralnet.reading.pictures import open_colours, open_grey


def seven(paper: int = 255, ink: int = 0) -> np.ndarray:
    levels = np.full((40, 30), paper, np.uint8)
    levels[5:9, 5:25] = ink
    levels[5:35, 20:25] = ink
    return levels


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


SEVEN = Image.fromarray(seven())
NOISE = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)


@pytest.mark.parametrize(
    "mode", ["L", "1", "P", "RGB", "RGBA", "LA", "CMYK", "I", "F", "HSV", "YCbCr"]
)
def test_every_mode_gives_the_same_levels(mode: str) -> None:
    grey = open_grey(
        SEVEN.convert("RGB").convert(mode)
        if mode in {"HSV", "YCbCr", "CMYK"}
        else SEVEN.convert(mode)
    )
    np.testing.assert_allclose(grey.levels, seven(), atol=3)
    assert grey.size == (40, 30)
    assert not grey.notes


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM", "TGA", "ICO", "JPEG"])
def test_every_format_gives_the_same_levels(kind: str, tmp_path: Path) -> None:
    options = (
        {"lossless": True} if kind == "WEBP" else {"sizes": [(30, 40)]} if kind == "ICO" else {}
    )
    path = tmp_path / "digit"
    path.write_bytes(saved(SEVEN.convert("RGB"), kind, **options))
    np.testing.assert_allclose(open_grey(path).levels, seven(), atol=40 if kind == "JPEG" else 3)
    np.testing.assert_array_equal(open_grey(path.read_bytes()).levels, open_grey(str(path)).levels)


def test_every_number_type_and_range_gives_the_same_levels() -> None:
    deep = seven().astype(np.uint16) * 257
    for picture in (
        Image.fromarray(deep), deep, deep // 16, seven() / 255, seven().astype(np.float32),
        seven().astype(np.float64) / 127.5 - 1, seven() > 0, seven()[:, :, None],
        np.repeat(seven()[:, :, None], 3, axis=2), seven().tolist(),
    ):  # fmt: skip
        np.testing.assert_allclose(open_grey(picture).levels, seven(), atol=1)


@pytest.mark.parametrize(("ink", "share"), [(0, 0.2), (255, 0.2), (0, 0.6), (255, 0.6)])
def test_ink_on_a_transparent_ground_is_visible(ink: int, share: float) -> None:
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[..., :3] = ink
    picture[2 : 2 + int(36 * share), 2:38, 3] = 255
    levels = open_grey(picture).levels.astype(int)
    assert abs(levels[3, 3] - levels[39, 39]) > 200


def test_transparent_corners_become_paper() -> None:
    picture = np.zeros((40, 30, 4), np.uint8)
    picture[..., :3] = seven()[:, :, None]
    picture[..., 3] = 255
    picture[:3, :3, 3] = 0
    np.testing.assert_array_equal(open_grey(picture).levels, seven())


@pytest.mark.parametrize(
    ("paper", "ink"), [((255, 255, 255), (255, 255, 0)), ((255, 0, 0), (0, 60, 255))]
)
def test_ink_that_differs_in_colour_alone_is_visible(
    paper: tuple[int, ...], ink: tuple[int, ...]
) -> None:
    picture = np.where(seven()[:, :, None] > 0, paper, ink).astype(np.uint8)
    levels = open_grey(picture).levels.astype(int)
    assert abs(levels[0, 0] - levels[6, 10]) > 60


def test_exif_orientation_is_applied() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(np.rot90(seven()).copy())
    grey = open_grey(saved(turned, "PNG", exif=exif))
    np.testing.assert_array_equal(grey.levels, seven())
    assert grey.size == (40, 30)
    assert open_colours(saved(turned, "PNG", exif=exif)).size == (30, 40)


def test_an_animation_gives_its_first_frame_and_a_note() -> None:
    frames = [SEVEN, Image.fromarray(255 - seven())]
    for kind in ("GIF", "TIFF", "WEBP"):
        grey = open_grey(
            saved(
                frames[0].convert("RGB"),
                kind,
                save_all=True,
                append_images=[frames[1].convert("RGB")],
                **({"lossless": True} if kind == "WEBP" else {}),
            )
        )
        np.testing.assert_allclose(grey.levels, seven(), atol=3)
        assert len(grey.notes) == 1
        assert "first" in grey.notes[0]


def test_a_large_jpeg_is_decoded_at_reduced_size() -> None:
    large = SEVEN.resize((6000, 8000))
    grey = open_grey(saved(large, "JPEG"))
    assert grey.size == (8000, 6000)
    assert grey.reduction == 2
    assert grey.levels.shape == (4000, 3000)


def bomb() -> bytes:
    """Return a PNG of a few bytes that declares 60,000 x 60,000 pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + name
            + content
            + struct.pack(">I", zlib.crc32(name + content))
        )

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(99)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "fact"),
    [
        (b"", "empty"),
        (b"no picture at all", "not an image.*b'no pictu'.*PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image.*b'%!PS-Ado'.*PNG"),
        (saved(Image.fromarray(NOISE), "PNG")[:900], "damaged"),
        (saved(SEVEN.resize((300, 400)), "JPEG")[:900], "damaged"),
        (saved(Image.new("L", (1, 1)), "PNG"), "1 x 1 pixels.*5 x 5"),
        (saved(Image.new("L", (900, 2)), "PNG"), "900 x 2 pixels.*5 x 5"),
        (bomb(), "too large.*64 megapixels"),
    ],
)
def test_bad_files_raise_errors_that_state_the_facts(
    content: bytes, fact: str, tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    for picture in (path, content):
        with pytest.raises((FileFormatError, InputError), match=fact):
            open_grey(picture)


def test_paths_that_are_not_files_are_rejected(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, fact in (
        (tmp_path / "missing.png", "missing.png"), (tmp_path, "folder"),
        (tmp_path / "pipe", "pipe"), (Path("/dev/zero"), "device"),
    ):  # fmt: skip
        with pytest.raises(FileError, match=fact):
            open_grey(path)


def test_the_error_for_nan_in_a_file_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "measured.tif"
    Image.fromarray(np.full((40, 40), np.nan, np.float32)).save(path)
    with pytest.raises(InputError, match=r"measured\.tif.*NaN"):
        open_grey(path)


@pytest.mark.parametrize(
    ("picture", "fact"),
    [
        (None, "NoneType"),
        (np.zeros(784), "reshape"),
        (np.zeros((0, 0)), "0 x 0"),
        (np.zeros((40, 40, 7)), "40, 40, 7"),
        (np.full((40, 40), np.nan), "NaN"),
        (np.full((40, 40), 1e6), "1e"),
        (np.full((40, 40), -7), "-7"),
        (np.zeros((40, 40), complex), "complex"),
        (np.zeros((40, 40), object), "object"),
        ([[1, 2], [3]], "list"),
    ],
)
def test_bad_arrays_raise_errors_that_state_the_facts(picture: Any, fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        open_grey(picture)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "BMP"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "P"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_reduced_image_is_the_mean_of_its_blocks(
    monkeypatch: pytest.MonkeyPatch, kind: str, mode: str, orientation: int
) -> None:
    monkeypatch.setattr(pictures, "_WORKING_PIXELS", 300)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, Any] = {} if kind == "BMP" else {"exif": exif}
    if kind == "WEBP":
        options["lossless"] = True
    grey = open_grey(saved(SEVEN.convert(mode), kind, **options))
    upright = seven() if orientation == 1 or kind == "BMP" else np.rot90(seven(), -1)
    rows, columns = upright.shape
    means = upright.reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(grey.levels, means, atol=1)
    assert (grey.size, grey.reduction) == (upright.shape, 2)


def test_a_reduced_image_keeps_its_transparent_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_WORKING_PIXELS", 300)
    content = saved(Image.fromarray(seven(90, 40)).convert("RGB"), "PNG", transparency=(90,) * 3)
    opaque = Image.open(io.BytesIO(content)).convert("RGBA")
    assert opaque.getchannel("A").getextrema() == (0, 255)
    np.testing.assert_array_equal(open_grey(content).levels, open_grey(opaque).levels)
