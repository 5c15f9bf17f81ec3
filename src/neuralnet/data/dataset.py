"""The data set that every loader returns."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralnet.files import FileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.data.inputs import InputKind

# Called with a description of the download, the bytes received so far, and the total or None.
Progress = Callable[[str, int, int | None], None]

FOLDER_VARIABLE = "NEURALNET_DATA"
CACHE_VARIABLE = "NEURALNET_CACHE"

Folder = str | os.PathLike[str]


class DataNotFoundError(FileError):
    """Failure to load a data set; the message lists each source tried and why it failed."""


@dataclass(frozen=True)
class Dataset:
    """Labelled images or table rows, with the training examples first.

    Attributes
    ----------
    images : ndarray, shape (N, D)
        uint8: one flattened image per row, with pixels from 0 (background) to 255 (ink); a
        read-only memory map if it comes from the cache. float32: the rows of a table.
    labels : ndarray of uint8 or int64, shape (N,)
        Class of each example, as an index into `classes`.
    num_train : int
        Size of the training set defined by the data set's authors. It consists of the first
        examples; the others are the test set.
    image_shape : tuple of int
        Height and width of an image, whose product is D; (1, D) for a table.
    classes : tuple of str or int
        Names of the classes, in the order of the labels.
    name : str
        Name of the data set, for example "MNIST".
    source : str
        Where the data came from, for use within a sentence: "the folder digits".
    is_sample : bool
        Whether this is only the small bundled sample of the full data set.
    notes : str
        Remarks for the user, or an empty string.
    columns : tuple of str
        Names of a table's D columns; empty for images.
    target : str or None
        Name of a table's target column.
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

    def __repr__(self) -> str:
        """Return name, sizes and kind of the data, without the arrays."""
        return f"<Dataset {self._summary()}>"

    def _repr_html_(self) -> str:
        """Return sample images or rows, and the sizes of the classes, for a notebook."""
        from neuralnet.data.summary import image_panel, row_panel

        title, n = f"{self._summary()}, from {self.source}", self.num_train
        parts = {"Training": self.labels[:n], "Test": self.labels[n:]}
        if self.images.dtype == "uint8":
            return image_panel(title, self.images[:n], parts, self.classes, self.image_shape)
        columns = self.columns or [f"column {i}" for i in range(self.images.shape[1])]
        return row_panel(title, self.images[:n], parts, self.classes, columns, self.target)

    def _summary(self) -> str:
        """Return name, sizes and kind of the data."""
        sizes = f"{self.num_train:,} training and {len(self.labels) - self.num_train:,} test"
        kind = f"rows of {self.images.shape[1]:,} features"
        if self.images.dtype == "uint8":
            kind = "images of {} x {} pixels".format(*self.image_shape)
        return f"{self.name}: {sizes} {kind}, {len(self.classes)} classes"

    def network_notes(self) -> dict[str, str]:
        """Return the notes for a network that is trained on these data.

        They record where the data came from, whether the inputs are pixels or features, and the
        names of a table's columns. The commands and the exports read them.
        """
        from neuralnet.data.inputs import input_notes

        kind: InputKind = "pixels" if self.images.dtype == "uint8" else "features"
        origin = {"data": f"{self.name}, from {self.source}"}
        return origin | input_notes(kind, self.columns, self.target)
