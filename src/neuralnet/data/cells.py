"""Strict parsing of CSV files, with errors that name the row and column of a bad cell."""

from __future__ import annotations

import io
import itertools
import math
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.data.table_files import TableFile
from neuralnet.files import FileFormatError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SEPARATORS = ",;\t"
_MAX_HEADER = 1 << 24  # characters
_MAX_SHOWN = 40  # characters of a cell in an error message


def read_header(file: TableFile) -> tuple[list[str], str]:
    """Return the column names and the separator of a CSV file.

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If the file is not UTF-8 text, or its first row does not hold a unique name per column.
    """
    import csv

    try:
        with file.open() as binary:
            # newline="" leaves the line ends to csv: \n, \r\n, and the \r of old spreadsheets.
            text = io.TextIOWrapper(binary, encoding="utf-8-sig", newline="")
            lines = iter(lambda: text.readline(_MAX_HEADER), "")
            first = next((line for line in lines if line.strip()), "")
            separator = max(_SEPARATORS, key=first.count)
            reader = csv.reader(
                itertools.chain([first], lines), delimiter=separator, skipinitialspace=True
            )
            names = next(reader, [])
            text.detach()
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error
    except csv.Error as error:
        raise FileFormatError(
            f"The first row of {file} cannot be read: {error}. It must hold the column names, "
            f"separated by commas, semicolons or tabs; is a quotation mark left open?"
        ) from error
    if not any(names) or any("\0" in name for name in names) or len(first) >= _MAX_HEADER:
        raise FileFormatError(
            f"{file} does not start with a row of column names; it must be a CSV file with a "
            f"header."
        )
    if not all(names):
        raise FileFormatError(
            f"Column {names.index('') + 1} of {file} has no name. Name it, or remove it (pandas "
            f"writes row numbers to such a column unless to_csv gets index=False)."
        )
    duplicates = [name for name, times in Counter(names).items() if times > 1]
    if duplicates:
        raise FileFormatError(
            f"{file} has several columns named {duplicates[0]!r}; column names must be unique. "
            f"Does the first row hold the column names?"
        )
    if all(not math.isnan(_number(name, math.nan)) for name in names):
        raise FileFormatError(
            f"The first row of {file} holds only numbers ({', '.join(names[:3])}, ...); it must "
            f"hold the column names. Add a row of column names above it."
        )
    return names, separator


def read_cells(
    file: TableFile, names: list[str], separator: str, text: Sequence[str]
) -> pd.DataFrame:
    """Read all cells: the columns `text` as text, the others as numbers where possible.

    Raises
    ------
    FileError
        If the file cannot be read.
    FileFormatError
        If the file is not UTF-8 text, has no rows, or a row has more cells than columns.
    """
    import pandas as pd

    try:
        with file.open() as content, warnings.catch_warnings():
            # Otherwise pandas silently drops a column if every row has more cells than the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                content,
                sep=separator,
                header=0,
                names=names,
                index_col=False,
                # With `dtype=`, pandas takes three times as long on 60,000 columns.
                converters=dict.fromkeys(text, str),
                keep_default_na=False,
                na_values=[""],
                encoding="utf-8-sig",
                low_memory=False,
                skipinitialspace=True,
            )
    except UnicodeDecodeError as error:
        raise _not_utf8(file, error) from error
    except pd.errors.ParserWarning as error:
        raise FileFormatError(
            f"{file} has rows with more cells than its {len(names)} column names; give every "
            f"column a name."
        ) from error
    except pd.errors.ParserError as error:
        detail = str(error).removeprefix("Error tokenizing data. C error: ").strip().rstrip(".")
        raise FileFormatError(
            f"{file} must have one cell per column in each row, but: {detail}. Correct that row."
        ) from error
    if not len(frame):
        raise FileFormatError(f"{file} holds column names but no rows; add at least one example.")
    for name in text:
        frame[name] = frame[name].mask(frame[name] == "")  # a converter gets to see empty cells
    return frame


def finite_numbers(frame: pd.DataFrame) -> NDArray[np.float32] | None:
    """Return columns as one array of shape (N, D), or None if a cell is no finite number."""
    if _text_columns(frame):
        return None
    with np.errstate(over="ignore"):
        X = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))  # (N, D)
    return X if np.isfinite(X).all() else None


def doubtful_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns whose cells pandas may have changed: text and infinity."""
    text = _text_columns(frame)
    numbers = frame.drop(columns=text)
    infinite = np.isinf(numbers.to_numpy(dtype=np.float64)).any(axis=0)
    return [*text, *numbers.columns[infinite]]


def _text_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that are not numbers or booleans throughout."""
    return [name for name, kind in frame.dtypes.items() if kind.kind not in "fiub"]


def as_numbers(frame: pd.DataFrame, file: TableFile) -> NDArray[np.float32]:
    """Return columns of finite numbers as one array of shape (N, D).

    Columns of text are converted cell by cell, so that the message can quote a cell as it is.

    Raises
    ------
    FileFormatError
        If a cell is empty or not a finite number; the message names the first such cell.
    """
    missing = frame.isna().to_numpy()
    for name in _text_columns(frame):
        column, text = frame[name], frame[name].tolist()
        read = [_number(cell, math.nan) if isinstance(cell, str) else 0.0 for cell in text]
        wrong = np.flatnonzero(np.isnan(read))
        if len(wrong):
            raise FileFormatError(
                f"{file}, row {wrong[0] + 1}, column {name!r} holds {_shown(text[wrong[0]])}, "
                f"which is not a number; {len(wrong):,} of {len(column):,} rows of this column "
                f"hold text. Encode it as numbers, or ignore it (ignore_columns= in Python, "
                f"--ignore-column on the command line)."
            )
        infinite = np.flatnonzero(np.isinf(read))
        if len(infinite):
            raise _too_large(file, infinite[0], name, _shown(text[infinite[0]]), len(infinite))
        frame = frame.assign(**{name: read})
    if missing.any():
        place = int(missing.any(axis=0).argmax())
        empty = np.flatnonzero(missing[:, place])
        raise FileFormatError(
            f"{file}, row {empty[0] + 1}, column {frame.columns[place]!r} is empty; "
            f"{len(empty):,} of {len(frame):,} rows of this column are empty. Fill them in, or "
            f"remove the rows."
        )
    with np.errstate(over="ignore"):
        X = np.ascontiguousarray(frame.to_numpy(dtype=np.float32))  # (N, D)
    bad = np.argwhere(~np.isfinite(X))
    if len(bad):
        row, place = bad[0]
        raise _too_large(file, row, frame.columns[place], frame.iloc[row, place], len(bad))
    return X


def as_text(column: pd.Series[Any], file: TableFile) -> NDArray[Any]:
    """Return a column of text without surrounding spaces.

    Raises
    ------
    FileFormatError
        If a cell is empty; the message names the first such row.
    """
    empty = np.flatnonzero(column.isna().to_numpy())
    if len(empty):
        raise FileFormatError(
            f"{file}, row {empty[0] + 1} has no target: the column {column.name!r} is empty in "
            f"{len(empty):,} of {len(column):,} rows. Fill in the targets, or remove the rows."
        )
    return np.array([text.strip() for text in column.tolist()], dtype=object)


def text_as_numbers(column: NDArray[Any], name: str, file: TableFile) -> NDArray[np.float64]:
    """Return a column of text as finite numbers.

    Raises
    ------
    FileFormatError
        If a cell is not a finite number; the message names the first such cell.
    """
    numbers = np.array([_number(text, math.nan) for text in column.tolist()])
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise FileFormatError(
            f"{file}, row {wrong[0] + 1}, column {name!r} holds {_shown(column[wrong[0]])}, which "
            f"is not a finite number; {len(wrong):,} of {len(column):,} rows hold none. Is it the "
            f"right column?"
        )
    return numbers


def as_pixels(X: NDArray[np.float32], columns: Sequence[str], file: TableFile) -> NDArray[np.uint8]:
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
            f"{file}, row {row + 1}, column {columns[place]!r} holds {X[row, place]:g}; pixels "
            f"must be integers from 0 to 255. If the table holds no pixels, load it as features: "
            f"kind='features' in Python, --input features on the command line."
        )
    return X.astype(np.uint8)


def _number(text: str, otherwise: float) -> float:
    """Return the number that a text denotes in a CSV file, where "1_000" denotes none."""
    try:
        return otherwise if "_" in text else float(text)
    except ValueError:
        return otherwise


def _shown(text: str) -> str:
    """Quote a cell, abbreviated if it is long."""
    if len(text) <= _MAX_SHOWN:
        return repr(text)
    return f"{text[:_MAX_SHOWN]!r}... ({len(text):,} characters)"


def _too_large(file: TableFile, row: int, name: str, cell: object, number: int) -> FileFormatError:
    return FileFormatError(
        f"{file}, row {row + 1}, column {name!r} holds {cell}, which is infinite or too large for "
        f"float32; {number:,} such cell(s) were found. Correct them, or remove their rows."
    )


def _not_utf8(file: TableFile, error: UnicodeDecodeError) -> FileFormatError:
    return FileFormatError(
        f"{file} is not UTF-8 text ({error.reason}); save it as CSV in UTF-8. Is it the right file?"
    )
