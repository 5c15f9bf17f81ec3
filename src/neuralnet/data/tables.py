"""Loading of CSV tables, which have a header of column names and one example per row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import (
    InputError,
    check_class_names,
    check_integer,
    check_text_list,
    describe,
    echo,
)
from neuralnet.data.cells import (
    as_numbers,
    as_pixels,
    as_text,
    doubtful_columns,
    finite_numbers,
    read_cells,
    read_header,
    text_as_numbers,
)
from neuralnet.data.class_names import encode_labels, infer_classes
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.inputs import InputKind, check_input_kind
from neuralnet.data.table_files import TableFile
from neuralnet.files import FileFormatError

if TYPE_CHECKING:
    from numpy.typing import NDArray


_MAX_LISTED = 12  # columns that an error message lists


@dataclass(frozen=True)
class Table:
    """Contents of a CSV file.

    Attributes
    ----------
    file : TableFile
        The file.
    X : ndarray, shape (N, D)
        Examples: float32 features or uint8 pixels.
    columns : tuple of str
        Names of the D columns.
    target : ndarray of str, shape (N,), or None
        Text of the target column; None if there is no target.
    """

    file: TableFile
    X: NDArray[Any]
    columns: tuple[str, ...]
    target: NDArray[Any] | None


def load_table(
    path: Folder,
    target: str,
    *,
    kind: InputKind = "features",
    columns: Sequence[str] | None = None,
    ignore_columns: Sequence[str] = (),
    num_columns: int | None = None,
    classes: Sequence[str | int] | None = None,
) -> Dataset:
    """Load a CSV file with a target column that holds the class of each row.

    Parameters
    ----------
    path : path
        CSV file in UTF-8, gzipped or not, with a header of column names, and cells separated by
        commas, semicolons or tabs. A pipe, such as `/dev/stdin`, is read as well.
    target : str
        Name of the target column. If all classes are integers, they are sorted as such, and
        otherwise as text.
    kind : {"features", "pixels"}
        Whether the other columns are numbers to be used unchanged, or pixels from 0 to 255.
    columns : sequence of str, optional
        Columns to load, in this order; by default, all but the target and `ignore_columns`.
    ignore_columns : sequence of str
        Columns that are not inputs, such as a row number.
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
        If the file is empty, damaged or unpacks to more than 1 GiB, a row has too few or too many
        cells, or a cell has the wrong content.
    InputError
        If a column or class is unknown, the number of columns is wrong, the target is to be
        ignored, or the target column does not hold plausible classes.
    """
    if target is None:
        raise InputError("target is None; it must be the name of the column that holds the class.")
    if classes is not None:
        classes = check_class_names(classes)
    table = read_table(
        path,
        target=target,
        kind=kind,
        columns=columns,
        ignore_columns=ignore_columns,
        num_columns=num_columns,
    )
    assert table.target is not None  # noqa: S101
    where = f"the column {target!r} of {table.file}"
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
        name=table.file.name,
        source=table.file.description,
        columns=table.columns,
        target=target,
    )


def read_table(
    path: Folder,
    *,
    target: str | None = None,
    kind: InputKind = "features",
    columns: Sequence[str] | None = None,
    ignore_columns: Sequence[str] = (),
    num_columns: int | None = None,
) -> Table:
    """Read a CSV file, with or without a target column.

    Parameters
    ----------
    path, target, kind, columns, ignore_columns, num_columns
        As for `load_table`, but `target` is optional.

    Returns
    -------
    Table

    Raises
    ------
    FileError, FileFormatError, InputError
        As for `load_table`.
    """
    check_input_kind(kind)
    if target is not None and not isinstance(target, str):
        raise InputError(f"target is {echo(target)}; it must be the name of a column.")
    ignore_columns = check_text_list(ignore_columns, "ignore_columns", "names of columns")
    if columns is not None:
        columns = check_text_list(columns, "columns", "names of columns")
    if num_columns is not None:
        num_columns = check_integer(num_columns, "num_columns", minimum=1)
    file = TableFile(path)
    names, separator = read_header(file)
    if target is not None:
        _check_columns([target], names, file, ", the target")
    _check_columns(ignore_columns, names, file, ", which is to be ignored")
    if target in ignore_columns:
        raise InputError(
            f"The column {target!r} is both the target and to be ignored; it is no input in any "
            f"case, so leave it out of the columns to ignore."
        )
    if columns is None:
        excluded = {target, *ignore_columns}
        columns = [name for name in names if name not in excluded]
    _check_columns(columns, names, file, ", an input")
    if not columns:
        raise FileFormatError(
            f"{file} has no column besides the target {target!r} and those that are ignored; add "
            f"at least one column of inputs."
        )
    if num_columns is not None and len(columns) != num_columns:
        raise InputError(
            f"{file} has {len(columns)} column(s) of inputs, but this network takes {num_columns}. "
            f"Is it the file for this network? If a column holds the class, name it as the target "
            f"to exclude it; others can be ignored by name."
        )
    labels = [] if target is None else [target]
    frame = read_cells(file, names, separator, labels)
    inputs = frame[list(columns)]
    X = finite_numbers(inputs)  # (N, D)
    if X is None:
        doubtful = doubtful_columns(inputs)
        if doubtful:  # read them again as they are
            frame = read_cells(file, names, separator, [*labels, *doubtful])
            inputs = frame[list(columns)]
        X = as_numbers(inputs, file)
    named = None if target is None else as_text(frame[target], file)
    return Table(
        file, as_pixels(X, columns, file) if kind == "pixels" else X, tuple(columns), named
    )


def target_numbers(table: Table, target: str) -> NDArray[np.float64]:
    """Return the target column of a table that was read with `target`, as numbers, shape (N,).

    Raises
    ------
    FileFormatError
        If a cell is not a finite number.
    """
    assert table.target is not None  # noqa: S101
    return text_as_numbers(table.target, target, table.file)


def _check_columns(wanted: Sequence[str], names: list[str], file: TableFile, role: str) -> None:
    """Raise unless a file has all the columns."""
    known = set(names)
    missing = [name for name in wanted if name not in known]
    if not missing:
        return
    import difflib  # only for an error

    listed = ", ".join(map(repr, names[:_MAX_LISTED]))
    more = f" and {len(names) - _MAX_LISTED:,} more" if len(names) > _MAX_LISTED else ""
    also = f", and {len(missing) - 1:,} more" if len(missing) > 1 else ""
    nearest = difflib.get_close_matches(missing[0], names, n=1, cutoff=0.5)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise InputError(
        f"{file} lacks the column {echo(missing[0])}{role}{also}; its columns are {listed}"
        f"{more}.{hint}"
    )


def standardization(X: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean and standard deviation of each column.

    The deviation of a constant column is replaced by 1, because it is 0, or nearly 0 by rounding.

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
    constant = (array.min(axis=0) == array.max(axis=0)) | (deviation == 0)
    return array.mean(axis=0, dtype=np.float64), np.where(constant, 1.0, deviation)
