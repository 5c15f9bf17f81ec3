"""Files, written whole or not at all, and read within bounds."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from neuralnet.errors import NeuralNetError

if TYPE_CHECKING:
    from collections.abc import Iterator


# What an operating system answers when it is the disk that fails, not the code that fills the file.
_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EISDIR, errno.EACCES}


class FileError(NeuralNetError, OSError):
    """A file that cannot be read or written; the text is a sentence that names it."""


class FileFormatError(FileError, ValueError):
    """A file that can be read but does not hold what it should; the text says what is wrong."""


def explain(error: OSError) -> str:
    """Put an operating system's error into a few words, without its number."""
    return (error.strerror or type(error).__name__).lower()


@contextlib.contextmanager
def written_whole(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name only once it is complete.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and are then moved
    over `path` in one step. If the block raises, or the process dies, whatever stood at `path`
    before still stands there. The folder is made if it is missing.

    Parameters
    ----------
    path : path
        Where the file is to stand.

    Yields
    ------
    binary file
        Open for reading and writing, and seekable.

    Raises
    ------
    FileError
        If the folder or the file cannot be written.
    """
    path = Path(os.path.realpath(path))  # a link stays a link; what it points to is replaced
    # A name of our own rather than tempfile's: its files are for the owner's eyes only, and the
    # finished one should have the mode that open() would have given it.
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("x+b")
    except OSError as error:
        raise FileError(
            f"Cannot write {path}: {explain(error)}. Choose a folder that you may write to."
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
            raise FileError(f"Cannot write {path}: {explain(error)}.") from error
        raise


def read_bytes(path: str | os.PathLike[str], *, at_most: int, what: str) -> bytes:
    """Read a whole file, refusing one that is larger than it could rightly be.

    Parameters
    ----------
    path : path
        The file.
    at_most : int
        The most bytes that such a file can have.
    what : str
        What the file should be, for the error ("a saved network").

    Raises
    ------
    FileError
        If it cannot be read, or is larger.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > at_most:
                raise FileFormatError(
                    f"{path} has {size:,} bytes; {what} has at most {at_most:,}. "
                    f"Is it the right file?"
                )
            return file.read(at_most + 1)
    except FileError:
        raise
    except OSError as error:
        raise FileError(f"Cannot read {path}: {explain(error)}.") from error


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Make a folder if it is missing, and try whether a file can be written there.

    Raises
    ------
    FileError
        If it cannot be made or written to.
    """
    import tempfile  # which loads much besides

    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise FileError(
            f"Cannot write into {folder}: {explain(error)}. Choose a folder that you may write to."
        ) from error
