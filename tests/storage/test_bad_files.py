"""A file that is no network, or a damaged one, is refused with a sentence, never with a crash."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st

from neuralnet.files import FileError, FileFormatError
from neuralnet.nn.activations import LeakyReLU
from neuralnet.nn.initialization import VarianceScaling
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.storage import load, save
from neuralnet.storage.container import MAX_HEADER


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A network as it is saved; its tensors take 2 * 3 + 3 + 3 * 2 + 2 = 17 float32, 68 bytes."""
    path = tmp_path_factory.mktemp("valid") / "network"
    scheme = VarianceScaling(1.5, "average", "uniform")
    network = NeuralNetMLP(2, 3, 2, hidden_activation=LeakyReLU(0.2), initial_weights=scheme)
    network.notes["data"] = "none"
    save(network, path)
    return path.read_bytes()


def split(content: bytes) -> tuple[dict[str, Any], bytes]:
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), content[start:]


def joined(header: object, data: bytes) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def changed(content: bytes, part: str, **values: Any) -> bytes:
    """Change values in one of the JSON texts; `...` removes them."""
    header, data = split(content)
    old = json.loads(header["__metadata__"][part])
    new = {name: value for name, value in {**old, **values}.items() if value is not ...}
    header["__metadata__"][part] = json.dumps(new)
    return joined(header, data)


def with_text(content: bytes, **texts: Any) -> bytes:
    """Replace texts of the metadata; `...` removes them."""
    header, data = split(content)
    merged = {**header["__metadata__"], **texts}
    header["__metadata__"] = {name: text for name, text in merged.items() if text is not ...}
    return joined(header, data)


def refusal(folder: Path, content: bytes) -> str:
    """Load what is refused; return the sentence, which names the file."""
    path = folder / "a network"
    path.write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        load(path)
    sentence = str(caught.value)
    assert str(path) in sentence
    assert len(sentence) < 1500
    return sentence


def test_every_truncation_is_refused(tmp_path: Path, valid: bytes) -> None:
    for length in range(len(valid)):
        sentence = refusal(tmp_path, valid[:length])
        assert ("truncated" if length else "empty") in sentence
        assert not length or f"{length:,} bytes" in sentence


def test_more_than_there_should_be(tmp_path: Path, valid: bytes) -> None:
    assert "3 bytes" in refusal(tmp_path, valid + b"abc")


def zip_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"what torch.save writes")
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(200),
        b"num_hidden = 50\nlearning_rate = 0.1\n" * 9,
        zip_archive(),
        pickle.dumps({"layers.0.weight": [[0.1] * 9] * 99}),
        gzip.compress(b"something else" * 99),
        bytes(500),
        b"\xff" * 500,
        (MAX_HEADER + 1).to_bytes(8, "little") + bytes(99),
    ],
)
def test_files_of_other_programs(tmp_path: Path, content: bytes) -> None:
    sentence = refusal(tmp_path, content)
    assert "neuralnet.save" in sentence
    assert repr(content[:8]) in sentence


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}])
def test_other_peoples_safetensors(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    tensors = {"layers.0.weight": np.ones((2, 3), np.float32)}
    sentence = refusal(tmp_path, safetensors.numpy.save(tensors, metadata))
    assert "neuralnet.save" in sentence
    assert repr((metadata or {}).get("format")) in sentence


def test_a_newer_format_says_what_to_do(tmp_path: Path, valid: bytes) -> None:
    header, _ = split(with_text(valid, format_version="7", settings=..., new="things"))
    sentence = refusal(tmp_path, joined({"__metadata__": header["__metadata__"]}, b""))
    for fact in ("newer", "format 7", "up to 4", "Upgrade"):
        assert fact in sentence


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "", "one", "٣", "9" * 5000, ...])
def test_versions_that_are_none(tmp_path: Path, valid: bytes, version: Any) -> None:
    assert "version" in refusal(tmp_path, with_text(valid, format_version=version))


@pytest.mark.parametrize(
    ("texts", "fact"),
    [
        ({"settings": ...}, "settings"),
        ({"extra": "text"}, "extra"),
        ({"notes": 3}, "metadata"),
        ({"settings": "{"}, "settings"),
        ({"settings": "[]"}, "settings"),
        ({"settings": "[" * 100_000}, "recursion"),
        ({"settings": "[" * 100_000 + "]" * 100_000}, "recursion"),
        ({"settings": "9" * 5000}, "settings"),
        ({"settings": '{"l2": NaN}'}, "NaN"),
        ({"settings": '{"l2": 1, "l2": 2}'}, "twice"),
        ({"classes": "{}"}, "classes"),
        ({"classes": "[0, 0]"}, "classes"),
        ({"classes": "[0, 1, 2]"}, "classes"),
        ({"classes": "[0, [1]]"}, "class"),
        ({"classes": "[0, true]"}, "class"),
        ({"preprocessing": "{}"}, "uint8_range"),
        ({"preprocessing": '{"uint8_range": [1, -1]}'}, "input_range"),
        ({"preprocessing": '{"uint8_range": [-1e999, 1]}'}, "input_range"),
        ({"preprocessing": '{"uint8_range": "ab"}'}, "input_range"),
        ({"notes": '{"a": 1}'}, "notes"),
        ({"notes": "[]"}, "notes"),
    ],
)
def test_texts_that_are_wrong(
    tmp_path: Path, valid: bytes, texts: dict[str, Any], fact: str
) -> None:
    assert fact in refusal(tmp_path, with_text(valid, **texts))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("num_features", 0),
        ("num_features", -(10**4000)),
        ("num_features", 10**4000),
        ("num_features", 2.0),
        ("num_features", True),
        ("num_features", None),
        ("num_features", ...),
        ("num_hidden", []),
        ("num_hidden", [3, 3]),
        ("num_hidden", ["3"]),
        ("num_hidden", "3"),
        ("num_hidden", [[3]]),
        ("num_hidden", {"3": 3}),
        ("num_classes", 1),
        ("num_classes", 10),
        ("hidden_activation", "sigmoid"),
        ("hidden_activation", []),
        ("hidden_activation", ["sigmoid", "relu"]),
        ("hidden_activation", ["softmax"]),
        ("hidden_activation", ["os.system"]),
        ("hidden_activation", ["leaky_relu"]),
        ("hidden_activation", [{}]),
        ("hidden_activation", [{"name": ["leaky_relu"]}]),
        ("hidden_activation", [{"name": "leaky_relu", "negative_slope": 1}]),
        ("hidden_activation", [{"name": "leaky_relu", "negative_slope": "0.1"}]),
        ("hidden_activation", [{"name": "leaky_relu", "negative_slope": 0.1, "more": 1}]),
        ("hidden_activation", [{"name": "relu", "negative_slope": 0.1}]),
        ("hidden_activation", [None]),
        ("output_activation", "relu"),
        ("output_activation", ["sigmoid"]),
        ("loss", "cross_entropy"),
        ("loss", "x" * 500_000),
        ("loss", 3),
        ("l2", -0.1),
        ("l2", "0.1"),
        ("l2", 10**400),
        ("l2", None),
        ("initial_weights", "he_normal"),
        ("initial_weights", {}),
        ("initial_weights", {"scale": 0, "fan": "in", "distribution": "normal"}),
        ("initial_weights", {"scale": 1, "fan": "out", "distribution": "normal"}),
        ("initial_weights", {"scale": 1, "fan": ["in"], "distribution": {}}),
        ("dtype", "float16"),
        ("dtype", "float64"),
        ("dtype", "f4"),
        ("dtype", "(2,"),
        ("dtype", {"a": 1}),
        ("dtype", None),
        ("unknown", 1),
    ],
)
def test_settings_that_are_wrong(tmp_path: Path, valid: bytes, name: str, value: Any) -> None:
    """The sentence names the setting, or a part of it, or says that the sizes do not fit."""
    facts = {"initial_weights": ("scale", "fan"), "hidden_activation": ("negative_slope",)}
    sentence = refusal(tmp_path, changed(valid, "settings", **{name: value}))
    assert any(fact in sentence for fact in (name, "68 bytes", *facts.get(name, ())))


@pytest.mark.parametrize("num_hidden", [[10**12], [10**300], [10**12] * 999, [3, 10**9]])
def test_absurd_sizes_are_refused_before_memory_is_taken(
    tmp_path: Path, valid: bytes, num_hidden: list[int]
) -> None:
    content = changed(valid, "settings", num_hidden=num_hidden, hidden_activation=["relu"])
    tracemalloc.start()
    try:
        sentence = refusal(tmp_path, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "68 bytes" in sentence
    assert peak < 5_000_000


Tamper = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    ("tamper", "fact"),
    [
        (lambda h: h.pop("layers.1.bias"), "layers.1.bias"),
        (lambda h: h.update({"more": h["layers.1.bias"]}), "more"),
        (lambda h: h.update({"layers.9.bias": h.pop("layers.1.bias")}), "layers.9.bias"),
        (lambda h: h["layers.0.weight"].update(shape=[3, 2]), "(3, 2)"),
        (lambda h: h["layers.0.weight"].update(shape=[6]), "(6,)"),
        (lambda h: h["layers.0.weight"].update(shape=[-2, -3]), "-2"),
        (lambda h: h["layers.0.weight"].update(shape=[2.0, 3]), "2.0"),
        (lambda h: h["layers.0.weight"].update(shape=[True, 6]), "True"),
        (lambda h: h["layers.0.weight"].update(shape="ab"), "ab"),
        (lambda h: h["layers.0.weight"].update(shape=[10**9, 10**9]), "1000000000"),
        (lambda h: h["layers.0.weight"].update(shape=[10**4000]), "layers.0.weight"),
        (lambda h: h["layers.0.weight"].update(dtype="I32"), "I32"),
        (lambda h: h["layers.0.weight"].update(dtype="F64"), "F64"),
        (lambda h: h["layers.0.weight"].update(dtype=["F32"]), "F32"),
        (lambda h: h["layers.0.weight"].update(data_offsets=[0, 10**12]), "truncated"),
        (lambda h: h["layers.0.weight"].update(data_offsets=[10**4000, 0]), "layers.0.weight"),
        (lambda h: h["layers.0.weight"].update(data_offsets=[0]), "layers.0.weight"),
        (lambda h: h["layers.0.weight"].update(data_offsets=[20, 12]), "damaged"),
        (lambda h: h["layers.0.weight"].update(data_offsets=[0, 24]), "damaged"),
        (lambda h: h["layers.0.weight"].pop("dtype"), "dtype"),
        (lambda h: h["layers.0.weight"].update(extra=1), "extra"),
        (lambda h: h.update({"layers.0.weight": None}), "layers.0.weight"),
        (lambda h: h.update({"__metadata__": []}), "metadata"),
        (lambda h: h.update({"\ud800": h["layers.1.bias"]}), "d800"),
        (lambda h: h["__metadata__"].update(notes="\ud800"), "notes"),
        (lambda h: h["__metadata__"].update(notes='{"\ud800": ""}'), "damaged"),
    ],
)
def test_tensors_that_are_not_as_they_should_be(
    tmp_path: Path, valid: bytes, tamper: Tamper, fact: str
) -> None:
    header, data = split(valid)
    tamper(header)
    assert fact in refusal(tmp_path, joined(header, data))


@pytest.mark.parametrize(
    "header",
    [
        b"[]",
        b"{}",
        b"null",
        b"3",
        b"\xff\xfe",
        b'{"__metadata__": ' + b"[" * 100_000,
        b'{"__metadata__": {}, "__metadata__": {}}',
        b'{"__metadata__": {"format": "neuralnet network", "format": "neuralnet network"}}',
        b'{"__metadata__": Infinity}',
        b'{"__metadata__": ' + b"9" * 5000 + b"}",
    ],
)
def test_headers_that_are_none(tmp_path: Path, header: bytes) -> None:
    refusal(tmp_path, joined(header, bytes(16)))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "pipe", tmp_path / "file" / "below"):
        with pytest.raises(FileError, match=path.name) as caught:
            load(path)
        assert not isinstance(caught.value, FileFormatError)


def load_or_refuse(path: Path, content: bytes) -> None:
    """Load it as a network that can be saved and loaded again, or see it refused."""
    path.write_bytes(content)
    try:
        network = load(path)
    except FileFormatError:
        return
    save(network, path)
    again = load(path)
    assert again.parameters.values.tobytes() == network.parameters.values.tobytes()
    assert again.notes == network.notes


damage = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "insert", "write"]),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=9) | st.sampled_from([b'"', b"{", b"9", b"\\", b"[", b"-"]),
    ),
    min_size=1,
    max_size=4,
)


@given(damage)
def test_damaged_bytes(
    tmp_path_factory: pytest.TempPathFactory, valid: bytes, damage: list[tuple[str, float, bytes]]
) -> None:
    content = bytearray(valid)
    for how, where, what in damage:
        place = int(where * len(content))
        if how == "flip" and content:
            content[place] ^= 1 << (what[0] % 8)
        elif how == "insert":
            content[place:place] = what
        elif how == "write":
            content[place : place + len(what)] = what
        elif how == "cut":
            del content[place : place + what[0]]
    load_or_refuse(tmp_path_factory.getbasetemp() / "damaged", bytes(content))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
PLACES = [
    ("settings", "num_features"),
    ("settings", "num_hidden"),
    ("settings", "num_classes"),
    ("settings", "hidden_activation"),
    ("settings", "output_activation"),
    ("settings", "loss"),
    ("settings", "l2"),
    ("settings", "initial_weights"),
    ("settings", "dtype"),
    ("preprocessing", "uint8_range"),
    ("notes", "data"),
]


@given(st.sampled_from(PLACES), anything)
def test_any_value_in_any_place(
    tmp_path_factory: pytest.TempPathFactory, valid: bytes, place: tuple[str, str], value: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any value"
    load_or_refuse(path, changed(valid, place[0], **{place[1]: value}))


@given(st.sampled_from(["dtype", "shape", "data_offsets", ""]), anything)
def test_any_value_in_a_tensors_declaration(
    tmp_path_factory: pytest.TempPathFactory, valid: bytes, place: str, value: Any
) -> None:
    header, data = split(valid)
    declaration = header["layers.0.weight"]
    header["layers.0.weight"] = {**declaration, place: value} if place else value
    load_or_refuse(tmp_path_factory.getbasetemp() / "any tensor", joined(header, data))
