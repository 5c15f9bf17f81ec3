"""Data sets in a folder of four IDX files, such as MNIST, Fashion-MNIST, KMNIST and EMNIST."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.data import mnist
from neuralnet.data.class_names import check_plausible
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.idx import DIMENSIONS, Kind, read_idx, read_idx_shape
from neuralnet.files import FileError, FileFormatError, check_path, describe_os_error

if TYPE_CHECKING:
    from numpy.typing import NDArray

# train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz, emnist-digits-test-images-idx3-ubyte, ...
_FILE_NAME = re.compile(
    r"(?P<prefix>emnist-[a-z]+-)?(?P<part>train|t10k|test)-(?P<kind>images|labels)"
    r"[-.]idx[13]-ubyte(?P<gzipped>\.gz)?"
)
# Subfolders in which other programs store the four files.
_COMMON_SUBFOLDERS = ("raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw", "EMNIST/raw", "gzip")

Part = tuple[str, Kind]  # ("train" or "test", "images" or "labels")
_PARTS: tuple[Part, ...] = (
    ("train", "images"),
    ("train", "labels"),
    ("test", "images"),
    ("test", "labels"),
)


def load_folder(folder: Folder) -> Dataset:
    """Load the data set in a folder of four IDX files, gzipped or not.

    The images of EMNIST are stored transposed and are transposed back.

    Parameters
    ----------
    folder : path
        Folder with the files of exactly one data set.

    Returns
    -------
    Dataset
        Its name is "MNIST" if it equals MNIST bit for bit, and otherwise the name of the EMNIST
        split or of the folder.

    Raises
    ------
    FileError
        If the folder or one of the four files is missing or cannot be read, or if the folder holds
        several data sets.
    FileFormatError
        If a file is not a valid IDX file of its kind, or the files do not belong together.
    InputError
        If the largest label is implausible and probably caused by damage.
    """
    folder = check_path(folder, "folder")
    prefix, paths = _find_files(folder)
    shapes = {part: _pair_shape(paths, part) for part in ("train", "test")}
    height, width = shapes["train"][1:]
    if shapes["test"][1:] != (height, width):
        raise FileFormatError(
            f"{folder} holds training images of {height} x {width} pixels and test images of "
            f"{shapes['test'][1]} x {shapes['test'][2]}; they must have the same size. Do the "
            f"files belong together?"
        )
    num_train, num_test = shapes["train"][0], shapes["test"][0]
    # Both parts are read into one array, and are never in memory twice.
    images = np.empty((num_train + num_test, height, width), np.uint8)  # (N, height, width)
    labels = np.empty(num_train + num_test, np.uint8)  # (N,)
    for part, rows in (("train", slice(num_train)), ("test", slice(num_train, None))):
        read_idx(paths[part, "images"], "images", out=images[rows])
        read_idx(paths[part, "labels"], "labels", out=labels[rows])
    if prefix:
        images = _transposed(images)
    source = f"the folder {folder}"
    check_plausible(labels, str(folder))
    if mnist.is_mnist(images, labels):
        return mnist.as_dataset(images, labels, source)
    return Dataset(
        images=images.reshape(len(images), -1),  # (N, D)
        labels=labels,
        num_train=num_train,
        image_shape=(images.shape[1], images.shape[2]),
        classes=tuple(range(int(labels.max()) + 1)),
        name=prefix.rstrip("-") or folder.resolve().name,
        source=source,
    )


def holds_idx_files(folder: Path) -> bool:
    """Return whether a folder or one of its common subfolders holds IDX files of a data set."""
    return any(
        _FILE_NAME.fullmatch(path.name)
        for below in (".", *_COMMON_SUBFOLDERS)
        for path in (folder / below).glob("*-ubyte*")
    )


def _find_files(folder: Path) -> tuple[str, dict[Part, Path]]:
    """Return the EMNIST prefix, if any, and the paths of the four files in a folder."""
    try:
        # In reverse, so that an uncompressed file takes precedence over its gzipped twin.
        entries = sorted(folder.iterdir(), reverse=True)
    except OSError as error:
        raise FileError(
            f"Cannot read the data folder {folder}: {describe_os_error(error)}. Give the path of "
            f"the folder that holds the four IDX files."
        ) from error
    found: dict[str, dict[Part, Path]] = {}
    for path in entries:
        match = _FILE_NAME.fullmatch(path.name)
        if match:
            part = "train" if match["part"] == "train" else "test"
            kind: Kind = "images" if match["kind"] == "images" else "labels"
            found.setdefault(match["prefix"] or "", {})[part, kind] = path
    if not found:
        raise FileError(_not_found_message(folder))
    if len(found) > 1:
        names = ", ".join(f"{prefix}train-images-idx3-ubyte" for prefix in sorted(found))
        raise FileError(
            f"{folder} holds {len(found)} data sets ({names}, ...). Move the four files of one "
            f"data set to a separate folder, and give its path."
        )
    [(prefix, paths)] = found.items()
    missing = [_standard_name(prefix, part) for part in _PARTS if part not in paths]
    if missing:
        raise FileError(
            f"{folder} holds {len(paths)} of the four files of a data set. These are missing or "
            f"have another name: {', '.join(missing)}, with or without .gz."
        )
    return prefix, paths


def _not_found_message(folder: Path) -> str:
    """Return the error message for a folder without IDX files, which suggests a subfolder."""
    names = ", ".join(_standard_name("", part) for part in _PARTS)
    near = [
        folder / below
        for below in _COMMON_SUBFOLDERS
        if any(_FILE_NAME.fullmatch(path.name) for path in (folder / below).glob("*-ubyte*"))
    ]
    hint = f" They seem to be in {near[0]}; give that path." if near else ""
    return f"{folder} holds no data set; it must hold {names}, with or without .gz.{hint}"


def _standard_name(prefix: str, part: Part) -> str:
    """Return the standard name of a file."""
    subset, kind = part
    if subset == "test" and not prefix:
        subset = "t10k"
    return f"{prefix}{subset}-{kind}-idx{DIMENSIONS[kind]}-ubyte"


def _pair_shape(paths: dict[Part, Path], part: str) -> tuple[int, ...]:
    """Return the shape of the images of one part, after checking that there is a label for each."""
    images_path, labels_path = paths[part, "images"], paths[part, "labels"]
    shape = read_idx_shape(images_path, "images")
    [num_labels] = read_idx_shape(labels_path, "labels")
    if shape[0] != num_labels:
        raise FileFormatError(
            f"{images_path} holds {shape[0]:,} images, but {labels_path.name} holds "
            f"{num_labels:,} labels; there must be one label per image. Do the files belong "
            f"together?"
        )
    if not all(shape):
        raise FileFormatError(
            f"{images_path} holds no pixels (shape {shape}); it needs at least one image."
        )
    return shape


def _transposed(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Transpose each image: EMNIST stores its images column by column, MNIST row by row.

    Square images are transposed in place, some at a time.
    """
    if images.shape[1] != images.shape[2]:
        return np.ascontiguousarray(images.transpose(0, 2, 1))
    some = max(1, (1 << 24) // images[0].size)
    for start in range(0, len(images), some):
        part = images[start : start + some]
        part[...] = part.transpose(0, 2, 1).copy()
    return images
