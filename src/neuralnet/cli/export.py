"""`neuralnet export`: export a saved network to ONNX, to PyTorch, or as a page for a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import input_option, model_argument, resolve_input_kind
from neuralnet.cli.output import (
    check_output,
    echo_json,
    json_option,
    overwrite_option,
    quiet_option,
)
from neuralnet.errors import InputError

if TYPE_CHECKING:
    from neuralnet.data.inputs import InputKind
    from neuralnet.nn.network import NeuralNetMLP

_FORMAT_OF_SUFFIX = {".onnx": "onnx", ".safetensors": "pytorch", ".html": "html"}


@click.command(cls=Command)
@model_argument
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "file_format",
    type=click.Choice(["onnx", "pytorch", "html"]),
    help="Format: ONNX, weights for PyTorch, or a page for a browser. By default the one that "
    "belongs to the suffix of OUTPUT, .onnx, .safetensors or .html.",
)
@click.option("--html", "as_html", is_flag=True, help="The same as --to html.")
@input_option
@overwrite_option
@json_option
@quiet_option
def export(
    model_path: Path,
    output: Path,
    file_format: str | None,
    as_html: bool,
    input_kind: InputKind | None,
    overwrite: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Export the network saved at MODEL to OUTPUT, as ONNX, for PyTorch or as a page.

    The ONNX graph maps pixels (or, with --input features, unscaled numbers) to probabilities and
    labels. For PyTorch, OUTPUT is a state_dict, and the command prints the nn.Sequential that loads
    it. The page is one HTML file with a drawing pad, a view of the network and its weights; it
    opens in a browser without a server.

    \b
    Example: neuralnet export models/mnist.safetensors mnist.onnx
             neuralnet export models/mnist.safetensors weights.safetensors --to pytorch
             neuralnet export models/mnist.safetensors mnist.html
    """
    from neuralnet.storage import load

    if as_html and file_format not in {None, "html"}:
        raise InputError(f"--html and --to {file_format} name two formats; choose one.")
    file_format = "html" if as_html else file_format or _FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if file_format is None:
        raise InputError(
            f"The suffix of {output} is none of .onnx, .safetensors and .html; choose the format "
            f"with --to onnx, --to pytorch or --to html."
        )
    check_output("OUTPUT", output, [model_path], overwrite=overwrite)
    model = load(model_path)
    if file_format == "onnx":
        details = _write_onnx(model, output, input_kind)
    elif file_format == "html":
        details = _write_html(model, model_path, output)
    else:
        details = _write_pytorch(model, output)
    if as_json:
        echo_json({"output": str(output), "format": file_format} | details)
        return
    click.echo(f"Wrote {output}")
    if not quiet:
        for name, value in details.items():
            click.echo(f"  {name}: {value}")


def _write_onnx(model: NeuralNetMLP, output: Path, chosen: InputKind | None) -> dict[str, str]:
    """Write an ONNX file; return a description of its inputs and outputs."""
    from neuralnet.interop.onnx import export_onnx, graph_outputs

    kind = resolve_input_kind(model, chosen)
    export_onnx(model, output, inputs=kind)
    outputs = [
        f"{one.name}, {one.dtype}, batch{f' x {one.num_columns}' if one.num_columns else ''}"
        for one in graph_outputs(model)
    ]
    return {
        "takes": f"{kind}, {'uint8' if kind == 'pixels' else 'float32'}, "
        f"batch x {model.num_features}",
        "gives": "; ".join(outputs),
    }


def _write_pytorch(model: NeuralNetMLP, output: Path) -> dict[str, str]:
    """Write weights for PyTorch; return the code of their module, its inputs and its outputs."""
    from neuralnet.interop.pytorch import pytorch_code, pytorch_usage, save_pytorch

    save_pytorch(model, output)
    return {"module": pytorch_code(model)} | pytorch_usage(model)


def _write_html(model: NeuralNetMLP, model_path: Path, output: Path) -> dict[str, str]:
    """Write a page that holds the network; return what it can do."""
    from neuralnet.files import atomic_write
    from neuralnet.lab.single_file import single_file

    if (model.num_features, model.num_classes) != (784, 10):
        raise InputError(
            f"{model_path} has {model.num_features} inputs and {model.num_classes} classes; the "
            f"page draws digits, so the network must have 784 inputs and 10 classes."
        )
    with atomic_write(output) as file:
        file.write(single_file(model_path.read_bytes()).encode())
    return {"takes": "digits drawn with mouse, pen, finger or keyboard", "needs": "a browser"}
