"""`neuralnet evaluate`: test a saved network on labelled examples."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import (
    ignore_option,
    input_option,
    invert_option,
    load_examples,
    model_argument,
    resolve_input_kind,
    select_part,
    table_path,
    target_option,
)
from neuralnet.cli.output import (
    echo_json,
    echo_note,
    json_option,
    noun_of,
    percent,
    pluralized,
    printable,
    quiet_option,
    table,
)

if TYPE_CHECKING:
    from neuralnet.data.inputs import InputKind
    from neuralnet.training.metrics import ClassScores

_MAX_CLASSES = 20  # for which a confusion matrix is printed
_SAMPLE_NOTE = (
    "These digits are a sample of MNIST's training set, so the network may have been trained on "
    "them, and its accuracy on new digits may be lower."
)


@click.command(cls=Command)
@model_argument
@click.argument("data", required=False, type=click.Path(path_type=Path))
@target_option
@ignore_option
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Part of the examples. The test part is the one set aside in training, or else the test "
    "part of the data set; a data set without parts is used whole.",
)
@input_option
@invert_option
@json_option
@quiet_option
def evaluate(
    model_path: Path,
    data: Path | None,
    target: str | None,
    ignore_columns: tuple[str, ...],
    part: str,
    input_kind: InputKind | None,
    invert: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Compute loss, accuracy and confusion matrix of the network saved at MODEL.

    DATA is a CSV file with a target column (- for standard input), a folder of IDX files, or a
    folder of pictures with one subfolder per class. The default is MNIST. Precision, recall and F1
    are given for each class. For a network that predicts a number, the target column holds numbers,
    and R2 and the mean absolute error are given.

    \b
    Example: neuralnet evaluate models/mnist.safetensors
             neuralnet evaluate wine.safetensors wine.csv --target cultivar --json
    """
    from neuralnet.cli.regression import evaluate_numbers
    from neuralnet.data.tasks import task_of
    from neuralnet.storage import load
    from neuralnet.training.metrics import class_scores, confusion_matrix

    model = load(model_path)
    kind = resolve_input_kind(model, input_kind)
    data = None if data is None else table_path(data)
    if task_of(model.notes, model.output_activation.name) != "classification":
        tested, scored = evaluate_numbers(model, data, target, ignore_columns, kind)
        number = len(tested.X)
        if as_json:
            about = {"model": str(model_path), "data": str(tested.file), "examples": number}
            echo_json(about | scored._asdict())
            return
        if not quiet:
            click.echo(f"Network: {repr(model).strip('<>')}")
            click.echo(f"Data: {printable(tested.file)}: all examples")
        click.echo(f"{pluralized(number, 'row')}: {scored}")
        return
    dataset = load_examples(
        model,
        data,
        target=target,
        ignore_columns=ignore_columns,
        kind=kind,
        invert=invert,
        quiet=quiet or as_json,
    )
    X, y, description = select_part(dataset, part, model.notes)
    loss, accuracy = model.evaluate(X, y)
    matrix = confusion_matrix(y, model.predict(X), model.num_classes)  # (K, K)
    scores = class_scores(matrix)
    note = f"{dataset.notes} {_SAMPLE_NOTE}".strip() if dataset.is_sample else dataset.notes
    if as_json:
        echo_json(
            {
                "model": str(model_path),
                "data": f"{dataset.name}, from {dataset.source}",
                "part": description,
                "examples": len(y),
                "loss": loss,
                "accuracy": accuracy,
                "classes": list(model.classes),
                "confusion": matrix.tolist(),
                "scores": [vars(one) for one in scores],
                "note": note,
            }
        )
        return
    echo_note(note, quiet=quiet)
    if not quiet:
        click.echo(f"Network: {repr(model).strip('<>')}")
        click.echo(f"Data: {printable(f'{dataset.name}, from {dataset.source}')}: {description}")
    click.echo(
        f"{pluralized(len(y), noun_of(dataset))}: loss {loss:.4f}, accuracy {percent(accuracy)}"
    )
    if not quiet:
        click.echo(_scores(list(map(str, model.classes)), scores))
    if not quiet and model.num_classes <= _MAX_CLASSES:
        click.echo(_confusion(list(map(str, model.classes)), matrix.tolist()))


def _scores(classes: list[str], scores: list[ClassScores]) -> str:
    """Format precision, recall and F1 in %, with one row per class."""
    rows = [["class", "precision", "recall", "F1", "examples"]]
    for name, one in zip(classes, scores, strict=True):
        shares = [
            "-" if math.isnan(share) else percent(share)
            for share in (one.precision, one.recall, one.f1)
        ]
        rows.append([name, *shares, f"{one.examples:,}"])
    return table(rows)


def _confusion(classes: list[str], counts: list[list[Any]]) -> str:
    """Format a confusion matrix with one row per true class."""
    rows = [["", *classes]]
    rows += [[name, *map(str, row)] for name, row in zip(classes, counts, strict=True)]
    return f"Confusion matrix (rows: true classes, columns: predicted classes):\n{table(rows)}"
