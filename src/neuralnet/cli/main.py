"""The command `neuralnet`, a group of commands that are imported when they are called."""

from __future__ import annotations

import importlib
from typing import Any

import click

from neuralnet.cli.command import INTERRUPTED
from neuralnet.cli.output import wrapped

# Maps the name of each command to its object and its summary in the list of commands.
COMMANDS = {
    "train": ("neuralnet.cli.train:train", "Train a network from a recipe."),
    "evaluate": ("neuralnet.cli.evaluate:evaluate", "Test a saved network on labelled examples."),
    "predict": ("neuralnet.cli.predict:predict", "Classify pictures or the rows of a CSV file."),
    "export": ("neuralnet.cli.export:export", "Export a saved network to ONNX, PyTorch or a page."),
    "read": ("neuralnet.cli.read:read", "Read handwritten digits in pictures."),
    "show": ("neuralnet.cli.show:show", "Describe a saved network."),
    "lab": ("neuralnet.cli.lab:lab", "Draw for a network, watch it and train it in the browser."),
    "data": ("neuralnet.cli.data:data", "Download, verify, locate or delete MNIST."),
}


class LazyGroup(click.Group):
    """A group that lists its commands without loading them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command from its module; return None for an unknown name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; the error for an unknown one suggests the most similar name."""
        name = args[0]
        if name in COMMANDS or name.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        import difflib  # only for an error

        nearest = difflib.get_close_matches(name.lower(), COMMANDS, n=1, cutoff=0.5)
        hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
        raise click.UsageError(
            f"There is no command {name!r}; the commands are {', '.join(COMMANDS)}.{hint}", ctx
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; Ctrl-C ends it silently, even during its import."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except click.UsageError as error:
            if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):
                raise  # it shows the help; click before 8.2 has no such class
            message = wrapped(f"Error: {error.format_message()}").removeprefix("Error: ")
            raise click.UsageError(message, error.ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup)
@click.version_option(package_name="neuralnet-numpy")
def main() -> None:
    """Train and use neural networks written in NumPy."""
