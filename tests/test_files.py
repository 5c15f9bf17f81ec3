"""Tests of atomic writing and size-limited reading."""

import errno
import multiprocessing
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neuralnet.errors import InputError
from neuralnet.files import (
    FileError,
    FileFormatError,
    atomic_write,
    describe_os_error,
    open_regular,
    read_bytes,
    remove_leftovers,
)
from neuralnet.storage.lock import check_writable


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


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_socket(path: Path) -> None:
    before = Path.cwd()
    os.chdir(path.parent)  # the path of a socket is limited to about 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(before)


@pytest.mark.parametrize(
    ("make", "word"), [(make_pipe, "pipe"), (make_socket, "socket"), (Path.mkdir, "folder")]
)
@pytest.mark.parametrize("linked", [False, True])
def test_only_regular_files_are_replaced_and_read(
    tmp_path: Path, make: Callable[[Path], Any], word: str, linked: bool
) -> None:
    path = tmp_path / "target"
    make(path)
    before = path.stat()
    given = tmp_path / "link" if linked else path
    if linked:
        given.symlink_to(path)
    with pytest.raises(FileError, match=rf"target: it is a {word}"), atomic_write(given):
        pytest.fail("the block must not run")
    with pytest.raises(FileError, match=rf"it is a {word}"):
        read_bytes(given, at_most=10, what="a test")
    assert (path.stat().st_ino, path.stat().st_mode) == (before.st_ino, before.st_mode)
    assert len(names(tmp_path)) == 1 + linked


def test_something_that_appears_while_a_file_is_written_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "target"
    with pytest.raises(FileError, match="pipe"), atomic_write(path):
        os.mkfifo(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    assert names(tmp_path) == ["target"]


def test_the_target_of_a_link_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    for content in (b"one", b"two"):
        with atomic_write(tmp_path / "link") as file:
            file.write(content)
        assert (tmp_path / "target").read_bytes() == content
        assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.chmod(mode)
    with atomic_write(path) as file:
        assert not stat.S_IMODE(os.fstat(file.fileno()).st_mode) & ~mode
        file.write(b"after")
    assert path.read_bytes() == b"after"
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_read_only_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    path.chmod(0o444)
    with pytest.raises(FileError, match="read-only"), atomic_write(path):
        pytest.fail("the block must not run")
    assert path.read_bytes() == b"before"


@pytest.mark.parametrize("path", [None, 3, b"bytes", "", "nul\0", "\ud800", Path("a\0b")])
def test_impossible_paths_are_refused(path: Any) -> None:
    with pytest.raises(InputError, match="path is"), atomic_write(path):
        pytest.fail("the block must not run")
    with pytest.raises(InputError, match="path is"):
        read_bytes(path, at_most=10, what="a test")
    with pytest.raises(InputError, match="folder is"):
        check_writable(path)


def test_long_names(tmp_path: Path) -> None:
    longest = tmp_path / ("é" * 127)  # 254 bytes; the temporary file's name is longer
    with atomic_write(longest) as file:
        file.write(b"content")
    assert read_bytes(longest, at_most=10, what="a test") == b"content"
    with pytest.raises(FileError, match="too long"), atomic_write(tmp_path / ("n" * 256)):
        pytest.fail("the block must not run")
    with pytest.raises(InputError, match="at most 4,096"), atomic_write("folder/" * 1000 + "file"):
        pytest.fail("the block must not run")
    with pytest.raises(FileError, match="too long"):
        read_bytes(tmp_path / ("n" * 256), at_most=10, what="a test")


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "two")
    (tmp_path / "two").symlink_to(tmp_path / "one")
    with pytest.raises(FileError, match="symbolic links"), atomic_write(tmp_path / "one"):
        pytest.fail("the block must not run")
    with pytest.raises(FileError, match="symbolic links"):
        read_bytes(tmp_path / "one", at_most=10, what="a test")


@pytest.mark.parametrize("name", ["EROFS", "ENOENT", "EPERM", "ESTALE", "ENOSPC", "EIO"])
@pytest.mark.parametrize("function", ["open", "fsync", "replace", "block"])
def test_errors_of_the_disk_are_file_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, function: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    error = OSError(getattr(errno, name), os.strerror(getattr(errno, name)))

    def fail(*_: Any, **__: Any) -> None:
        raise error

    if function == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    elif function != "block":
        monkeypatch.setattr(os, function, fail)

    def write() -> None:
        with atomic_write(path) as file:
            file.write(b"after")
            if function == "block":
                fail()

    with pytest.raises(FileError, match=r"Cannot write .*file: "):
        write()
    monkeypatch.undo()
    assert path.read_bytes() == b"before"
    assert names(tmp_path) == ["file"]


def test_the_folder_is_flushed_after_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[bool] = []
    monkeypatch.setattr(
        os, "fsync", lambda number: flushed.append(stat.S_ISDIR(os.fstat(number).st_mode))
    )
    with atomic_write(tmp_path / "file"):
        assert not flushed
    assert flushed == [False, True]


_KILLED = """
import os, signal, sys
from neuralnet.files import atomic_write
with atomic_write(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_removed_later(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"before")
    (tmp_path / ".mine.part").touch()
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert killed.returncode == -9
    assert len(names(tmp_path)) == 3
    assert path.read_bytes() == b"before"
    remove_leftovers.cache_clear()
    with atomic_write(tmp_path / "other"):
        remove_leftovers.cache_clear()
        with atomic_write(tmp_path / "another"):
            pass  # the temporary file of a living process is kept
    assert sorted(names(tmp_path)) == [".mine.part", "another", "file", "other"]


def test_decoding_errors_pass_through_an_open_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="no number") as caught, open_regular(tmp_path / "file"):
        raise OSError("no number")
    assert not isinstance(caught.value, FileError)
