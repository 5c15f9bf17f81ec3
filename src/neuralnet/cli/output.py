"""Output of the commands: text by default, JSON with `--json`, only the result with `--quiet`."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import click

from neuralnet.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from neuralnet.data.dataset import Dataset

json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
quiet_option = click.option("--quiet", is_flag=True, help="Write only the result.")
overwrite_option = click.option(
    "--overwrite", is_flag=True, help="Replace the output file if it exists."
)


def check_output(name: str, output: Path, inputs: Iterable[Path], *, overwrite: bool) -> None:
    """Raise if a file written by a command would replace one of its inputs, or any file unasked.

    Parameters
    ----------
    name : str
        Argument that names the file, for the message.
    output : Path
        The file to be written.
    inputs : iterable of Path
        Files that the command reads, which not even `overwrite` allows to replace.
    overwrite : bool
        Whether the user allows to replace an existing file.

    Raises
    ------
    InputError
        If the file exists and must not be replaced.
    """
    if any(output.exists() and path.exists() and output.samefile(path) for path in inputs):
        raise InputError(
            f"{name} is {output}, which is also an input of this command; choose another file."
        )
    if output.is_file() and not overwrite:
        raise InputError(f"{output} exists. Choose another file, or add --overwrite to replace it.")


# Control characters, which a terminal obeys; marks that reverse the direction of the text; line
# separators; and halves of surrogate pairs, which cannot be written.
_UNPRINTABLE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: object) -> str:
    """Return a text from a file as one line that is safe to print; `\\x1b` stands for Escape."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], str(text))


def echo_json(value: Any) -> None:
    """Write JSON to standard output; NaN and infinity, which JSON lacks, become strings."""
    import json

    text = json.dumps(_json_safe(value), ensure_ascii=False, indent=2)
    # Within strings only; json itself escapes the characters below a space.
    click.echo(re.sub(_UNPRINTABLE.pattern.replace(r"\x00-\x1f", ""), _json_escape, text))


def _json_escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def echo_note(text: str, *, quiet: bool) -> None:
    """Write a note to standard error, unless it is empty or `quiet` is set."""
    if text and not quiet:
        click.echo(wrapped(printable(text)), err=True)


def echo_error(text: str) -> None:
    """Write an error message to standard error."""
    click.echo(wrapped(f"Error: {printable(text)}"), err=True)


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
    rows = [[printable(cell) for cell in row] for row in rows]
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
