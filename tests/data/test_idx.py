import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from neuralnet.checks import InputError
from neuralnet.data import idx
from neuralnet.data.idx import Kind, read_idx, write_idx
from neuralnet.files import FileError, FileFormatError

IMAGES = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
LABELS = np.array([7, 2, 1], np.uint8)

HEADER = struct.pack(">IIII", 0x803, 2, 3, 4)

arrays = st.one_of(
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=3, min_side=0, max_side=5)),
    hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=1, min_side=0, max_side=9)),
)


@given(array=arrays, suffix=st.sampled_from(["", ".gz"]), memory_map=st.booleans())
def test_round_trip(
    tmp_path_factory: pytest.TempPathFactory,
    array: NDArray[np.uint8],
    suffix: str,
    memory_map: bool,
) -> None:
    path = tmp_path_factory.mktemp("idx") / f"array{suffix}"
    write_idx(path, array)
    kind: Kind = "images" if array.ndim == 3 else "labels"
    got = read_idx(path, kind, memory_map=memory_map)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, array)


def test_bytes_follow_the_published_format(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", IMAGES)
    write_idx(tmp_path / "labels", LABELS)
    assert (tmp_path / "images").read_bytes() == HEADER + bytes(range(24))
    assert (tmp_path / "labels").read_bytes() == b"\0\0\x08\x01\0\0\0\3\7\2\1"


def test_gzip_is_recognized_by_its_bytes_not_its_name(tmp_path: Path) -> None:
    content = HEADER + IMAGES.tobytes()
    (tmp_path / "packed").write_bytes(gzip.compress(content))
    (tmp_path / "plain.gz").write_bytes(content)
    for name in ("packed", "plain.gz"):
        np.testing.assert_array_equal(read_idx(tmp_path / name, "images"), IMAGES)


def test_memory_map_is_read_only(tmp_path: Path) -> None:
    write_idx(tmp_path / "images", IMAGES)
    mapped = read_idx(tmp_path / "images", "images", memory_map=True)
    assert isinstance(mapped, np.memmap)
    assert not mapped.flags.writeable


def test_gzipped_bytes_are_reproducible(tmp_path: Path) -> None:
    write_idx(tmp_path / "a.gz", IMAGES)
    write_idx(tmp_path / "b.gz", IMAGES)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.gz").read_bytes()


@pytest.mark.parametrize(
    ("content", "kind", "facts"),
    [
        (b"", "images", ["0 bytes", "16"]),
        (b"\0\0", "labels", ["2 bytes", "8"]),
        (HEADER[:9], "images", ["9 bytes", "16"]),
        (HEADER, "labels", ["0x00000803", "0x00000801", "images", "swapped"]),
        (struct.pack(">II", 0x801, 3), "images", ["0x00000801", "0x00000803", "labels"]),
        (struct.pack(">II", 0xD03, 3), "images", ["0x00000d03", "0x00000803"]),
        (b"<html>not found</html>", "images", ["0x3c68746d", "0x00000803"]),
        (HEADER + bytes(23), "images", ["2 x 3 x 4", "24", "23"]),
        (HEADER + bytes(25), "images", ["2 x 3 x 4", "24", "more"]),
        (struct.pack(">II", 0x801, 5) + bytes(2), "labels", ["5", "2"]),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_invalid_files_are_rejected(
    tmp_path: Path, content: bytes, kind: Kind, facts: list[str], packed: bool
) -> None:
    path = tmp_path / "bad-file"
    path.write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(FileFormatError) as caught:
        read_idx(path, kind)
    for fact in ["bad-file", *facts]:
        assert fact in str(caught.value)


@pytest.mark.parametrize("content", [HEADER + bytes(23), HEADER + bytes(25)])
def test_wrong_length_is_rejected_before_mapping(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad-file").write_bytes(content)
    with pytest.raises(FileFormatError, match=r"bad-file.*24"):
        read_idx(tmp_path / "bad-file", "images", memory_map=True)


@pytest.mark.parametrize("packed", [False, True])
def test_declared_size_is_checked_before_anything_is_allocated(
    tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = struct.pack(">IIII", 0x803, 0xFFFFFFFF, 0xFFFF, 0xFFFF) + bytes(9)
    (tmp_path / "oversized").write_bytes(gzip.compress(content) if packed else content)
    monkeypatch.setattr(np, "empty", None)
    with pytest.raises(FileFormatError, match=r"oversized.*4,294,967,295"):
        read_idx(tmp_path / "oversized", "images")


def test_gzip_bomb_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "MAX_UNPACKED_BYTES", 10_000)
    content = struct.pack(">II", 0x801, 100_000) + bytes(100_000)
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(content))
    with pytest.raises(FileFormatError, match=r"bomb\.gz.*100,000.*10,000"):
        read_idx(tmp_path / "bomb.gz", "labels")


def test_truncated_gzip_is_rejected(tmp_path: Path) -> None:
    content = HEADER + IMAGES.tobytes()
    packed = gzip.compress(content)
    for kept in (12, len(packed) - 12, len(packed) - 4):
        (tmp_path / "cut.gz").write_bytes(packed[:kept])
        with pytest.raises(FileFormatError, match=r"cut\.gz.*truncated"):
            read_idx(tmp_path / "cut.gz", "images")


def test_corrupt_gzip_is_rejected(tmp_path: Path) -> None:
    content = HEADER + IMAGES.tobytes()
    for place in (2, 10, -6):  # its method, its stream, its checksum
        packed = bytearray(gzip.compress(content))
        packed[place] ^= 0xFF
        (tmp_path / "corrupt.gz").write_bytes(packed)
        with pytest.raises(FileFormatError, match=r"corrupt\.gz.*gzip"):
            read_idx(tmp_path / "corrupt.gz", "images")


def test_missing_file_and_folder_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="absent"):
        read_idx(tmp_path / "absent", "images")
    with pytest.raises(FileError, match=tmp_path.name):
        read_idx(tmp_path, "images")


def test_kind_is_checked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'image'.*'images'"):
        read_idx(tmp_path, "image")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "array", [np.zeros((2, 3), np.uint8), np.zeros(3, np.float32), np.uint8(3), [1, 2]]
)
def test_arrays_of_another_type_or_shape_are_not_written(tmp_path: Path, array: Any) -> None:
    with pytest.raises(InputError, match="uint8"):
        write_idx(tmp_path / "array", array)
    assert not list(tmp_path.iterdir())
