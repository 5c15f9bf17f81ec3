"""MNIST kept on this computer, so that it is fetched once and opened at once ever after.

Two plain IDX files, mapped into memory rather than read, and a stamp beside them. The stamp is
written last and notes each file's length and time of change: while both still hold, the files are
the ones whose checksums were verified, and 55 MB need not be hashed again.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from neuralnet.data import mnist
from neuralnet.data.dataset import CACHE_VARIABLE, DataNotFoundError, Dataset, Folder
from neuralnet.data.idx import read_idx, write_idx
from neuralnet.files import FileError, explain, read_bytes, written_whole

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_logger = logging.getLogger(__name__)

_IMAGES = "mnist-images-idx3-ubyte"
_LABELS = "mnist-labels-idx1-ubyte"
_STAMP = "mnist-verified.json"


def cache_folder(folder: Folder | None = None) -> Path:
    """Say where the cache is: the argument, `NEURALNET_CACHE`, or the user's own cache folder."""
    named = folder if folder is not None else os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_cache_path("neuralnet")


def load_cache(folder: Path) -> Dataset:
    """Open the cached MNIST, mapped into memory.

    Parameters
    ----------
    folder : path
        The cache folder.

    Raises
    ------
    DataNotFoundError
        If nothing is cached, or what is there is damaged.
    """
    try:
        if not (folder / _IMAGES).is_file():
            raise DataNotFoundError(f"the cache in {folder} is empty")
        images = read_idx(folder / _IMAGES, "images", memory_map=True)
        labels = read_idx(folder / _LABELS, "labels", memory_map=True)
    except DataNotFoundError:
        raise
    except OSError as error:
        _logger.warning("The cached MNIST is damaged and will be fetched again: %s", error)
        raise DataNotFoundError(f"the cache in {folder} is damaged: {error}") from error
    if not _stamp_holds(folder):
        if not mnist.is_mnist(images, labels):
            _logger.warning("The cached MNIST in %s is damaged and will be fetched again.", folder)
            raise DataNotFoundError(f"the cache in {folder} is damaged: its checksums are wrong")
        _try_to_stamp(folder)
    return mnist.as_dataset(images, labels, f"the cache in {folder}")


def verify_cache(folder: Path) -> int:
    """Hold every byte of the cached MNIST against its checksum, stamp or not.

    Parameters
    ----------
    folder : path
        The cache folder.

    Returns
    -------
    int
        How many bytes were read.

    Raises
    ------
    DataNotFoundError
        If nothing is cached, or what is there is damaged.
    """
    (folder / _STAMP).unlink(missing_ok=True)
    dataset = load_cache(folder)
    return int(dataset.images.nbytes + dataset.labels.nbytes)


def cached_files(folder: Path) -> list[Path]:
    """Return those of the cache's files that are there."""
    return [folder / name for name in (_IMAGES, _LABELS, _STAMP) if (folder / name).is_file()]


def clear_cache(folder: Path) -> int:
    """Remove the cached MNIST, and nothing else that lies in the folder.

    Parameters
    ----------
    folder : path
        The cache folder.

    Returns
    -------
    int
        How many bytes were freed.

    Raises
    ------
    FileError
        If a file cannot be removed.
    """
    freed = 0
    for path in cached_files(folder):
        try:
            size = path.stat().st_size
            path.unlink()
        except OSError as error:
            raise FileError(f"Cannot remove {path}: {explain(error)}.") from error
        freed += size
    return freed


def store_in_cache(folder: Path, dataset: Dataset) -> None:
    """Keep MNIST for next time; a cache that cannot be written is a logged warning, no error."""
    images: NDArray[np.uint8] = dataset.images.reshape(-1, *dataset.image_shape)
    try:
        (folder / _STAMP).unlink(missing_ok=True)
        write_idx(folder / _IMAGES, images)
        write_idx(folder / _LABELS, dataset.labels)
    except OSError as error:
        _logger.warning("MNIST could not be cached and will be fetched again: %s", error)
        return
    _try_to_stamp(folder)


def _try_to_stamp(folder: Path) -> None:
    """Note that the files as they now stand are verified; without it they are hashed each time."""
    try:
        with written_whole(folder / _STAMP) as file:
            file.write(json.dumps(_marks(folder)).encode())
    except OSError as error:
        _logger.warning("The cache will be verified again each time: %s", error)


def _stamp_holds(folder: Path) -> bool:
    """Say whether the files are still those that the stamp was written for."""
    try:
        stamp = read_bytes(folder / _STAMP, at_most=4096, what="the cache's stamp")
        return bool(json.loads(stamp) == _marks(folder))
    except (OSError, ValueError):
        return False


def _marks(folder: Path) -> dict[str, list[int]]:
    """Give each file's length in bytes and time of change in nanoseconds."""
    states = {name: (folder / name).stat() for name in (_IMAGES, _LABELS)}
    return {name: [state.st_size, state.st_mtime_ns] for name, state in states.items()}
