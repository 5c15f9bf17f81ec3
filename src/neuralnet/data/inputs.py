"""What a network's notes say of the inputs that it was made for.

A network takes bytes and floating-point numbers alike, so whoever feeds it from a file has to know
which of the two its examples were, and in which order the columns came. Whatever trains or imports
a network notes that here; whatever reads examples for it asks here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal, cast

from neuralnet.checks import InputError, check_name

InputKind = Literal["pixels", "features"]

# Pixels are whole numbers from 0 to 255, which the network scales; features are taken as they are.
INPUT_KINDS = ("pixels", "features")

_KIND, _COLUMNS, _TARGET = "input", "columns", "target"


def input_notes(
    kind: InputKind, columns: Sequence[str] = (), target: str | None = None
) -> dict[str, str]:
    """Return the notes for a network that takes such inputs.

    Parameters
    ----------
    kind : {"pixels", "features"}
        Bytes that the network scales, or numbers that it takes as they are.
    columns : sequence of str
        The names of the columns, in the network's order, where they have any.
    target : str, optional
        The name of the column that it learned to tell.

    Returns
    -------
    dict of str to str
        To be added to `NeuralNetMLP.notes`.
    """
    notes: dict[str, str] = {_KIND: check_input_kind(kind)}
    if columns:
        notes[_COLUMNS] = json.dumps(list(columns), ensure_ascii=False)
    return notes | ({_TARGET: target} if target is not None else {})


def input_kind(notes: Mapping[str, str]) -> InputKind:
    """Return what a network takes; pixels if its notes do not say, for those are the older ones."""
    return check_input_kind(notes.get(_KIND, "pixels"), "notes['input']")


def check_input_kind(kind: object, name: str = "kind") -> InputKind:
    """Return `kind` if it is one.

    Raises
    ------
    InputError
        If it is none.
    """
    return cast("InputKind", check_name(kind, INPUT_KINDS, name))


def input_columns(notes: Mapping[str, str]) -> list[str] | None:
    """Return the names of the columns that a network takes, in its order; None if not noted.

    Raises
    ------
    InputError
        If the note is no list of names.
    """
    if _COLUMNS not in notes:
        return None
    try:
        columns = json.loads(notes[_COLUMNS])
    except ValueError:
        columns = None
    if not isinstance(columns, list) or not all(isinstance(name, str) for name in columns):
        raise InputError(
            f"The network's note 'columns' is {notes[_COLUMNS]!r:.60}; it must be a JSON list of "
            f"column names. Correct it in model.notes, or remove it."
        )
    return columns


def input_target(notes: Mapping[str, str]) -> str | None:
    """Return the name of the column that a network learned to tell; None if not noted."""
    return notes.get(_TARGET)
