"""`neuralnet predict`: classify pictures or the rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import FAILURE, PARTIAL_FAILURE, Command
from neuralnet.cli.examples import (
    input_option,
    invert_option,
    model_argument,
    pictures_error,
    resolve_input_kind,
    target_option,
)
from neuralnet.cli.output import echo_json, json_option, percent, printable, quiet_option
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
    """Classify pictures, or the rows of a CSV file, with the network saved at MODEL.

    INPUT is one CSV file with a header row, or any number of pictures and folders of pictures.
    Pictures must already be cropped to the size that the network was trained on (28 x 28 for MNIST,
    bright on dark). A target column in the CSV file is ignored. With --quiet, each line holds only
    the class.

    \b
    Example: neuralnet predict models/mnist.safetensors three.png seven.png --invert
             neuralnet predict wine.safetensors new_wines.csv --json
    """
    from neuralnet.data.pictures import expand_folders, is_picture
    from neuralnet.storage import load

    model = load(model_path)
    kind = resolve_input_kind(model, input_kind)
    failures: list[dict[str, str]] = []
    if any(path.is_dir() or is_picture(path) for path in inputs):
        if kind == "features":
            raise pictures_error(inputs[0])
        names, X, failures = _load_pictures(model, expand_folders(inputs), invert)
    elif len(inputs) == 1:
        names, X = _load_rows(model, inputs[0], target, kind)
    else:
        raise InputError(
            f"INPUT names {len(inputs)} files, none of which has the suffix of a picture; give one "
            f"CSV file, or pictures."
        )
    for failure in failures:
        click.echo(f"Error: {printable(failure['error'])}", err=True)
    if not names:
        context.exit(FAILURE)
    predictions = _classify(model, names, X)
    if as_json:
        echo_json({"model": str(model_path), "predictions": predictions, "failures": failures})
    else:
        click.echo("\n".join(_line(prediction, quiet=quiet) for prediction in predictions))
    if failures:
        context.exit(PARTIAL_FAILURE)


def _load_rows(
    model: NeuralNetMLP, path: Path, target: str | None, kind: InputKind
) -> tuple[list[str], NDArray[Any]]:
    """Load the rows of a table, in the network's column order if its notes name the columns."""
    from neuralnet.data.inputs import input_columns
    from neuralnet.data.tables import read_table

    columns = input_columns(model.notes)
    # The network's columns do not include the target, so the file may lack it.
    table = read_table(
        path,
        target=None if columns else target,
        kind=kind,
        columns=columns,
        num_columns=model.num_features,
    )
    return [f"row {number}" for number in range(1, len(table.X) + 1)], table.X


def _load_pictures(
    model: NeuralNetMLP, paths: list[Path], invert: bool
) -> tuple[list[str], NDArray[Any], list[dict[str, str]]]:
    """Load pictures; return their paths, their pixels, and an error for each unreadable one."""
    import numpy as np

    from neuralnet.data.pictures import read_pictures

    rows, names, failures = [], [], []
    for path in paths:
        try:
            image = read_pictures([path], invert=invert)  # (1, height, width)
            if image.size != model.num_features:
                raise FileFormatError(
                    f"{path} has {image.shape[1]} x {image.shape[2]} = {image.size} pixels, but "
                    f"this network takes {model.num_features}. Crop and resize the picture."
                )
        except FileError as error:
            failures.append({"input": str(path), "error": str(error)})
            continue
        rows.append(image.reshape(1, -1))
        names.append(str(path))
    return names, np.concatenate(rows) if rows else np.empty((0, 0), np.uint8), failures


def _classify(model: NeuralNetMLP, names: list[str], X: NDArray[Any]) -> list[dict[str, Any]]:
    """Return the class of each example, and its probabilities if the network computes them."""
    labels = model.predict(X).tolist()
    predictions: list[dict[str, Any]] = [
        {"input": name, "label": label, "class": model.classes[label]}
        for name, label in zip(names, labels, strict=True)
    ]
    if model.output_activation.name != "identity":
        for prediction, row in zip(predictions, model.predict_proba(X).tolist(), strict=True):
            prediction["probability"] = row[prediction["label"]]
            prediction["probabilities"] = dict(zip(map(str, model.classes), row, strict=True))
    return predictions


def _line(prediction: dict[str, Any], *, quiet: bool) -> str:
    """Format a prediction as one line."""
    if quiet:
        return printable(prediction["class"])
    confidence = f"  {percent(prediction['probability'])}" if "probability" in prediction else ""
    return f"{printable(prediction['input'])}  {printable(prediction['class'])}{confidence}"
