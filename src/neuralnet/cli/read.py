"""`neuralnet read`: read the handwritten digits in pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import NOTHING_DONE, Command

if TYPE_CHECKING:
    from neuralnet.reading.reader import Digit, Reading

PARTLY_DONE = 1
STANDARD_INPUT = "-"
# What is read of standard input at most: what a file may have.
_MOST_BYTES = 1 << 28


@click.command(cls=Command)
@click.argument("pictures", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print all that is known, as JSON.")
@click.option(
    "--annotate",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write copies there with what was read drawn on.",
)
@click.option(
    "--model",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="A saved network that reads instead of the bundled one.",
)
@click.option(
    "--min-confidence",
    metavar="SHARE",
    type=float,
    default=0.0,
    help="Print ? for digits less probable than this, from 0 to 1.",
)
@click.pass_context
def read(
    context: click.Context,
    pictures: tuple[str, ...],
    as_json: bool,
    annotate: Path | None,
    model: Path | None,
    min_confidence: float,
) -> None:
    """Read the handwritten digits in PICTURES; - is standard input.

    Each row of digits is a line, after the picture's path if there are several pictures. With
    --json, each picture is one line. The exit code is 1 if some pictures could not be read, and 2
    if none could.

    Example: neuralnet read photo.jpg
    """
    from neuralnet.checks import NeuralNetError, check_number
    from neuralnet.reading.reader import load_model, read_digits

    least = check_number(min_confidence, "--min-confidence", minimum=0, maximum=1)
    asked = load_model(model)
    copies = Copies(annotate, pictures) if annotate else None
    num_failed = 0
    for path in pictures:
        try:
            picture = _standard_input() if path == STANDARD_INPUT else path
            reading = read_digits(picture, model=asked, min_confidence=least)
            if copies:
                copies.write(path, picture, reading)
        except (NeuralNetError, OSError, MemoryError) as error:
            if context.meta.get("neuralnet.cli.command"):
                raise
            num_failed += 1
            _complain(path, error, as_json)
        else:
            _print(path, reading, as_json, several=len(pictures) > 1)
    if num_failed:
        context.exit(NOTHING_DONE if num_failed == len(pictures) else PARTLY_DONE)


def _standard_input() -> bytes:
    """Read standard input, as far as a picture can go."""
    from neuralnet.checks import InputError

    if sys.stdin is None:  # closed by whoever called
        raise InputError("There is no standard input; name a picture, or send one: < digit.png")
    if sys.stdin.isatty():
        raise InputError(
            "Standard input is the keyboard; send a picture to it: neuralnet read - < digit.png"
        )
    content = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise InputError(f"Standard input has more than {_MOST_BYTES:,} bytes; no picture has.")
    return content


def _print(path: str, reading: Reading, as_json: bool, *, several: bool) -> None:
    """Print what a picture says, and on standard error what the user should know besides."""
    for note in reading.notes:
        click.echo(f"Note: {note}", err=True)
    if not reading.rows:
        click.echo(f"No digits were found in {_named(path)}.", err=True)
    if as_json:
        click.echo(json.dumps(_described(path, reading)))
        return
    for line in str(reading).split("\n"):
        click.echo(f"{path}: {line}".rstrip() if several else line)


def _complain(path: str, error: Exception, as_json: bool) -> None:
    """Say why a picture could not be read."""
    from neuralnet.cli.command import sentence

    click.echo(f"Error: {sentence(error)}", err=True)
    if as_json:
        click.echo(json.dumps({"path": path, "error": sentence(error)}))


def _described(path: str, reading: Reading) -> dict[str, Any]:
    """Put a reading into what JSON can hold."""
    return {
        "path": path,
        "height": reading.size[0],
        "width": reading.size[1],
        "text": str(reading),
        "digits": [
            _digit(digit, number) for number, row in enumerate(reading.rows) for digit in row
        ],
        "notes": list(reading.notes),
    }


def _digit(digit: Digit, row: int) -> dict[str, Any]:
    """Put a digit into what JSON can hold."""
    names = ("top", "left", "bottom", "right")
    return {
        "row": row,
        "box": dict(zip(names, digit.box, strict=True)),
        "digit": digit.label,
        "confidence": round(digit.confidence, 4),
        "confident": digit.confident,
        "runner_up": digit.runner_up,
        "runner_up_confidence": round(float(digit.probabilities[digit.runner_up]), 4),
    }


def _named(path: str) -> str:
    """Call a picture by its path, and standard input by its name."""
    return "standard input" if path == STANDARD_INPUT else path


class Copies:
    """The folder for the annotated copies, each under a name of its own.

    Parameters
    ----------
    folder : Path
        Where they go.
    pictures : sequence of str
        The originals, none of which may be written over.

    Raises
    ------
    FileError
        If nothing can be written there.
    """

    def __init__(self, folder: Path, pictures: tuple[str, ...]) -> None:
        from neuralnet.files import check_writable

        check_writable(folder)
        self._folder = folder
        self._taken = {Path(picture).resolve() for picture in pictures}

    def write(self, path: str, picture: str | bytes, reading: Reading) -> None:
        """Write the copy of a picture."""
        from neuralnet.files import atomic_write
        from neuralnet.reading.annotation import annotate

        stem = "standard-input" if path == STANDARD_INPUT else Path(path).stem
        copy, number = self._folder / f"{stem}.png", 1
        while copy.resolve() in self._taken:
            number += 1
            copy = self._folder / f"{stem}-{number}.png"
        self._taken.add(copy.resolve())
        with atomic_write(copy) as file:
            annotate(picture, reading).save(file, "PNG")
