"""`neuralnet predict`: predict classes, labels or numbers for pictures or the rows of a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import FAILURE, PARTIAL_FAILURE, Command
from neuralnet.cli.examples import (
    ignore_option,
    input_option,
    invert_option,
    model_argument,
    pictures_error,
    resolve_input_kind,
    table_path,
    target_option,
)
from neuralnet.cli.output import (
    check_output,
    echo_error,
    echo_json,
    echo_note,
    json_option,
    overwrite_option,
    percent,
    pluralized,
    printable,
    quiet_option,
)
from neuralnet.errors import InputError
from neuralnet.files import FileError, FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.data.inputs import InputKind
    from neuralnet.nn.network import NeuralNetMLP

_BRIGHT = 127  # mean brightness of a picture's border, from 0 to 255, above which it is paper


@click.command(cls=Command)
@model_argument
@click.argument(
    "inputs", metavar="INPUT...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@target_option
@ignore_option
@input_option
@invert_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="CSV file for the predictions: the input, its class, and the probability of each class; "
    "or its labels or numbers, if the network predicts those.",
)
@overwrite_option
@json_option
@quiet_option
@click.pass_context
def predict(
    context: click.Context,
    model_path: Path,
    inputs: tuple[Path, ...],
    target: str | None,
    ignore_columns: tuple[str, ...],
    input_kind: InputKind | None,
    invert: bool,
    output: Path | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Classify pictures, or the rows of a CSV file, with the network saved at MODEL.

    INPUT is one CSV file with a header row (- for standard input), or any number of pictures and
    folders of pictures, with or without one subfolder per class. Pictures must already be cropped
    to the size that the network was trained on (28 x 28 for MNIST, bright on dark). A target column
    in the CSV file is ignored. With --quiet, each line holds only the class (or the labels or
    numbers) that the network predicts.

    \b
    Example: neuralnet predict models/mnist.safetensors three.png seven.png --invert
             neuralnet predict wine.safetensors new_wines.csv --output classes.csv
    """
    from neuralnet.data.pictures import is_picture
    from neuralnet.storage import load

    inputs = tuple(map(table_path, inputs))
    if output is not None:
        check_output("--output", output, (model_path, *inputs), overwrite=overwrite)
    model = load(model_path)
    kind = resolve_input_kind(model, input_kind)
    failures: list[dict[str, str]] = []
    if any(path.is_dir() or is_picture(path) for path in inputs):
        if kind == "features":
            raise pictures_error(inputs[0])
        paths = _expand_folders(inputs)
        names, X, failures = _load_pictures(model, model_path, paths, invert)
        echo_note(_note_on_dark_ink(names, X, invert=invert), quiet=quiet)
    elif len(inputs) == 1:
        names, X = _load_rows(model, inputs[0], target, ignore_columns, kind)
    else:
        raise InputError(
            f"INPUT names {len(inputs)} files, none of which has the suffix of a picture; give one "
            f"CSV file, or pictures."
        )
    for failure in failures:
        echo_error(failure["error"])
    if not names:
        context.exit(FAILURE)
    predictions = _predict(model, names, X)
    if output is not None:
        _write_csv(output, predictions)
    if as_json:
        echo_json({"model": str(model_path), "predictions": predictions, "failures": failures})
    elif output is not None:
        echo_note(f"Wrote {pluralized(len(predictions), 'prediction')} to {output}", quiet=quiet)
    else:
        click.echo("\n".join(_line(prediction, quiet=quiet) for prediction in predictions))
    if failures:
        context.exit(PARTIAL_FAILURE)


def _load_rows(
    model: NeuralNetMLP,
    path: Path,
    target: str | None,
    ignore_columns: tuple[str, ...],
    kind: InputKind,
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
        ignore_columns=ignore_columns,
        num_columns=model.num_features,
    )
    return [f"row {number}" for number in range(1, len(table.X) + 1)], table.X


def _load_pictures(
    model: NeuralNetMLP, model_path: Path, paths: list[Path], invert: bool
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
                    f"this network takes {model.num_features}. {_advice(model, model_path, path)}"
                )
        except FileError as error:
            failures.append({"input": str(path), "error": str(error)})
            continue
        rows.append(image.reshape(1, -1))
        names.append(str(path))
    return names, np.concatenate(rows) if rows else np.empty((0, 0), np.uint8), failures


def _advice(model: NeuralNetMLP, model_path: Path, path: Path) -> str:
    """Return what to do with a picture of another size than the network's."""
    from neuralnet.data.mnist import IMAGE_SHAPE

    if model.num_features == IMAGE_SHAPE[0] * IMAGE_SHAPE[1]:
        return (
            f"If it shows handwritten digits, read it, whatever its size, with: neuralnet read "
            f"--model {model_path} {path}"
        )
    return "Crop and resize the picture."


def _expand_folders(inputs: tuple[Path, ...]) -> list[Path]:
    """Return the pictures among the inputs, in their folders, and in subfolders of those."""
    from neuralnet.data.pictures import expand_folders, is_picture

    expanded: list[Path] = []
    for path in inputs:
        below = sorted(path.iterdir()) if path.is_dir() else []
        folders = [one for one in below if one.is_dir() and not one.name.startswith(".")]
        if not any(map(is_picture, below)) and folders:  # one subfolder per class
            expanded += expand_folders(folders)
        else:
            expanded += expand_folders([path])
    return expanded


def _note_on_dark_ink(names: list[str], X: NDArray[Any], *, invert: bool) -> str:
    """Return a note if pictures of MNIST's size are bright at their border, unlike MNIST's."""
    import numpy as np

    from neuralnet.data.mnist import IMAGE_SHAPE

    height, width = IMAGE_SHAPE
    if not names or X.shape[1] != height * width:
        return ""
    images = X.reshape(-1, height, width)
    edges = (images[:, 0], images[:, -1], images[:, :, 0], images[:, :, -1])
    border = np.concatenate(edges, axis=1).mean(axis=1)
    bright = np.flatnonzero(border > _BRIGHT)
    if not len(bright):
        return ""
    more = f" and {len(bright) - 1:,} other(s)" if len(bright) > 1 else ""
    remedy = "leave --invert out" if invert else "add --invert"
    return (
        f"{names[bright[0]]}{more}: {'once inverted, ' if invert else ''}the background is bright. "
        f"If the network was trained on bright digits on a dark background, as in MNIST, {remedy}."
    )


def _write_csv(output: Path, predictions: list[dict[str, Any]]) -> None:
    """Write one row per prediction: the input, what is predicted, and the probabilities."""
    import csv
    import io

    from neuralnet.files import atomic_write

    first = predictions[0]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header = ["input", "labels" if "labels" in first else "class"]
    if "numbers" in first:
        header = ["input", *_number_names(len(first["numbers"]))]
    header += [f"probability of {name}" for name in first.get("probabilities", {})]
    writer.writerow(header)
    for prediction in predictions:
        values = prediction.get("probabilities", {}).values()
        what = [_described(prediction, ";")]
        if "numbers" in prediction:
            what = [repr(number) for number in prediction["numbers"]]
        writer.writerow([prediction["input"], *what, *(f"{p:.6g}" for p in values)])
    with atomic_write(output) as file:
        file.write(text.getvalue().encode())


def _number_names(count: int) -> list[str]:
    """Return the names of predicted numbers: "prediction", or "prediction 1" and so on."""
    return ["prediction"] if count == 1 else [f"prediction {i}" for i in range(1, count + 1)]


def _predict(model: NeuralNetMLP, names: list[str], X: NDArray[Any]) -> list[dict[str, Any]]:
    """Return the prediction for each example, in the terms of the network's task."""
    from neuralnet.data.tasks import task_of

    task = task_of(model.notes, model.output_activation.name)
    if task == "regression":
        # Rounded to the digits of float32, in which tables are read.
        numbers = [[float(f"{number:.7g}") for number in row] for row in model.outputs(X).tolist()]
        return [{"input": name, "numbers": row} for name, row in zip(names, numbers, strict=True)]
    if task == "multilabel":
        rows = [dict(zip(model.classes, row, strict=True)) for row in model.outputs(X).tolist()]
        return [
            {
                "input": name,
                "labels": [label for label, probability in row.items() if probability > 0.5],
                "probabilities": {str(label): probability for label, probability in row.items()},
            }
            for name, row in zip(names, rows, strict=True)
        ]
    return _classify(model, names, X)


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
    what = _described(prediction, ", ")
    if quiet:
        return printable(what)
    confidence = f"  {percent(prediction['probability'])}" if "probability" in prediction else ""
    return f"{printable(prediction['input'])}  {printable(what or 'no label')}{confidence}"


def _described(prediction: dict[str, Any], separator: str) -> str:
    """Return the predicted class, labels or numbers as text."""
    if "numbers" in prediction:
        return separator.join(f"{number:.7g}" for number in prediction["numbers"])
    if "labels" in prediction:
        return separator.join(map(str, prediction["labels"]))
    return str(prediction["class"])
