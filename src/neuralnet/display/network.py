"""What a network says about itself: one line, a summary in text, or a table in HTML.

The arguments are a `NeuralNetMLP` or one of its layers. They are not annotated as such, because
their modules stand above this one.
"""

from __future__ import annotations

import math
from typing import Any

from neuralnet.display.markup import Cell, panel, table, text_table

_HEADER = ("Layer", "Kind", "Inputs", "Outputs", "Parameters")


def layer_line(layer: Any) -> str:
    """Return the class, the sizes and the number of parameters of a layer, in one line."""
    name, (_, kind, inputs, outputs, count) = type(layer).__name__, _row(layer)
    named = kind if kind.startswith(name) else f"{name} {kind}"
    counted = f", {count:,} parameters" if count else ""
    return f"<{named} {inputs} -> {outputs}{counted}>"


def network_line(model: Any) -> str:
    """Return the sizes of the layers, the activations, the loss and the dtype, in one line."""
    sizes = "-".join(map(str, [model.num_features, *model.num_hidden, model.num_classes]))
    return (
        f"<NeuralNetMLP {sizes}, {_hidden(model)}, {model.output_activation.name} outputs, "
        f"{model.loss.name}, {model.parameters.values.size:,} parameters, {model.dtype}>"
    )


def network_text(model: Any) -> str:
    """Return a line per layer, the total number of parameters, and the settings."""
    return f"NeuralNetMLP\n{text_table(_HEADER, _rows(model))}\n{_settings(model)}"


def network_panel(model: Any) -> str:
    """Return the same as a table in HTML."""
    return panel(f"NeuralNetMLP: {_settings(model)}", table(_HEADER, _rows(model), total=True))


def _rows(model: Any) -> list[tuple[Cell, ...]]:
    """Return one row per layer, and the total."""
    total = ("Total", "", "", "", model.parameters.values.size)
    return [*map(_row, model.layers), total]


def _row(layer: Any) -> tuple[str, str, Any, Any, int]:
    """Return prefix of the parameters' names, kind, inputs, outputs and number of parameters."""
    prefix = next(iter(layer.shapes), "").rpartition(".")[0]
    kind = type(layer).__name__
    if hasattr(layer, "function"):  # an activation
        kind = repr(layer.function).removesuffix("()")
    elif hasattr(layer, "rate"):
        kind = f"{kind}({layer.rate:g})"
    units = getattr(layer, "num_units", "?")  # for layers with as many inputs as outputs
    inputs, outputs = getattr(layer, "num_inputs", units), getattr(layer, "num_outputs", units)
    return prefix, kind, inputs, outputs, sum(map(math.prod, layer.shapes.values()))


def _settings(model: Any) -> str:
    """Return the activations, the loss and the dtype."""
    return (
        f"{_hidden(model)} hidden units, {model.output_activation.name} outputs, "
        f"{model.loss.name} loss, {model.dtype}"
    )


def _hidden(model: Any) -> str:
    """Return the names of the hidden activations, each once."""
    return ", ".join(dict.fromkeys(function.name for function in model.hidden_activation))
