"""`neuralnet lab`: draw for a network, watch it and train it, in the browser."""

from __future__ import annotations

from pathlib import Path

import click

from neuralnet.cli.command import Command
from neuralnet.errors import InputError, NeuralNetError


@click.command(cls=Command)
@click.argument("model_path", metavar="[MODEL]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 lets other machines in, with a token.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port; by default the first free one from 8000."
)
@click.option("--no-open", is_flag=True, help="Do not open the browser.")
def lab(model_path: Path | None, host: str, port: int | None, no_open: bool) -> None:
    """Open the lab: a page on which a network is drawn for, watched and trained.

    MODEL is a saved network that classifies digits; the default is the bundled reader. The page is
    served from this machine and needs no internet. Ctrl-C ends it.

    \b
    Example: neuralnet lab
             neuralnet lab models/mnist.safetensors --no-open
    """
    try:
        from neuralnet.lab.serving import serve
    except ModuleNotFoundError as error:
        if error.name not in {"starlette", "uvicorn", "anyio"}:
            raise
        raise NeuralNetError(
            f"The lab needs {error.name}, which is not installed. Install it with: "
            f"pip install 'neuralnet-numpy[lab]'"
        ) from error
    from neuralnet.reading.pretrained import load_pretrained
    from neuralnet.storage import load

    model = load_pretrained() if model_path is None else load(model_path)
    if (model.num_features, model.num_classes) != (784, 10):
        raise InputError(
            f"{model_path} has {model.num_features} inputs and {model.num_classes} classes; the "
            f"lab needs a network with 784 inputs, the pixels of a digit, and 10 classes."
        )
    name = "Bundled reader" if model_path is None else model_path.name
    serve(model, name, host=host, port=port, open_browser=not no_open, announce=_announce)


def _announce(address: str, shared: bool) -> None:
    """Print where the lab is, and what it means if others can reach it."""
    if shared:
        click.echo(
            "Other machines can reach this lab. Whoever has the address below can train on this "
            "machine and read photos with it; the connection is not encrypted.",
            err=True,
        )
    click.echo(f"The lab is at {address} (Ctrl-C ends it)")
