"""Tables: CSV files with a row of column names, an example a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_name
from neuralnet.data.cells import as_pixels, numbers, read_cells, read_header, texts
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.inputs import InputKind, check_input_kind
from neuralnet.data.naming import known_labels, numbered
from neuralnet.files import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """What a CSV file holds.

    Attributes
    ----------
    X : ndarray, shape (N, D)
        float32 for features; uint8 for pixels.
    columns : tuple of str
        The names of the D columns.
    target : ndarray of str, shape (N,), or None
        What stands in the target column, as it is written; None where none was asked for.
    """

    X: NDArray[Any]
    columns: tuple[str, ...]
    target: NDArray[Any] | None


def load_table(
    path: Folder,
    target: str,
    *,
    kind: InputKind = "features",
    columns: Sequence[str] | None = None,
    num_columns: int | None = None,
    classes: Sequence[str | int] | None = None,
) -> Dataset:
    """Load a CSV file whose target column names each row's class.

    Parameters
    ----------
    path : path
        The file: UTF-8, a first row of column names, cells separated by commas, semicolons or
        tabs.
    target : str
        The name of the target column. Whole numbers or texts; classes are ordered by number or
        by alphabet.
    kind : {"features", "pixels"}
        Whether the other columns are numbers to be taken as they are, or pixels from 0 to 255.
    columns : sequence of str, optional
        Which columns to take, in this order; all but the target if not given.
    num_columns : int, optional
        How many there must be, as a network has it that does not know their names.
    classes : sequence of str or int, optional
        What the labels stand for, as a network has it; other targets are refused then. Found in
        the file if not given.

    Returns
    -------
    Dataset
        All rows count as training ones. `image_shape` is (1, D).

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If it is empty, a row has too few or too many cells, or a cell is not what its column
        should hold.
    InputError
        If a column is not there, or the target column names no classes.
    """
    path = Path(path)
    table = read_table(path, target=target, kind=kind, columns=columns, num_columns=num_columns)
    assert table.target is not None  # noqa: S101
    where = f"the column {target!r} of {path}"
    if classes is None:
        labels, found = numbered(table.target, where)
    else:
        labels, found = known_labels(table.target, classes, where), tuple(classes)
    return Dataset(
        images=table.X,
        labels=labels,
        num_train=len(labels),
        image_shape=(1, table.X.shape[1]),
        classes=found,
        name=path.name.removesuffix(".gz").removesuffix(".csv"),
        source=f"the file {path}",
        columns=table.columns,
        target=target,
    )


def read_table(
    path: Folder,
    *,
    target: str | None = None,
    kind: InputKind = "features",
    columns: Sequence[str] | None = None,
    num_columns: int | None = None,
) -> Table:
    """Read a CSV file, with or without a target column.

    Parameters
    ----------
    path, target, kind, columns, num_columns
        As for `load_table`; `target` may be left out.

    Returns
    -------
    Table

    Raises
    ------
    FileError, FileFormatError, InputError
        As for `load_table`.
    """
    path = Path(path)
    check_input_kind(kind)
    names, separator = read_header(path)
    if target is not None:
        check_name(target, names, f"target, the column to learn or test in {path},")
    if columns is None:
        columns = [name for name in names if name != target]
    for name in columns:
        check_name(name, names, f"A column that the network takes from {path}")
    if not columns:
        raise FileFormatError(
            f"{path} has no column but the target {target!r}; give at least one column to tell it "
            f"from."
        )
    if num_columns is not None and len(columns) != num_columns:
        raise InputError(
            f"{path} has {len(columns)} column(s) to tell the class from, but this network takes "
            f"{num_columns}. Is it the file for this network? A column that holds the class "
            f"already is passed over if it is named as the target."
        )
    wanted = [*columns, *([target] if target is not None else [])]
    frame = read_cells(path, names, separator, target)[wanted]
    X = numbers(frame[list(columns)], path)  # (N, D)
    named = None if target is None else texts(frame[target], path)
    return Table(as_pixels(X, columns, path) if kind == "pixels" else X, tuple(columns), named)


def standardization(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each column's mean and standard deviation, 1 for a deviation of 0.

    Parameters
    ----------
    X : ndarray, shape (N, D)
        The training examples, and no others.

    Returns
    -------
    mean, deviation : ndarray of float64, shape (D,)
        For (X - mean) / deviation, whose columns have the mean 0 and the deviation 1.

    Raises
    ------
    InputError
        If X is no such array.
    """
    array = np.asarray(X)
    if array.ndim != 2 or not len(array) or array.dtype.kind not in "fiu":
        raise InputError("X must be a 2-D array of numbers with at least one row.")
    deviation = array.std(axis=0, dtype=np.float64)
    return array.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0)
