"""A network as an ONNX file, which runs wherever an ONNX runtime does.

What is written is what predicts: the scaling of pixels, the dense layers with batch normalization
folded in, and the activations. Operator set 18 and IR version 8 are what runtimes of the last years
read; GELU, which joined the operators later, is spelled out.

Source: https://onnx.ai/onnx/operators
"""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError, describe
from neuralnet.data.inputs import InputKind, check_input_kind, input_kind
from neuralnet.files import atomic_write
from neuralnet.interop.folding import dense_layers
from neuralnet.nn.activations import GELU, Activation, LeakyReLU
from neuralnet.nn.network import NeuralNetMLP

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto

OPERATOR_SET = 18
IR_VERSION = 8
MOST_BYTES = 2**31 - 2**20  # a protocol buffer has at most 2 GiB

_OPERATORS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "identity": "Identity"}


class MissingPackageError(NeuralNetError, ImportError):
    """A package that an extra of this one installs is not there; the text says which extra."""


def export_onnx(
    model: NeuralNetMLP, path: str | os.PathLike[str], *, inputs: InputKind | None = None
) -> None:
    """Write a network as an ONNX file, checked, whole or not at all.

    The graph takes `pixels` (uint8) or `features` (float32) of shape (batch, D), whatever the
    batch, and gives `probabilities` (float32, shape (batch, K), as `predict_proba`) and `label`
    (int64, shape (batch,), as `predict`). Behind an identity output, which gives no
    probabilities, `outputs` stand in their place. It computes in float32. Class names and notes
    stand in the file's metadata.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.
    path : path
        Where the file is to stand; its name usually ends in `.onnx`.
    inputs : {"pixels", "features"}, optional
        What the graph takes: bytes, which it scales as the network does, or floating-point numbers
        as they are. As the network's notes have it if not given, and pixels if they say nothing.

    Raises
    ------
    InputError
        If it is no such network, holds a function of your own, or numbers that float32 does not.
    MissingPackageError
        If the package onnx is not installed.
    FileError
        If the file cannot be written.
    """
    content = onnx_model(model, inputs=inputs).SerializeToString(deterministic=True)
    with atomic_write(path) as file:
        file.write(content)


def onnx_model(model: NeuralNetMLP, *, inputs: InputKind | None = None) -> ModelProto:
    """Return a network as an ONNX model, checked.

    Parameters
    ----------
    model, inputs
        As for `export_onnx`.

    Returns
    -------
    onnx.ModelProto

    Raises
    ------
    InputError, MissingPackageError
        As for `export_onnx`.
    """
    if not isinstance(model, NeuralNetMLP):
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
    inputs = input_kind(model.notes) if inputs is None else check_input_kind(inputs, "inputs")
    try:
        from onnx import checker, helper, shape_inference
    except ImportError as error:
        raise MissingPackageError(
            "Export to ONNX needs the package onnx, which is not installed: "
            "pip install 'neuralnet-numpy[onnx]', or in a checkout pip install '.[onnx]'."
        ) from error
    proto = helper.make_model(
        _graph(model, inputs),
        opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
        ir_version=IR_VERSION,
        producer_name="neuralnet",
        producer_version=version("neuralnet-numpy"),
        doc_string=repr(model).strip("<>"),
    )
    helper.set_model_props(proto, _metadata(model, inputs))
    proto = shape_inference.infer_shapes(proto, check_type=True, strict_mode=True)
    checker.check_model(proto, full_check=True)
    return proto


def _graph(model: NeuralNetMLP, inputs: InputKind) -> GraphProto:
    """Write the network down from its inputs to its outputs."""
    from onnx import helper

    graph = _GraphBuilder()
    name = graph.scaled_pixels(model.input_range) if inputs == "pixels" else "features"
    layers = dense_layers(model)
    if sum(4 * (W.size + b.size) for W, b in layers) > MOST_BYTES:
        raise InputError(
            f"{model!r} is larger than the 2 GiB that an ONNX file takes; make num_hidden smaller."
        )
    for number, (W, b) in enumerate(layers):
        last = number == len(layers) - 1
        weights = graph.constant(f"layers.{number}.weight", W)
        biases = graph.constant(f"layers.{number}.bias", b)
        z = "logits" if last else f"layers.{number}.outputs"
        name = graph.node("Gemm", [name, weights, biases], z, f"dense_{number}")
        if not last:
            name = graph.activation(model.hidden_activation[number], name, number)
    graph.node("ArgMax", ["logits"], "label", "most_probable", axis=1, keepdims=0)
    outputs = graph.outputs(model.output_activation)
    return helper.make_graph(
        graph.nodes, "neuralnet", [_taken(model, inputs)], _given(model, outputs), graph.constants
    )


class _GraphBuilder:
    """Nodes and constants, one after the other, under names that a viewer shows well."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(
        self, operator: str, inputs: list[str], output: str, name: str, **attributes: Any
    ) -> str:
        """Add a node, and return the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output

    def constant(self, name: str, values: Array | float) -> str:
        """Add numbers in float32, and return their name."""
        from onnx import numpy_helper

        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(values, dtype=np.float32).reshape(np.shape(values))
        if not np.isfinite(array).all():
            raise InputError(
                f"{name} holds a number that is NaN, infinite, or too large for the float32 of an "
                f"ONNX file. Did its training diverge?"
            )
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def scaled_pixels(self, input_range: tuple[float, float]) -> str:
        """Scale bytes as `NeuralNetMLP.scale` does."""
        from onnx import TensorProto

        low, high = input_range
        step, lowest = (
            self.constant("pixel_step", (high - low) / 255),
            self.constant("pixel_low", low),
        )
        self.node("Cast", ["pixels"], "pixels_as_float", "as_float", to=TensorProto.FLOAT)
        self.node("Mul", ["pixels_as_float", step], "pixels_stretched", "stretch")
        return self.node("Add", ["pixels_stretched", lowest], "pixels_scaled", "shift")

    def activation(self, function: Activation, z: str, number: int) -> str:
        """Put a hidden layer's activation behind its z."""
        a, name = f"activations.{number}", f"{function.name}_{number}"
        if type(function) is LeakyReLU:
            return self.node("LeakyRelu", [z], a, name, alpha=function.negative_slope)
        if type(function) is GELU:
            return self._gelu(z, a, name)
        if function.name not in _OPERATORS or type(function).__module__ != Activation.__module__:
            raise InputError(
                f"The network holds a {type(function).__name__}, a function of your own; an ONNX "
                f"file can only name those of the package."
            )
        return self.node(_OPERATORS[function.name], [z], a, name)

    def _gelu(self, z: str, a: str, name: str) -> str:
        """Spell out z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))), as `GELU` computes it."""
        numbers = {"cubic": GELU.CUBIC, "scale": GELU.SCALE, "one": 1.0, "half": 0.5}
        constant = {key: self.constant(f"{name}.{key}", value) for key, value in numbers.items()}

        def step(operator: str, inputs: list[str], output: str) -> str:
            return self.node(operator, inputs, f"{name}.{output}", f"{name}/{output}")

        square = step("Mul", [z, z], "z_squared")
        part = step("Mul", [square, z], "z_cubed")
        part = step("Mul", [part, constant["cubic"]], "cubic_part")
        part = step("Add", [part, z], "sum")
        part = step("Mul", [part, constant["scale"]], "u")
        part = step("Tanh", [part], "t")
        part = step("Add", [part, constant["one"]], "t_plus_one")
        part = step("Mul", [part, z], "twice")
        return self.node("Mul", [part, constant["half"]], a, name)

    def outputs(self, function: Activation) -> str:
        """Put the probabilities behind the logits, as `predict_proba` gives them."""
        if function.name == "identity":
            return self.node("Identity", ["logits"], "outputs", "outputs")
        shares = "logits"
        if function.name == "sigmoid":
            # Each sigmoid's share of their sum is the softmax of their logarithms, which keep
            # their digits where all of them are tiny: log(sigmoid(z)) = -softplus(-z).
            self.node("Neg", ["logits"], "logits_negated", "negate")
            self.node("Softplus", ["logits_negated"], "minus_log_sigmoid", "softplus")
            shares = self.node("Neg", ["minus_log_sigmoid"], "log_sigmoid", "log_sigmoid")
        return self.node("Softmax", [shares], "probabilities", "probabilities", axis=1)


def _taken(model: NeuralNetMLP, inputs: InputKind) -> ValueInfoProto:
    """Describe the graph's input."""
    from onnx import TensorProto, helper

    kind = TensorProto.UINT8 if inputs == "pixels" else TensorProto.FLOAT
    meaning = {
        "pixels": "Flattened images, 0 (background) to 255 (ink).",
        "features": "One example a row, numbers as they were trained on.",
    }
    shape: list[str | int | None] = ["batch", model.num_features]
    return helper.make_tensor_value_info(inputs, kind, shape, meaning[inputs])


def _given(model: NeuralNetMLP, outputs: str) -> list[ValueInfoProto]:
    """Describe the graph's two outputs."""
    from onnx import TensorProto, helper

    return [
        helper.make_tensor_value_info(
            outputs, TensorProto.FLOAT, ["batch", model.num_classes], "One column a class."
        ),
        helper.make_tensor_value_info(
            "label", TensorProto.INT64, ["batch"], "The most probable class, counted from 0."
        ),
    ]


def _metadata(model: NeuralNetMLP, inputs: InputKind) -> dict[str, str]:
    """Return what a viewer should show of the network besides its graph."""
    texts = {
        "classes": json.dumps(model.classes, ensure_ascii=False),
        "loss": model.loss.name,
    }
    if inputs == "pixels":
        texts["input_range"] = json.dumps(model.input_range)
    return texts | {f"note.{name}": text for name, text in model.notes.items()}
