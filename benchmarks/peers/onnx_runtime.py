"""onnxruntime, with the network as an ONNX graph, for prediction only."""

from __future__ import annotations

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.peers import base
from benchmarks.workloads import NUM_CLASSES, NUM_PIXELS, Array, Network


def graph_of(network: Network) -> bytes:
    """Return the network as a serialized ONNX model, from scaled pixels to probabilities."""
    start = network.start(seed=0)
    nodes, constants = [], []
    name = "x"
    for layer in range(len(network.pairs)):
        W, b, z, a = (f"{part}{layer}" for part in ("W", "b", "z", "a"))
        constants += [
            numpy_helper.from_array(start[2 * layer], W),
            numpy_helper.from_array(start[2 * layer + 1], b),
        ]
        last = layer == len(network.pairs) - 1
        kind = network.output if last else network.hidden
        operator = {"sigmoid": "Sigmoid", "relu": "Relu", "softmax": "Softmax"}[kind]
        nodes += [
            helper.make_node("Gemm", [name, W, b], [z]),
            helper.make_node(operator, [z], [a]),
        ]
        name = a
    if network.output == "sigmoid":
        nodes += [
            helper.make_node("ReduceSum", [name], ["total"], axes=[1], keepdims=1),
            helper.make_node("Div", [name, "total"], ["probabilities"]),
        ]
        name = "probabilities"
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", NUM_PIXELS])]
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", NUM_CLASSES])]
    graph = helper.make_graph(nodes, network.name, inputs, outputs, constants)
    # From operator set 13 on, ReduceSum takes its axes as an input instead of an attribute.
    opset = [helper.make_opsetid("", 11)]
    written: bytes = helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    return written


class Predictor(base.Predictor):
    """Prediction by `InferenceSession.run`."""

    def __init__(self, job: base.Job, *, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            graph_of(job.network), options, providers=["CPUExecutionProvider"]
        )
        self.feed = {"x": base.scaled(job.test_images())}

    def predict(self) -> Array:
        """Return the class probabilities."""
        probabilities: Array = self.session.run(None, self.feed)[0]
        return probabilities
