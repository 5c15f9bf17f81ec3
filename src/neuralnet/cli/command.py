"""A command that answers a mistake with a sentence, and never with a traceback."""

from __future__ import annotations

import os
from typing import Any

import click

from neuralnet.errors import NeuralNetError
from neuralnet.files import describe_os_error

PARTLY_DONE = 1
NOTHING_DONE = 2
INTERRUPTED = 130


class Command(click.Command):
    """A click command with the project's exit codes and a `--debug` that shows tracebacks.

    0: all done. 1: part of it done, and it is said which. 2: nothing done, and a sentence says why.
    130: ended by Ctrl-C.
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
        if os.environ.get("NO_COLOR"):  # https://no-color.org; rich knows it, click does not
            ctx.color = False
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except (BrokenPipeError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # click's own; of a pipe, whoever read the output has enough
        except (NeuralNetError, OSError, MemoryError) as error:
            if ctx.meta.get(__name__):
                raise
            click.echo(f"Error: {sentence(error)}", err=True)
            ctx.exit(NOTHING_DONE)
        except Exception as error:
            if ctx.meta.get(__name__):
                raise
            click.echo(
                f"Error: This should not have happened: {type(error).__name__}: {error}. It is a "
                f"mistake in neuralnet; --debug shows where.",
                err=True,
            )
            ctx.exit(NOTHING_DONE)


def sentence(error: Exception) -> str:
    """Word an error: ours are sentences already, the system's are not."""
    if isinstance(error, NeuralNetError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory for this. Make the network or the data smaller."
    where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    what = describe_os_error(error) if isinstance(error, OSError) else error
    return f"The system refused: {where}{what}."


def _remember_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Keep the flag where `invoke` finds it."""
    ctx.meta[__name__] = value
