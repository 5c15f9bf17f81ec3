"""`neuralnet predict`: classify rows of a table, or pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import NOTHING_DONE, PARTLY_DONE, Command
from neuralnet.cli.examples import (
    input_option,
    invert_option,
    kind_for,
    model_argument,
    no_pictures,
    target_option,
)
from neuralnet.cli.output import echo_json, json_option, percent, quiet_option
from neuralnet.errors import InputError
from neuralnet.files import FileError, FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.data.inputs import InputKind
    from neuralnet.nn.network import NeuralNetMLP


@click.command(cls=Command)
@model_argument
@click.argument(
    "inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@target_option
@input_option
@invert_option
@json_option
@quiet_option
@click.pass_context
def predict(
    context: click.Context,
    model_path: Path,
    inputs: tuple[Path, ...],
    target: str | None,
    input_kind: InputKind | None,
    invert: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Classify with the network saved at MODEL: a CSV file row by row, or pictures.

    INPUT is one CSV file with a row of column names, or pictures, and folders of pictures, that are
    cut already to the size that the network was trained on (28 x 28 for MNIST, bright on dark). A
    target column in the CSV file is passed over. With --quiet, there is the class alone on each
    line.

    \b
    Example: neuralnet predict models/mnist.safetensors three.png seven.png --invert
             neuralnet predict wine.safetensors new_wines.csv --json
    """
    from neuralnet.data.pictures import expand_folders, is_picture
    from neuralnet.storage import load

    model = load(model_path)
    kind = kind_for(model, input_kind)
    failures: list[dict[str, str]] = []
    if any(path.is_dir() or is_picture(path) for path in inputs):
        if kind == "features":
            raise no_pictures(inputs[0])
        names, X, failures = _pictures(model, expand_folders(inputs), invert)
    elif len(inputs) == 1:
        names, X = _rows(model, inputs[0], target, kind)
    else:
        raise InputError(
            f"{len(inputs)} files are named that are no pictures by their endings; give one CSV "
            f"file, or pictures."
        )
    for failure in failures:
        click.echo(f"Error: {failure['error']}", err=True)
    if not names:
        context.exit(NOTHING_DONE)
    found = _classified(model, names, X)
    if as_json:
        echo_json({"model": str(model_path), "predictions": found, "failures": failures})
    else:
        click.echo("\n".join(_line(one, quiet=quiet) for one in found))
    if failures:
        context.exit(PARTLY_DONE)


def _rows(
    model: NeuralNetMLP, path: Path, target: str | None, kind: InputKind
) -> tuple[list[str], NDArray[Any]]:
    """Read a table's rows, by the columns that the network was trained on where it knows them."""
    from neuralnet.data.inputs import input_columns
    from neuralnet.data.tables import read_table

    columns = input_columns(model.notes)
    # Where the network knows its columns, the target need not even be there.
    table = read_table(
        path,
        target=None if columns else target,
        kind=kind,
        columns=columns,
        num_columns=model.num_features,
    )
    return [f"row {number}" for number in range(1, len(table.X) + 1)], table.X


def _pictures(
    model: NeuralNetMLP, paths: list[Path], invert: bool
) -> tuple[list[str], NDArray[Any], list[dict[str, str]]]:
    """Read those pictures that can be read, and say why of the others."""
    import numpy as np

    from neuralnet.data.pictures import read_pictures

    rows, names, failures = [], [], []
    for path in paths:
        try:
            image = read_pictures([path], invert=invert)  # (1, height, width)
            if image.size != model.num_features:
                raise FileFormatError(
                    f"{path} has {image.shape[1]} x {image.shape[2]} = {image.size} pixels, but "
                    f"this network takes {model.num_features}. Cut and scale it first."
                )
        except FileError as error:
            failures.append({"input": str(path), "error": str(error)})
            continue
        rows.append(image.reshape(1, -1))
        names.append(str(path))
    return names, np.concatenate(rows) if rows else np.empty((0, 0), np.uint8), failures


def _classified(model: NeuralNetMLP, names: list[str], X: NDArray[Any]) -> list[dict[str, Any]]:
    """Return each example's class, with the probabilities where the network gives any."""
    labels = model.predict(X).tolist()
    found: list[dict[str, Any]] = [
        {"input": name, "label": label, "class": model.classes[label]}
        for name, label in zip(names, labels, strict=True)
    ]
    if model.output_activation.name != "identity":
        for one, row in zip(found, model.predict_proba(X).tolist(), strict=True):
            one["probability"] = row[one["label"]]
            one["probabilities"] = dict(zip(map(str, model.classes), row, strict=True))
    return found


def _line(one: dict[str, Any], *, quiet: bool) -> str:
    """Write one prediction on a line."""
    if quiet:
        return str(one["class"])
    sure = f"  {percent(one['probability'])}" if "probability" in one else ""
    return f"{one['input']}  {one['class']}{sure}"
