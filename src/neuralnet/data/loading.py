"""Loading of labelled examples: MNIST, IDX files, a table or a folder of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neuralnet.checks import InputError, check_flag, check_text_list, echo
from neuralnet.data.dataset import Dataset, Folder, Progress
from neuralnet.data.folder import holds_idx_files
from neuralnet.data.inputs import InputKind
from neuralnet.data.pictures import load_pictures
from neuralnet.data.sources import load_mnist
from neuralnet.data.table_files import is_table, name_of_table
from neuralnet.data.tables import load_table
from neuralnet.files import FileError, check_path, describe_os_error, file_status


def load_data(
    path: Folder | None = None,
    *,
    target: str | None = None,
    source: str = "auto",
    kind: InputKind | None = None,
    columns: Sequence[str] | None = None,
    ignore_columns: Sequence[str] = (),
    num_columns: int | None = None,
    classes: Sequence[str | int] | None = None,
    invert: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Load labelled examples from a file or folder.

    The path decides which function loads the data: `load_table` for a file, `load_mnist` for a
    folder of IDX files or if there is no path, and `load_pictures` for a folder with subfolders.

    Parameters
    ----------
    path : path, optional
        CSV file, or folder of IDX files or pictures.
    target : str, optional
        Name of the target column. Required for a table, and not allowed for other data.
    source : str
        As for `load_mnist`; ignored for tables and pictures.
    kind, columns, ignore_columns, num_columns
        As for `load_table`; `kind` is "features" by default.
    classes, invert
        As for `load_table` and `load_pictures`.
    progress : callable, optional
        As for `load_mnist`.

    Returns
    -------
    Dataset

    Raises
    ------
    FileError
        If a file or folder cannot be read, or has the wrong content.
    InputError
        If an argument does not apply to this kind of data.
    """
    invert = check_flag(invert, "invert")
    ignore_columns = check_text_list(ignore_columns, "ignore_columns", "names of columns")
    if path is not None:
        path = check_path(path)
        file_status(path)  # raises if the path cannot be looked up
    if invert and (path is None or is_table(Path(path)) or not _has_pictures(Path(path))):
        data = "MNIST" if path is None else str(path)
        raise InputError(
            f"invert is True, but {data} is not a folder of pictures; leave invert out."
        )
    if path is not None and is_table(Path(path)):
        if target is None:
            name = name_of_table(Path(path))
            read = "is a table" if name == str(path) else "is read as a table"
            raise InputError(
                f"target is None, but {name} {read}; name the column that holds the class: target= "
                f"in Python, --target on the command line."
            )
        return load_table(
            path,
            target,
            kind="features" if kind is None else kind,
            columns=columns,
            ignore_columns=ignore_columns,
            num_columns=num_columns,
            classes=classes,
        )
    for name, value in (("target", target), ("ignore_columns", ignore_columns or None)):
        if value is not None:
            data = "MNIST" if path is None else str(path)
            raise InputError(
                f"{name} is {echo(value)}, but {data} is not a CSV file; give the path of a CSV "
                f"file, or leave {name} out."
            )
    if path is not None and _has_pictures(Path(path)):
        return load_pictures(path, classes=classes, invert=invert)
    return load_mnist(path, source=source, progress=progress)


def check_input_size(dataset: Dataset, num_features: int) -> None:
    """Check that the examples have as many features as a network has inputs.

    Raises
    ------
    InputError
        If they do not; the message states both numbers.
    """
    size = dataset.images.shape[1]
    if size == num_features:
        return
    if dataset.columns:
        came = f"{size} columns besides the target"
    else:
        came = f"images of {dataset.image_shape[0]} x {dataset.image_shape[1]} = {size} pixels"
    raise InputError(
        f"{dataset.source} has {came}, but this network has {num_features} inputs. Is it the "
        f"network for these data?"
    )


def _has_pictures(folder: Path) -> bool:
    """Return whether a folder holds subfolders of pictures rather than IDX files.

    Raises
    ------
    FileError
        If the folder cannot be read, or holds neither.
    """
    if holds_idx_files(folder):
        return False
    try:
        below = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    except OSError as error:
        raise FileError(
            f"Cannot read {folder}: {describe_os_error(error)}. Is the path right?"
        ) from error
    if not below:
        raise FileError(
            f"{folder} holds neither the four IDX files of a data set nor one subfolder of "
            f"pictures per class. Is it the right folder?"
        )
    return True
