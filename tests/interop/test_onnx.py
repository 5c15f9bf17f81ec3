"""Exported networks give the same predictions in onnxruntime."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neuralnet.checks import InputError
from neuralnet.data.inputs import input_notes
from neuralnet.interop.onnx import IR_VERSION, OPERATOR_SET, MissingPackageError, export_onnx
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS, Identity, LeakyReLU, Tanh
from neuralnet.nn.network import NeuralNetMLP
from tests.interop.networks import random_features, random_network, random_pixels

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

OUTPUTS = ("softmax", "sigmoid", "identity")
DEPTHS = ((6,), (7, 5), (6, 5, 4))


def run(path: Path, X: NDArray[Any]) -> dict[str, NDArray[Any]]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {session.get_inputs()[0].name: X}), strict=True))


def assert_agrees(model: NeuralNetMLP, path: Path, X: NDArray[Any]) -> None:
    exported = run(path, X)
    assert list(exported)[1] == "label"
    assert exported["label"].dtype == np.int64
    np.testing.assert_array_equal(exported["label"], model.predict(X))
    if model.output_activation.name == "identity":
        assert next(iter(exported)) == "outputs"
        wanted, got = model.forward(X)[-1], exported["outputs"]
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
    else:
        wanted, got = model.predict_proba(X), exported["probabilities"]
        np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-5)
        np.testing.assert_allclose(got.sum(axis=1), 1, atol=1e-5)
    assert got.dtype == np.float32


@pytest.mark.parametrize(
    ("hidden", "output", "batch_norm", "depth"),
    [  # each depth meets each activation, each output, and both kinds of normalization
        (hidden, output, bool(k), DEPTHS[(i + j + k) % 3])
        for i, hidden in enumerate(sorted(HIDDEN_ACTIVATIONS))
        for j, output in enumerate(OUTPUTS)
        for k in (0, 1)
    ],
)
def test_combinations_of_layers(
    hidden: str, output: str, batch_norm: bool, depth: tuple[int, ...], tmp_path: Path
) -> None:
    model = random_network(
        depth, output, hidden_activation=hidden, batch_norm=batch_norm, dropout=0.3
    )
    for inputs, X in (("pixels", random_pixels(model)), ("features", random_features(model))):
        export_onnx(model, tmp_path / "model.onnx", inputs=inputs)  # type: ignore[arg-type]
        assert_agrees(model, tmp_path / "model.onnx", X)


@pytest.mark.parametrize("scale", [1, 30])
def test_a_single_sigmoid_output_gives_two_probabilities(scale: float, tmp_path: Path) -> None:
    model = random_network(output="sigmoid", num_classes=1)
    model.parameters["layers.2.weight"][...] *= scale
    export_onnx(model, tmp_path / "model.onnx")
    assert_agrees(model, tmp_path / "model.onnx", random_pixels(model))
    assert run(tmp_path / "model.onnx", random_pixels(model))["probabilities"].shape == (33, 2)


@pytest.mark.parametrize(
    ("first", "second"), list(itertools.permutations(sorted(HIDDEN_ACTIVATIONS), 2))
)
def test_different_activations_per_layer(first: str, second: str, tmp_path: Path) -> None:
    model = random_network(hidden_activation=[first, second], batch_norm=True)
    export_onnx(model, tmp_path / "model.onnx")
    assert_agrees(model, tmp_path / "model.onnx", random_pixels(model))


@pytest.mark.parametrize(
    "settings",
    [
        {"hidden_activation": LeakyReLU(0.3)},
        {"hidden_activation": Identity()},
        {"input_range": (0.0, 1.0)},
        {"input_range": (-0.5, 3.0), "dtype": "float64"},
        {"num_features": 1, "num_hidden": (1,), "num_classes": 2},
    ],
    ids=str,
)
def test_other_settings(settings: dict[str, Any], tmp_path: Path) -> None:
    model = random_network(**settings)
    export_onnx(model, tmp_path / "model.onnx")
    for num_rows in (1, 2, 500):  # the batch size is not fixed
        assert_agrees(model, tmp_path / "model.onnx", random_pixels(model, num_rows + 2)[2:])


def test_tiny_sigmoids_stay_accurate(tmp_path: Path) -> None:
    model = random_network(output="sigmoid")
    model.parameters["layers.2.bias"][...] -= 60
    export_onnx(model, tmp_path / "model.onnx")
    assert_agrees(model, tmp_path / "model.onnx", random_pixels(model))


def test_metadata_and_graph_of_the_file(tmp_path: Path) -> None:
    model = random_network(classes=["a", "b", "c", "ü"], batch_norm=True, dropout=0.5)
    model.notes["data"] = "made for a test"
    export_onnx(model, tmp_path / "model.onnx")
    proto = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(proto, full_check=True)
    assert proto.ir_version == IR_VERSION == 8
    assert [(o.domain, o.version) for o in proto.opset_import] == [("", OPERATOR_SET)]
    assert OPERATOR_SET == 18
    assert proto.producer_name == "neuralnet"
    metadata = {entry.key: entry.value for entry in proto.metadata_props}
    assert json.loads(metadata["classes"]) == ["a", "b", "c", "ü"]
    assert json.loads(metadata["input_range"]) == [-1.0, 1.0]
    assert metadata["note.data"] == "made for a test"
    operators = [node.op_type for node in proto.graph.node]
    assert operators.count("Gemm") == 3
    assert not {"BatchNormalization", "Dropout"} & set(operators)
    names = [node.name for node in proto.graph.node]
    assert all(names)
    assert len(set(names)) == len(names)
    [graph_input] = proto.graph.input
    assert graph_input.name == "pixels"
    dimensions = graph_input.type.tensor_type.shape.dim
    assert (dimensions[0].dim_param, dimensions[1].dim_value) == ("batch", 12)
    assert [output.name for output in proto.graph.output] == ["probabilities", "label"]


def test_notes_determine_the_input(tmp_path: Path) -> None:
    model = random_network()
    model.notes |= input_notes("features", [f"column {i}" for i in range(12)], "kind")
    export_onnx(model, tmp_path / "model.onnx")
    assert onnx.load(tmp_path / "model.onnx").graph.input[0].name == "features"
    assert_agrees(model, tmp_path / "model.onnx", random_features(model))


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        export_onnx(random_network(), tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


class CustomTanh(Tanh):
    pass


def test_invalid_networks_are_refused_and_not_written(tmp_path: Path) -> None:
    diverged = random_network()
    diverged.parameters["layers.0.weight"][0, 0] = np.nan
    huge = random_network(dtype="float64")
    huge.parameters["layers.0.weight"][0, 0] = 1e300
    cases: list[tuple[Any, dict[str, Any], str]] = [
        ("a name", {}, "NeuralNetMLP"),
        (diverged, {}, "layers.0.weight"),
        (huge, {}, "float32"),
        (random_network(hidden_activation=CustomTanh()), {}, "CustomTanh"),
        (random_network(), {"inputs": "pixel"}, "pixels"),
    ]
    for model, options, fact in cases:
        with pytest.raises(InputError, match=fact):
            export_onnx(model, tmp_path / "model.onnx", **options)
    assert not list(tmp_path.iterdir())


def test_a_missing_package_error_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingPackageError, match=r"\[onnx\]"):
        export_onnx(random_network(), tmp_path / "model.onnx")


def test_onnx_is_imported_lazily() -> None:
    code = "import sys, neuralnet.interop.onnx; assert 'onnx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
