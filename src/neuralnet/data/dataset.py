"""What every source of digits hands over."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neuralnet.files import FileError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Called with what is being fetched, the bytes so far, and all of them where that is known.
Progress = Callable[[str, int, int | None], None]

FOLDER_VARIABLE = "NEURALNET_DATA"
CACHE_VARIABLE = "NEURALNET_CACHE"

Folder = str | os.PathLike[str]


class DataNotFoundError(FileError):
    """A data set that could not be had; the text says what was tried and why each try failed."""


@dataclass(frozen=True)
class Dataset:
    """Labelled images, the training ones first.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, D)
        One flattened image a row, pixels from 0 (background) to 255 (ink). A read-only memory map
        where it comes from the cache.
    labels : ndarray of uint8, shape (N,)
        The class of each image.
    num_train : int
        How many of the images, from the first on, the data set's authors meant for training; the
        others are their test set.
    image_shape : tuple of int
        Height and width of an image; their product is D.
    classes : tuple of int
        The classes, from 0 on.
    name : str
        What the data set is called: "MNIST".
    source : str
        Where it came from, as a fragment of a sentence: "the folder digits".
    is_sample : bool
        Whether this is only the small bundled sample, not the full data set.
    notes : str
        What the user should be told about it, or nothing.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    num_train: int
    image_shape: tuple[int, int]
    classes: tuple[int, ...]
    name: str
    source: str
    is_sample: bool = False
    notes: str = ""
