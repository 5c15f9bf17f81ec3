"""A folder of four IDX files: MNIST, Fashion-MNIST, KMNIST, EMNIST, or one's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.data import mnist
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.idx import DIMENSIONS, Kind, read_idx
from neuralnet.data.naming import check_plausible
from neuralnet.files import FileError, FileFormatError, explain

if TYPE_CHECKING:
    from numpy.typing import NDArray

# train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz, emnist-digits-test-images-idx3-ubyte, ...
_FILE_NAME = re.compile(
    r"(?P<prefix>emnist-[a-z]+-)?(?P<part>train|t10k|test)-(?P<kind>images|labels)"
    r"[-.]idx[13]-ubyte(?P<gzipped>\.gz)?"
)
# Folders below the named one in which other programs keep the four files.
_USUAL_SUBFOLDERS = ("raw", "MNIST/raw", "FashionMNIST/raw", "KMNIST/raw", "EMNIST/raw", "gzip")

Part = tuple[str, Kind]  # ("train" or "test", "images" or "labels")
_PARTS: tuple[Part, ...] = (
    ("train", "images"),
    ("train", "labels"),
    ("test", "images"),
    ("test", "labels"),
)


def load_folder(folder: Folder) -> Dataset:
    """Load the data set whose four IDX files, gzipped or not, lie in a folder.

    EMNIST's images are stored on their side and are turned upright.

    Parameters
    ----------
    folder : path
        The folder. It must hold one data set only.

    Returns
    -------
    Dataset
        Named "MNIST" if it is, bit for bit; otherwise after the folder, or EMNIST's split.

    Raises
    ------
    FileError
        If the folder or one of the four files is missing or cannot be read, or several data sets
        lie there.
    FileFormatError
        If a file does not hold what it should, or the files do not belong together.
    InputError
        If the largest label looks like damage rather than like a class.
    """
    folder = Path(folder)
    prefix, paths = _find_files(folder)
    train_images, train_labels = _read_pair(paths, "train")
    test_images, test_labels = _read_pair(paths, "test")
    image_shape = train_images.shape[1:]
    if test_images.shape[1:] != image_shape:
        raise FileFormatError(
            f"{folder} holds training images of {_pixels(train_images)} pixels and test images of "
            f"{_pixels(test_images)}; they must be alike. Do the files belong together?"
        )
    images = np.concatenate([train_images, test_images])  # (N, height, width)
    labels = np.concatenate([train_labels, test_labels])  # (N,)
    if prefix:
        # EMNIST was written column by column where MNIST was written row by row.
        images = np.ascontiguousarray(images.transpose(0, 2, 1))
        image_shape = images.shape[1:]
    source = f"the folder {folder}"
    check_plausible(labels, str(folder))
    if mnist.is_mnist(images, labels):
        return mnist.as_dataset(images, labels, source)
    return Dataset(
        images=images.reshape(len(images), -1),  # (N, D)
        labels=labels,
        num_train=len(train_labels),
        image_shape=image_shape,
        classes=tuple(range(int(labels.max()) + 1)),
        name=prefix.rstrip("-") or folder.resolve().name,
        source=source,
    )


def holds_idx_files(folder: Path) -> bool:
    """Say whether files of such a data set lie in a folder, or below it where programs put them."""
    return any(
        _FILE_NAME.fullmatch(path.name)
        for below in (".", *_USUAL_SUBFOLDERS)
        for path in (folder / below).glob("*-ubyte*")
    )


def _find_files(folder: Path) -> tuple[str, dict[Part, Path]]:
    """Find the four files of the one data set in `folder`, and its EMNIST prefix if it has one."""
    try:
        # Backwards, so that where a file lies there twice, the plain one is preferred.
        entries = sorted(folder.iterdir(), reverse=True)
    except OSError as error:
        raise FileError(
            f"Cannot read the data folder {folder}: {explain(error)}. Name the folder that holds "
            f"the four IDX files."
        ) from error
    found: dict[str, dict[Part, Path]] = {}
    for path in entries:
        match = _FILE_NAME.fullmatch(path.name)
        if match:
            part = "train" if match["part"] == "train" else "test"
            kind: Kind = "images" if match["kind"] == "images" else "labels"
            found.setdefault(match["prefix"] or "", {})[part, kind] = path
    if not found:
        raise FileError(_nothing_found(folder))
    if len(found) > 1:
        names = ", ".join(f"{prefix}train-images-idx3-ubyte" for prefix in sorted(found))
        raise FileError(
            f"{folder} holds {len(found)} data sets ({names}, ...). Move the four files of the one "
            f"you want to a folder of their own, and name that."
        )
    [(prefix, paths)] = found.items()
    missing = [_usual_name(prefix, part) for part in _PARTS if part not in paths]
    if missing:
        raise FileError(
            f"{folder} holds {len(paths)} of the four files of a data set; missing (or named "
            f"otherwise): {', '.join(missing)}, plain or with .gz."
        )
    return prefix, paths


def _nothing_found(folder: Path) -> str:
    """Word the error for a folder without any such file, with a hint where they are near."""
    names = ", ".join(_usual_name("", part) for part in _PARTS)
    near = [
        folder / below
        for below in _USUAL_SUBFOLDERS
        if any(_FILE_NAME.fullmatch(path.name) for path in (folder / below).glob("*-ubyte*"))
    ]
    hint = f" They seem to lie in {near[0]}: name that folder." if near else ""
    return f"{folder} holds no data set; wanted are {names}, each plain or with .gz.{hint}"


def _usual_name(prefix: str, part: Part) -> str:
    """Give the name under which a file usually goes."""
    subset, kind = part
    if subset == "test" and not prefix:
        subset = "t10k"
    return f"{prefix}{subset}-{kind}-idx{DIMENSIONS[kind]}-ubyte"


def _read_pair(paths: dict[Part, Path], part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read the images and the labels of one part, checking that there is one label an image."""
    images_path, labels_path = paths[part, "images"], paths[part, "labels"]
    images, labels = read_idx(images_path, "images"), read_idx(labels_path, "labels")
    if len(images) != len(labels):
        raise FileFormatError(
            f"{images_path} holds {len(images):,} images but {labels_path.name} holds "
            f"{len(labels):,} labels; there must be one label for each image. Do the files belong "
            f"together?"
        )
    if not images.size:
        raise FileFormatError(
            f"{images_path} holds no pixels (shape {images.shape}); give at least one image."
        )
    return images, labels


def _pixels(images: NDArray[np.uint8]) -> str:
    return f"{images.shape[1]} x {images.shape[2]}"
