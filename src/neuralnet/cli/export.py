"""`neuralnet export`: write a saved network for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from neuralnet.cli.command import Command
from neuralnet.cli.examples import input_option, kind_for, model_argument
from neuralnet.cli.output import echo_json, json_option, quiet_option
from neuralnet.errors import InputError

if TYPE_CHECKING:
    from neuralnet.data.inputs import InputKind
    from neuralnet.nn.network import NeuralNetMLP

_BY_ENDING = {".onnx": "onnx", ".safetensors": "pytorch"}


@click.command(cls=Command)
@model_argument
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "form",
    type=click.Choice(["onnx", "pytorch"]),
    help="ONNX, or weights for PyTorch; by OUTPUT's ending if not given: .onnx or .safetensors.",
)
@input_option
@json_option
@quiet_option
def export(
    model_path: Path,
    output: Path,
    form: str | None,
    input_kind: InputKind | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the network saved at MODEL to OUTPUT, for an ONNX runtime or for PyTorch.

    The ONNX file holds all that it takes from pixels (or, with --input features, from numbers as
    they are) to probabilities and labels. PyTorch gets a state_dict, and the nn.Sequential that it
    is for.

    \b
    Example: neuralnet export models/mnist.safetensors mnist.onnx
             neuralnet export models/mnist.safetensors weights.safetensors --to pytorch
    """
    from neuralnet.storage import load

    form = form or _BY_ENDING.get(output.suffix.lower())
    if form is None:
        raise InputError(
            f"{output} ends in neither .onnx nor .safetensors; say which is wanted: --to onnx or "
            f"--to pytorch."
        )
    if output.exists() and output.samefile(model_path):
        raise InputError(
            f"{output} is the saved network itself, which would be written over; name another file."
        )
    model = load(model_path)
    told = _onnx(model, output, input_kind) if form == "onnx" else _pytorch(model, output)
    told = {"output": str(output), "format": form} | told
    if as_json:
        echo_json(told)
        return
    click.echo(f"Wrote {output}")
    if not quiet:
        for name in list(told)[2:]:
            click.echo(f"  {name}: {told[name]}")


def _onnx(model: NeuralNetMLP, output: Path, chosen: InputKind | None) -> dict[str, str]:
    """Write an ONNX file; return what goes in and what comes out."""
    from neuralnet.interop.onnx import export_onnx

    kind = kind_for(model, chosen)
    export_onnx(model, output, inputs=kind)
    outputs = "outputs" if model.output_activation.name == "identity" else "probabilities"
    return {
        "takes": f"{kind}, {'uint8' if kind == 'pixels' else 'float32'}, "
        f"batch x {model.num_features}",
        "gives": f"{outputs}, float32, batch x {model.num_classes}; label, int64, batch",
    }


def _pytorch(model: NeuralNetMLP, output: Path) -> dict[str, str]:
    """Write PyTorch's weights; return what takes them."""
    from neuralnet.interop.pytorch import pytorch_code, save_pytorch

    save_pytorch(model, output)
    low, high = model.input_range
    return {"module": pytorch_code(model), "pixels": f"scaled to [{low:g}, {high:g}]"}
