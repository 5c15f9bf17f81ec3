"""Opening of CSV files: plain or gzipped, on disk, from a pipe or from standard input."""

from __future__ import annotations

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from neuralnet.checks import InputError
from neuralnet.files import FileError, FileFormatError, check_path, describe_os_error

# Largest size to which a gzipped table may unpack, and of a table from a pipe. A file of 2 MB can
# unpack to 2 GB of zeros, which would fill the memory before the first cell is checked.
MAX_BYTES = 1 << 30
_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_STANDARD_INPUT = {"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"}


def is_table(path: Path) -> bool:
    """Return whether a path is a file or a pipe, rather than a folder or nothing."""
    return path.exists() and not path.is_dir()


def name_of_table(path: Path) -> str:
    """Return what a table is read from, for messages: a path, a pipe or standard input."""
    if str(path) in _STANDARD_INPUT:
        return "standard input"
    return str(path) if path.is_file() else f"the pipe {path}"


class TableFile:
    """A CSV file, which can be opened several times even if it is a pipe.

    Parameters
    ----------
    path : path
        A file, gzipped or not, or a pipe such as `/dev/stdin`.

    Raises
    ------
    FileError
        If it cannot be read.
    FileFormatError
        If it is gzipped and damaged, or unpacks to more than `MAX_BYTES`.
    InputError
        If it is a terminal.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = check_path(path)
        self._is_standard_input = os.fspath(path) in _STANDARD_INPUT
        self._content: bytes | None = None  # of a pipe, which can be read only once
        self._gzipped = False
        with self._explained():
            mode = self.path.stat().st_mode
            if stat.S_ISDIR(mode):
                raise FileError(f"Cannot read {self}: it is a folder. Give the path of a CSV file.")
            if not stat.S_ISREG(mode):
                self._content = self._read_pipe()
            with self._raw() as file:
                self._gzipped = file.read(len(_GZIP)) == _GZIP
            if self._gzipped:
                self._check_unpacked()

    def __str__(self) -> str:
        """Return the path, or the words "standard input", for error messages."""
        return "standard input" if self._is_standard_input else str(self.path)

    @property
    def description(self) -> str:
        """The words "the file" or "the pipe" and the path, or "standard input"."""
        if self._is_standard_input:
            return str(self)
        return f"the {'file' if self._content is None else 'pipe'} {self}"

    @property
    def name(self) -> str:
        """Name of the table: that of the file, without its suffixes."""
        if self._is_standard_input:
            return "standard-input"
        return self.path.name.removesuffix(".gz").removesuffix(".csv")

    @contextlib.contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Open the unpacked content.

        Raises
        ------
        FileError
            If the file cannot be opened.
        """
        import gzip

        with self._explained(), contextlib.ExitStack() as closing:
            file = closing.enter_context(self._raw())
            if self._gzipped:
                unpacked = gzip.GzipFile(fileobj=file)
                file = cast("IO[bytes]", closing.enter_context(unpacked))
            yield file

    def _raw(self) -> IO[bytes]:
        return self.path.open("rb") if self._content is None else io.BytesIO(self._content)

    def _read_pipe(self) -> bytes:
        """Read all of a pipe, up to `MAX_BYTES`."""
        with open(0, "rb", closefd=False) if self._is_standard_input else self._raw() as file:
            if file.isatty():
                raise InputError(
                    f"{str(self).capitalize()} is a terminal; redirect a CSV file, for example: "
                    f"neuralnet predict model.safetensors - < table.csv"
                )
            content: bytes = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise FileFormatError(
                f"{self} has more than {MAX_BYTES:,} bytes; write them to a file, and give its "
                f"path."
            )
        return content

    def _check_unpacked(self) -> None:
        """Unpack a gzipped table without keeping it, and check its size."""
        size = 0
        with self.open() as file:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                if size > MAX_BYTES:
                    raise FileFormatError(
                        f"{self} unpacks to more than {MAX_BYTES:,} bytes. If it really holds a "
                        f"table that large, unpack it with gunzip first."
                    )

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        """Raise errors of the operating system and of gzip as errors of this package."""
        import zlib

        try:
            yield
        except FileError:
            raise
        except (EOFError, zlib.error) as error:
            raise self._damaged("it is truncated" if isinstance(error, EOFError) else error) from (
                error
            )
        except OSError as error:
            if not error.strerror:  # gzip.BadGzipFile
                raise self._damaged(error) from error
            raise FileError(
                f"Cannot read {self}: {describe_os_error(error)}. Is the path right?"
            ) from error

    def _damaged(self, why: object) -> FileFormatError:
        return FileFormatError(
            f"{self} cannot be unpacked: {why}. The file is damaged; get another copy of it."
        )
