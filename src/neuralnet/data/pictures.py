"""Pictures in files: one to be classified, or a folder with a sub-folder for each class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import InputError, check_name
from neuralnet.data.dataset import Dataset, Folder
from neuralnet.data.naming import ordered_names
from neuralnet.files import FileError, FileFormatError, explain

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm")
# A picture that is cut already is small; what is larger was not meant, or means harm.
MOST_PIXELS = 1 << 20
_SPLIT_NAMES = {"train", "training", "test", "testing", "val", "valid", "validation"}


def load_pictures(
    folder: Folder,
    *,
    classes: Sequence[str | int] | None = None,
    image_shape: tuple[int, int] | None = None,
    invert: bool = False,
) -> Dataset:
    """Load a folder whose sub-folders are classes, each with that class's pictures.

    Pictures become grey, and are taken as they are otherwise: all must be of one size. MNIST's
    digits are bright on dark; `invert` makes dark ink on light paper so.

    Parameters
    ----------
    folder : path
        The folder. What is no picture by its ending is passed over, and told in the notes.
    classes : sequence of str or int, optional
        What the labels stand for, as a network has it; other sub-folders are refused then. The
        sub-folders' names if not given, ordered by number or by alphabet.
    image_shape : (int, int), optional
        Height and width that are wanted; those of the first picture if not given.
    invert : bool
        Whether bright and dark change places.

    Returns
    -------
    Dataset
        All pictures count as training ones.

    Raises
    ------
    FileError
        If the folder or a picture cannot be read, or there is no sub-folder, or none in one.
    FileFormatError
        If a file is no picture, or pictures differ in size.
    InputError
        If a sub-folder is no class that the network knows.
    """
    folder = Path(folder)
    by_class, others = _find_pictures(folder)
    found = ordered_names(by_class) if classes is None else tuple(classes)
    place = {str(name): label for label, name in enumerate(found)}
    for name in by_class:
        check_name(name, place, f"A sub-folder of {folder}")
    if classes is None and len(found) < 2:
        raise FileError(
            f"{folder} has the sub-folder {found[0]!r} only; at least two classes are needed to be "
            f"told apart."
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
        notes=f"Passed over, being no pictures: {_listed(others)}." if others else "",
    )


def read_pictures(
    paths: Sequence[Path], image_shape: tuple[int, int] | None = None, *, invert: bool = False
) -> NDArray[np.uint8]:
    """Read pictures of one size, in grey.

    Parameters
    ----------
    paths : sequence of path
        The files, at least one.
    image_shape : (int, int), optional
        Height and width that are wanted; those of the first picture if not given.
    invert : bool
        Whether bright and dark change places.

    Returns
    -------
    ndarray of uint8, shape (N, height, width)

    Raises
    ------
    FileError
        If one cannot be read.
    FileFormatError
        If one is no picture, or of another size.
    """
    if not paths:
        raise InputError("No picture is named; name at least one.")
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
    """Say whether a file is a picture by its ending."""
    return path.suffix.lower() in ENDINGS


def _find_pictures(folder: Path) -> tuple[dict[str, list[Path]], list[str]]:
    """Return the pictures of each sub-folder, in order, and what else lies there."""
    others: list[str] = []
    by_class: dict[str, list[Path]] = {}
    for sub in _entries(folder):
        if not sub.is_dir():
            others.append(sub.name)
            continue
        entries = _entries(sub)
        by_class[sub.name] = [path for path in entries if path.is_file() and is_picture(path)]
        others += [f"{sub.name}/{p.name}" for p in entries if p not in by_class[sub.name]]
        if not by_class[sub.name]:
            below = [path.name for path in entries if path.is_dir()]
            hint = f" It has sub-folders itself ({_listed(below)}): name {sub}." if below else ""
            raise FileError(
                f"The sub-folder {sub} holds no pictures ({', '.join(ENDINGS)}); each sub-folder "
                f"holds those of one class. Fill it, or remove it.{hint}"
            )
    if not by_class:
        raise FileError(
            f"{folder} has no sub-folders; it must have one for each class, named after it, with "
            f"that class's pictures inside."
        )
    if {name.lower() for name in by_class} <= _SPLIT_NAMES:
        raise FileError(
            f"The sub-folders of {folder} are {', '.join(by_class)}, which are parts of a data set "
            f"rather than classes. Name one of them."
        )
    return by_class, others


def _entries(folder: Path) -> list[Path]:
    """Return what lies in a folder, in order, but for what is hidden."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise FileError(
            f"Cannot read the folder {folder}: {explain(error)}. Is the path right?"
        ) from error


def _read_picture(path: Path, shape: tuple[int, int] | None, why: str) -> NDArray[np.uint8]:
    """Read one picture in grey, if it has the size that is wanted."""
    import PIL.Image

    try:
        if path.exists() and not path.is_file():
            raise FileError(f"Cannot read {path}: it is not a file. Name a picture.")
        with PIL.Image.open(path) as image:
            # The header alone has been read so far: what is too large is never unpacked.
            width, height = image.size
            if shape is not None and (height, width) != shape:
                raise FileFormatError(
                    f"{path} is {height} pixels high and {width} wide; {why} {shape[0]} x "
                    f"{shape[1]}. Cut or scale it first."
                )
            if width * height > MOST_PIXELS:
                raise FileFormatError(
                    f"{path} has {width} x {height} pixels; pictures that are cut already have at "
                    f"most {MOST_PIXELS:,}. Cut or scale it first."
                )
            return _grey(image)
    except FileError:
        raise
    except PIL.UnidentifiedImageError as error:
        raise FileFormatError(f"{path} is no picture of a kind that Pillow reads.") from error
    except (OSError, SyntaxError, ValueError, EOFError, PIL.Image.DecompressionBombError) as error:
        if isinstance(error, OSError) and error.strerror:
            raise FileError(f"Cannot read {path}: {explain(error)}.") from error
        raise FileFormatError(f"{path} is damaged: {error}. Get the file again.") from error


def _grey(image: Image) -> NDArray[np.uint8]:
    """Return a picture's brightness as bytes; where it is transparent, white paper shows."""
    import PIL.Image

    if image.mode.startswith("I;16") or image.mode == "I":
        return (np.asarray(image).clip(0, 65535) // 257).astype(np.uint8)
    if image.mode == "F":
        raise ValueError("its pixels are floating-point numbers, with no black and white")
    if image.has_transparency_data:
        paper = PIL.Image.new("RGBA", image.size, "white")
        image = PIL.Image.alpha_composite(paper, image.convert("RGBA"))
    return np.asarray(image.convert("L"), np.uint8)


def _listed(names: Sequence[str], most: int = 5) -> str:
    """List names, the first few of many."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def pictures_in(paths: Sequence[str | os.PathLike[str]]) -> list[Path]:
    """Return the pictures that are named, and those of the folders that are named, in order.

    Raises
    ------
    FileError
        If a folder cannot be read, or holds no pictures.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = [entry for entry in _entries(path) if entry.is_file() and is_picture(entry)]
        if not inside:
            raise FileError(f"{path} holds no pictures ({', '.join(ENDINGS)}).")
        found += inside
    return found
