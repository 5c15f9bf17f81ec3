"""The IDX file format of MNIST and similar data sets.

A file consists of a magic number, the size of each dimension, and the entries of the array in row-
major order. All numbers in the header are big-endian 32-bit integers. The last two bytes of the
magic number are the type of the entries (8: unsigned bytes, the only type supported here) and the
number of dimensions.

Source: http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database".
"""

from __future__ import annotations

import contextlib
import gzip
import io
import math
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

import numpy as np

from neuralnet.checks import InputError, check_name, describe
from neuralnet.files import FileError, FileFormatError, atomic_write, check_path, open_regular

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["images", "labels"]

DIMENSIONS: dict[str, int] = {"labels": 1, "images": 3}
_UNSIGNED_BYTES = 0x0800

_GZIP_MAGIC = b"\x1f\x8b"
# Deflate compresses by at most 1,032 to 1, so a gzipped file that declares more data is corrupt.
_MAX_COMPRESSION_RATIO = 1032
# Limit on the unpacked size of a gzipped file. EMNIST by class, the largest data set in this
# format, has 547 MB of training images.
MAX_UNPACKED_BYTES = 1 << 30


_READ_BYTES = 1 << 20


def read_idx_shape(path: str | os.PathLike[str], kind: Kind) -> tuple[int, ...]:
    """Return the shape that the header of an IDX file declares, gzipped or not.

    The entries are not read, so the file may prove to be damaged later.

    Parameters
    ----------
    path, kind
        As for `read_idx`.

    Returns
    -------
    tuple of int
        (N, height, width) for images and (N,) for labels.

    Raises
    ------
    FileError, FileFormatError
        As for `read_idx`.
    """
    check_name(kind, DIMENSIONS, "kind")
    with _opened(path) as (file, checked, max_bytes):
        return _checked_shape(file, checked, kind, max_bytes)


def read_idx(
    path: str | os.PathLike[str],
    kind: Kind,
    *,
    memory_map: bool = False,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """Read the images or labels of an IDX file, gzipped or not.

    A gzipped file is recognized by its first bytes, not by its name. The sizes in the header are
    checked against the size of the file before any memory is allocated.

    Parameters
    ----------
    path : path
        File to read.
    kind : {"images", "labels"}
        Expected content of the file.
    memory_map : bool
        Whether to return a read-only memory map if the file is not gzipped. A gzipped file is
        always read.
    out : ndarray of uint8, optional
        Contiguous array of the shape in the header, to which the entries are written.

    Returns
    -------
    ndarray of uint8, shape (N, height, width) for images and (N,) for labels
        Pixels from 0 (background) to 255 (ink), or class labels.

    Raises
    ------
    FileFormatError
        If the file has the wrong magic number, is truncated, too long or corrupt.
    FileError
        If the file cannot be read.
    """
    check_name(kind, DIMENSIONS, "kind")
    with _opened(path) as (file, checked, max_bytes):
        if memory_map and isinstance(file, io.BufferedReader):
            return _map_entries(file, checked, kind)
        return _read_entries(file, checked, kind, max_bytes, out)


@contextlib.contextmanager
def _opened(
    path: str | os.PathLike[str],
) -> Iterator[tuple[io.BufferedReader | gzip.GzipFile, Path, int]]:
    """Open a file and unpack it if it is gzipped; yield it, its path and its largest valid size."""
    path = check_path(path)
    try:
        with open_regular(path) as file:
            size = os.fstat(file.fileno()).st_size
            gzipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            if gzipped:
                with gzip.open(file) as unpacked:
                    yield unpacked, path, min(MAX_UNPACKED_BYTES, size * _MAX_COMPRESSION_RATIO)
            else:
                yield cast("io.BufferedReader", file), path, size
    except FileError:
        raise
    except EOFError as error:
        raise FileFormatError(
            f"{path} is truncated: its gzip stream ends early. Download the file again."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileFormatError(
            f"{path} is corrupt: its gzip stream cannot be unpacked ({error}). Download the file "
            f"again."
        ) from error


def write_idx(path: str | os.PathLike[str], array: NDArray[np.uint8]) -> None:
    """Write images or labels as an IDX file, gzipped if its name ends in `.gz`.

    Parameters
    ----------
    path : path
        File to write. It is written completely or not at all.
    array : ndarray of uint8, shape (N, height, width) or (N,)
        Images or labels.

    Raises
    ------
    InputError
        If the array has another type or shape.
    FileError
        If the file cannot be written.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim not in DIMENSIONS.values():
        raise InputError(
            f"array is {describe(array)}; it must be uint8 of shape (N, height, width) for images "
            f"or (N,) for labels."
        )
    header = struct.pack(f">I{array.ndim}I", _UNSIGNED_BYTES + array.ndim, *array.shape)
    entries = np.ascontiguousarray(array).data
    with atomic_write(path) as file:
        if Path(path).suffix == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
                packed.write(header)
                packed.write(entries)
        else:
            file.write(header)
            file.write(entries)


def _read_entries(
    file: IO[bytes] | gzip.GzipFile,
    path: Path,
    kind: Kind,
    max_bytes: int,
    out: NDArray[np.uint8] | None,
) -> NDArray[np.uint8]:
    """Read the header and the entries, and check that their sizes agree."""
    shape = _checked_shape(file, path, kind, max_bytes)
    array = np.empty(shape, np.uint8) if out is None else out
    if array.shape != shape:
        raise FileFormatError(
            f"{path} declares {_format_shape(shape)} {kind}; a moment ago it declared "
            f"{_format_shape(array.shape)}. Is another program writing it?"
        )
    got = _read_into(file, array.reshape(-1).data)
    beyond = file.read(1)
    if got < array.size or beyond:
        raise _length_error(path, kind, shape, "more" if beyond else f"{got:,}")
    return array


def _checked_shape(
    file: IO[bytes] | gzip.GzipFile, path: Path, kind: Kind, max_bytes: int
) -> tuple[int, ...]:
    """Read the header, and compare the sizes in it with the size of the file."""
    shape = _read_header(file, path, kind)
    wanted = math.prod(shape)
    if wanted > max_bytes:
        raise FileFormatError(
            f"{path} declares {_format_shape(shape)} {kind}, {wanted:,} bytes, but can hold at "
            f"most {max_bytes:,}. It is truncated or corrupt; download the file again."
        )
    return shape


def _map_entries(file: IO[bytes], path: Path, kind: Kind) -> NDArray[np.uint8]:
    """Memory-map the entries of an uncompressed file, and check that they match the header."""
    shape = _read_header(file, path, kind)
    offset = file.tell()
    got = os.fstat(file.fileno()).st_size - offset
    if got != math.prod(shape):
        raise _length_error(path, kind, shape, f"{got:,}")
    if not got:
        return np.empty(shape, np.uint8)  # an empty array cannot be memory-mapped
    return np.memmap(file, np.uint8, mode="r", offset=offset, shape=shape)


def _read_header(file: IO[bytes] | gzip.GzipFile, path: Path, kind: Kind) -> tuple[int, ...]:
    """Read and check the header, and return the sizes of the dimensions."""
    dimensions = DIMENSIONS[kind]
    length = 4 + 4 * dimensions
    header = file.read(length)
    if len(header) >= 4:
        _check_magic(int.from_bytes(header[:4], "big"), path, kind)
    if len(header) < length:
        raise FileFormatError(
            f"{path} is truncated: it holds {len(header)} bytes, but the header of an IDX file of "
            f"{kind} has {length}. Download the file again."
        )
    sizes: tuple[int, ...] = struct.unpack(f">{dimensions}I", header[4:])
    return sizes


def _check_magic(magic: int, path: Path, kind: Kind) -> None:
    """Check that the magic number is that of `kind`; the error says if it is the other kind's."""
    wanted = _UNSIGNED_BYTES + DIMENSIONS[kind]
    if magic == wanted:
        return
    others = [name for name, number in DIMENSIONS.items() if magic == _UNSIGNED_BYTES + number]
    hint = (
        f" It is the magic number of {others[0]}: are the two files swapped?"
        if others
        else " The file is not an IDX file of unsigned bytes."
    )
    raise FileFormatError(
        f"{path} starts with the magic number 0x{magic:08x}; for {kind} it must be "
        f"0x{wanted:08x}.{hint}"
    )


def _read_into(file: IO[bytes] | gzip.GzipFile, buffer: memoryview) -> int:
    """Read from the file until the buffer is full or the file ends; return the number of bytes."""
    filled = 0
    reader: Any = file  # both kinds of file have readinto(), but the type IO[bytes] does not
    # The gzip module unpacks what one call asks for into memory of its own first.
    while filled < len(buffer):
        count = reader.readinto(buffer[filled : filled + _READ_BYTES])
        if not count:
            break
        filled += count
    return filled


def _length_error(path: Path, kind: Kind, shape: tuple[int, ...], got: str) -> FileFormatError:
    """Return the error for a number of entries that differs from the one in the header."""
    return FileFormatError(
        f"{path} declares {_format_shape(shape)} {kind}, so {math.prod(shape):,} bytes after its "
        f"header, but holds {got}. It is truncated or corrupt; download the file again."
    )


def _format_shape(shape: tuple[int, ...]) -> str:
    """Format a shape for a message, for example 60,000 x 28 x 28."""
    return " x ".join(f"{size:,}" for size in shape)
