"""The command `neuralnet`: a list of commands, each loaded when it is called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from neuralnet.cli.command import INTERRUPTED

# Each command's name, the object that it is, and what the list of commands says of it.
COMMANDS = {
    "train": ("neuralnet.cli.train:train", "Train a network by a recipe."),
    "evaluate": ("neuralnet.cli.evaluate:evaluate", "Test a saved network on labelled examples."),
    "predict": ("neuralnet.cli.predict:predict", "Classify rows of a CSV file, or pictures."),
    "export": ("neuralnet.cli.export:export", "Write a saved network for ONNX or PyTorch."),
    "read": ("neuralnet.cli.read:read", "Read handwritten digits in pictures."),
    "show": ("neuralnet.cli.show:show", "Say what a saved network is."),
    "data": ("neuralnet.cli.data:data", "Fetch, verify, find or clear MNIST on this computer."),
}


class LazyGroup(click.Group):
    """A group that lists its commands without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command from its module."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Ctrl-C ends it in silence, wherever it comes."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, meaning) for name, (_, meaning) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(package_name="neuralnet-numpy")
def main() -> None:
    """Neural networks in NumPy: what was trained, and what it says."""
