"""`neuralnet read`: read the handwritten digits in pictures."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import FAILURE, PARTIAL_FAILURE, Command
from neuralnet.cli.output import echo_error, echo_note, printable

if TYPE_CHECKING:
    from neuralnet.reading.reader import Digit, Reading

STANDARD_INPUT = "-"
_MAX_BYTES = 1 << 28  # as for a picture file


@click.command(cls=Command)
@click.argument("pictures", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
@click.option(
    "--annotate",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write copies with the digits and their boxes drawn on them to this folder.",
)
@click.option(
    "--model",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Saved network to use instead of the bundled one.",
)
@click.option(
    "--min-confidence",
    metavar="SHARE",
    type=float,
    default=0.0,
    help="Print ? for digits with a lower confidence than this, from 0 to 1.",
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
    """Read the handwritten digits in PICTURES. Use - for standard input.

    Each row of digits is printed as one line, after the path if there are several pictures. With
    --json, each picture is printed as one line. The exit code is 1 if some of the pictures cannot
    be read, and 2 if none can.

    Example: neuralnet read photo.jpg
    """
    from neuralnet.checks import NeuralNetError, check_number
    from neuralnet.reading.reader import load_model, read_digits

    threshold = check_number(min_confidence, "--min-confidence", minimum=0, maximum=1)
    reader = load_model(model)
    copies = AnnotatedCopies(annotate, pictures) if annotate else None
    num_failed = 0
    for path in pictures:
        try:
            picture = _standard_input() if path == STANDARD_INPUT else path
            reading = read_digits(picture, model=reader, min_confidence=threshold)
            if copies:
                copies.write(path, picture, reading)
        except (NeuralNetError, OSError, MemoryError) as error:
            if context.meta.get("neuralnet.cli.command"):
                raise
            num_failed += 1
            _report_error(path, error, as_json)
        else:
            _print(path, reading, as_json, several=len(pictures) > 1)
    if num_failed:
        context.exit(FAILURE if num_failed == len(pictures) else PARTIAL_FAILURE)


def _standard_input() -> bytes:
    """Read a picture from standard input."""
    from neuralnet.checks import InputError

    if sys.stdin is None:  # closed by the calling process
        raise InputError("Standard input is closed; give the path of a picture.")
    if sys.stdin.isatty():
        raise InputError(
            "Standard input is a terminal; redirect a picture: neuralnet read - < digit.png"
        )
    content = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise InputError(
            f"Standard input has more than {_MAX_BYTES:,} bytes; use a smaller picture."
        )
    return content


def _print(path: str, reading: Reading, as_json: bool, *, several: bool) -> None:
    """Print the digits of a picture, and notes about it on standard error."""
    for note in reading.notes:
        echo_note(f"Note: {note}", quiet=False)
    if not reading.rows:
        echo_note(f"No digits were found in {_display_name(path)}.", quiet=False)
    if as_json:
        click.echo(json.dumps(_reading_as_dict(path, reading)))
        return
    for line in str(reading).split("\n"):
        click.echo(printable(f"{path}: {line}".rstrip() if several else line))


def _report_error(path: str, error: Exception, as_json: bool) -> None:
    """Print why a picture could not be read."""
    from neuralnet.cli.command import error_message

    echo_error(error_message(error))
    if as_json:
        click.echo(json.dumps({"path": path, "error": error_message(error)}))


def _reading_as_dict(path: str, reading: Reading) -> dict[str, Any]:
    """Return a reading as values that JSON can represent."""
    return {
        "path": path,
        "height": reading.size[0],
        "width": reading.size[1],
        "text": str(reading),
        "digits": [
            _digit_as_dict(digit, number)
            for number, row in enumerate(reading.rows)
            for digit in row
        ],
        "notes": list(reading.notes),
    }


def _digit_as_dict(digit: Digit, row: int) -> dict[str, Any]:
    """Return a digit as values that JSON can represent."""
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


def _display_name(path: str) -> str:
    """Return the name of a picture for messages."""
    return "standard input" if path == STANDARD_INPUT else path


class AnnotatedCopies:
    """Annotated copies of pictures in a folder, each with a unique name.

    Parameters
    ----------
    folder : Path
        Folder for the copies.
    pictures : sequence of str
        Paths of the originals, which are never overwritten.

    Raises
    ------
    FileError
        If the folder is not writable.
    """

    def __init__(self, folder: Path, pictures: tuple[str, ...]) -> None:
        from neuralnet.storage.lock import check_writable

        check_writable(folder)
        self._folder = folder
        self._taken = {Path(picture).resolve() for picture in pictures}

    def write(self, path: str, picture: str | bytes, reading: Reading) -> None:
        """Write an annotated copy of a picture.

        Raises
        ------
        FileError
            If the copy cannot be written.
        """
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
