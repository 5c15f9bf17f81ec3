"""Loading of CSV tables, which have a header of column names and one example per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_name, describe
from neuralnet.data.cells import as_numbers, as_pixels, as_text, read_cells, read_header
from neuralnet.data.class_names import encode_labels, infer_classes
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.inputs import InputKind, check_input_kind
from neuralnet.files import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Table:
    """Contents of a CSV file.

    Attributes
    ----------
    X : ndarray, shape (N, D)
        Examples: float32 features or uint8 pixels.
    columns : tuple of str
        Names of the D columns.
    target : ndarray of str, shape (N,), or None
        Text of the target column; None if there is no target.
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
    """Load a CSV file with a target column that holds the class of each row.

    Parameters
    ----------
    path : path
        CSV file in UTF-8, with a header of column names, and cells separated by commas, semicolons
        or tabs.
    target : str
        Name of the target column. If all classes are integers, they are sorted as such, and
        otherwise as text.
    kind : {"features", "pixels"}
        Whether the other columns are numbers to be used unchanged, or pixels from 0 to 255.
    columns : sequence of str, optional
        Columns to load, in this order; by default, all but the target.
    num_columns : int, optional
        Required number of columns, for a network that does not know their names.
    classes : sequence of str or int, optional
        Class names of a network, in the order of its labels; another class in the file is an error.
        By default, the classes in the file.

    Returns
    -------
    Dataset
        Data set in which all rows are training examples, and `image_shape` is (1, D).

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If the file is empty, a row has too few or too many cells, or a cell has the wrong content.
    InputError
        If a column or class is unknown, the number of columns is wrong, or the target column does
        not hold plausible classes.
    """
    path = Path(path)
    table = read_table(path, target=target, kind=kind, columns=columns, num_columns=num_columns)
    assert table.target is not None  # noqa: S101
    where = f"the column {target!r} of {path}"
    if classes is None:
        labels, found = infer_classes(table.target, where)
    else:
        labels, found = encode_labels(table.target, classes, where), tuple(classes)
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
        As for `load_table`, but `target` is optional.

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
        check_name(target, names, f"target, a column of {path},")
    if columns is None:
        columns = [name for name in names if name != target]
    for name in columns:
        check_name(name, names, f"A column to read from {path}")
    if not columns:
        raise FileFormatError(
            f"{path} has no column besides the target {target!r}; add at least one column of "
            f"inputs."
        )
    if num_columns is not None and len(columns) != num_columns:
        raise InputError(
            f"{path} has {len(columns)} column(s) of inputs, but this network takes {num_columns}. "
            f"Is it the file for this network? If a column holds the class, name it as the target "
            f"to exclude it."
        )
    wanted = [*columns, *([target] if target is not None else [])]
    frame = read_cells(path, names, separator, target)[wanted]
    X = as_numbers(frame[list(columns)], path)  # (N, D)
    named = None if target is None else as_text(frame[target], path)
    return Table(as_pixels(X, columns, path) if kind == "pixels" else X, tuple(columns), named)


def standardization(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and standard deviation of each column.

    The deviation of a constant column is replaced by 1, to avoid division by zero.

    Parameters
    ----------
    X : ndarray, shape (N, D)
        Training examples only.

    Returns
    -------
    mean, deviation : ndarray of float64, shape (D,)
        The columns of (X - mean) / deviation have mean 0, and standard deviation 1 unless they are
        constant.

    Raises
    ------
    InputError
        If X is not a 2-D array of numbers with at least one row.
    """
    array = np.asarray(X)
    if array.ndim != 2 or not len(array) or array.dtype.kind not in "fiu":
        raise InputError(
            f"X is {describe(X)}; it must be a 2-D array of numbers with at least one row."
        )
    deviation = array.std(axis=0, dtype=np.float64)
    return array.mean(axis=0, dtype=np.float64), np.where(deviation > 0, deviation, 1.0)
