"""What data sets and splits say about themselves: one line, and HTML for a notebook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.display import Cell, image_grid, panel, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.data.dataset import Dataset
    from neuralnet.data.preprocessing import Split

# Maximum numbers of images, of rows of classes, and of rows and columns of a table that are shown.
_IMAGES, _CLASSES, _ROWS, _COLUMNS = 20, 30, 5, 8


def dataset_line(dataset: Dataset) -> str:
    """Return name, sizes and kind of a data set, in one line."""
    num_test = len(dataset.labels) - dataset.num_train
    sizes = f"{dataset.num_train:,} training and {num_test:,} test"
    if dataset.images.dtype == np.uint8:
        height, width = dataset.image_shape
        kind = f"images of {height} x {width} pixels"
    else:
        kind = f"rows of {dataset.images.shape[1]:,} features"
    return f"{dataset.name}: {sizes} {kind}, {len(dataset.classes)} classes"


def dataset_panel(dataset: Dataset) -> str:
    """Return sample images, or the first rows of a table, and the sizes of the classes."""
    n, labels = dataset.num_train, dataset.labels
    if dataset.images.dtype == np.uint8:
        sample = _sample(dataset.images[:n], labels[:n], dataset.image_shape, dataset.classes)
    else:
        sample = _first_rows(dataset)
    sizes = _class_sizes({"Training": labels[:n], "Test": labels[n:]}, dataset.classes)
    return panel(f"{dataset_line(dataset)}, from {dataset.source}", sample, sizes)


def split_line(split: Split) -> str:
    """Return the sizes of the three sets, in one line."""
    sizes = [len(y) for y in (split.y_train, split.y_valid, split.y_test)]
    text = "{:,} training, {:,} validation and {:,} test examples".format(*sizes)
    return f"{text} of {split.X_train.shape[1]:,} {split.X_train.dtype} inputs"


def split_panel(split: Split) -> str:
    """Return sample images of the training set, and the sizes of the classes in each set."""
    parts = {"Training": split.y_train, "Validation": split.y_valid, "Test": split.y_test}
    largest = max(int(y.max(initial=0)) for y in parts.values())
    classes = split.classes or tuple(range(largest + 1))
    sample = ""
    if split.image_shape is not None and split.X_train.dtype == np.uint8:
        sample = _sample(split.X_train, split.y_train, split.image_shape, classes)
    return panel(f"Split: {split_line(split)}", sample, _class_sizes(parts, classes))


def _sample(
    images: NDArray[Any], labels: NDArray[Any], shape: tuple[int, int], classes: Sequence[str | int]
) -> str:
    """Return the first images of each class, dark on light, with the names of their classes."""
    turns = max(1, _IMAGES // len(classes))
    first = [np.flatnonzero(labels == label)[:turns] for label in range(len(classes))]
    found = [int(rows[turn]) for turn in range(turns) for rows in first if turn < len(rows)]
    shown = found[:_IMAGES]
    ink = [255 - np.asarray(images[row]).reshape(shape) for row in shown]
    return image_grid(ink, [classes[int(labels[row])] for row in shown])


def _first_rows(dataset: Dataset) -> str:
    """Return the first rows and columns of a table, and the class of each row."""
    columns = [*map(str, dataset.columns[:_COLUMNS])]
    more = ["..."] if dataset.images.shape[1] > len(columns) else []
    rows = zip(dataset.images[:_ROWS, : len(columns)], dataset.labels[:_ROWS], strict=True)
    cells: list[list[Cell]] = [
        [*map(float, values), *more, str(dataset.classes[int(label)])] for values, label in rows
    ]
    return table([*columns, *more, dataset.target or "Class"], cells)


def _class_sizes(parts: Mapping[str, NDArray[Any]], classes: Sequence[str | int]) -> str:
    """Return a table of the number of examples of each class in each part."""
    sizes = [np.bincount(y, minlength=len(classes)) for y in parts.values()]
    counts = np.stack(sizes, axis=1)  # (K, number of parts)
    names = list(map(str, classes))
    if len(names) > _CLASSES:
        counts[_CLASSES] = counts[_CLASSES:].sum(axis=0)
        names[_CLASSES:] = [f"{len(names) - _CLASSES} more"]
    rows: list[list[Cell]] = [[name, *counts[row].tolist()] for row, name in enumerate(names)]
    rows.append(["Total", *map(len, parts.values())])
    return table(["Class", *parts], rows, total=True)
