"""What a network says about itself: one line, a summary in text, or a table in HTML.

The classes are bases of `NeuralNetMLP` and of its layers, whose modules stand above this one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neuralnet.display.markup import Cell

_HEADER = ("Layer", "Kind", "Inputs", "Outputs", "Parameters")


class LayerDisplay:
    """How a layer shows itself."""

    def __repr__(self) -> str:
        """Return the class, the sizes and the number of parameters, in one line."""
        name, (_, kind, inputs, outputs, count) = type(self).__name__, _row(self)
        named = kind if kind.startswith(name) else f"{name} {kind}"
        counted = f", {count:,} parameters" if count else ""
        return f"<{named} {inputs} -> {outputs}{counted}>"


class NetworkDisplay:
    """How a network shows itself."""

    def __repr__(self: Any) -> str:
        """Return the sizes of the layers, the activations, the loss and the dtype, in one line."""
        sizes = "-".join(map(str, [self.num_features, *self.num_hidden, self.num_classes]))
        return (
            f"<NeuralNetMLP {sizes}, {_hidden(self)}, {self.output_activation.name} outputs, "
            f"{self.loss.name}, {self.parameters.values.size:,} parameters, {self.dtype}>"
        )

    def __str__(self) -> str:
        """Return a summary: one line per layer, the total, and the settings."""
        from neuralnet.display.markup import text_table

        return f"NeuralNetMLP\n{text_table(_HEADER, _rows(self))}\n{_settings(self)}"

    def _repr_html_(self) -> str:
        """Return the summary as a table, for a notebook."""
        from neuralnet.display.markup import panel, table

        return panel(f"NeuralNetMLP: {_settings(self)}", table(_HEADER, _rows(self), total=True))


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
