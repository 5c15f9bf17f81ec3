"""A command that answers a mistake with a sentence, and never with a traceback."""

from __future__ import annotations

from typing import Any

import click

from neuralnet.checks import NeuralNetError

NOTHING_DONE = 2
INTERRUPTED = 130


class Command(click.Command):
    """A click command with the project's exit codes and a `--debug` that shows tracebacks.

    0: all done. 2: nothing done, and a sentence says why. 130: ended by Ctrl-C.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                callback=_remember_debug,
                help="Show the traceback of an error.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn an expected error into a sentence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except (NeuralNetError, OSError) as error:
            if ctx.meta.get(__name__):
                raise
            click.echo(f"Error: {error}", err=True)
            ctx.exit(NOTHING_DONE)


def _remember_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Keep the flag where `invoke` finds it."""
    ctx.meta[__name__] = value
