"""Export of a network to ONNX.

The graph contains everything needed for prediction: the scaling of pixels, the dense layers with
batch normalization folded in, and the activations. Operator set 18 and IR version 8 are supported
by the runtimes of recent years. The GELU operator is newer, so GELU is composed of other operators.

Source: https://onnx.ai/onnx/operators
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError
from neuralnet.data.inputs import InputKind, check_input_kind, input_kind
from neuralnet.data.tasks import Task, task_of
from neuralnet.files import atomic_write
from neuralnet.interop.folding import dense_layers
from neuralnet.nn.activations import GELU, HIDDEN_ACTIVATIONS, Activation, LeakyReLU
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage.estimators import OffersNetwork, network_of

if TYPE_CHECKING:
    from onnx import GraphProto, ModelProto, ValueInfoProto

OPERATOR_SET = 18
IR_VERSION = 8
MAX_BYTES = 2**31 - 2**20  # a protocol buffer has at most 2 GiB

_OPERATORS = {"sigmoid": "Sigmoid", "tanh": "Tanh", "relu": "Relu", "identity": "Identity"}
# Output activations whose outputs are not probabilities.
_NUMBERS = {"identity": "Identity", "exponential": "Exp"}


class MissingPackageError(NeuralNetError, ImportError):
    """Missing optional dependency; the message names the extra that installs it."""


def export_onnx(
    model: NeuralNetMLP | OffersNetwork,
    path: str | os.PathLike[str],
    *,
    inputs: InputKind | None = None,
) -> None:
    """Write a network to an ONNX file, after checking it and in one atomic step.

    The input of the graph is `pixels` (uint8) or `features` (float32), shape (batch, D), with any
    batch size. The outputs depend on the task:

    - one class per example: `probabilities` (float32, shape (batch, K), like `predict_proba`) and
      `label` (int64, shape (batch,), like `predict`). A network with identity outputs has `outputs`
      instead of `probabilities`.
    - several labels per example: `probabilities`, one for each label by itself, and `labels`
      (int64, shape (batch, K)), 1 where the probability is above 1/2;
    - regression: `outputs` (float32, shape (batch, K)).

    The graph computes in float32. The file's metadata hold the task, the class names and the notes.

    Parameters
    ----------
    model : NeuralNetMLP, NeuralNetClassifier, NeuralNetRegressor or Pipeline
        The network, a fitted estimator, or a Pipeline of scalers and a fitted estimator; scalers
        are folded into the first layer. An estimator's task is known; that of a network is in its
        notes.
    path : path
        Path of the file; its name usually ends in `.onnx`.
    inputs : {"pixels", "features"}, optional
        Input of the graph: "pixels" are bytes, which the graph scales as the network does;
        "features" are floating-point numbers, which are not scaled. The default is the kind in the
        network's notes, or "pixels" if they have none.

    Raises
    ------
    InputError
        If `model` is none of these, has a scaler that cannot be folded, a custom activation, or a
        number that float32 cannot represent.
    MissingPackageError
        If the package onnx is not installed.
    FileError
        If the file cannot be written.
    """
    content = onnx_model(model, inputs=inputs).SerializeToString(deterministic=True)
    with atomic_write(path) as file:
        file.write(content)


def onnx_model(
    model: NeuralNetMLP | OffersNetwork, *, inputs: InputKind | None = None
) -> ModelProto:
    """Return a network as a checked ONNX model.

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
    model = network_of(model)
    inputs = input_kind(model.notes) if inputs is None else check_input_kind(inputs, "inputs")
    try:
        from onnx import checker, helper, shape_inference
    except ImportError as error:
        raise MissingPackageError(
            "Export to ONNX needs the package onnx, which is not installed. Install it with "
            "pip install 'neuralnet-numpy[onnx]', or in a checkout with pip install '.[onnx]'."
        ) from error
    proto = helper.make_model(
        _graph(model, inputs),
        opset_imports=[helper.make_opsetid("", OPERATOR_SET)],
        ir_version=IR_VERSION,
        producer_name="neuralnet",
        producer_version=_package_version(),
        doc_string=repr(model).strip("<>"),
    )
    helper.set_model_props(proto, _metadata(model, inputs))
    proto = shape_inference.infer_shapes(proto, check_type=True, strict_mode=True)
    checker.check_model(proto, full_check=True)
    return proto


def _package_version() -> str:
    """Return the version of this package, or an empty string if it is not installed."""
    from importlib import metadata

    try:
        return metadata.version("neuralnet-numpy")
    except metadata.PackageNotFoundError:
        return ""


def _graph(model: NeuralNetMLP, inputs: InputKind) -> GraphProto:
    """Build the graph from the network's inputs to its outputs."""
    from onnx import helper

    graph = _GraphBuilder()
    name = graph.scaled_pixels(model.input_range) if inputs == "pixels" else "features"
    layers = dense_layers(model)
    if sum(4 * (W.size + b.size) for W, b in layers) > MAX_BYTES:
        raise InputError(f"{model!r} exceeds the 2 GiB limit of an ONNX file; reduce num_hidden.")
    for number, (W, b) in enumerate(layers):
        last = number == len(layers) - 1
        weights = graph.constant(f"layers.{number}.weight", W)
        biases = graph.constant(f"layers.{number}.bias", b)
        z = "logits" if last else f"layers.{number}.outputs"
        name = graph.node("Gemm", [name, weights, biases], z, f"dense_{number}")
        if not last:
            name = graph.activation(model.hidden_activation[number], name, number)
    task = task_of(model.notes, model.output_activation.name)
    graph.outputs(model.output_activation, task, model.num_classes)
    return helper.make_graph(
        graph.nodes,
        "neuralnet",
        [_input_info(model, inputs)],
        _output_info(model),
        graph.constants,
    )


class _GraphBuilder:
    """Builder of a graph's nodes and constants, with readable names."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def node(
        self, operator: str, inputs: list[str], output: str, name: str, **attributes: Any
    ) -> str:
        """Add a node and return the name of its output."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], name, **attributes))
        return output

    def constant(self, name: str, values: Array | float) -> str:
        """Add a float32 constant and return its name."""
        from onnx import numpy_helper

        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(values, dtype=np.float32).reshape(np.shape(values))
        if not np.isfinite(array).all():
            raise InputError(
                f"{name} contains a number that is NaN, infinite or too large for float32, which "
                f"an ONNX file stores. Did the training diverge?"
            )
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def scaled_pixels(self, input_range: tuple[float, float]) -> str:
        """Add the scaling of bytes that `NeuralNetMLP.scale` computes."""
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
        """Add the activation of a hidden layer after its pre-activation z."""
        a, name = f"activations.{number}", f"{function.name}_{number}"
        if type(function) is LeakyReLU:
            return self.node("LeakyRelu", [z], a, name, alpha=function.negative_slope)
        if type(function) is GELU:
            return self._gelu(z, a, name)
        if function.name not in _OPERATORS or type(function).__module__ != Activation.__module__:
            raise InputError(
                f"The network has the custom activation {type(function).__name__}; only this "
                f"package's activations can be exported to ONNX: {', '.join(HIDDEN_ACTIVATIONS)}."
            )
        return self.node(_OPERATORS[function.name], [z], a, name)

    def _gelu(self, z: str, a: str, name: str) -> str:
        """Add z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))), the formula of `GELU`."""
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

    def outputs(self, function: Activation, task: Task, num_outputs: int) -> None:
        """Add the outputs after the logits, which `graph_outputs` lists."""
        from onnx import TensorProto

        if task == "multilabel":
            self.node("Sigmoid", ["logits"], "probabilities", "probabilities")
            self.node("Greater", ["logits", self.constant("zero", 0.0)], "is_positive", "positive")
            self.node("Cast", ["is_positive"], "labels", "as_integer", to=TensorProto.INT64)
            return
        scores = "logits"
        if task == "classification" and num_outputs == 1 and function.name == "sigmoid":
            # softmax(-z/2, z/2) = (1 - sigmoid(z), sigmoid(z))
            halves = self.constant("halves", np.array([[-0.5, 0.5]]))
            scores = self.node("MatMul", ["logits", halves], "two_logits", "two_logits")
        if task == "classification":
            self.node("ArgMax", [scores], "label", "most_probable", axis=1, keepdims=0)
        if function.name in _NUMBERS:
            self.node(_NUMBERS[function.name], ["logits"], "outputs", "outputs")
            return
        if function.name == "sigmoid" and num_outputs > 1:
            # Sigmoids divided by their sum are the softmax of their logarithms, which stay
            # accurate if all sigmoids are tiny: log(sigmoid(z)) = -softplus(-z).
            self.node("Neg", ["logits"], "logits_negated", "negate")
            self.node("Softplus", ["logits_negated"], "minus_log_sigmoid", "softplus")
            scores = self.node("Neg", ["minus_log_sigmoid"], "log_sigmoid", "log_sigmoid")
        self.node("Softmax", [scores], "probabilities", "probabilities", axis=1)


def _input_info(model: NeuralNetMLP, inputs: InputKind) -> ValueInfoProto:
    """Describe the graph's input."""
    from onnx import TensorProto, helper

    kind = TensorProto.UINT8 if inputs == "pixels" else TensorProto.FLOAT
    descriptions = {
        "pixels": "Flattened images, 0 (background) to 255 (ink).",
        "features": "One example per row, in the scale of the training inputs.",
    }
    shape: list[str | int | None] = ["batch", model.num_features]
    return helper.make_tensor_value_info(inputs, kind, shape, descriptions[inputs])


class Output(NamedTuple):
    """An output of the graph: its name, dtype, number of columns (0 if it is 1-D) and meaning."""

    name: str
    dtype: str
    num_columns: int
    meaning: str


def graph_outputs(model: NeuralNetMLP) -> list[Output]:
    """Return the outputs of the graph of a network.

    Parameters
    ----------
    model : NeuralNetMLP
        The network.

    Returns
    -------
    list of Output
    """
    task, size = task_of(model.notes, model.output_activation.name), model.num_classes
    if task == "regression":
        return [Output("outputs", "float32", size, "The predicted numbers.")]
    if task == "multilabel":
        return [
            Output("probabilities", "float32", size, "The probability of each label by itself."),
            Output("labels", "int64", size, "1 for labels with a probability above 1/2, else 0."),
        ]
    per_class = "One column per class."
    name = "outputs" if model.output_activation.name in _NUMBERS else "probabilities"
    return [
        Output(name, "float32", max(size, 2) if name == "probabilities" else size, per_class),
        Output("label", "int64", 0, "The most probable class, counted from 0."),
    ]


def _output_info(model: NeuralNetMLP) -> list[ValueInfoProto]:
    """Describe the graph's outputs."""
    from onnx import TensorProto, helper

    dtypes = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64}
    return [
        helper.make_tensor_value_info(
            one.name,
            dtypes[one.dtype],
            ["batch", one.num_columns] if one.num_columns else ["batch"],
            one.meaning,
        )
        for one in graph_outputs(model)
    ]


def _metadata(model: NeuralNetMLP, inputs: InputKind) -> dict[str, str]:
    """Return the file's metadata: task, class names, loss, pixel scaling and notes."""
    texts = {
        "task": task_of(model.notes, model.output_activation.name),
        "classes": json.dumps(model.classes, ensure_ascii=False),
        "loss": model.loss.name,
    }
    if inputs == "pixels":
        texts["input_range"] = json.dumps(model.input_range)
    return texts | {f"note.{name}": text for name, text in model.notes.items()}
