"""Tables: CSV files with a row of column names, an example a row."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, check_name
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.inputs import InputKind, check_input_kind
from neuralnet.data.naming import known_labels, numbered
from neuralnet.files import FileError, FileFormatError, explain

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SEPARATORS = ",;\t"
_LONGEST_HEADER = 1 << 24  # bytes


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
    names, separator = _read_header(path)
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
            f"{path} has {len(columns)} columns to tell the class from, but this network takes "
            f"{num_columns}. Is it the file for this network? A column that holds the class "
            f"already is passed over if it is named as the target."
        )
    wanted = [*columns, *([target] if target is not None else [])]
    frame = _read_cells(path, names, separator, target)[wanted]
    X = _numbers(frame[list(columns)], path)  # (N, D)
    texts = None if target is None else _texts(frame[target], path)
    return Table(_as_pixels(X, columns, path) if kind == "pixels" else X, tuple(columns), texts)


def _read_header(path: Path) -> tuple[list[str], str]:
    """Return the names of the columns, and what separates them."""
    import csv
    import gzip

    try:
        if path.exists() and not path.is_file():
            raise FileError(f"Cannot read {path}: it is not a file. Name a CSV file.")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            first = file.readline(_LONGEST_HEADER).decode("utf-8-sig")
    except FileError:
        raise
    except UnicodeDecodeError as error:
        raise _not_text(path, error) from error
    except (OSError, EOFError) as error:
        why = explain(error) if isinstance(error, OSError) else "it is cut short"
        raise FileError(f"Cannot read {path}: {why}. Is the path right?") from error
    separator = max(_SEPARATORS, key=first.count)
    names = next(csv.reader([first], delimiter=separator, skipinitialspace=True), [])
    if not any(names) or "\0" in first or first.count('"') % 2:
        raise FileFormatError(
            f"{path} has no first row of column names; it must be a CSV file with one."
        )
    if not all(names):
        raise FileFormatError(
            f"Column {names.index('') + 1} of {path} has no name. Name it, or remove it (pandas "
            f"writes the row numbers there; to_csv(index=False) does not)."
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileFormatError(
            f"{path} has several columns of the name {twice[0]!r}; each needs a name of its own. "
            f"Is the first row one of column names?"
        )
    if all(map(_is_number, names)):
        raise FileFormatError(
            f"The first row of {path} holds nothing but numbers ({', '.join(names[:3])}, ...); it "
            f"must hold the names of the columns. Put such a row above it."
        )
    return names, separator


def _read_cells(path: Path, names: list[str], separator: str, target: str | None) -> pd.DataFrame:
    """Read all cells: the target as text, the others as numbers where they are any."""
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # Without it, a table whose rows are all too long would lose a column in silence.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=separator,
                header=0,
                names=names,
                index_col=False,
                dtype=None if target is None else {target: str},
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                low_memory=False,
                skipinitialspace=True,
            )
    except UnicodeDecodeError as error:
        raise _not_text(path, error) from error
    except pd.errors.ParserWarning as error:
        raise FileFormatError(
            f"{path} has rows with more cells than the {len(names)} column names; give each column "
            f"one name."
        ) from error
    except pd.errors.ParserError as error:
        detail = str(error).removeprefix("Error tokenizing data. C error: ").strip().rstrip(".")
        raise FileFormatError(
            f"{path} is no table whose rows have one cell a column: {detail}. Mend that row."
        ) from error
    except (OSError, EOFError) as error:
        why = explain(error) if isinstance(error, OSError) and error.strerror else str(error)
        raise FileError(f"Cannot read {path}: {why}.") from error
    if not len(frame):
        raise FileFormatError(f"{path} holds column names and no rows; give at least one example.")
    return frame


def _numbers(frame: pd.DataFrame, path: Path) -> NDArray[np.float32]:
    """Return columns of finite numbers as one array, or name the first cell that is none."""
    import pandas as pd

    for name in frame.columns:
        column = frame[name]
        empty = np.flatnonzero(column.isna().to_numpy())
        if not pd.api.types.is_numeric_dtype(column):
            read = pd.to_numeric(column, errors="coerce")
            row = np.flatnonzero((read.isna() & column.notna()).to_numpy())
            if len(row):
                raise FileFormatError(
                    f"{path}, row {row[0] + 1}, column {name!r} holds {column.iloc[row[0]]!r}, "
                    f"which is no number; {len(row):,} of {len(column):,} rows of this column hold "
                    f"text. Write it as numbers, or leave the column out."
                )
        if len(empty):
            raise FileFormatError(
                f"{path}, row {empty[0] + 1}, column {name!r} is empty, and {len(empty):,} of "
                f"{len(column):,} rows are so there. Fill them in, or remove them."
            )
    with np.errstate(over="ignore"):
        X = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))  # (N, D)
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, place = bad[0]
        raise FileFormatError(
            f"{path}, row {row + 1}, column {frame.columns[place]!r} holds "
            f"{frame.iloc[row, place]}, which is infinite or too large; {len(bad):,} cells are so. "
            f"Correct them, or remove their rows."
        )
    return X


def _texts(column: pd.Series[Any], path: Path) -> NDArray[Any]:
    """Return a column of texts none of which is missing."""
    empty = np.flatnonzero(column.isna().to_numpy())
    if len(empty):
        raise FileFormatError(
            f"{path}, row {empty[0] + 1} has no class: the target column {column.name!r} is empty "
            f"in {len(empty):,} of {len(column):,} rows. Fill them in, or remove the rows."
        )
    return np.array([text.strip() for text in column.tolist()], dtype=object)


def _as_pixels(X: NDArray[np.float32], columns: Sequence[str], path: Path) -> NDArray[np.uint8]:
    """Return numbers as bytes, if all of them are whole and from 0 to 255."""
    wrong = np.argwhere((X < 0) | (X > 255) | (np.floor(X) != X))
    if len(wrong):
        row, place = wrong[0]
        raise FileFormatError(
            f"{path}, row {row + 1}, column {columns[place]!r} holds {X[row, place]:g}, which is "
            f"no pixel: those are whole numbers from 0 to 255. If the columns are no pixels, say "
            f"that they are features."
        )
    return X.astype(np.uint8)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _not_text(path: Path, error: UnicodeDecodeError) -> FileFormatError:
    return FileFormatError(
        f"{path} is no text in UTF-8 ({error.reason}); save it as CSV in UTF-8. Is it the right "
        f"file?"
    )


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
