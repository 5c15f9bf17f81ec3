"""Examples from wherever they are: MNIST, IDX files, a table, or a folder of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neuralnet.checks import InputError
from neuralnet.data.dataset import Dataset, Folder, Progress
from neuralnet.data.folder import holds_idx_files
from neuralnet.data.inputs import InputKind
from neuralnet.data.pictures import load_pictures
from neuralnet.data.sources import load_mnist
from neuralnet.data.tables import load_table
from neuralnet.files import FileError, explain


def load_data(
    path: Folder | None = None,
    *,
    target: str | None = None,
    source: str = "auto",
    kind: InputKind | None = None,
    columns: Sequence[str] | None = None,
    num_columns: int | None = None,
    classes: Sequence[str | int] | None = None,
    invert: bool = False,
    progress: Progress | None = None,
) -> Dataset:
    """Load labelled examples from what a path leads to.

    A file is a CSV table (`load_table`); a folder with IDX files is what `load_mnist` reads; a
    folder with sub-folders has pictures (`load_pictures`); without a path it is MNIST.

    Parameters
    ----------
    path : path, optional
        A CSV file, or a folder.
    target : str, optional
        The name of the target column; a table needs one, and nothing else has any.
    source : str
        As for `load_mnist`, where the data are no table and no pictures.
    kind, columns, num_columns
        As for `load_table`; features if not given.
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
        If something cannot be read, or does not hold what it should.
    InputError
        If an argument does not belong to this kind of data.
    """
    if invert and (path is None or Path(path).is_file() or not _has_pictures(Path(path))):
        what = "MNIST has" if path is None else f"{path} holds"
        raise InputError(f"invert is for folders of pictures, but {what} none; leave it out.")
    if path is not None and Path(path).is_file():
        if target is None:
            raise InputError(
                f"{path} is a table, but no target column is named; say which of its columns "
                f"holds the class: target= in Python, --target on the command line."
            )
        return load_table(
            path,
            target,
            kind=kind or "features",
            columns=columns,
            num_columns=num_columns,
            classes=classes,
        )
    if target is not None:
        what = "MNIST has no columns" if path is None else f"{path} is no file, so no table"
        raise InputError(
            f"target is {target!r}, but {what}; name a CSV file, or leave the target out."
        )
    if path is not None and _has_pictures(Path(path)):
        return load_pictures(path, classes=classes, invert=invert)
    return load_mnist(path, source=source, progress=progress)


def check_input_size(dataset: Dataset, num_features: int) -> None:
    """Raise unless the examples are of the size that a network takes.

    Raises
    ------
    InputError
        If they are not; the sentence gives both.
    """
    size = dataset.images.shape[1]
    if size == num_features:
        return
    if dataset.columns:
        came = f"{size} columns besides the target"
    else:
        came = f"images of {dataset.image_shape[0]} x {dataset.image_shape[1]} = {size} pixels"
    raise InputError(
        f"{dataset.source} has {came}, but this network takes {num_features} numbers an example. "
        f"Is it the network for these data?"
    )


def _has_pictures(folder: Path) -> bool:
    """Say whether a folder has sub-folders of pictures, rather than IDX files."""
    if holds_idx_files(folder):
        return False
    try:
        below = [path for path in folder.iterdir() if path.is_dir() and path.name[0] != "."]
    except OSError as error:
        raise FileError(f"Cannot read {folder}: {explain(error)}. Is the path right?") from error
    if not below:
        raise FileError(
            f"{folder} holds neither the four IDX files of a data set nor sub-folders of pictures, "
            f"one for each class. Is it the right folder?"
        )
    return True
