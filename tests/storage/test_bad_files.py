"""Invalid files are refused with an error message, never with a crash."""

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

from neuralnet.files import FileError, FileFormatError
from neuralnet.storage.container import MAX_HEADER
from neuralnet.storage.networks import load
from tests.storage.tampering import (
    join_header,
    load_error,
    split_header,
    with_text,
    with_values,
)


def test_every_truncation_is_refused(tmp_path: Path, valid: bytes) -> None:
    for length in range(len(valid)):
        message = load_error(tmp_path, valid[:length])
        assert ("truncated" if length else "empty") in message
        assert not length or f"{length:,} bytes" in message


def test_trailing_bytes_are_refused(tmp_path: Path, valid: bytes) -> None:
    assert "3 bytes" in load_error(tmp_path, valid + b"abc")


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
    ids=["png", "toml", "zip", "pickle", "gzip", "zeros", "ones", "long header"],
)
def test_files_of_other_formats_are_refused(tmp_path: Path, content: bytes) -> None:
    message = load_error(tmp_path, content)
    assert "neuralnet.save" in message
    assert repr(content[:8]) in message


@pytest.mark.parametrize("metadata", [None, {}, {"format": "pt"}])
def test_other_safetensors_are_refused(tmp_path: Path, metadata: dict[str, str] | None) -> None:
    tensors = {"layers.0.weight": np.ones((2, 3), np.float32)}
    message = load_error(tmp_path, safetensors.numpy.save(tensors, metadata))
    assert "neuralnet.save" in message
    assert repr((metadata or {}).get("format")) in message


def test_a_newer_format_is_refused(tmp_path: Path, valid: bytes) -> None:
    header, _ = split_header(with_text(valid, format_version="7", settings=..., new="things"))
    message = load_error(tmp_path, join_header({"__metadata__": header["__metadata__"]}, b""))
    for fact in ("newer", "format 7", "up to 4", "Upgrade"):
        assert fact in message


@pytest.mark.parametrize("version", ["0", "-1", "1.0", "", "one", "٣", "9" * 5000, ...])
def test_invalid_versions_are_refused(tmp_path: Path, valid: bytes, version: Any) -> None:
    assert "version" in load_error(tmp_path, with_text(valid, format_version=version))


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
        ({"notes": '{"a": 1}'}, "notes"),
        ({"notes": "[]"}, "notes"),
    ],
)
def test_invalid_texts_are_refused(
    tmp_path: Path, valid: bytes, texts: dict[str, Any], fact: str
) -> None:
    assert fact in load_error(tmp_path, with_text(valid, **texts))


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
        ("classes", {}),
        ("classes", None),
        ("classes", [0, 0]),
        ("classes", [0, 1, 2]),
        ("classes", [0, [1]]),
        ("classes", [0, True]),
        ("classes", [0, "x" * 2000]),
        ("input_range", [1, -1]),
        ("input_range", "ab"),
        ("input_range", ...),
        ("dtype", "float16"),
        ("dtype", "float64"),
        ("dtype", "f4"),
        ("dtype", "(2,"),
        ("dtype", {"a": 1}),
        ("dtype", None),
        ("unknown", 1),
        ("", 1),
    ],
)
def test_invalid_settings_are_refused(tmp_path: Path, valid: bytes, name: str, value: Any) -> None:
    """The message names the setting or a part of it, or the size that does not match."""
    facts = {
        "classes": ("class",),
        "initial_weights": ("scale", "fan"),
        "hidden_activation": ("negative_slope",),
    }
    message = load_error(tmp_path, with_values(valid, "settings", **{name: value}))
    assert any(fact in message for fact in (name, "68 bytes", *facts.get(name, ())))


@pytest.mark.parametrize("num_hidden", [[10**12], [10**300], [10**12] * 999, [3, 10**9]])
def test_huge_sizes_are_refused_before_memory_is_allocated(
    tmp_path: Path, valid: bytes, num_hidden: list[int]
) -> None:
    content = with_values(valid, "settings", num_hidden=num_hidden, hidden_activation=["relu"])
    tracemalloc.start()
    try:
        message = load_error(tmp_path, content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "68 bytes" in message or "at most 9,223,372,036,854,775,807" in message
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
        (lambda h: h["__metadata__"].update(notes="\ud800"), "damaged"),
        (lambda h: h["__metadata__"].update(notes='{"\ud800": ""}'), "damaged"),
    ],
)
def test_invalid_tensors_are_refused(
    tmp_path: Path, valid: bytes, tamper: Tamper, fact: str
) -> None:
    header, data = split_header(valid)
    tamper(header)
    assert fact in load_error(tmp_path, join_header(header, data))


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
def test_invalid_headers_are_refused(tmp_path: Path, header: bytes) -> None:
    load_error(tmp_path, join_header(header, bytes(16)))


def test_missing_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "pipe", tmp_path / "file" / "below"):
        with pytest.raises(FileError, match=path.name) as caught:
            load(path)
        assert not isinstance(caught.value, FileFormatError)


def test_every_flipped_bit_of_the_tensors_is_found(tmp_path: Path, valid: bytes) -> None:
    start = 8 + int.from_bytes(valid[:8], "little")
    path = tmp_path / "network"
    for bit in range(8 * start, 8 * len(valid)):
        flipped = bytearray(valid)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with pytest.raises(FileFormatError, match="does not match its SHA-256"):
            load(path)


def test_flipped_bits_of_the_header_are_found_or_harmless(tmp_path: Path, valid: bytes) -> None:
    start = 8 + int.from_bytes(valid[:8], "little")
    path, found = tmp_path / "network", 0
    path.write_bytes(valid)
    whole = load(path)
    for bit in range(0, 8 * start, 7):
        flipped = bytearray(valid)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            same = load(path)
        except FileFormatError:
            found += 1
        else:  # the case of an escaped character, or a space
            assert same.settings() == whole.settings()
            assert same.notes == whole.notes
            assert same.parameters.values.tobytes() == whole.parameters.values.tobytes()
    assert found > 0.95 * 8 * start / 7


def test_changed_settings_are_found(tmp_path: Path, valid: bytes) -> None:
    header, data = split_header(valid)
    text = header["__metadata__"]["settings"]
    header["__metadata__"]["settings"] = text.replace('"uniform"', '"normal"')
    assert header["__metadata__"]["settings"] != text
    content = json.dumps(header).encode()
    message = load_error(tmp_path, len(content).to_bytes(8, "little") + content + data)
    assert "SHA-256" in message


def test_a_file_that_lost_its_checksum_is_refused(tmp_path: Path, valid: bytes) -> None:
    assert "lacks its SHA-256" in load_error(tmp_path, with_text(valid, sha256=...))


def test_a_file_written_by_another_program_in_another_order_is_loaded(
    tmp_path: Path, valid: bytes
) -> None:
    header, data = split_header(valid)
    turned = {name: header[name] for name in reversed(header)}
    turned["__metadata__"] = dict(reversed(header["__metadata__"].items()))
    content = json.dumps(turned, indent=1).encode()
    path = tmp_path / "network"
    path.write_bytes(len(content).to_bytes(8, "little") + content + data)
    assert load(path).notes == {"data": "none"}


def test_thousands_of_layers_of_a_small_file_are_refused_at_once(
    tmp_path: Path, valid: bytes
) -> None:
    """17 parameters would be those of eight layers with one unit each."""
    content = with_values(
        valid, "settings", num_features=1, num_hidden=[1] * 7, num_classes=1,
        hidden_activation=["relu"] * 7, initial_weights=[None] * 8, classes=[0],
        output_activation="identity",
    )  # fmt: skip
    header, _ = split_header(content)
    message = load_error(tmp_path, join_header(header, split_header(valid)[1][:64]))
    assert "truncated" in message
    header["layers.1.weight"]["shape"] = [3, 1]
    entries = [name for name in header if name != "__metadata__"]
    end = 0
    for name in entries:
        size = 16
        header[name]["data_offsets"] = [end, end + size]
        end += size
    assert "too few for the 8 layers" in load_error(tmp_path, join_header(header, bytes(end)))
