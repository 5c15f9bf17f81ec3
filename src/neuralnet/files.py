"""Atomic writing and bounded reading of regular files.

A path may come from a user, and a file from a stranger. Only regular files are read and replaced:
never a device, a pipe or a socket. A file is written completely or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import re
import stat
from pathlib import Path
from typing import IO, TYPE_CHECKING

from neuralnet.errors import InputError, NeuralNetError, echo

if TYPE_CHECKING:
    from collections.abc import Iterator

# Error numbers of a failed write, as opposed to an error in the code that produces the content.
_DISK_ERRORS = {
    getattr(errno, name, None)
    for name in (
        *("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EISDIR", "EACCES", "EROFS", "ENOENT", "EPERM"),
        *("ESTALE", "ENXIO", "ENODEV", "EBUSY", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EREMOTEIO"),
    )
} - {None}
_PART_NAME = re.compile(r"\..*\.[0-9]+-[0-9a-f]{8}\.part", re.DOTALL)
_MAX_PATH = 4096  # bytes of a path, a common limit; a longer one is quoted in part, not in full
_MAX_NAME = 200  # bytes of a file name that its temporary file repeats; the limit is usually 255


class FileError(NeuralNetError, OSError):
    """File that cannot be read or written; the message names it."""


class FileFormatError(FileError, ValueError):
    """File with invalid content; the message says what is wrong."""


def describe_os_error(error: OSError) -> str:
    """Return the operating system's description of an error in lower case, without its number."""
    return (error.strerror or type(error).__name__).lower()


def check_path(path: object, name: str = "path") -> Path:
    """Return a path as a `Path`.

    Raises
    ------
    InputError
        If it is not a str or a path of text, is empty or too long, or has a character that no file
        name has.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise InputError(
            f"{name} is {type(path).__name__} {echo(path)}; it must be the path of a file (str or "
            f"Path), without a NUL character."
        )
    try:
        size = len(os.fsencode(text))
    except UnicodeEncodeError as error:
        raise InputError(
            f"{name} is {echo(text)}; it has a character that no file name can have: {error.reason}"
            f" at position {error.start}."
        ) from error
    if size > _MAX_PATH:
        raise InputError(
            f"{name} is {echo(text)}; it has {size:,} bytes, and a path has at most {_MAX_PATH:,}."
        )
    return Path(text)


@contextlib.contextmanager
def open_regular(
    path: str | os.PathLike[str], hint: str = "Is the path right?"
) -> Iterator[IO[bytes]]:
    """Open a regular file for reading; `hint` ends the message if there is none.

    Raises
    ------
    FileError
        If it cannot be opened, or is a folder, a device, a pipe or a socket, which might never end.
        An `OSError` in the block becomes a `FileError` too.
    """
    path = check_path(path)
    try:
        check_regular(path, "read")
        # Without waiting, in case the path has become a pipe since.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileError(f"Cannot read {path}: it is not a regular file.")
            yield file
    except NeuralNetError:
        raise
    except OSError as error:
        if error.errno is None:  # of a decoder, not of the operating system
            raise
        raise FileError(f"Cannot read {path}: {describe_os_error(error)}. {hint}") from error


def file_status(path: Path, verb: str = "read") -> os.stat_result | None:
    """Return the status of a file or folder, or None if nothing is there.

    Raises
    ------
    FileError
        If the path cannot be looked up, for example because it is too long. `verb` is "read" or
        "write", for the message.
    """
    try:
        return path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"Cannot {verb} {path}: {describe_os_error(error)}.") from error


def check_regular(path: Path, verb: str) -> os.stat_result | None:
    """Return the status of a regular file, or None if nothing is there.

    Raises
    ------
    FileError
        If something else is there, or the path cannot be looked up.
    """
    status = file_status(path, verb)
    if status is None:
        return None
    if not stat.S_ISREG(status.st_mode):
        kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
        kind = kinds.get(stat.S_IFMT(status.st_mode), "a device")
        raise FileError(
            f"Cannot {verb} {path}: it is {kind}, not a regular file. Give the path of a file."
        )
    return status


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for atomic writing.

    The content goes to a temporary file in the same folder, which is flushed to disk and then
    renamed to `path` in one step. If the block raises an error or the process dies, an existing
    file at `path` is unchanged; what a dead process left is removed by a later write to the folder.
    The folder is created if it is missing. A file that is replaced keeps its mode.

    Parameters
    ----------
    path : path
        File to write.

    Yields
    ------
    binary file
        Temporary file, open for reading and writing, and seekable.

    Raises
    ------
    InputError
        If `path` is not a path.
    FileError
        If the folder or the file cannot be written, or `path` is something other than a regular
        file, or is read-only.
    """
    path = Path(os.path.realpath(check_path(path)))  # not a symbolic link itself, but its target
    status = check_regular(path, "write")
    if status is not None and not (status.st_mode & 0o222 and os.access(path, os.W_OK)):
        raise FileError(f"Cannot write {path}: it is read-only. Choose another file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        temporary, file = _create_part(path, status)
    except OSError as error:
        raise FileError(
            f"Cannot write {path}: {describe_os_error(error)}. Choose a folder that you can write "
            f"to."
        ) from error
    try:
        try:
            yield file
        except OSError as error:
            if error.errno not in _DISK_ERRORS or isinstance(error, NeuralNetError):
                raise
            raise FileError(f"Cannot write {path}: {describe_os_error(error)}.") from error
        _finish(file, temporary, path)
    except BaseException:
        _discard(file, temporary)
        raise


def _finish(file: IO[bytes], temporary: Path, path: Path) -> None:
    """Flush a temporary file to disk, rename it to `path`, and close it."""
    try:
        file.flush()
        os.fsync(file.fileno())
        check_regular(path, "write")  # something may have appeared there in the meantime
        if os.name != "posix":
            file.close()  # Windows renames no open file; elsewhere it stays locked until then
        temporary.replace(path)
        file.close()
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"Cannot write {path}: {describe_os_error(error)}.") from error
    _flush_folder(path.parent)


def _create_part(path: Path, status: os.stat_result | None) -> tuple[Path, IO[bytes]]:
    """Create a temporary file beside `path`, locked, with the mode of the file to be replaced.

    Not tempfile: it creates files that only the owner can read, and a new file should have the mode
    that open() would give it.
    """
    name = os.fsdecode(os.fsencode(path.name)[:_MAX_NAME])
    mode = 0o666 if status is None else 0o600
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        part = path.with_name(f".{name}.{os.getpid()}-{os.urandom(4).hex()}.part")
        file = os.fdopen(os.open(part, flags, mode), "r+b")
        try:
            # Another process may have taken the file for a leftover before it was locked.
            if (lock_file(file) and part.exists()) or os.name != "posix":
                break
        except OSError:
            _discard(file, part)
            raise
        _discard(file, part)
    if status is not None and os.name == "posix":
        with contextlib.suppress(OSError):  # only root may give a file away
            os.fchown(file.fileno(), status.st_uid, status.st_gid)
        with contextlib.suppress(OSError):  # a file system without modes
            os.fchmod(file.fileno(), stat.S_IMODE(status.st_mode))
    return part, file


def _discard(file: IO[bytes], part: Path) -> None:
    with contextlib.suppress(OSError):  # the rest of its buffer cannot be written either
        file.close()
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


def lock_file(file: IO[bytes]) -> bool:
    """Lock an open file until it is closed; return whether this process has the lock.

    On Windows, an open file cannot be removed, and there is nothing to lock.
    """
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


@functools.lru_cache(maxsize=1000)
def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that dead processes left in a folder; once per process and folder."""
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            if _PART_NAME.fullmatch(path.name):
                _remove_unlocked(path)


def _remove_unlocked(path: Path) -> None:
    """Remove a temporary file unless its process lives, which holds the lock."""
    with contextlib.suppress(OSError):
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        if os.name != "posix":
            path.unlink()
            return
        import fcntl

        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()


def _flush_folder(folder: Path) -> None:
    """Flush a folder to disk, so that a rename in it survives a loss of power."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):  # some file systems cannot
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_bytes(path: str | os.PathLike[str], *, at_most: int, what: str) -> bytes:
    """Return the content of a regular file of limited size.

    Parameters
    ----------
    path : path
        File to read.
    at_most : int
        Largest valid size in bytes.
    what : str
        Expected kind of file for error messages, such as "a saved network".

    Returns
    -------
    bytes
        Content of the file.

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If the file is larger than `at_most`.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(at_most + 1) if size <= at_most else b""
    if max(size, len(content)) > at_most:
        raise FileFormatError(
            f"{path} has {max(size, len(content)):,} bytes; {what} has at most {at_most:,}. Is "
            f"this the right file?"
        )
    return content
