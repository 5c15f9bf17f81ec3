"""Random damage to bytes, to JSON and to the header of a saved file."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

from tests.storage.tampering import join_header, split_header

_TOKENS = [
    *(b'"', b"{", b"}", b"[", b"]", b"\\", b"-", b"9" * 30, b"1e999", b"NaN", b"null", b"true"),
    *(b"\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0", b"\r\n", b"\n", b"\x1b[2J"),
    *(b"\\ud800", "\u202e".encode(), b"\xed\xa0\x80", b"=", b".", b",", b":", b"[" * 50, b"#"),
]
_VALUES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e300, 5e-324, 10**20, 10**400, 2**31, 2**63),
    *("", "x", "relu", "softmax", "float64", "\0", "\ud800", "\x1b[2J", "9" * 100, "x" * 5000),
    *([], [1], [[]], [0.5, 0.5], [1] * 300, ["a", "b"], {}, {"name": "relu"}, {"": None}),
]


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Return content with one to four random changes of its bytes."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        if not changed:
            break
        # The beginning of a file, its header, matters most.
        limit = len(changed) if rng.random() < 0.5 else min(len(changed), 64)
        at = rng.randrange(limit)
        _BYTE_CHANGES[rng.randrange(len(_BYTE_CHANGES))](changed, at, rng)
    return bytes(changed)


def _flip(content: bytearray, at: int, rng: random.Random) -> None:
    content[at] ^= 1 << rng.randrange(8)


def _set(content: bytearray, at: int, rng: random.Random) -> None:
    content[at] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)])


def _insert(content: bytearray, at: int, rng: random.Random) -> None:
    content[at:at] = rng.choice(_TOKENS)


def _overwrite(content: bytearray, at: int, rng: random.Random) -> None:
    token = rng.choice(_TOKENS)
    content[at : at + len(token)] = token


def _delete(content: bytearray, at: int, rng: random.Random) -> None:
    del content[at : at + rng.choice([1, 2, 4, 8, 64])]


def _cut(content: bytearray, at: int, rng: random.Random) -> None:
    del content[at:]


def _repeat(content: bytearray, at: int, rng: random.Random) -> None:
    content[at:at] = content[at : at + rng.choice([1, 4, 16, 200])] * rng.choice([1, 2, 30])


_BYTE_CHANGES: list[Callable[[bytearray, int, random.Random], None]] = [
    *(_flip, _flip, _set, _insert, _overwrite, _delete, _cut, _repeat),
]


def damaged_json(value: Any, rng: random.Random) -> Any:
    """Return a copy of a JSON value with one value in it replaced, removed, added or renamed."""
    if isinstance(value, dict) and value and rng.random() < 0.8:
        changed = dict(value)
        key = rng.choice(list(changed))
        what = rng.random()
        if what < 0.1:
            del changed[key]
        elif what < 0.2:
            changed[rng.choice([key + "x", "", "\ud800", "name"])] = changed.pop(key)
        else:
            changed[key] = damaged_json(changed[key], rng)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.7:
        listed = list(value)
        at = rng.randrange(len(listed))
        what = rng.random()
        if what < 0.15:
            del listed[at]
        elif what < 0.3:
            listed.insert(at, rng.choice(_VALUES))
        else:
            listed[at] = damaged_json(listed[at], rng)
        return listed
    if isinstance(value, int) and not isinstance(value, bool) and rng.random() < 0.5:
        return value + rng.choice([-1, 1, -value - 1, 10**6, 10**12])
    return rng.choice(_VALUES)


def damaged_container(content: bytes, rng: random.Random) -> bytes:
    """Return a saved file with damage: of its bytes, or of its header, with the right checksum."""
    if rng.random() < 0.3:
        return damaged(content, rng)
    header, data = split_header(content)
    metadata = header["__metadata__"]
    if rng.random() < 0.25:
        header = damaged_json(header, rng)
    else:
        name = rng.choice([name for name in metadata if name != "sha256"])
        try:
            stored = json.loads(metadata[name])
        except ValueError:
            stored = metadata[name]
        metadata[name] = json.dumps(damaged_json(stored, rng))
    if rng.random() < 0.1:
        data = damaged(data, rng)
    try:
        return join_header(header, data)
    except (TypeError, ValueError, AttributeError):  # a header that has no checksum
        return damaged(content, rng)
