"""Strict parsing of CSV files, with errors that name the row and column of a bad cell."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.files import FileError, FileFormatError, describe_os_error

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SEPARATORS = ",;\t"
_MAX_HEADER_BYTES = 1 << 24


def read_header(path: Path) -> tuple[list[str], str]:
    """Return the column names and the separator of a CSV file.

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If the file is not UTF-8 text, or its first row does not hold a unique name per column.
    """
    import csv
    import gzip

    try:
        if path.exists() and not path.is_file():
            raise FileError(f"Cannot read {path}: it is not a file. Give the path of a CSV file.")
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            first = file.readline(_MAX_HEADER_BYTES).decode("utf-8-sig")
    except FileError:
        raise
    except UnicodeDecodeError as error:
        raise _not_utf8(path, error) from error
    except (OSError, EOFError) as error:
        why = describe_os_error(error) if isinstance(error, OSError) else "it is truncated"
        raise FileError(f"Cannot read {path}: {why}. Is the path right?") from error
    separator = max(_SEPARATORS, key=first.count)
    names = next(csv.reader([first], delimiter=separator, skipinitialspace=True), [])
    if not any(names) or "\0" in first or first.count('"') % 2:
        raise FileFormatError(
            f"{path} does not start with a row of column names; it must be a CSV file with a "
            f"header."
        )
    if not all(names):
        raise FileFormatError(
            f"Column {names.index('') + 1} of {path} has no name. Name it, or remove it (pandas "
            f"writes row numbers to such a column unless to_csv gets index=False)."
        )
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        raise FileFormatError(
            f"{path} has several columns named {duplicates[0]!r}; column names must be unique. "
            f"Does the first row hold the column names?"
        )
    if all(map(_is_number, names)):
        raise FileFormatError(
            f"The first row of {path} holds only numbers ({', '.join(names[:3])}, ...); it must "
            f"hold the column names. Add a row of column names above it."
        )
    return names, separator


def read_cells(path: Path, names: list[str], separator: str, target: str | None) -> pd.DataFrame:
    """Read all cells: the target column as text, the others as numbers where possible.

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If the file is not UTF-8 text, has no rows, or a row has more cells than columns.
    """
    import pandas as pd

    try:
        with warnings.catch_warnings():
            # Otherwise pandas silently drops a column if every row has more cells than the header.
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
        raise _not_utf8(path, error) from error
    except pd.errors.ParserWarning as error:
        raise FileFormatError(
            f"{path} has rows with more cells than its {len(names)} column names; give every "
            f"column a name."
        ) from error
    except pd.errors.ParserError as error:
        detail = str(error).removeprefix("Error tokenizing data. C error: ").strip().rstrip(".")
        raise FileFormatError(
            f"{path} must have one cell per column in each row, but: {detail}. Correct that row."
        ) from error
    except (OSError, EOFError) as error:
        why = (
            describe_os_error(error)
            if isinstance(error, OSError) and error.strerror
            else str(error)
        )
        raise FileError(f"Cannot read {path}: {why}.") from error
    if not len(frame):
        raise FileFormatError(f"{path} holds column names but no rows; add at least one example.")
    return frame


def as_numbers(frame: pd.DataFrame, path: Path) -> NDArray[np.float32]:
    """Return columns of finite numbers as one array of shape (N, D).

    Raises
    ------
    FileFormatError
        If a cell is empty or not a finite number; the message names the first such cell.
    """
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
                    f"which is not a number; {len(row):,} of {len(column):,} rows of this column "
                    f"hold text. Encode the column as numbers, or leave it out."
                )
        if len(empty):
            raise FileFormatError(
                f"{path}, row {empty[0] + 1}, column {name!r} is empty; {len(empty):,} of "
                f"{len(column):,} rows of this column are empty. Fill them in, or remove the rows."
            )
    with np.errstate(over="ignore"):
        X = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))  # (N, D)
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, place = bad[0]
        raise FileFormatError(
            f"{path}, row {row + 1}, column {frame.columns[place]!r} holds "
            f"{frame.iloc[row, place]}, which is infinite or too large for float32; the table has "
            f"{len(bad):,} such cell(s). Correct them, or remove their rows."
        )
    return X


def as_text(column: pd.Series[Any], path: Path) -> NDArray[Any]:
    """Return a column of text without surrounding spaces.

    Raises
    ------
    FileFormatError
        If a cell is empty; the message names the first such row.
    """
    empty = np.flatnonzero(column.isna().to_numpy())
    if len(empty):
        raise FileFormatError(
            f"{path}, row {empty[0] + 1} has no class: the target column {column.name!r} is empty "
            f"in {len(empty):,} of {len(column):,} rows. Fill in the classes, or remove the rows."
        )
    return np.array([text.strip() for text in column.tolist()], dtype=object)


def as_pixels(X: NDArray[np.float32], columns: Sequence[str], path: Path) -> NDArray[np.uint8]:
    """Convert numbers to uint8 pixels.

    Raises
    ------
    FileFormatError
        If a number is not an integer from 0 to 255; the message names the first such cell.
    """
    wrong = np.argwhere((X < 0) | (X > 255) | (np.floor(X) != X))
    if len(wrong):
        row, place = wrong[0]
        raise FileFormatError(
            f"{path}, row {row + 1}, column {columns[place]!r} holds {X[row, place]:g}; pixels "
            f"must be integers from 0 to 255. If the table holds no pixels, load it as features: "
            f"kind='features' in Python, --input features on the command line."
        )
    return X.astype(np.uint8)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _not_utf8(path: Path, error: UnicodeDecodeError) -> FileFormatError:
    return FileFormatError(
        f"{path} is not UTF-8 text ({error.reason}); save it as CSV in UTF-8. Is it the right file?"
    )
