"""`neuralnet evaluate`: test a saved network on labelled examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import (
    input_option,
    invert_option,
    kind_for,
    labelled_examples,
    model_argument,
    part_of,
    target_option,
)
from neuralnet.cli.output import counted, echo_json, json_option, percent, quiet_option, remark
from neuralnet.cli.output import table as set_table

if TYPE_CHECKING:
    from neuralnet.data.inputs import InputKind

_MOST_CLASSES = 20  # that a confusion matrix is written out for


@click.command(cls=Command)
@model_argument
@click.argument("data", required=False, type=click.Path(path_type=Path))
@target_option
@click.option(
    "--part",
    type=click.Choice(["test", "train", "all"]),
    default="test",
    show_default=True,
    help="Which examples. Test: those that its training set aside, or the data set's own test "
    "part; all where there is none.",
)
@input_option
@invert_option
@json_option
@quiet_option
def evaluate(
    model_path: Path,
    data: Path | None,
    target: str | None,
    part: str,
    input_kind: InputKind | None,
    invert: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Test the network saved at MODEL on labelled examples: loss, accuracy, confusion.

    DATA is a CSV file with a target column, a folder of IDX files, or a folder of pictures with a
    sub-folder for each class; MNIST if not given.

    \b
    Example: neuralnet evaluate models/mnist.safetensors
             neuralnet evaluate wine.safetensors wine.csv --target cultivar --json
    """
    from neuralnet.storage import load
    from neuralnet.training.metrics import confusion_matrix

    model = load(model_path)
    kind = kind_for(model, input_kind)
    dataset = labelled_examples(
        model, data, target=target, kind=kind, invert=invert, quiet=quiet or as_json
    )
    X, y, story = part_of(dataset, part, model.notes)
    loss, accuracy = model.evaluate(X, y)
    matrix = confusion_matrix(y, model.predict(X), model.num_classes)  # (K, K)
    if as_json:
        echo_json(
            {
                "model": str(model_path),
                "data": f"{dataset.name}, from {dataset.source}",
                "part": story,
                "examples": len(y),
                "loss": loss,
                "accuracy": accuracy,
                "classes": list(model.classes),
                "confusion": matrix.tolist(),
            }
        )
        return
    remark(dataset.notes, quiet=quiet)
    if not quiet:
        click.echo(f"Network: {repr(model).strip('<>')}")
        click.echo(f"Data: {dataset.name}, from {dataset.source}: {story}")
    click.echo(f"{counted(len(y), 'example')}: loss {loss:.4f}, accuracy {percent(accuracy)}")
    if not quiet and model.num_classes <= _MOST_CLASSES:
        click.echo(_confusion(list(map(str, model.classes)), matrix.tolist()))


def _confusion(classes: list[str], counts: list[list[Any]]) -> str:
    """Write a confusion matrix, a row for each true class."""
    rows = [["", *classes]]
    rows += [[name, *map(str, row)] for name, row in zip(classes, counts, strict=True)]
    told = "Confusion; a row for each true class, a column for what it was taken for:"
    return f"{told}\n{set_table(rows)}"
