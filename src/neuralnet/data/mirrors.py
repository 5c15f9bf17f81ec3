"""Download of the four MNIST files from mirrors, with verification of their checksums."""

from __future__ import annotations

import hashlib
import http.client
import urllib.request
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.data import connectivity, mnist
from neuralnet.data.dataset import DataNotFoundError
from neuralnet.data.download_folder import download_folder
from neuralnet.data.idx import read_idx
from neuralnet.files import FileFormatError, atomic_write

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from neuralnet.data.dataset import Dataset, Progress
    from neuralnet.data.mnist import MnistFile

_CHUNK = 1 << 16


def load_mirrors(
    mirrors: Sequence[str], reachability: connectivity.Reachability, progress: Progress
) -> Dataset:
    """Download MNIST from mirrors, and verify the SHA-256 of each file.

    The mirrors are tried in order. Files that one mirror served correctly are kept, and only the
    others are requested from the next mirror.

    Parameters
    ----------
    mirrors : sequence of str
        Base URLs of the four files, each ending in a slash.
    reachability : Reachability
        Reachability of the mirrors.
    progress : callable
        Called with the URL, the bytes received so far and the total.

    Returns
    -------
    Dataset

    Raises
    ------
    DataNotFoundError
        If the mirrors together do not serve all four files; the message lists each failure.
    """
    failures = []
    with download_folder() as folder:
        for mirror in mirrors:
            failure = reachability.failure_reason(mirror)
            if not failure:
                try:
                    _fetch_missing(mirror, folder, progress)
                    return _read_files(folder, mirror)
                except (OSError, ValueError, http.client.HTTPException) as error:
                    failure = connectivity.explain_failure(error)
            failures.append(f"the mirror {mirror}: {failure}")
    raise DataNotFoundError("; ".join(failures))


def _fetch_missing(mirror: str, folder: Path, progress: Progress) -> None:
    """Download those of the four files that are not yet in `folder`."""
    for file in mnist.FILES:
        if not (folder / file.name).exists():
            _fetch(mirror + file.name, folder / file.name, file, progress)


def _fetch(url: str, path: Path, expected: MnistFile, progress: Progress) -> None:
    """Download one file, and write it to `path` only if its size and SHA-256 are correct."""
    digest = hashlib.sha256()
    received = 0
    request = urllib.request.Request(url, headers={"User-Agent": "neuralnet"})  # noqa: S310
    with (
        # The timeout applies to each read, and does not limit the download as a whole.
        urllib.request.urlopen(request, timeout=connectivity.READ_TIMEOUT) as response,  # noqa: S310
        atomic_write(path) as file,
    ):
        progress(url, received, expected.size)
        # A single byte beyond the expected size is enough to detect a wrong file.
        while chunk := response.read1(min(_CHUNK, expected.size + 1 - received)):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            progress(url, received, expected.size)
            if received > expected.size:
                break
        if received != expected.size:
            got = "more" if received > expected.size else f"{received:,}"
            raise FileFormatError(
                f"{expected.name} must have {expected.size:,} bytes, but {got} were received"
            )
        if digest.hexdigest() != expected.sha256:
            raise FileFormatError(
                f"{expected.name} has the SHA-256 {digest.hexdigest()}; it must be "
                f"{expected.sha256}"
            )


def _read_files(folder: Path, mirror: str) -> Dataset:
    """Read the four verified files."""
    train_images, train_labels, test_images, test_labels = (folder / f.name for f in mnist.FILES)
    images = np.concatenate([read_idx(p, "images") for p in (train_images, test_images)])
    labels = np.concatenate([read_idx(p, "labels") for p in (train_labels, test_labels)])
    return mnist.as_dataset(images, labels, f"the mirror {mirror}")
