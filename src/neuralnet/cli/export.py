"""`neuralnet export`: export a saved network to ONNX or PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import input_option, model_argument, resolve_input_kind
from neuralnet.cli.output import echo_json, json_option, quiet_option
from neuralnet.errors import InputError

if TYPE_CHECKING:
    from neuralnet.data.inputs import InputKind
    from neuralnet.nn.network import NeuralNetMLP

_FORMAT_OF_SUFFIX = {".onnx": "onnx", ".safetensors": "pytorch"}


@click.command(cls=Command)
@model_argument
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "file_format",
    type=click.Choice(["onnx", "pytorch"]),
    help="Format: ONNX, or weights for PyTorch. By default the one that belongs to the suffix of "
    "OUTPUT, .onnx or .safetensors.",
)
@input_option
@json_option
@quiet_option
def export(
    model_path: Path,
    output: Path,
    file_format: str | None,
    input_kind: InputKind | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Export the network saved at MODEL to OUTPUT, as ONNX or for PyTorch.

    The ONNX graph maps pixels (or, with --input features, unscaled numbers) to probabilities and
    labels. For PyTorch, OUTPUT is a state_dict, and the command prints the nn.Sequential that loads
    it.

    \b
    Example: neuralnet export models/mnist.safetensors mnist.onnx
             neuralnet export models/mnist.safetensors weights.safetensors --to pytorch
    """
    from neuralnet.storage import load

    file_format = file_format or _FORMAT_OF_SUFFIX.get(output.suffix.lower())
    if file_format is None:
        raise InputError(
            f"The suffix of {output} is neither .onnx nor .safetensors; choose the format with "
            f"--to onnx or --to pytorch."
        )
    if output.exists() and output.samefile(model_path):
        raise InputError(
            f"OUTPUT is {output}, which is MODEL itself; the export would overwrite it. Choose "
            f"another file."
        )
    model = load(model_path)
    if file_format == "onnx":
        details = _write_onnx(model, output, input_kind)
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
