"""Helpers that change the bytes of a saved network."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuralnet.files import FileFormatError
from neuralnet.storage.container import checksum
from neuralnet.storage.networks import load


def split_header(content: bytes) -> tuple[dict[str, Any], bytes]:
    """Split a file into its parsed header and its tensor data."""
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), content[start:]


def join_header(header: object, data: bytes) -> bytes:
    """Build a file from a header, parsed or as bytes, and tensor data.

    A parsed header gets the right checksum, if it has one and a checksum can be computed.
    """
    if isinstance(header, dict):
        metadata = header.get("__metadata__")
        if isinstance(metadata, dict) and "sha256" in metadata:
            entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
            metadata["sha256"] = checksum(metadata, entries, [np.frombuffer(data, np.uint8)])
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def with_values(content: bytes, part: str, **values: Any) -> bytes:
    """Change values in one of the JSON texts; `...` removes them."""
    header, data = split_header(content)
    old = json.loads(header["__metadata__"][part])
    new = {name: value for name, value in {**old, **values}.items() if value is not ...}
    header["__metadata__"][part] = json.dumps(new)
    return join_header(header, data)


def with_text(content: bytes, **texts: Any) -> bytes:
    """Replace texts of the metadata; `...` removes them."""
    header, data = split_header(content)
    merged = {**header["__metadata__"], **texts}
    header["__metadata__"] = {name: text for name, text in merged.items() if text is not ...}
    return join_header(header, data)


def load_error(folder: Path, content: bytes) -> str:
    """Load an invalid file; return the error message, which must name the file."""
    path = folder / "a network"
    path.write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        load(path)
    message = str(caught.value)
    assert str(path) in message
    assert len(message) < 1500
    return message
