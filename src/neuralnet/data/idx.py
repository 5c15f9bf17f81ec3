"""The IDX file format, which MNIST and its relatives come in.

A file is a magic number, a size for each dimension, and then nothing but the bytes of the array,
row by row. All header numbers are big-endian 32-bit integers; the magic number's last two bytes say
what the entries are (8: unsigned bytes, the only kind read here) and how many dimensions there are.

Source: http://yann.lecun.com/exdb/mnist/, "File formats for the MNIST database".
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

import numpy as np

from neuralnet.checks import InputError, check_name, describe
from neuralnet.files import FileError, FileFormatError, explain, written_whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["images", "labels"]

DIMENSIONS: dict[str, int] = {"labels": 1, "images": 3}
_UNSIGNED_BYTES = 0x0800

_GZIP_MAGIC = b"\x1f\x8b"
# Deflate cannot do better than 1,032 to 1, so a gzipped file that declares more than that is lying.
_MOST_COMPRESSION = 1032
# What a gzipped file may unpack to; the largest relative of MNIST (EMNIST by class) needs 547 MB.
MOST_UNPACKED_BYTES = 1 << 30


def read_idx(
    path: str | os.PathLike[str], kind: Kind, *, memory_map: bool = False
) -> NDArray[np.uint8]:
    """Read the images or the labels of an IDX file, gzipped or not.

    Whether it is gzipped is decided by its first bytes, not by its name. The sizes that the header
    declares are checked against the file before anything is allocated.

    Parameters
    ----------
    path : path
        The file.
    kind : {"images", "labels"}
        What it should hold.
    memory_map : bool
        Map the entries into memory, read-only, instead of reading them. The file must not be
        gzipped.

    Returns
    -------
    ndarray of uint8, shape (N, height, width) for images and (N,) for labels
        Pixels from 0 (background) to 255 (ink), or class labels.

    Raises
    ------
    FileFormatError
        If the file does not hold that: wrong magic number, cut short, too long, corrupt.
    FileError
        If it cannot be read.
    """
    check_name(kind, DIMENSIONS, "kind")
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe would make us wait for ever
            raise FileError(f"Cannot read {path}: it is not a file. Give the path of a file.")
        with path.open("rb") as file:
            gzipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
            file.seek(0)
            if memory_map and not gzipped:
                return _map_entries(file, path, kind)
            if gzipped:
                with gzip.open(file) as unpacked:
                    return _read_entries(unpacked, path, kind, _most_unpacked(file))
            return _read_entries(file, path, kind, os.fstat(file.fileno()).st_size)
    except FileError:
        raise
    except EOFError as error:
        raise FileFormatError(
            f"{path} is cut short: its gzip stream ends early. Get the file again."
        ) from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise FileFormatError(
            f"{path} is corrupt: its gzip stream cannot be unpacked ({error}). Get the file again."
        ) from error
    except OSError as error:
        raise FileError(f"Cannot read {path}: {explain(error)}.") from error


def write_idx(path: str | os.PathLike[str], array: NDArray[np.uint8]) -> None:
    """Write images or labels as an IDX file, gzipped if its name ends in `.gz`.

    Parameters
    ----------
    path : path
        Where the file is to stand; it is written whole or not at all.
    array : ndarray of uint8, shape (N, height, width) or (N,)
        Images or labels.

    Raises
    ------
    InputError
        If the array is not of that type and shape.
    FileError
        If the file cannot be written.
    """
    array = np.asarray(array)
    if array.dtype != np.uint8 or array.ndim not in DIMENSIONS.values():
        raise InputError(
            f"array is {describe(array)}; an IDX file here holds uint8 of shape (N, height, width) "
            f"or (N,)."
        )
    header = struct.pack(f">I{array.ndim}I", _UNSIGNED_BYTES + array.ndim, *array.shape)
    entries = np.ascontiguousarray(array).data
    with written_whole(path) as file:
        if Path(path).suffix == ".gz":
            with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
                packed.write(header)
                packed.write(entries)
        else:
            file.write(header)
            file.write(entries)


def _most_unpacked(file: IO[bytes]) -> int:
    """Give the most bytes that a gzipped file can rightly unpack to."""
    size = os.fstat(file.fileno()).st_size
    return min(MOST_UNPACKED_BYTES, size * _MOST_COMPRESSION)


def _read_entries(
    file: IO[bytes] | gzip.GzipFile, path: Path, kind: Kind, most_bytes: int
) -> NDArray[np.uint8]:
    """Read header and entries, checking that the one declares exactly the other."""
    shape = _read_header(file, path, kind)
    wanted = math.prod(shape)
    if wanted > most_bytes:
        raise FileFormatError(
            f"{path} declares {_as_text(shape)} {kind}, {wanted:,} bytes, but can hold at most "
            f"{most_bytes:,}. It is cut short or corrupt; get the file again."
        )
    array = np.empty(wanted, np.uint8)
    got = _read_into(file, array.data)
    beyond = file.read(1)
    if got < wanted or beyond:
        raise _wrong_length(path, kind, shape, "more" if beyond else f"{got:,}")
    return array.reshape(shape)


def _map_entries(file: IO[bytes], path: Path, kind: Kind) -> NDArray[np.uint8]:
    """Map the entries of a plain file, checking that the header declares exactly them."""
    shape = _read_header(file, path, kind)
    offset = file.tell()
    got = os.fstat(file.fileno()).st_size - offset
    if got != math.prod(shape):
        raise _wrong_length(path, kind, shape, f"{got:,}")
    if not got:
        return np.empty(shape, np.uint8)  # nothing cannot be mapped
    return np.memmap(path, np.uint8, mode="r", offset=offset, shape=shape)


def _read_header(file: IO[bytes] | gzip.GzipFile, path: Path, kind: Kind) -> tuple[int, ...]:
    """Read the magic number and the sizes; return the sizes."""
    dimensions = DIMENSIONS[kind]
    length = 4 + 4 * dimensions
    header = file.read(length)
    if len(header) >= 4:
        _check_magic(int.from_bytes(header[:4], "big"), path, kind)
    if len(header) < length:
        raise FileFormatError(
            f"{path} is cut short: it holds {len(header)} bytes, and the header of an IDX file of "
            f"{kind} alone has {length}. Get the file again."
        )
    sizes: tuple[int, ...] = struct.unpack(f">{dimensions}I", header[4:])
    return sizes


def _check_magic(magic: int, path: Path, kind: Kind) -> None:
    """Raise unless the magic number is that of `kind`, naming the other kind if it is its."""
    wanted = _UNSIGNED_BYTES + DIMENSIONS[kind]
    if magic == wanted:
        return
    others = [name for name, number in DIMENSIONS.items() if magic == _UNSIGNED_BYTES + number]
    hint = (
        f" That is the magic number of {others[0]}: are the two files swapped?"
        if others
        else " It is not an IDX file of unsigned bytes."
    )
    raise FileFormatError(
        f"{path} begins with the magic number 0x{magic:08x}; {kind} have 0x{wanted:08x}.{hint}"
    )


def _read_into(file: IO[bytes] | gzip.GzipFile, buffer: memoryview) -> int:
    """Fill `buffer` from the file as far as it goes; return the number of bytes."""
    filled = 0
    reader: Any = file  # IO[bytes] does not promise readinto(); both kinds of file have it
    while filled < len(buffer) and (count := reader.readinto(buffer[filled:])):
        filled += count
    return filled


def _wrong_length(path: Path, kind: Kind, shape: tuple[int, ...], got: str) -> FileFormatError:
    """Word the error for entries that are not as many as the header declares."""
    return FileFormatError(
        f"{path} declares {_as_text(shape)} {kind}, so {math.prod(shape):,} bytes after its "
        f"header, but holds {got}. It is cut short or corrupt; get the file again."
    )


def _as_text(shape: tuple[int, ...]) -> str:
    """Write a shape as people do: 60,000 x 28 x 28."""
    return " x ".join(f"{size:,}" for size in shape)
