"""Parsing and writing of TOML of limited size."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from neuralnet.errors import InputError

# A recipe is a page of settings. The time to parse a line grows with the square of its length.
MAX_BYTES = 20_000
MAX_LINE = 1_000  # characters
MAX_NUMBER = 2**63  # as TOML itself limits whole numbers


def parse_toml(content: bytes, where: str) -> dict[str, Any]:
    """Parse TOML of limited size."""
    if len(content) > MAX_BYTES:
        raise InputError(f"{where} has {len(content):,} bytes; a recipe has at most {MAX_BYTES:,}.")
    try:
        text = content.decode()
        longest = max(map(len, text.split("\n")))
        if longest > MAX_LINE:
            raise InputError(
                f"{where} has a line of {longest:,} characters; a line has at most {MAX_LINE:,}."
            )
        return tomllib.loads(text)
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(f"{where} is not a recipe: its brackets are nested too deep.") from error
    except ValueError as error:  # also of a number with thousands of digits
        raise InputError(f"{where} is not a TOML file: {error!s:.200}.") from error


def is_too_large(value: object) -> bool:
    """Return whether a whole number is outside the range that TOML has for them."""
    return isinstance(value, int) and not -MAX_NUMBER <= value < MAX_NUMBER


def brief(value: object) -> str:
    """Return a value in at most 60 characters, however deep it is nested."""
    try:
        return f"{value!r:.60}"
    except RecursionError:
        return f"a nested {type(value).__name__}"


def written_key(key: str) -> str:
    """Format a key as TOML, in quotes unless it is a plain name."""
    return key if re.fullmatch("[A-Za-z0-9_-]+", key) else written(key)


def written(value: Any) -> str:
    """Format a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise InputError(f"TOML cannot represent the text {value!r:.80}; change it.")
        # The escapes of JSON are escapes of TOML.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        separator = ", " if sum(map(len, map(str, value))) < MAX_LINE // 4 else ",\n"
        return f"[{separator.join(map(written, value))}]"
    return repr(value)
