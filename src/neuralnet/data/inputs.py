"""Notes of a network about its inputs: their kind, and the columns of a table.

A network accepts both bytes and floating-point numbers. Code that reads examples for it from a file
needs to know which of the two it was trained on, and the order of the columns. Training and import
write these notes with the functions of this module; code that reads examples looks them up here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from neuralnet.checks import InputError, check_name
from neuralnet.checks.inputs import KIND_NOTE

InputKind = Literal["pixels", "features"]

# Pixels are integers from 0 to 255, which the network scales. Features are used unchanged.
INPUTKIND_NOTES = ("pixels", "features")

_COLUMNS, _TARGET = "columns", "target"


def input_notes(
    kind: InputKind, columns: Sequence[str] = (), target: str | None = None
) -> dict[str, str]:
    """Return the notes that describe the inputs of a network.

    Parameters
    ----------
    kind : {"pixels", "features"}
        Bytes, which the network scales, or numbers, which it uses unchanged.
    columns : sequence of str
        Names of the columns in the order of the network's inputs; empty if they have none.
    target : str, optional
        Name of the target column.

    Returns
    -------
    dict of str to str
        Entries for `NeuralNetMLP.notes`.

    Raises
    ------
    InputError
        If `kind` is unknown.
    """
    notes: dict[str, str] = {KIND_NOTE: check_input_kind(kind)}
    if columns:
        notes[_COLUMNS] = json.dumps(list(columns), ensure_ascii=False)
    return notes | ({_TARGET: target} if target is not None else {})


def input_kind(notes: Mapping[str, str]) -> InputKind:
    """Return the kind of a network's inputs.

    Without a note it is "pixels", as older networks have no such note and take pixels.
    """
    return check_input_kind(notes.get(KIND_NOTE, "pixels"), "notes['input']")


def check_input_kind(kind: object, name: str = "kind") -> InputKind:
    """Return `kind` if it is a kind of input.

    Raises
    ------
    InputError
        If it is not; the message lists the kinds.
    """
    return cast("InputKind", check_name(kind, INPUTKIND_NOTES, name))


def input_columns(notes: Mapping[str, str]) -> list[str] | None:
    """Return the column names of a network's inputs in order, or None without a note.

    Raises
    ------
    InputError
        If the note is not a JSON list of names.
    """
    if _COLUMNS not in notes:
        return None
    try:
        columns = json.loads(notes[_COLUMNS])
    except (ValueError, RecursionError):
        columns = None
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InputError(
            f"The network's note 'columns' is {notes[_COLUMNS]!r:.60}; it must be a JSON list of "
            f"column names. Correct the note in model.notes, or remove it."
        )
    return columns


def input_target(notes: Mapping[str, str]) -> str | None:
    """Return the name of a network's target column, or None without a note."""
    return notes.get(_TARGET)
