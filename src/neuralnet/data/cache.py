"""Local cache of MNIST, so that it is downloaded only once.

The cache consists of two uncompressed IDX files, which are memory-mapped, and a stamp. The stamp is
written last and records the size of each file, and when its content and its entry in the file
system changed last. While these are the same, the files are those whose checksums were verified,
and 55 MB need not be hashed again. `verify_cache` hashes them in any case.
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
from neuralnet.files import FileError, atomic_write, describe_os_error, read_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_logger = logging.getLogger(__name__)

_IMAGES = "mnist-images-idx3-ubyte"
_LABELS = "mnist-labels-idx1-ubyte"
_STAMP = "mnist-verified.json"


def cache_folder(folder: Folder | None = None) -> Path:
    """Return the cache folder: the argument, `NEURALNET_CACHE`, or the user's cache folder."""
    named = folder if folder is not None else os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return platformdirs.user_cache_path("neuralnet")


def load_cache(folder: Path) -> Dataset:
    """Open the cached MNIST as memory maps.

    Parameters
    ----------
    folder : path
        Cache folder.

    Returns
    -------
    Dataset
        MNIST, with read-only memory maps as images and labels.

    Raises
    ------
    DataNotFoundError
        If the cache is empty or damaged.
    """
    try:
        if not (folder / _IMAGES).is_file():
            raise DataNotFoundError(f"the cache in {folder} is empty")
        states = _file_states(folder)
        images = read_idx(folder / _IMAGES, "images", memory_map=True)
        labels = read_idx(folder / _LABELS, "labels", memory_map=True)
    except DataNotFoundError:
        raise
    except OSError as error:
        _logger.warning("The cached MNIST is damaged and will be downloaded again: %s", error)
        raise DataNotFoundError(f"the cache in {folder} is damaged: {error}") from error
    if not _is_stamp_valid(folder, states):
        if not mnist.is_mnist(images, labels):
            _logger.warning(
                "The cached MNIST in %s is damaged and will be downloaded again.", folder
            )
            raise DataNotFoundError(f"the cache in {folder} is damaged: its checksums do not match")
        _write_stamp(folder, states)
    return mnist.as_dataset(images, labels, f"the cache in {folder}")


def verify_cache(folder: Path) -> int:
    """Verify the checksums of the cached MNIST, whether or not its stamp is valid.

    Parameters
    ----------
    folder : path
        Cache folder.

    Returns
    -------
    int
        Number of bytes verified.

    Raises
    ------
    DataNotFoundError
        If the cache is empty or damaged.
    FileError
        If the cache cannot be written to.
    """
    try:
        (folder / _STAMP).unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"Cannot verify {folder}: {describe_os_error(error)}.") from error
    dataset = load_cache(folder)
    return int(dataset.images.nbytes + dataset.labels.nbytes)


def cached_files(folder: Path) -> list[Path]:
    """Return the paths of the cache files that exist."""
    return [folder / name for name in (_IMAGES, _LABELS, _STAMP) if (folder / name).is_file()]


def clear_cache(folder: Path) -> int:
    """Remove the cached MNIST, but no other file in the folder.

    Parameters
    ----------
    folder : path
        Cache folder.

    Returns
    -------
    int
        Number of bytes freed.

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
            raise FileError(f"Cannot remove {path}: {describe_os_error(error)}.") from error
        freed += size
    return freed


def store_in_cache(folder: Path, dataset: Dataset) -> None:
    """Write MNIST to the cache. If that fails, log a warning instead of raising an error."""
    images: NDArray[np.uint8] = dataset.images.reshape(-1, *dataset.image_shape)
    try:
        (folder / _STAMP).unlink(missing_ok=True)
        write_idx(folder / _IMAGES, images)
        write_idx(folder / _LABELS, dataset.labels)
        states = _file_states(folder)
    except OSError as error:
        _logger.warning("MNIST could not be cached and will be downloaded again: %s", error)
        return
    _write_stamp(folder, states)


def _write_stamp(folder: Path, states: dict[str, list[int]]) -> None:
    """Record the states in which the files were verified; without a stamp, each load hashes them.

    The states are those from before they were read, in case another process changes them.
    """
    try:
        with atomic_write(folder / _STAMP) as file:
            file.write(json.dumps(states).encode())
    except OSError as error:
        _logger.warning("The cache will be verified again at each load: %s", error)


def _is_stamp_valid(folder: Path, states: dict[str, list[int]]) -> bool:
    """Return whether the files are unchanged since the stamp was written."""
    try:
        stamp = read_bytes(folder / _STAMP, at_most=4096, what="the cache's stamp")
        return bool(json.loads(stamp) == states)
    except (OSError, ValueError, RecursionError):
        return False


def _file_states(folder: Path) -> dict[str, list[int]]:
    """Return each file's size in bytes, number, and times of its last changes in nanoseconds.

    The second time, of the entry, cannot be set back by a program that sets the first one.
    """
    states = {name: (folder / name).stat() for name in (_IMAGES, _LABELS)}
    return {
        name: [state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns]
        for name, state in states.items()
    }
