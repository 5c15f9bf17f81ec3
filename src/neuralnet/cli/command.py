"""A click command that reports errors as messages instead of tracebacks."""

from __future__ import annotations

import os
import warnings
from typing import Any, NoReturn

import click

from neuralnet.cli.output import echo_error, printable, wrapped
from neuralnet.errors import NeuralNetError
from neuralnet.files import describe_os_error

PARTIAL_FAILURE = 1
FAILURE = 2
INTERRUPTED = 130


class Command(click.Command):
    """A click command with the project's exit codes and a `--debug` option that shows tracebacks.

    The exit code is 0 on success, 1 if some of the inputs failed, 2 if the command failed, and 130
    if Ctrl-C ended it. Every failure is reported on standard error.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--debug"],
                is_flag=True,
                expose_value=False,
                callback=_store_debug,
                help="Show the traceback of an error.",
            )
        )

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, and report errors as messages with an exit code."""
        if os.environ.get("NO_COLOR"):  # https://no-color.org; click ignores it
            ctx.color = False
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            self.fail(ctx, error, "", INTERRUPTED)
        except (BrokenPipeError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise  # click handles these; a broken pipe means that the reader has closed it
        except (NeuralNetError, OSError, MemoryError) as error:
            if ctx.meta.get(__name__):
                raise
            self.fail(ctx, error, error_message(error), FAILURE)
        except Exception as error:
            if ctx.meta.get(__name__):
                raise
            self.fail(
                ctx,
                error,
                f"Unexpected {type(error).__name__}: {error}. This is a bug in neuralnet; "
                f"run the command again with --debug to see the traceback.",
                FAILURE,
            )

    def fail(
        self, ctx: click.Context, error: BaseException, message: str, exit_code: int
    ) -> NoReturn:
        """Print the message of an error, if it has one, and exit."""
        if message:
            echo_error(message)
        ctx.exit(exit_code)


def error_message(error: Exception) -> str:
    """Return the message of an error as a sentence."""
    if isinstance(error, NeuralNetError):
        return str(error)
    if isinstance(error, MemoryError):
        return "Not enough memory. Use a smaller network or less data."
    where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
    what = describe_os_error(error) if isinstance(error, OSError) else error
    return f"The operating system reported an error: {where}{what}."


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    """Write a warning as one line on standard error, without the place in the code."""
    click.echo(wrapped(f"Warning: {printable(message)}"), err=True)


def _store_debug(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    """Store the flag where `invoke` looks it up."""
    ctx.meta[__name__] = value
