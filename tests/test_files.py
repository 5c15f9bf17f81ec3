"""Tests of atomic writing and size-limited reading."""

import errno
import multiprocessing
import stat
from pathlib import Path

import pytest

from neuralnet.files import FileError, FileFormatError, atomic_write, describe_os_error, read_bytes


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_file_is_written_and_read_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    with atomic_write(path) as file:
        file.write(b"wrong")
        file.seek(0)
        file.write(b"right")
        file.seek(0)
        assert file.read() == b"right"
        assert not path.exists()
    assert read_bytes(path, at_most=5, what="a test") == b"right"
    assert names(path.parent) == ["file"]


def test_file_mode_is_that_of_open(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with atomic_write(tmp_path / "whole"):
        pass
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_error_in_the_block_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def write_half() -> None:
        with atomic_write(path) as file:
            file.write(b"half")
            raise ValueError("raised in the block")

    with pytest.raises(ValueError, match="raised in the block"):
        write_half()
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_only_disk_errors_become_file_errors(tmp_path: Path) -> None:
    def fail(number: int) -> None:
        with atomic_write(tmp_path / "file"):
            raise OSError(number, "from the block")

    with pytest.raises(FileError, match=r"file: from the block"):
        fail(errno.ENOSPC)
    with pytest.raises(OSError, match="from the block") as caught:
        fail(errno.ECONNRESET)
    assert not isinstance(caught.value, FileError)
    assert not names(tmp_path)


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "below", tmp_path / "folder"):
        with pytest.raises(FileError, match=path.name), atomic_write(path):
            pass
    assert sorted(names(tmp_path)) == ["file", "folder"]


def _write_repeatedly(path: Path, letter: bytes) -> None:
    for _ in range(30):
        with atomic_write(path) as file:
            file.write(letter * 10_000)


def test_concurrent_writers_do_not_mix_contents(tmp_path: Path) -> None:
    path = tmp_path / "file"
    _write_repeatedly(path, b"c")
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write_repeatedly, args=(path, letter)) for letter in (b"a", b"b")
    ]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        assert content == content[:1] * 10_000
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert names(tmp_path) == ["file"]


def test_file_over_the_size_limit_raises(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(1001))
    with pytest.raises(FileFormatError) as caught:
        read_bytes(path, at_most=1000, what="a saved network")
    for fact in ("large", "1,001", "1,000", "a saved network"):
        assert fact in str(caught.value)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(FileError, match=path.name):
            read_bytes(path, at_most=10, what="a test")


def test_explanations_have_no_error_number() -> None:
    assert describe_os_error(OSError(errno.ENOENT, "No such file or directory")) == (
        "no such file or directory"
    )
    assert describe_os_error(TimeoutError()) == "timeouterror"
