"""The files that a network is kept in: tensors and texts by name, in the safetensors format.

Such a file is the length of a header, the header in JSON, and the tensors, each where the header
says. Its texts, the header's metadata, begin with the kind of the file and its format version.

A file may come from anyone. Nothing in it is run or imported, it is read as strictly as it is
written, and its numbers are held against its size before anything is made to their measure.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from neuralnet.checks import Array, InputError, describe
from neuralnet.files import FileError, FileFormatError, atomic_write, describe_os_error

MAX_HEADER = 1_000_000  # bytes: notes may be long, but are no place for data
AGAIN = "Get the file again, or save it again."
_DTYPES = {"F16": "float16", "F32": "float32", "F64": "float64"}


class Kind(NamedTuple):
    """What a file holds, and the newest format of it that can be read."""

    name: str
    version: int


def check_path(path: object) -> Path:
    """Return what was given as a path, if it can be one."""
    if not isinstance(path, str | os.PathLike) or "\0" in str(path) or not str(path):
        raise InputError(f"path is {describe(path)}; it must be the path of a file.")
    return Path(path)


def write(path: Path, kind: Kind, texts: Mapping[str, str], tensors: Mapping[str, Array]) -> None:
    """Write a file, whole or not at all; the same content gives the same bytes.

    Raises
    ------
    InputError
        If the header would become larger than what is read.
    FileError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    metadata = {"format": kind.name, "format_version": str(kind.version), **texts}
    # The package writes an array's memory as it lies, so each must lie row by row.
    content = save({name: np.array(t, order="C") for name, t in tensors.items()}, metadata)
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header["__metadata__"] = metadata  # which the package puts in another order each time
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # as the format asks
    if len(text) > MAX_HEADER:
        raise InputError(
            f"The notes, class names and settings fill {len(text):,} bytes; a file takes at most "
            f"{MAX_HEADER:,}. Shorten the notes."
        )
    with atomic_write(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        file.write(memoryview(content)[start:])


@contextlib.contextmanager
def opened(path: Path, kind: Kind) -> Iterator[Contents]:
    """Open a file of a kind for reading.

    Whatever is found wrong with its content within the block is an `InputError` there, and leaves
    it as the `FileFormatError` that names the file.

    Raises
    ------
    FileFormatError
        If the file is of no such kind, is damaged, or was written by a newer version.
    FileError
        If it cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"Cannot read {path}: it is a folder or a device, not a file.")
        with path.open("rb") as file:
            yield Contents(file, os.fstat(file.fileno()).st_size, kind)
    except FileError:
        raise
    except OSError as error:
        raise FileError(
            f"Cannot read {path}: {describe_os_error(error)}. Is the path right?"
        ) from error
    except (InputError, RecursionError) as error:
        raise FileFormatError(f"Cannot load {path}: {error!s:.1000}") from error


class Contents:
    """What a file says that it holds, and, once that is known to be right, its tensors.

    Parameters
    ----------
    file : binary file
        At its beginning.
    size : int
        Its bytes.
    kind : Kind
        What it should be.

    Attributes
    ----------
    texts : dict of str to str
        The metadata, but for the file's kind and version.
    version : int
        The format version.
    declared : dict of str to (str, tuple of int)
        Each tensor's dtype, in the format's spelling, and its shape.
    num_bytes : int
        The bytes of all tensors together.
    """

    def __init__(self, file: IO[bytes], size: int, kind: Kind) -> None:
        self._file = file
        self._start, text = _read_header(file, size)
        self._start += text
        self.num_bytes = size - len(self._start)
        header = parse(text, "its header")
        if not isinstance(header, dict):
            raise InputError(f"its header is {describe(header)}, no JSON object. {AGAIN}")
        self.texts, self.version = _check_kind(header.pop("__metadata__", {}), kind)
        self.declared = {name: _declaration(name, entry) for name, entry in header.items()}
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        if end > self.num_bytes:
            raise InputError(_cut_short(size, len(self._start) + end))
        if end < self.num_bytes:
            raise InputError(f"{self.num_bytes - end:,} bytes stand after its end. {AGAIN}")

    def float_type(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return what a network of this dtype is stored as: float16 if all tensors are, else it."""
        halved = all(written == "F16" for written, _ in self.declared.values())
        return np.dtype(np.float16) if halved and dtype == np.float32 else dtype

    def tensors(
        self, shapes: Mapping[str, tuple[int, ...]], dtype: np.dtype[Any]
    ) -> dict[str, Array]:
        """Read the tensors, if they are the ones that are wanted: none missing, none besides."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        missing = [name for name in shapes if name not in self.declared]
        extra = [name for name in self.declared if name not in shapes]
        if missing or extra:
            lacks = f"it lacks the tensors {missing}" if missing else ""
            besides = f"it has tensors of no such network, {extra}" if extra else ""
            raise InputError(f"{' and '.join(filter(None, (lacks, besides)))}. {AGAIN}")
        for name, (written, shape) in self.declared.items():
            if (_DTYPES.get(written), shape) != (dtype.name, shapes[name]):
                raise InputError(
                    f"the tensor {name!r} is {written} of shape {shape}; by its settings it must "
                    f"be {dtype.name} of shape {shapes[name]}. {AGAIN}"
                )
        try:
            return dict(load(self._start + self._file.read(self.num_bytes)))
        except SafetensorError as error:
            raise InputError(f"it is damaged: {error}. {AGAIN}") from error


def parse(text: str | bytes, what: str) -> Any:
    """Parse JSON strictly: each key once, and every number one."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            raise ValueError(f"a name stands twice among {keys}")
        return dict(pairs)

    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    try:
        if isinstance(text, bytes):
            text = text.decode()
        return json.loads(text, object_pairs_hook=unique, parse_constant=refuse)
    except ValueError as error:
        raise InputError(f"{what} cannot be read as JSON: {error}. {AGAIN}") from error


def check_keys(given: object, wanted: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return `given` if it is a JSON object of just the keys that are wanted."""
    if not isinstance(given, dict) or given.keys() != set(wanted):
        keys = f"names {list(given)}" if isinstance(given, dict) else f"is {describe(given)}"
        raise InputError(f"{what} {keys}; it must name just {', '.join(wanted)}. {AGAIN}")
    return given


def _read_header(file: IO[bytes], size: int) -> tuple[bytes, bytes]:
    """Read the 8 bytes that give the header's length, and the header."""
    if not size:
        raise InputError(f"it is empty. {AGAIN}")
    start = file.read(8)
    if len(start) < 8:
        raise InputError(_cut_short(size, 8))
    length = int.from_bytes(start, "little")
    if not 2 <= length <= MAX_HEADER:
        raise InputError(
            f"it begins with {start!r}, which no saved network does. Is it the right file? Only "
            f"what neuralnet.save wrote can be loaded."
        )
    text = file.read(length) if 8 + length <= size else b""
    if len(text) < length:
        raise InputError(_cut_short(size, 8 + length))
    return start, text


def _cut_short(size: int, wanted: int) -> str:
    """Say that bytes are missing."""
    return f"it is cut short: it has {size:,} bytes and should have {wanted:,} or more. {AGAIN}"


def _check_kind(metadata: object, kind: Kind) -> tuple[dict[str, str], int]:
    """Return the metadata, less kind and version, and the version, if it can be read."""
    if not isinstance(metadata, dict) or not all(isinstance(t, str) for t in metadata.values()):
        raise InputError(f"its metadata are {describe(metadata)}, no texts by name. {AGAIN}")
    name, version = metadata.pop("format", None), metadata.pop("format_version", "")
    if name != kind.name:
        raise InputError(
            f"it is a safetensors file, but of the format {name!r:.60}, not {kind.name!r}. Only "
            f"what neuralnet.save wrote can be loaded."
        )
    if not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise InputError(f"its format version is {version!r:.60}, which is none. {AGAIN}")
    if int(version) > kind.version:
        raise InputError(
            f"it was written by a newer neuralnet, in format {version}; this one reads up to "
            f"{kind.version}. Bring it up to date first."
        )
    return metadata, int(version)


def _declaration(name: str, entry: object) -> tuple[str, tuple[int, ...]]:
    """Return the dtype and the shape that the header gives a tensor."""
    entry = check_keys(entry, ("dtype", "shape", "data_offsets"), f"the tensor {name!r}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    lists = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
    if not lists or not all(type(n) is int and 0 <= n < 2**63 for n in shape + offsets):
        raise InputError(f"the tensor {name!r} is declared as {entry}, which is none. {AGAIN}")
    return str(entry["dtype"]), tuple(shape)
