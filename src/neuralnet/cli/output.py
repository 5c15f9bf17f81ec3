"""Output of the commands: text by default, JSON with `--json`, only the result with `--quiet`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from neuralnet.data.dataset import Dataset

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
quiet_option = click.option("--quiet", is_flag=True, help="Write only the result.")


def echo_json(value: Any) -> None:
    """Write JSON to standard output; NaN and infinity, which JSON lacks, become strings."""
    import json

    click.echo(json.dumps(_json_safe(value), ensure_ascii=False, indent=2))


def echo_note(text: str, *, quiet: bool) -> None:
    """Write a note to standard error, unless it is empty or `quiet` is set."""
    if text and not quiet:
        click.echo(wrapped(text), err=True)


def echo_error(text: str) -> None:
    """Write an error message to standard error."""
    click.echo(wrapped(f"Error: {text}"), err=True)


def wrapped(text: str) -> str:
    """Wrap a message for standard error at the width of the terminal, if it is one.

    Paths and other long words are not broken. Without a terminal, a message remains one line, which
    other programs can search.
    """
    width = terminal_width()
    if width is None:
        return text
    import textwrap

    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )


def terminal_width() -> int | None:
    """Return the number of columns of the terminal at standard error, or None if it is none."""
    import shutil
    import sys

    if sys.stderr is None or not sys.stderr.isatty():
        return None
    return max(20, shutil.get_terminal_size().columns)


def percent(fraction: float) -> str:
    """Format a fraction in %; a value just below 1 is not rounded up to "100.00 %"."""
    return "> 99.99 %" if 0.99995 <= fraction < 1 else f"{100 * fraction:.2f} %"


def pluralized(number: int, noun: str) -> str:
    """Format a count with its noun: "1 row", "2,000 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def noun_of(dataset: Dataset) -> str:
    """Return the word for one example: a row of a table, or an image."""
    return "row" if dataset.columns else "image"


def table(rows: Sequence[Sequence[str]], align: Callable[[str, int], str] = str.rjust) -> str:
    """Format rows of cells as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(align(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _json_safe(value: Any) -> Any:
    """Return a copy in which NaN and infinity are strings."""
    if isinstance(value, dict):
        return {str(key): _json_safe(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_safe(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
