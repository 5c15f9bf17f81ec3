"""Round trips of weights in PyTorch's layout; a few lines of NumPy stand in for torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from neuralnet.checks import InputError
from neuralnet.data.inputs import input_kind
from neuralnet.files import FileError, FileFormatError
from neuralnet.interop.pytorch import (
    from_state_dict,
    load_pytorch,
    pytorch_code,
    pytorch_usage,
    save_pytorch,
    to_state_dict,
)
from neuralnet.nn.activations import HIDDEN_ACTIVATIONS, LeakyReLU, Tanh
from neuralnet.nn.network import NeuralNetMLP
from tests.interop.networks import random_features, random_network, random_pixels

Tensors = dict[str, NDArray[Any]]


def sequential(code: str, tensors: Tensors, X: NDArray[Any]) -> NDArray[Any]:
    """Evaluate an nn.Sequential according to PyTorch's documentation."""
    used = set()
    x: Any = X
    modules = code.removeprefix("nn.Sequential(nn.").removesuffix(")").split(", nn.")
    for place, module in enumerate(modules):
        name, _, arguments = module.removesuffix(")").partition("(")
        parts = {k.split(".")[1]: v for k, v in tensors.items() if k.split(".")[0] == str(place)}
        used |= {f"{place}.{part}" for part in parts}
        if name == "Linear":
            assert ("bias" in parts) == ("bias=False" not in arguments)
            x = x @ parts["weight"].T + parts.get("bias", 0)
        elif name == "BatchNorm1d":
            normal = (x - parts["running_mean"]) / np.sqrt(parts["running_var"] + 1e-5)
            x = normal * parts["weight"] + parts["bias"]
        elif name == "GELU":
            assert "approximate='tanh'" in arguments
            x = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
        elif name == "LeakyReLU":
            x = np.where(x > 0, x, x * float(arguments))
        elif name != "Dropout":
            functions: dict[str, Callable[[Any], NDArray[Any]]] = {
                "ReLU": lambda z: np.maximum(z, 0),
                "Tanh": np.tanh,
                "Sigmoid": lambda z: 1 / (1 + np.exp(-z)),
                "Identity": lambda z: z,
            }
            x = functions[name](x)
    assert used == set(tensors)
    return np.asarray(x)


def softmax(z: NDArray[Any]) -> NDArray[Any]:
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("dropout", [0.0, 0.25])
@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("hidden", sorted(HIDDEN_ACTIVATIONS))
def test_file_round_trip(hidden: str, batch_norm: bool, dropout: float, tmp_path: Path) -> None:
    model = random_network(hidden_activation=hidden, batch_norm=batch_norm, dropout=dropout)
    save_pytorch(model, tmp_path / "weights.safetensors")
    with safe_open(tmp_path / "weights.safetensors", "np") as file:
        assert file.metadata()["format"] == "pt"
        code = file.metadata()["module"]
    X = random_features(model)
    wanted = model.predict_proba(X)
    theirs = softmax(sequential(code, load_file(tmp_path / "weights.safetensors"), X))
    np.testing.assert_allclose(theirs, wanted, rtol=0, atol=1e-6)
    back = load_pytorch(tmp_path / "weights.safetensors", hidden_activation=hidden)
    np.testing.assert_allclose(back.predict_proba(X), wanted, rtol=0, atol=1e-6)
    assert input_kind(back.notes) == "features"


def test_names_and_shapes_are_those_of_pytorch() -> None:
    model = random_network((7, 5), batch_norm=True, dropout=0.5)
    shapes = {name: array.shape for name, array in to_state_dict(model).items()}
    assert shapes == {
        "0.weight": (7, 12),
        **{f"1.{p}": (7,) for p in ("weight", "bias", "running_mean", "running_var")},
        "1.num_batches_tracked": (),
        "4.weight": (5, 7),
        **{f"5.{p}": (5,) for p in ("weight", "bias", "running_mean", "running_var")},
        "5.num_batches_tracked": (),
        "8.weight": (4, 5),
        "8.bias": (4,),
    }
    assert pytorch_code(model).startswith("nn.Sequential(nn.Linear(12, 7, bias=False), nn.BatchN")


def test_the_state_dict_is_a_copy() -> None:
    model = random_network()
    to_state_dict(model)["0.weight"][...] = 0
    assert model.parameters["layers.0.weight"].any()


@pytest.mark.parametrize(("first", "second"), [("net.9", "net.10"), ("fc1", "fc2"), ("a.0", "b.1")])
def test_layers_are_ordered_by_the_numbers_in_their_names(first: str, second: str) -> None:
    rng = np.random.default_rng(0)
    weights = {first: rng.normal(size=(3, 3)), second: rng.normal(size=(3, 3))}
    tensors = {f"{name}.weight": weights[name] for name in (second, first)}
    model = from_state_dict(tensors, hidden_activation="tanh")
    X = rng.normal(size=(5, 3))
    wanted = softmax(np.tanh(X @ weights[first].T) @ weights[second].T)
    np.testing.assert_allclose(model.predict_proba(X), wanted, atol=1e-12)
    assert model.dtype == "float64"


def test_a_bias_before_batch_normalization_is_folded_into_the_running_mean() -> None:
    model = random_network((7,), batch_norm=True, dtype="float64")
    tensors = to_state_dict(model)
    bias = np.random.default_rng(0).normal(size=7)
    tensors["0.bias"] = bias
    tensors["1.running_mean"] = tensors["1.running_mean"] + bias
    renamed = {n.replace("0.", "fc1.").replace("1.", "bn1.", 1): a for n, a in tensors.items()}
    renamed = {n.replace("fcbn1.", "fc1."): a for n, a in renamed.items()}
    renamed = {n.replace("3.", "fc2."): a for n, a in renamed.items()}
    assert {"fc1.bias", "bn1.running_mean", "fc2.weight"} <= renamed.keys()
    X = random_features(model).astype(np.float64)
    back = from_state_dict(renamed, hidden_activation="sigmoid")
    np.testing.assert_allclose(back.predict_proba(X), model.predict_proba(X), atol=1e-12)


def test_the_meaning_of_the_results_depends_on_the_outputs() -> None:
    single = random_network(output="sigmoid", num_classes=1)
    assert "second class" in pytorch_usage(single)["gives"]
    assert "divided by the sum" in pytorch_usage(random_network(output="sigmoid"))["gives"]
    assert "softmax" in pytorch_usage(random_network())["gives"]
    assert pytorch_usage(random_network(input_range=(0, 1)))["takes"] == "pixels, scaled to [0, 1]"


def test_an_input_range_makes_the_inputs_pixels() -> None:
    model = random_network(input_range=(0.0, 1.0), classes=["a", "b", "c", "d"])
    back = from_state_dict(
        to_state_dict(model),
        hidden_activation="sigmoid",
        input_range=(0.0, 1.0),
        classes=["a", "b", "c", "d"],
    )
    pixels = random_pixels(model)
    np.testing.assert_array_equal(back.predict_proba(pixels), model.predict_proba(pixels))
    assert input_kind(back.notes) == "pixels"
    assert back.classes == model.classes


def zeros(**shapes: tuple[int, ...]) -> Tensors:
    return {name.replace("_", ".", 1): np.zeros(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    ("tensors", "facts"),
    [
        ({}, ["0 linear layers"]),
        (zeros(l0_weight=(3, 4)), ["1 linear layers"]),
        (zeros(l0_weight=(3, 4), l1_weight=(2, 5)), ["5 inputs", "l0", "3 outputs"]),
        (zeros(a_weight=(3, 3), b_weight=(3, 3)), ["order", "fc1"]),
        (zeros(l1_weight=(3, 3), m1_weight=(3, 3)), ["order"]),
        (zeros(c0_weight=(8, 1, 3, 3), c1_weight=(3, 8)), ["c0.weight", "neither"]),
        (zeros(l0_weight=(3, 4), l0_bias=(4,), l1_weight=(2, 3)), ["'bias': (4,)"]),
        (zeros(l0_weight=(3, 4), l0_extra=(4,), l1_weight=(2, 3)), ["extra"]),
        (zeros(l0_weight=(3, 4), n1_weight=(3,), n1_bias=(3,), l2_weight=(2, 3)), ["n1.weight"]),
        ({"l0.weight": np.full((3, 4), np.nan)}, ["l0.weight", "NaN"]),
    ],
)
def test_invalid_tensors_are_refused(tensors: Tensors, facts: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        from_state_dict(tensors, hidden_activation="relu")
    for fact in facts:
        assert fact in str(caught.value)


@pytest.mark.parametrize("places", [(1,), (1, 3, 5)])
def test_partial_batch_normalization_is_refused(places: tuple[int, ...]) -> None:
    tensors = to_state_dict(random_network((4, 4), num_classes=4))
    renamed = {f"{int(name[0]) + 0}.{name[2:]}": array for name, array in tensors.items()}
    for place in places:
        for part in ("weight", "bias", "running_mean", "running_var"):
            renamed[f"{place}.{part}"] = np.ones(4, np.float32)
    with pytest.raises(InputError, match="batch-normalized"):
        from_state_dict(renamed, hidden_activation="relu")


def test_invalid_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="missing"):
        load_pytorch(tmp_path / "missing", hidden_activation="relu")
    (tmp_path / "pickled.pt").write_bytes(b"PK\x03\x04 and what torch.save writes")
    with pytest.raises(FileFormatError, match="save_file"):
        load_pytorch(tmp_path / "pickled.pt", hidden_activation="relu")
    with pytest.raises(FileError):
        load_pytorch(tmp_path, hidden_activation="relu")
    save_file({"fc.weight": np.ones((2, 2), np.float32)}, tmp_path / "one")
    with pytest.raises(InputError, match="1 linear layers"):
        load_pytorch(tmp_path / "one", hidden_activation="relu")


class CustomTanh(Tanh):
    pass


def test_custom_activations_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="CustomTanh"):
        save_pytorch(random_network(hidden_activation=CustomTanh()), tmp_path / "weights")
    with pytest.raises(InputError, match="NeuralNetMLP"):
        save_pytorch("network", tmp_path / "weights")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())
    assert "nn.LeakyReLU(0.3)" in pytorch_code(random_network(hidden_activation=LeakyReLU(0.3)))
    assert isinstance(random_network(), NeuralNetMLP)
