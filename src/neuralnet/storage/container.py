"""Files of named tensors and texts in the safetensors format.

A file consists of the length of the header, the header in JSON, and the tensors at the offsets in
the header. The texts are the header's metadata, which begin with the file's kind and its format
version, and end with a SHA-256 over all other texts and all tensors.

A file may come from an untrusted source. Nothing in it is executed or imported, its content is
checked strictly, and its sizes are compared with the file's size before memory is allocated.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from neuralnet.checks import Array, InputError, describe
from neuralnet.files import FileError, FileFormatError, atomic_write, check_path, open_regular

_logger = logging.getLogger(__name__)

MAX_HEADER = 1_000_000  # bytes: notes may be long, but they are not meant for data
RETRY_HINT = "Get a new copy of the file, or save it again."
_DTYPES = {"F16": "float16", "F32": "float32", "F64": "float64"}
_CODES = {name: code for code, name in _DTYPES.items()}
_CHECKSUM = "sha256"


class FileKind(NamedTuple):
    """Kind of file, and the newest format version that can be read."""

    name: str
    version: int


def write_container(
    path: str | os.PathLike[str],
    kind: FileKind,
    texts: Mapping[str, str],
    tensors: Mapping[str, Array],
) -> None:
    """Write a file atomically; the same content gives the same bytes.

    Raises
    ------
    InputError
        If `path` is not a path, or the header would be larger than `MAX_HEADER`.
    FileError
        If the file cannot be written.
    """
    path = check_path(path)
    metadata = {"format": kind.name, "format_version": str(kind.version), **texts}
    entries: dict[str, dict[str, Any]] = {}
    parts: list[Array] = []
    end = 0
    for name, tensor in sorted(tensors.items()):
        array = np.asarray(tensor)
        array = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
        begin, end = end, end + array.nbytes
        code = _CODES[array.dtype.name]
        entries[name] = {"dtype": code, "shape": list(array.shape), "data_offsets": [begin, end]}
        parts.append(array.reshape(-1))
    metadata[_CHECKSUM] = checksum(metadata, entries, parts)
    text = json.dumps({"__metadata__": metadata, **entries}, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the format requires alignment to 8 bytes
    if len(text) > MAX_HEADER:
        raise InputError(
            f"The notes, class names and settings need {len(text):,} bytes; a file can hold at "
            f"most {MAX_HEADER:,}. Shorten the notes."
        )
    with atomic_write(path) as file:
        file.write(len(text).to_bytes(8, "little"))
        file.write(text)
        for part in parts:
            file.write(part.data)


def checksum(metadata: Mapping[str, str], entries: Mapping[str, Any], parts: list[Array]) -> str:
    """Return the SHA-256, in hexadecimal, of a header without its checksum, and of the tensors.

    The header is hashed as JSON with sorted keys and without spaces, so that another program may
    write it in another order.
    """
    hashed = {name: text for name, text in metadata.items() if name != _CHECKSUM}
    text = json.dumps([hashed, dict(entries)], sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode())
    for part in parts:
        digest.update(part.data)
    return digest.hexdigest()


@contextlib.contextmanager
def open_container(path: str | os.PathLike[str], kind: FileKind) -> Iterator[Contents]:
    """Open a file of a given kind for reading.

    An `InputError` raised within the block is converted to a `FileFormatError` that names the file.

    Raises
    ------
    InputError
        If `path` is not a path.
    FileFormatError
        If the file is of another kind, is damaged, or was written by a newer version.
    FileError
        If the file cannot be read.
    """
    path = check_path(path)
    with open_regular(path) as file:
        try:
            yield Contents(file, os.fstat(file.fileno()).st_size, kind, path)
        except FileError:
            raise
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
    kind : FileKind
        Expected kind.
    path : Path
        The file's path, for the log.

    Attributes
    ----------
    texts : dict of str to str
        The metadata without the file's kind, version and checksum.
    version : int
        The format version.
    declared : dict of str to (str, tuple of int)
        Each tensor's dtype in the notation of the format, and its shape.
    num_bytes : int
        Total size of all tensors in bytes.
    has_checksum : bool
        Whether the file has a checksum; those of older format versions have none.
    """

    def __init__(self, file: IO[bytes], size: int, kind: FileKind, path: Path) -> None:
        self._file, self._path = file, path
        text = _read_header(file, size)
        self.num_bytes = size - 8 - len(text)
        header = parse_json(text, "its header")
        if not isinstance(header, dict):
            raise InputError(
                f"its header is {describe(header)}; it must be a JSON object. {RETRY_HINT}"
            )
        self._metadata = header.pop("__metadata__", {})
        self._entries = header
        self.texts, self.version = _check_kind(self._metadata, kind)
        _check_text([*header, *self._metadata.values()])
        self._checksum = self.texts.pop(_CHECKSUM, None)
        self.has_checksum = self._checksum is not None
        self.declared = {name: _declaration(name, entry) for name, entry in header.items()}
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        if end > self.num_bytes:
            raise InputError(_truncation_message(size, 8 + len(text) + end))
        if end < self.num_bytes:
            raise InputError(
                f"it has {self.num_bytes - end:,} bytes after its tensors. {RETRY_HINT}"
            )

    def float_type(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """Return float16 if all tensors of a float32 network are float16, else `dtype`."""
        is_half = all(stored == "F16" for stored, _ in self.declared.values())
        return np.dtype(np.float16) if is_half and dtype == np.float32 else dtype

    def tensors(
        self, shapes: Mapping[str, tuple[int, ...]], dtype: np.dtype[Any]
    ) -> dict[str, Array]:
        """Read the tensors, which must have exactly these names and shapes and this dtype.

        The checksum is verified. The arrays are views of one buffer.
        """
        missing = [name for name in shapes if name not in self.declared]
        extra = [name for name in self.declared if name not in shapes]
        if missing or extra:
            problems = (
                f"it lacks the tensors {missing}" if missing else "",
                f"it has the unexpected tensors {extra}" if extra else "",
            )
            raise InputError(f"{' and '.join(filter(None, problems))}. {RETRY_HINT}")
        for name, (stored, shape) in self.declared.items():
            if (_DTYPES.get(stored), shape) != (dtype.name, shapes[name]):
                raise InputError(
                    f"the tensor {name!r} is {stored} of shape {shape}; according to the settings "
                    f"it must be {dtype.name} of shape {shapes[name]}. {RETRY_HINT}"
                )
        buffer = self._read_tensors()
        views, position = {}, 0
        for name, entry in sorted(self._entries.items(), key=lambda one: one[1]["data_offsets"]):
            begin, end = entry["data_offsets"]
            size = math.prod(entry["shape"]) * dtype.itemsize
            if (begin, end) != (position, position + size):
                raise InputError(
                    f"it is damaged: the tensor {name!r} lies at {begin:,} to {end:,}; its "
                    f"{size:,} bytes must begin at {position:,}. {RETRY_HINT}"
                )
            position = end
            values = buffer[begin:end].view(dtype.newbyteorder("<"))
            views[name] = values.reshape(entry["shape"])
        return views

    def _read_tensors(self) -> Array:
        """Read the bytes of all tensors, and verify the checksum if there is one."""
        buffer = np.empty(self.num_bytes, np.uint8)
        if self._file.readinto(buffer.data) < self.num_bytes:  # type: ignore[attr-defined]
            raise InputError(f"it became shorter while it was read. {RETRY_HINT}")
        if self._checksum is None:
            _logger.warning(
                "%s has no checksum, because an earlier version of neuralnet wrote it, so damage "
                "would go unnoticed. Saving it again adds one.",
                self._path,
            )
        elif checksum(self._metadata, self._entries, [buffer]) != self._checksum:
            raise InputError(
                f"it is damaged: its content does not match its SHA-256 checksum. {RETRY_HINT}"
            )
        return buffer


def parse_json(text: str | bytes, what: str) -> Any:
    """Parse JSON strictly: duplicate keys, NaN and infinity are errors."""

    def reject_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        if len(set(keys)) < len(keys):
            raise ValueError(f"a key occurs twice in {keys!r:.200}")
        return dict(pairs)

    def reject_constant(constant: str) -> None:
        raise ValueError(f"{constant} is not a number")

    try:
        if isinstance(text, bytes):
            text = text.decode()
        return json.loads(text, object_pairs_hook=reject_duplicates, parse_constant=reject_constant)
    except ValueError as error:
        raise InputError(f"{what} is not valid JSON: {error}. {RETRY_HINT}") from error


def check_keys(given: object, wanted: tuple[str, ...], what: str) -> dict[str, Any]:
    """Return `given` if it is a JSON object with exactly the wanted keys."""
    if not isinstance(given, dict):
        raise InputError(f"{what} is {describe(given)}; it must be a JSON object. {RETRY_HINT}")
    missing = [name for name in wanted if name not in given]
    extra = [name for name in given if name not in wanted]
    if missing or extra:
        problems = (
            f"lacks {', '.join(missing)}" if missing else "",
            f"has {', '.join(map(repr, extra)):.80}" if extra else "",
        )
        raise InputError(
            f"{what} {' and '.join(filter(None, problems))}; there must be {', '.join(wanted)}. "
            f"{RETRY_HINT}"
        )
    return given


def _read_header(file: IO[bytes], size: int) -> bytes:
    """Read the header, which follows the 8 bytes of its length."""
    if not size:
        raise InputError(f"it is empty. {RETRY_HINT}")
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
    return text


def _truncation_message(size: int, wanted: int) -> str:
    """Return the error message for missing bytes."""
    return (
        f"it is truncated: it has {size:,} bytes and should have at least {wanted:,}. {RETRY_HINT}"
    )


def _check_kind(metadata: object, kind: FileKind) -> tuple[dict[str, str], int]:
    """Return the metadata without kind and version, and the version, after checking both."""
    if not isinstance(metadata, dict) or not all(isinstance(t, str) for t in metadata.values()):
        raise InputError(
            f"its metadata are {describe(metadata)}; they must map strings to strings. {RETRY_HINT}"
        )
    texts = dict(metadata)
    name, version = texts.pop("format", None), texts.pop("format_version", "")
    if name != kind.name:
        raise InputError(
            f"it is a safetensors file, but its format is {name!r:.60}, not {kind.name!r}. Only "
            f"files written by neuralnet.save can be loaded."
        )
    if not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise InputError(
            f"its format version is {version!r:.60}; it must be a whole number. {RETRY_HINT}"
        )
    if int(version) > kind.version:
        raise InputError(
            f"it was written by a newer version of neuralnet, in format {version}; this version "
            f"reads formats up to {kind.version}. Upgrade neuralnet."
        )
    return texts, int(version)


def _check_text(texts: list[str]) -> None:
    """Raise if a text of the header has half of a pair of surrogates, which is not a character."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError as error:
        raise InputError(f"its header is damaged: {error}. {RETRY_HINT}") from error


def _declaration(name: str, entry: object) -> tuple[str, tuple[int, ...]]:
    """Return the dtype and shape of a tensor from its header entry."""
    entry = check_keys(entry, ("dtype", "shape", "data_offsets"), f"the tensor {name!r}")
    shape, offsets = entry["shape"], entry["data_offsets"]
    lists = isinstance(shape, list) and isinstance(offsets, list) and len(offsets) == 2
    if not lists or not all(type(n) is int and 0 <= n < 2**63 for n in shape + offsets):
        raise InputError(f"the tensor {name!r} has the invalid declaration {entry}. {RETRY_HINT}")
    return str(entry["dtype"]), tuple(shape)
