"""Reading of picture files, singly or from a folder with one subfolder per class."""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import InputError, check_class_names, check_flag, check_name
from neuralnet.data.class_names import sort_class_names
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.picture_formats import supported_formats
from neuralnet.files import (
    FileError,
    FileFormatError,
    check_path,
    describe_os_error,
    file_status,
    read_bytes,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm")
# Pictures that are already cropped are small; a larger one is a mistake or an attack.
MAX_PIXELS = 1 << 20
MAX_BYTES = 1 << 26
_SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation"}


def load_pictures(
    folder: Folder,
    *,
    classes: Sequence[str | int] | None = None,
    image_shape: tuple[int, int] | None = None,
    invert: bool = False,
) -> Dataset:
    """Load pictures from a folder that has one subfolder per class.

    Pictures are converted to greyscale but not resized, so all must have the same size. MNIST's
    digits are bright on a dark background; set `invert` for pictures of dark ink on light paper.

    Parameters
    ----------
    folder : path
        Folder with the subfolders. Files without the suffix of a picture are skipped and listed in
        the notes of the data set.
    classes : sequence of str or int, optional
        Class names of a network, in the order of its labels; a subfolder with another name is an
        error. By default, the names of the subfolders, sorted as integers if all of them are
        integers and otherwise as text.
    image_shape : (int, int), optional
        Required height and width; by default, those of the first picture.
    invert : bool
        Whether to invert the brightness.

    Returns
    -------
    Dataset
        Data set in which all pictures are training examples.

    Raises
    ------
    FileError
        If the folder or a picture cannot be read, the folder has fewer than two subfolders (and
        `classes` is not given), a subfolder holds no pictures, or the subfolders are the parts of
        a data set.
    FileFormatError
        If a file is not a valid picture, is too large, or differs in size.
    InputError
        If a subfolder is not one of `classes`.
    """
    folder, invert = check_path(folder, "folder"), check_flag(invert, "invert")
    by_class, others = _find_pictures(folder)
    found = sort_class_names(by_class) if classes is None else check_class_names(classes)
    place = {str(name): label for label, name in enumerate(found)}
    for name in by_class:
        check_name(name, place, f"A subfolder of {folder}")
    if classes is None and len(found) < 2:
        raise FileError(
            f"{folder} has only the subfolder {found[0]!r}; classification needs at least two "
            f"classes, with one subfolder for each."
        )
    paths = [path for name in map(str, found) for path in by_class.get(name, [])]
    labels = [place[name] for name in map(str, found) for _ in by_class.get(name, [])]
    images = read_pictures(paths, image_shape, invert=invert)  # (N, height, width)
    return Dataset(
        images=images.reshape(len(images), -1),  # (N, D)
        labels=np.array(labels, np.int64),
        num_train=len(labels),
        image_shape=(images.shape[1], images.shape[2]),
        classes=found,
        name=folder.resolve().name,
        source=f"the folder {folder}",
        notes=f"Skipped, as they are not pictures: {_join_names(others)}." if others else "",
    )


def read_pictures(
    paths: Sequence[Path], image_shape: tuple[int, int] | None = None, *, invert: bool = False
) -> NDArray[np.uint8]:
    """Read pictures of the same size as greyscale images.

    Parameters
    ----------
    paths : sequence of path
        Files to read, at least one.
    image_shape : (int, int), optional
        Required height and width; by default, those of the first picture.
    invert : bool
        Whether to invert the brightness.

    Returns
    -------
    ndarray of uint8, shape (N, height, width)
        Grey levels from 0 (black) to 255 (white), or the other way round if inverted.

    Raises
    ------
    FileError
        If a file cannot be read.
    FileFormatError
        If a file is not a valid picture, is too large, or has another size.
    InputError
        If `paths` is empty.
    """
    if not paths:
        raise InputError("paths is empty; give the path of at least one picture.")
    images: NDArray[np.uint8] | None = None
    why = "this network takes"
    for number, path in enumerate(paths):
        pixels = _read_picture(path, image_shape, why)
        if images is None:
            if image_shape is None:
                image_shape, why = (pixels.shape[0], pixels.shape[1]), f"{path} has"
            images = np.empty((len(paths), *image_shape), np.uint8)
        images[number] = pixels
    assert images is not None  # noqa: S101
    return np.subtract(255, images, out=images) if invert else images


def is_picture(path: Path) -> bool:
    """Return whether a file name has the suffix of a picture."""
    return path.suffix.lower() in SUFFIXES


def _find_pictures(folder: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """Return the sorted pictures of each subfolder, and the names of all other entries."""
    others: list[str] = []
    by_class: dict[str, list[Path]] = {}
    for sub in _visible_entries(folder):
        if not sub.is_dir():
            others.append(sub.name)
            continue
        entries = _visible_entries(sub)
        by_class[sub.name] = [path for path in entries if path.is_file() and is_picture(path)]
        others += [f"{sub.name}/{p.name}" for p in entries if p not in by_class[sub.name]]
        if not by_class[sub.name]:
            below = [path.name for path in entries if path.is_dir()]
            hint = f" To use its subfolders ({_join_names(below)}), load {sub}." if below else ""
            raise FileError(
                f"The subfolder {sub} holds no pictures ({', '.join(SUFFIXES)}); each subfolder "
                f"must hold the pictures of one class. Add pictures, or remove the subfolder.{hint}"
            )
    if not by_class:
        raise FileError(
            f"{folder} has no subfolders; it must have one subfolder of pictures per class, with "
            f"the name of the class."
        )
    if {name.lower() for name in by_class} <= _SPLIT_NAMES:
        raise FileError(
            f"The subfolders of {folder} are {', '.join(by_class)}, which are parts of a data set "
            f"rather than classes. Load one of them instead."
        )
    return by_class, others


def _visible_entries(folder: Path) -> list[Path]:
    """Return the sorted entries of a folder, without hidden ones."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise FileError(
            f"Cannot read the folder {folder}: {describe_os_error(error)}. Is the path right?"
        ) from error


def _read_picture(path: Path, shape: tuple[int, int] | None, why: str) -> NDArray[np.uint8]:
    """Read one picture as greyscale, and check its size."""
    from PIL import Image, UnidentifiedImageError

    content = read_bytes(path, at_most=MAX_BYTES, what="a picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about what is checked or repaired here
            with Image.open(io.BytesIO(content), formats=supported_formats()) as image:
                # Only the header has been read so far: a picture too large is not decoded.
                width, height = image.size
                if shape is not None and (height, width) != shape:
                    raise FileFormatError(
                        f"{path} is {height} pixels high and {width} wide; {why} {shape[0]} x "
                        f"{shape[1]}. Crop or scale it first."
                    )
                if width * height > MAX_PIXELS:
                    raise FileFormatError(
                        f"{path} has {width} x {height} pixels; a picture may have at most "
                        f"{MAX_PIXELS:,}. Crop or scale it first."
                    )
                return _to_grey(image)
    except (FileError, MemoryError):
        raise
    except UnidentifiedImageError as error:
        raise FileFormatError(
            f"{path} is not a picture in a supported format: it begins with {content[:8]!r}. "
            f"Convert it, for example to PNG."
        ) from error
    except Exception as error:  # decoders raise errors of many types on a damaged file
        raise FileFormatError(
            f"{path} is damaged: {error!s:.200}. Get another copy of it."
        ) from error


def _to_grey(image: Image) -> NDArray[np.uint8]:
    """Return a picture's grey levels as uint8, with white behind transparent pixels."""
    import PIL.Image

    if image.mode.startswith("I;16") or image.mode == "I":
        return (np.asarray(image).clip(0, 65535) // 257).astype(np.uint8)
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers without a defined range")
    if image.has_transparency_data:
        paper = PIL.Image.new("RGBA", image.size, "white")
        image = PIL.Image.alpha_composite(paper, image.convert("RGBA"))
    return np.asarray(image.convert("L"), np.uint8)


def _join_names(names: Sequence[str], limit: int = 5) -> str:
    """Join names with commas; beyond `limit`, state only how many more there are."""
    more = f" and {len(names) - limit:,} more" if len(names) > limit else ""
    return f"{', '.join(names[:limit])}{more}"


def expand_folders(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Return the paths in order, with each folder replaced by its sorted pictures.

    Raises
    ------
    FileError
        If a folder cannot be read, or holds no pictures.
    """
    found: list[Path] = []
    for path in map(check_path, paths):
        file_status(path)  # raises if the path cannot be looked up
        if not path.is_dir():
            found.append(path)
            continue
        inside = [p for p in _visible_entries(path) if p.is_file() and is_picture(p)]
        if not inside:
            raise FileError(
                f"{path} holds no pictures ({', '.join(SUFFIXES)}). Is it the right folder?"
            )
        found += inside
    return found
