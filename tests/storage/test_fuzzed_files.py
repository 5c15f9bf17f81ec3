"""Randomly changed files are refused, or are valid networks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet.files import FileFormatError
from neuralnet.storage.networks import load, save
from tests.storage.tampering import join_header, split_header, with_values


def load_or_refuse(path: Path, content: bytes) -> None:
    """Check that the file is refused, or loaded as a network that can be saved and loaded again."""
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
def test_damaged_bytes_are_refused_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, valid: bytes, damage: list[tuple[str, float, bytes]]
) -> None:
    content = bytearray(valid)
    for how, where, what in damage:
        index = int(where * len(content))
        if how == "flip" and content:
            content[index] ^= 1 << (what[0] % 8)
        elif how == "insert":
            content[index:index] = what
        elif how == "write":
            content[index : index + len(what)] = what
        elif how == "cut":
            del content[index : index + what[0]]
    load_or_refuse(tmp_path_factory.getbasetemp() / "damaged", bytes(content))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
SETTINGS = [
    ("settings", "num_features"),
    ("settings", "num_hidden"),
    ("settings", "num_classes"),
    ("settings", "hidden_activation"),
    ("settings", "output_activation"),
    ("settings", "loss"),
    ("settings", "l2"),
    ("settings", "initial_weights"),
    ("settings", "dtype"),
    ("settings", "input_range"),
    ("settings", "classes"),
    ("notes", "data"),
]


@given(st.sampled_from(SETTINGS), anything)
def test_any_value_of_a_setting_is_refused_or_valid(
    tmp_path_factory: pytest.TempPathFactory, valid: bytes, place: tuple[str, str], value: Any
) -> None:
    path = tmp_path_factory.getbasetemp() / "any value"
    load_or_refuse(path, with_values(valid, place[0], **{place[1]: value}))


@given(st.sampled_from(["dtype", "shape", "data_offsets", ""]), anything)
def test_any_value_in_a_tensor_declaration_is_refused_or_valid(
    tmp_path_factory: pytest.TempPathFactory, valid: bytes, place: str, value: Any
) -> None:
    header, data = split_header(valid)
    declaration = header["layers.0.weight"]
    header["layers.0.weight"] = {**declaration, place: value} if place else value
    load_or_refuse(tmp_path_factory.getbasetemp() / "any tensor", join_header(header, data))
