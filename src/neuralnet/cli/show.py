"""`neuralnet show`: describe a saved network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import model_argument
from neuralnet.cli.output import (
    check_output,
    echo_json,
    json_option,
    overwrite_option,
    percent,
    printable,
    table,
)
from neuralnet.errors import InputError

if TYPE_CHECKING:
    from neuralnet.nn.network import NeuralNetMLP
    from neuralnet.training.history import History

_MAX_NOTE_LENGTH = 300


@click.command(cls=Command)
@model_argument
@click.option(
    "--picture",
    type=click.Path(path_type=Path),
    help="PNG, SVG or PDF file for a plot of loss and accuracy over the epochs of the training.",
)
@overwrite_option
@json_option
def show(model_path: Path, picture: Path | None, overwrite: bool, as_json: bool) -> None:
    """Show the layers, the settings and the notes of the network saved at MODEL.

    \b
    Example: neuralnet show models/mnist.safetensors
             neuralnet show models/mnist.safetensors --picture curves.png
    """
    from neuralnet.storage import load

    if picture is not None:
        check_output("--picture", picture, [model_path], overwrite=overwrite)
    model = load(model_path)
    if picture is not None:
        _draw(model, model_path, picture)
    if as_json:
        echo_json(_as_dict(model) | {"picture": None if picture is None else str(picture)})
        return
    click.echo(repr(model).strip("<>"))
    shapes = {name: values.shape for name, values in model.parameters.tensors().items()}
    rows = [[f"  {name}", " x ".join(map(str, shape))] for name, shape in shapes.items()]
    click.echo(table(rows, str.ljust))
    for line in _description(model):
        click.echo(line)
    for name, value in _settings(model).items():
        click.echo(f"{name}: {value}")
    for name, text in model.notes.items():
        click.echo(f"{printable(name)}: {printable(_format_note(name, text))}")
    if picture is not None:
        click.echo(f"Saved {printable(picture)}")


def _draw(model: NeuralNetMLP, path: Path, picture: Path) -> None:
    """Plot the history of a network's training, and save the figure."""
    from neuralnet.plots import plot_history, save_figure

    if "history" not in model.notes:
        raise InputError(
            f"The notes of {path} contain no training history, so there is nothing to plot."
        )
    history = _history(model.notes["history"])
    if history is None:
        raise InputError(
            f"The training history in the notes of {path} is damaged and cannot be plotted."
        )
    title = model.notes.get("data", path.name).partition(", from ")[0]
    save_figure(plot_history(history, title), picture)


def _description(model: NeuralNetMLP) -> list[str]:
    """Return one sentence about the inputs of a network and one about its outputs."""
    from neuralnet.data.inputs import input_kind
    from neuralnet.data.tasks import task_of

    low, high = model.input_range
    inputs = "Features are used as they are."
    if input_kind(model.notes) == "pixels":
        inputs = f"Pixels are scaled to [{low:g}, {high:g}]."
    names = ", ".join(map(printable, model.classes))
    outputs = {
        "classification": f"Classes: {names}",
        "multilabel": f"Labels, each with a probability of its own: {names}",
        "regression": f"Predicted numbers per example: {model.num_classes}",
    }
    return [inputs, outputs[task_of(model.notes, model.output_activation.name)]]


def _settings(model: NeuralNetMLP) -> dict[str, Any]:
    """Return the settings of a network that differ from the defaults and are not in its repr."""
    settings = {
        "batch_norm": "yes" if model.batch_norm else "",
        "dropout": ", ".join(f"{rate:g}" for rate in model.dropout) if any(model.dropout) else "",
        "label_smoothing": f"{model.label_smoothing:g}" if model.label_smoothing else "",
        "l2": f"{model.l2:g}" if model.l2 else "",
    }
    return {name: text for name, text in settings.items() if text}


def _as_dict(model: NeuralNetMLP) -> dict[str, Any]:
    """Return the architecture, the settings and the notes of a network."""
    from neuralnet.data.inputs import input_kind
    from neuralnet.data.tasks import task_of

    notes = {name: _parse_json(text) for name, text in model.notes.items()}
    return {
        "num_features": model.num_features,
        "num_hidden": model.num_hidden,
        "num_classes": model.num_classes,
        "hidden_activation": [one.name for one in model.hidden_activation],
        "output_activation": model.output_activation.name,
        "loss": model.loss.name,
        "batch_norm": model.batch_norm,
        "dropout": model.dropout,
        "label_smoothing": model.label_smoothing,
        "l2": model.l2,
        "dtype": model.dtype.name,
        "inputs": input_kind(model.notes),
        "input_range": model.input_range,
        "task": task_of(model.notes, model.output_activation.name),
        "classes": model.classes,
        "parameters": model.parameters.values.size,
        "layers": {n: list(values.shape) for n, values in model.parameters.tensors().items()},
        "notes": notes,
    }


def _format_note(name: str, text: str) -> str:
    """Format a note: settings as a list, a history as its best epoch, other notes unchanged."""
    value = _parse_json(text)
    history = _history(text) if name == "history" else None
    if history is not None and history.best_epoch is not None:
        best = history.best_epoch
        curve = history.valid_accuracy or history.train_accuracy
        kind = "validation" if history.valid_accuracy else "training"
        text = (
            f"{history.num_epochs} epochs in {sum(history.seconds):.0f} s; best epoch {best}, "
            f"with {percent(curve[best - 1])} {kind} accuracy"
        )
    elif isinstance(value, dict) and value:
        text = ", ".join(f"{key} {one}" for key, one in value.items())
    text = " ".join(text.split())
    return text if len(text) <= _MAX_NOTE_LENGTH else f"{text[: _MAX_NOTE_LENGTH - 3]}..."


def _history(text: str) -> History | None:
    """Return the training history in a note, or None if the note does not contain one."""
    from neuralnet.training.history import History

    value = _parse_json(text)
    try:
        return History.from_dict(value) if isinstance(value, dict) else None
    except InputError:
        return None


def _parse_json(text: str) -> Any:
    """Return the value of a JSON text, or the text itself if it is not JSON."""
    import json

    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
