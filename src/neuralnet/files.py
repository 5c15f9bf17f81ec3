"""Atomic writing and size-limited reading of files."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from neuralnet.errors import NeuralNetError

if TYPE_CHECKING:
    from collections.abc import Iterator


# Error numbers of a failed write, as opposed to an error in the code that produces the content.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EISDIR, errno.EACCES}


class FileError(NeuralNetError, OSError):
    """File that cannot be read or written; the message names it."""


class FileFormatError(FileError, ValueError):
    """File with invalid content; the message says what is wrong."""


def describe_os_error(error: OSError) -> str:
    """Return the operating system's description of an error in lower case, without its number."""
    return (error.strerror or type(error).__name__).lower()


@contextlib.contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for atomic writing.

    The content goes to a temporary file in the same folder, which is flushed to disk and then
    renamed to `path` in one step. If the block raises an error or the process dies, an existing
    file at `path` is unchanged. The folder is created if it is missing.

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
    FileError
        If the folder or the file cannot be written.
    """
    path = Path(os.path.realpath(path))  # replaces the target of a symbolic link, not the link
    # Not tempfile: it creates files that only the owner can read, and the finished file should have
    # the mode that open() would give it.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("x+b")
    except OSError as error:
        raise FileError(
            f"Cannot write {path}: {describe_os_error(error)}. Choose a folder that you can write "
            f"to."
        ) from error
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno in _DISK_ERRORS:
            raise FileError(f"Cannot write {path}: {describe_os_error(error)}.") from error
        raise


def read_bytes(path: str | os.PathLike[str], *, at_most: int, what: str) -> bytes:
    """Return the content of a file of limited size.

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
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > at_most:
                raise FileFormatError(
                    f"{path} has {size:,} bytes; {what} has at most {at_most:,}. Is this the right "
                    f"file?"
                )
            return file.read(at_most + 1)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"Cannot read {path}: {describe_os_error(error)}.") from error


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Create a folder if it is missing, and check that a file can be written to it.

    Raises
    ------
    FileError
        If the folder cannot be created or written to.
    """
    import tempfile  # imported here because it loads many other modules

    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileError(
            f"Cannot write to {folder}: {describe_os_error(error)}. Choose a folder that you can "
            f"write to."
        ) from error
