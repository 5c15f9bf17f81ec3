"""What every source of digits hands over."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralnet.files import FileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.data.inputs import InputKind

# Called with what is being fetched, the bytes so far, and all of them where that is known.
Progress = Callable[[str, int, int | None], None]

FOLDER_VARIABLE = "NEURALNET_DATA"
CACHE_VARIABLE = "NEURALNET_CACHE"

Folder = str | os.PathLike[str]


class DataNotFoundError(FileError):
    """A data set that could not be had; the text says what was tried and why each try failed."""


@dataclass(frozen=True)
class Dataset:
    """Labelled images, or rows of a table, the training ones first.

    Attributes
    ----------
    images : ndarray, shape (N, D)
        uint8: one flattened image a row, pixels from 0 (background) to 255 (ink). A read-only
        memory map where it comes from the cache. float32: a table's rows.
    labels : ndarray of uint8 or int64, shape (N,)
        The class of each image, by its place in `classes`.
    num_train : int
        How many of the images, from the first on, the data set's authors meant for training; the
        others are their test set.
    image_shape : tuple of int
        Height and width of an image; their product is D. (1, D) for a table.
    classes : tuple of str or int
        What the labels from 0 on stand for.
    name : str
        What the data set is called: "MNIST".
    source : str
        Where it came from, as a fragment of a sentence: "the folder digits".
    is_sample : bool
        Whether this is only the small bundled sample, not the full data set.
    notes : str
        What the user should be told about it, or nothing.
    columns : tuple of str
        The names of a table's D columns; none for images.
    target : str or None
        The name of the column that a table's classes stood in.
    """

    images: NDArray[Any]
    labels: NDArray[Any]
    num_train: int
    image_shape: tuple[int, int]
    classes: tuple[str | int, ...]
    name: str
    source: str
    is_sample: bool = False
    notes: str = ""
    columns: tuple[str, ...] = ()
    target: str | None = None

    def as_notes(self) -> dict[str, str]:
        """Return what a network that learns from these data should have in its notes.

        Commands and exports read there where its inputs are from, whether they are pixels or
        features, and which columns a table must have.
        """
        from neuralnet.data.inputs import input_notes

        kind: InputKind = "pixels" if self.images.dtype == "uint8" else "features"
        told = {"data": f"{self.name}, from {self.source}"}
        return told | input_notes(kind, self.columns, self.target)
