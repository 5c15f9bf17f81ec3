"""Files of named tensors and texts in the safetensors format.

A file consists of the length of the header, the header in JSON, and the tensors at the offsets in
the header. The texts are the header's metadata, which begin with the file's kind and its format
version.

A file may come from an untrusted source. Nothing in it is executed or imported, its content is
checked strictly, and its sizes are compared with the file's size before memory is allocated.
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

MAX_HEADER = 1_000_000  # bytes: notes may be long, but they are not meant for data
AGAIN = "Get a new copy of the file, or save it again."
_DTYPES = {"F16": "float16", "F32": "float32", "F64": "float64"}


class Kind(NamedTuple):
    """Kind of file, and the newest format version that can be read."""

    name: str
    version: int


def check_path(path: object) -> Path:
    """Return the argument `path` as a `Path`; raise `InputError` if it is not a path."""
    if not isinstance(path, str | os.PathLike) or "\0" in str(path) or not str(path):
        raise InputError(f"path is {describe(path)}; it must be the path of a file (str or Path).")
    return Path(path)


def write(path: Path, kind: Kind, texts: Mapping[str, str], tensors: Mapping[str, Array]) -> None:
    """Write a file atomically; the same content gives the same bytes.

    Raises
    ------
    InputError
        If the header would be larger than `MAX_HEADER`.
    FileError
        If the file cannot be written.
    """
    from safetensors.numpy import save

    metadata = {"format": kind.name, "format_version": str(kind.version), **texts}
    # The safetensors package copies an array's memory, so each array must be in C order.
    content = save({name: np.array(t, order="C") for name, t in tensors.items()}, metadata)
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header["__metadata__"] = metadata  # safetensors writes it in random order
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format requires alignment to 8 bytes
    if len(text) > MAX_HEADER:
        raise InputError(
            f"The notes, class names and settings need {len(text):,} bytes; a file can hold at "
            f"most {MAX_HEADER:,}. Shorten the notes."
        )
    with atomic_write(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        file.write(memoryview(content)[start:])


@contextlib.contextmanager
def opened(path: Path, kind: Kind) -> Iterator[Contents]:
    """Open a file of a given kind for reading.

    An `InputError` raised within the block is converted to a `FileFormatError` that names the file.

    Raises
    ------
    FileFormatError
        If the file is of another kind, is damaged, or was written by a newer version.
    FileError
        If the file cannot be read.
    """
    try:
        if path.exists() and not path.is_file():
            raise FileError(f"Cannot read {path}: it is a folder or a device, not a regular file.")
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
    """Checked header of a file, and access to its tensors.

    Parameters
    ----------
    file : binary file
        The file, positioned at its beginning.
    size : int
        Size of the file in bytes.
    kind : Kind
        Expected kind.

    Attributes
    ----------
    texts : dict of str to str
        The metadata without the file's kind and version.
    version : int
        The format version.
    declared : dict of str to (str, tuple of int)
        Each tensor's dtype in the notation of the format, and its shape.
    num_bytes : int
        Total size of all tensors in bytes.
    """

    def __init__(self, file: IO[bytes], size: int, kind: Kind) -> None:
        self._file = file
        self._start, text = _read_header(file, size)
        self._start += text
        self.num_bytes = size - len(self._start)
        header = parse(text, "its header")
        if not isinstance(header, dict):
            raise InputError(f"its header is {describe(header)}; it must be a JSON object. {AGAIN}")
        self.texts, self.version = _check_kind(header.pop("__metadata__", {}), kind)
        self.declared = {name: _declaration(name, entry) for name, entry in header.items()}
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        if end > self.num_bytes:
            raise InputError(_truncation_message(size, len(self._start) + end))
        if end < self.num_bytes:
            raise InputError(f"it has {self.num_bytes - end:,} bytes after its tensors. {AGAIN}")

    def float_type(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return float16 if all tensors of a float32 network are float16, else `dtype`."""
        is_half = all(stored == "F16" for stored, _ in self.declared.values())
        return np.dtype(np.float16) if is_half and dtype == np.float32 else dtype

    def tensors(
        self, shapes: Mapping[str, tuple[int, ...]], dtype: np.dtype[Any]
    ) -> dict[str, Array]:
        """Read the tensors, which must have exactly these names and shapes and this dtype."""
        from safetensors import SafetensorError
        from safetensors.numpy import load

        missing = [name for name in shapes if name not in self.declared]
        extra = [name for name in self.declared if name not in shapes]
        if missing or extra:
            problems = (
                f"it lacks the tensors {missing}" if missing else "",
                f"it has the unexpected tensors {extra}" if extra else "",
            )
            raise InputError(f"{' and '.join(filter(None, problems))}. {AGAIN}")
        for name, (stored, shape) in self.declared.items():
            if (_DTYPES.get(stored), shape) != (dtype.name, shapes[name]):
                raise InputError(
                    f"the tensor {name!r} is {stored} of shape {shape}; according to the settings "
                    f"it must be {dtype.name} of shape {shapes[name]}. {AGAIN}"
                )
        try:
            return dict(load(self._start + self._file.read(self.num_bytes)))
        except SafetensorError as error:
            raise InputError(f"it is damaged: {error}. {AGAIN}") from error


def parse(text: str | bytes, what: str) -> Any:
    """Parse JSON strictly: duplicate keys, NaN and infinity are errors."""

    def reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            raise ValueError(f"a key occurs twice in {keys}")
        return dict(pairs)

    def reject_constant(constant: str) -> None:
        raise ValueError(f"{constant} is not a valid number")

    try:
        if isinstance(text, bytes):
            text = text.decode()
        return json.loads(text, object_pairs_hook=reject_duplicates, parse_constant=reject_constant)
    except ValueError as error:
        raise InputError(f"{what} is not valid JSON: {error}. {AGAIN}") from error


def check_keys(given: object, wanted: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return `given` if it is a JSON object with exactly the wanted keys."""
    if not isinstance(given, dict) or given.keys() != set(wanted):
        keys = f"the keys {list(given)}" if isinstance(given, dict) else f"{describe(given)}"
        raise InputError(
            f"{what}: found {keys}, expected an object with the keys {', '.join(wanted)}. {AGAIN}"
        )
    return given


def _read_header(file: IO[bytes], size: int) -> tuple[bytes, bytes]:
    """Read the 8 bytes of the header's length, and the header."""
    if not size:
        raise InputError(f"it is empty. {AGAIN}")
    start = file.read(8)
    if len(start) < 8:
        raise InputError(_truncation_message(size, 8))
    length = int.from_bytes(start, "little")
    if not 2 <= length <= MAX_HEADER:
        raise InputError(
            f"it begins with {start!r}, unlike any saved network. Is it the right file? Only files "
            f"written by neuralnet.save can be loaded."
        )
    text = file.read(length) if 8 + length <= size else b""
    if len(text) < length:
        raise InputError(_truncation_message(size, 8 + length))
    return start, text


def _truncation_message(size: int, wanted: int) -> str:
    """Return the error message for missing bytes."""
    return f"it is truncated: it has {size:,} bytes and should have at least {wanted:,}. {AGAIN}"


def _check_kind(metadata: object, kind: Kind) -> tuple[dict[str, str], int]:
    """Return the metadata without kind and version, and the version, after checking both."""
    if not isinstance(metadata, dict) or not all(isinstance(t, str) for t in metadata.values()):
        raise InputError(
            f"its metadata are {describe(metadata)}; they must map strings to strings. {AGAIN}"
        )
    name, version = metadata.pop("format", None), metadata.pop("format_version", "")
    if name != kind.name:
        raise InputError(
            f"it is a safetensors file, but its format is {name!r:.60}, not {kind.name!r}. Only "
            f"files written by neuralnet.save can be loaded."
        )
    if not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise InputError(
            f"its format version is {version!r:.60}; it must be a whole number. {AGAIN}"
        )
    if int(version) > kind.version:
        raise InputError(
            f"it was written by a newer version of neuralnet, in format {version}; this version "
            f"reads formats up to {kind.version}. Upgrade neuralnet."
        )
    return metadata, int(version)


def _declaration(name: str, entry: object) -> tuple[str, tuple[int, ...]]:
    """Return the dtype and shape of a tensor from its header entry."""
    entry = check_keys(entry, ("dtype", "shape", "data_offsets"), f"the tensor {name!r}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    lists = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
    if not lists or not all(type(n) is int and 0 <= n < 2**63 for n in shape + offsets):
        raise InputError(f"the tensor {name!r} has the invalid declaration {entry}. {AGAIN}")
    return str(entry["dtype"]), tuple(shape)
