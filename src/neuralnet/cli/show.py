"""`neuralnet show`: say what a saved network is."""

from __future__ import annotations

from pathlib import Path

import click

from neuralnet.cli.command import Command


@click.command(cls=Command)
@click.argument("path", type=click.Path(path_type=Path))
def show(path: Path) -> None:
    """Say what the network saved at PATH is, and where it came from.

    Example: neuralnet show models/mnist.safetensors
    """
    from neuralnet.storage import load

    model = load(path)
    click.echo(repr(model).strip("<>"))
    for name, values in model.parameters.items():
        click.echo(f"  {name:<18} {' x '.join(map(str, values.shape))}")
    low, high = model.input_range
    click.echo(f"Pixels are scaled to [{low:g}, {high:g}].")
    click.echo(f"Classes: {', '.join(map(str, model.classes))}")
    for name, text in model.notes.items():
        click.echo(f"{name}: {text if len(text) <= 300 else text[:297] + '...'}")
