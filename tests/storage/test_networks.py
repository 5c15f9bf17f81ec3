"""Round trips of `save` and `load` over all settings of a network, and rejected inputs."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open

from neuralnet.checks import InputError
from neuralnet.files import FileError
from neuralnet.nn.activations import GELU, HIDDEN_ACTIVATIONS, Identity, LeakyReLU, Softmax
from neuralnet.nn.initialization import VarianceScaling
from neuralnet.nn.losses import LOSSES, CrossEntropy
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage.networks import load, save

V1 = Path(__file__).parents[1] / "files" / "network-v1.safetensors"


def assert_same(one: NeuralNetMLP, other: NeuralNetMLP) -> None:
    """Check that two networks have the same settings, parameters and predictions, bit for bit."""
    for name in (
        *("num_features", "num_hidden", "num_classes", "hidden_activation", "output_activation"),
        *("batch_norm", "dropout", "label_smoothing"),
        *("l2", "initial_weights", "dtype", "input_range", "classes", "notes"),
    ):
        assert getattr(one, name) == getattr(other, name), name
    assert type(one.loss) is type(other.loss)
    assert one.parameters.shapes == other.parameters.shapes
    assert one.parameters.values.tobytes() == other.parameters.values.tobytes()
    pixels = np.random.default_rng(0).integers(0, 256, (7, one.num_features), dtype=np.uint8)
    with np.errstate(over="ignore"):  # exponential outputs of random weights may be infinite
        activations = zip(one.forward(pixels), other.forward(pixels), strict=True)
    for mine, its in activations:
        assert mine.dtype == its.dtype
        assert mine.tobytes() == its.tobytes()


hidden_functions = st.sampled_from(sorted(HIDDEN_ACTIVATIONS)) | st.builds(
    LeakyReLU, st.floats(0, 1, exclude_max=True)
)
pairs = [(output, kind.name) for kind in LOSSES.values() for output in kind.output_activations]
schemes = st.builds(
    VarianceScaling,
    st.floats(0.1, 10),
    st.sampled_from(["in", "average"]),
    st.sampled_from(["normal", "uniform"]),
)


@st.composite
def networks(draw: st.DrawFn) -> NeuralNetMLP:
    sizes = draw(st.lists(st.integers(1, 6), min_size=1, max_size=3))
    num_classes = draw(st.integers(2, 5))
    output, loss = draw(st.sampled_from(pairs))
    class_names = st.lists(
        st.text(max_size=5) | st.integers(0, 10**20),
        min_size=num_classes,
        max_size=num_classes,
        unique=True,
    )
    low = draw(st.floats(-3, 3))
    network = NeuralNetMLP(
        draw(st.integers(1, 9)),
        sizes,
        num_classes,
        hidden_activation=[draw(hidden_functions) for _ in sizes],
        output_activation=output,
        loss=loss,
        l2=draw(st.floats(0, 1)),
        batch_norm=draw(st.booleans()),
        dropout=[draw(st.sampled_from([0, 0.5])) for _ in sizes],
        label_smoothing=draw(st.sampled_from([0, 0.1])),
        initial_weights=draw(st.none() | schemes),
        dtype=draw(st.sampled_from(["float32", "float64"])),
        input_range=(low, low + draw(st.floats(0.1, 3))),
        classes=draw(st.none() | class_names),
        seed=draw(st.integers(0, 99)),
    )
    network.notes = draw(st.dictionaries(st.text(), st.text(), max_size=3))
    return network


@given(networks())
def test_a_loaded_network_equals_the_saved(tmp_path_factory: Any, network: NeuralNetMLP) -> None:
    path = tmp_path_factory.mktemp("round") / "network.safetensors"
    save(network, path)
    loaded = load(path)
    assert_same(network, loaded)
    save(loaded, path.with_name("again"))
    assert path.with_name("again").read_bytes() == path.read_bytes()


def test_a_loaded_network_trains_and_initializes_like_the_saved_one(tmp_path: Path) -> None:
    network = NeuralNetMLP(4, 3, 2, initial_weights="he_uniform", l2=0.1)
    save(network, tmp_path / "network")
    loaded = load(tmp_path / "network")
    X, y = np.random.default_rng(0).normal(size=(6, 4)), np.array([0, 1, 0, 1, 0, 1])
    for one in (network, loaded):
        gradients = one.backward(X, one.forward(X), y)
        for name, values in one.parameters.items():
            np.subtract(values, 0.1 * gradients[name], out=values)
    assert_same(network, loaded)
    network.initialize(5)
    loaded.initialize(5)
    assert loaded.parameters.values.any()
    assert_same(network, loaded)


def test_the_same_network_gives_the_same_bytes(tmp_path: Path) -> None:
    network = NeuralNetMLP(3, 2, 2, classes=["a", "b"])
    for number in range(8):
        save(network, tmp_path / f"{number}")
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_weights_in_any_memory_layout_are_saved_correctly(tmp_path: Path) -> None:
    """The safetensors package alone would ignore the memory order of a transposed array."""
    network = NeuralNetMLP(5, 4, 3)
    weight = network.parameters["layers.0.weight"].copy()
    transposed = np.asfortranarray(weight)
    assert not transposed.flags.c_contiguous
    network.parameters._values["layers.0.weight"] = transposed
    strided = np.repeat(network.parameters["layers.1.weight"], 2, axis=1)[:, ::2]
    network.parameters._values["layers.1.weight"] = strided
    save(network, tmp_path / "network")
    loaded = load(tmp_path / "network")
    np.testing.assert_array_equal(loaded.parameters["layers.0.weight"], weight)
    np.testing.assert_array_equal(loaded.parameters["layers.1.weight"], strided)


def test_arrays_of_another_array_module_are_saved(tmp_path: Path) -> None:
    device = ModuleType("device")
    device.__dict__.update({**vars(np), "asnumpy": lambda array: array + 1})
    network = NeuralNetMLP(2, 2, 2, xp=device)
    save(network, tmp_path / "network")
    loaded = load(tmp_path / "network")
    np.testing.assert_array_equal(loaded.parameters.values, network.parameters.values + 1)
    assert loaded.xp is np


def test_a_diverged_network_is_saved_unchanged(tmp_path: Path) -> None:
    network = NeuralNetMLP(2, 2, 2)
    network.parameters.values[:3] = np.nan, np.inf, -np.inf
    save(network, tmp_path / "network")
    loaded = load(tmp_path / "network").parameters.values
    assert loaded.tobytes() == network.parameters.values.tobytes()


def test_the_file_is_readable_by_safetensors(tmp_path: Path) -> None:
    network = NeuralNetMLP(4, [3, 2], 2, hidden_activation=[GELU(), LeakyReLU(0.2)])
    network.notes["data"] = "four numbers"
    save(network, tmp_path / "network")
    with safe_open(tmp_path / "network", framework="np") as file:
        assert set(file.keys()) == set(network.parameters)
        for name, values in network.parameters.items():
            np.testing.assert_array_equal(file.get_tensor(name), values)
        metadata = file.metadata()
    assert (metadata.pop("format"), metadata.pop("format_version")) == ("neuralnet network", "4")
    assert re.fullmatch("[0-9a-f]{64}", metadata.pop("sha256"))
    texts = {name: json.loads(text) for name, text in metadata.items()}
    assert set(texts) == {"settings", "notes"}
    assert set(texts["settings"]) == set(network.settings())
    assert texts["settings"]["classes"] == [0, 1]
    assert texts["settings"]["input_range"] == [-1.0, 1.0]
    assert texts["notes"] == {"data": "four numbers"}
    assert texts["settings"]["hidden_activation"] == [
        "gelu",
        {"name": "leaky_relu", "negative_slope": 0.2},
    ]


def test_a_file_of_format_3_is_loaded() -> None:
    """The file has receptive fields, which affected its training but not its predictions."""
    network = load(V1.with_name("network-v3.safetensors"))
    assert network.batch_norm
    assert network.dropout == (0.1, 0.1)
    predicted = network.predict_proba(np.linspace(-1, 1, 32, dtype=np.float32).reshape(2, 16))
    expected = [[0.32543, 0.34729, 0.32729], [0.30904, 0.37464, 0.31632]]
    np.testing.assert_allclose(predicted, expected, atol=6e-6)


def test_a_file_of_format_1_is_loaded() -> None:
    """The file was written once by format 1; its predictions must not change."""
    network = load(V1)
    assert (network.num_features, network.num_hidden, network.num_classes) == (16, (5, 4), 3)
    assert network.hidden_activation == (LeakyReLU(0.2), GELU())
    assert network.output_activation == Softmax()
    assert isinstance(network.loss, CrossEntropy)
    assert network.initial_weights == (VarianceScaling(2.0, "average", "uniform"),) * 3
    assert (network.l2, network.dtype.name, network.input_range) == (0.001, "float32", (-0.5, 1.5))
    assert network.classes == ("left", "middle", "right")
    assert network.notes == {"data": "made for a test", "größe": "klein"}
    pixels = (np.arange(48, dtype=np.uint8) * 5).reshape(3, 16)
    wanted = [
        [0.1550713, 0.113531, 0.7313977],
        [0.4438084, 0.5261657, 0.03002591],
        [0.4345452, 0.5650584, 0.0003964284],
    ]
    np.testing.assert_allclose(network.predict_proba(pixels), wanted, rtol=1e-5)


class CustomLeakyReLU(LeakyReLU):
    """Custom activation with the name of one of the package's."""


class CustomSoftmax(Softmax):
    pass


class CustomLoss(CrossEntropy):
    pass


class CustomScheme(VarianceScaling):
    pass


class CustomNetwork(NeuralNetMLP):
    pass


@pytest.mark.parametrize(
    ("settings", "fact"),
    [
        ({"hidden_activation": CustomLeakyReLU()}, "CustomLeakyReLU"),
        ({"output_activation": CustomSoftmax(), "loss": "cross_entropy"}, "CustomSoftmax"),
        ({"loss": CustomLoss(), "output_activation": "softmax"}, "CustomLoss"),
    ],
)
def test_custom_functions_are_refused(tmp_path: Path, settings: dict[str, Any], fact: str) -> None:
    with pytest.raises(InputError, match=fact):
        save(NeuralNetMLP(2, 2, 2, **settings), tmp_path / "network")
    assert not list(tmp_path.iterdir())


def test_a_custom_initializer_becomes_the_default(tmp_path: Path) -> None:
    network = NeuralNetMLP(2, 2, 2, initial_weights=["he_normal", CustomScheme()])
    save(network, tmp_path / "network")
    loaded = load(tmp_path / "network")
    assert loaded.initial_weights == (VarianceScaling(2.0), None)
    np.testing.assert_array_equal(loaded.parameters.values, network.parameters.values)


def test_identity_is_saved(tmp_path: Path) -> None:
    network = NeuralNetMLP(2, 2, 2, hidden_activation=Identity())
    save(network, tmp_path / "network")
    assert_same(network, load(tmp_path / "network"))


@pytest.mark.parametrize(
    ("name", "value", "fact"),
    [
        ("notes", {"epochs": 3}, "notes"),
        ("notes", {1: "one"}, "notes"),
        ("notes", None, "notes"),
        ("notes", {"log": "x" * 1_000_000}, "1,000,000"),
        ("dropout", (float("nan"),), "JSON"),
        ("dropout", (object(),), "JSON"),
        ("classes", ("a",), "classes"),
        ("input_range", (1.0, 0.0), "input_range"),
    ],
)
def test_invalid_attributes_are_not_written(
    tmp_path: Path, name: str, value: Any, fact: str
) -> None:
    network = NeuralNetMLP(2, 2, 2)
    setattr(network, name, value)
    with pytest.raises(InputError, match=fact):
        save(network, tmp_path / "network")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("model", [None, {"weight": np.ones(2)}, CustomNetwork(2, 2, 2)])
def test_only_networks_are_saved(tmp_path: Path, model: Any) -> None:
    with pytest.raises(InputError, match="NeuralNetMLP"):
        save(model, tmp_path / "network")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, 3, "null\0byte"])
def test_only_paths_are_accepted(path: Any) -> None:
    with pytest.raises(InputError, match="path"):
        save(NeuralNetMLP(2, 2, 2), path)
    with pytest.raises(InputError, match="path"):
        load(path)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = NeuralNetMLP(2, 2, 2)
    save(network, tmp_path / "network")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FileError, match="no space"):
        save(NeuralNetMLP(3, 3, 3), tmp_path / "network")
    assert [path.name for path in tmp_path.iterdir()] == ["network"]
    assert_same(network, load(tmp_path / "network"))


def test_a_path_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file"):
        save(NeuralNetMLP(2, 2, 2), tmp_path / "file" / "network")


def test_neither_safetensors_nor_another_framework_is_imported() -> None:
    code = f"""
import sys
import neuralnet.storage
neuralnet.storage.load({str(V1)!r})
assert not {{"safetensors", "torch", "jax"}} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
