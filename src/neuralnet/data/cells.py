"""The cells of a CSV file: read strictly, and what is wrong with one said with its place."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.files import FileError, FileFormatError, explain

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

_SEPARATORS = ",;\t"
_LONGEST_HEADER = 1 << 24  # bytes


def read_header(path: Path) -> tuple[list[str], str]:
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


def read_cells(path: Path, names: list[str], separator: str, target: str | None) -> pd.DataFrame:
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


def numbers(frame: pd.DataFrame, path: Path) -> NDArray[np.float32]:
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


def texts(column: pd.Series[Any], path: Path) -> NDArray[Any]:
    """Return a column of texts none of which is missing."""
    empty = np.flatnonzero(column.isna().to_numpy())
    if len(empty):
        raise FileFormatError(
            f"{path}, row {empty[0] + 1} has no class: the target column {column.name!r} is empty "
            f"in {len(empty):,} of {len(column):,} rows. Fill them in, or remove the rows."
        )
    return np.array([text.strip() for text in column.tolist()], dtype=object)


def as_pixels(X: NDArray[np.float32], columns: Sequence[str], path: Path) -> NDArray[np.uint8]:
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
