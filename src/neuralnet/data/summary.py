"""What labelled examples look like in a notebook: samples, and the sizes of the classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.display.markup import Cell, image_grid, panel, table

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Maximum numbers of images, of rows of classes, and of rows and columns of a table that are shown.
_IMAGES, _CLASSES, _ROWS, _COLUMNS = 20, 30, 5, 8
Classes = Sequence[str | int]


def image_panel(
    title: str,
    images: NDArray[Any],
    parts: Mapping[str, NDArray[Any]],
    classes: Classes,
    image_shape: tuple[int, int] | None,
) -> str:
    """Return sample images with their classes, and the sizes of the classes, in HTML.

    Parameters
    ----------
    title : str
        Line above them.
    images : ndarray, shape (N, D)
        Examples of the first part; they are images if they are uint8.
    parts : mapping of str to ndarray of int
        Labels of each part of the data by its name, such as "Training".
    classes : sequence of str or int
        Names of the classes; if empty, the labels themselves.
    image_shape : (int, int) or None
        Height and width of an image; None for examples that are not images.
    """
    if not len(classes):
        classes = range(1 + max(int(labels.max(initial=0)) for labels in parts.values()))
    sample = ""
    if image_shape is not None and images.dtype == np.uint8:
        sample = _sample(images, next(iter(parts.values())), image_shape, classes)
    return panel(title, sample, _class_sizes(parts, classes))


def row_panel(
    title: str,
    features: NDArray[Any],
    parts: Mapping[str, NDArray[Any]],
    classes: Classes,
    columns: Sequence[str],
    target: str | None,
) -> str:
    """Return the first rows of a table, and the sizes of the classes, in HTML.

    Parameters
    ----------
    title, parts, classes
        As for `image_panel`.
    features : ndarray, shape (N, D)
        Examples of the first part.
    columns : sequence of str
        Names of the columns.
    target : str or None
        Name of the target column.
    """
    labels = next(iter(parts.values()))
    more = ["..."] if len(columns) > _COLUMNS else []
    rows: list[list[Cell]] = [
        [*map(float, values), *more, str(classes[int(label)])]
        for values, label in zip(features[:_ROWS, :_COLUMNS], labels[:_ROWS], strict=True)
    ]
    header = [*columns[:_COLUMNS], *more, target or "Class"]
    return panel(title, table(header, rows), _class_sizes(parts, classes))


def _sample(
    images: NDArray[Any], labels: NDArray[Any], shape: tuple[int, int], classes: Classes
) -> str:
    """Return the first images of each class, dark on light, with the names of their classes."""
    turns = max(1, _IMAGES // len(classes))
    first = [np.flatnonzero(labels == label)[:turns] for label in range(len(classes))]
    found = [int(rows[turn]) for turn in range(turns) for rows in first if turn < len(rows)]
    shown = found[:_IMAGES]
    ink = [255 - np.asarray(images[row]).reshape(shape) for row in shown]
    return image_grid(ink, [classes[int(labels[row])] for row in shown])


def _class_sizes(parts: Mapping[str, NDArray[Any]], classes: Classes) -> str:
    """Return a table of the number of examples of each class in each part."""
    sizes = [np.bincount(y, minlength=len(classes))[: len(classes)] for y in parts.values()]
    counts = np.stack(sizes, axis=1)  # (K, number of parts)
    names = list(map(str, classes))
    if len(names) > _CLASSES:
        counts[_CLASSES] = counts[_CLASSES:].sum(axis=0)
        names[_CLASSES:] = [f"{len(names) - _CLASSES} more"]
    rows: list[list[Cell]] = [[name, *counts[row].tolist()] for row, name in enumerate(names)]
    rows.append(["Total", *map(len, parts.values())])
    return table(["Class", *parts], rows, total=True)
