"""MNIST's four files, fetched from whichever mirror serves them right."""

from __future__ import annotations

import hashlib
import http.client
import tempfile
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.data import hosts, mnist
from neuralnet.data.dataset import DataNotFoundError
from neuralnet.data.idx import read_idx
from neuralnet.files import FileFormatError, written_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from neuralnet.data.dataset import Dataset, Progress
    from neuralnet.data.mnist import MnistFile

_CHUNK = 1 << 16


def load_mirrors(
    mirrors: Sequence[str], reachability: hosts.Reachability, progress: Progress
) -> Dataset:
    """Fetch MNIST from the first mirror that serves it right, each file checked by its SHA-256.

    What one mirror served right is kept when the next one is asked for the rest.

    Parameters
    ----------
    mirrors : sequence of str
        Addresses, each ending in a slash, under which the four files lie by their own names.
    reachability : Reachability
        Whether each mirror can be reached.
    progress : callable
        Told what is being fetched, and how far it has come.

    Raises
    ------
    DataNotFoundError
        If all of them together did not serve all four; the text gives each one's failure.
    """
    failures = []
    with tempfile.TemporaryDirectory(prefix="neuralnet-") as temporary:
        folder = Path(temporary)
        for mirror in mirrors:
            failure = reachability.why_not(mirror)
            if not failure:
                try:
                    _fetch_missing(mirror, folder, progress)
                    return _read_files(folder, mirror)
                except (OSError, ValueError, http.client.HTTPException) as error:
                    failure = hosts.explain_failure(error)
            failures.append(f"the mirror {mirror}: {failure}")
    raise DataNotFoundError("; ".join(failures))


def _fetch_missing(mirror: str, folder: Path, progress: Progress) -> None:
    """Fetch those of the four files that are not in `folder` yet."""
    for file in mnist.FILES:
        if not (folder / file.name).exists():
            _fetch(mirror + file.name, folder / file.name, file, progress)


def _fetch(url: str, path: Path, expected: MnistFile, progress: Progress) -> None:
    """Fetch one file; it stands at `path` only if its length and SHA-256 are right."""
    digest = hashlib.sha256()
    received = 0
    request = urllib.request.Request(url, headers={"User-Agent": "neuralnet"})  # noqa: S310
    with (
        # The timeout holds for each wait for more bytes, so it bounds silence, not the whole.
        urllib.request.urlopen(request, timeout=hosts.SILENCE_SECONDS) as response,  # noqa: S310
        written_whole(path) as file,
    ):
        progress(url, received, expected.size)
        # One byte more than is right is enough to know that it is wrong.
        while chunk := response.read1(min(_CHUNK, expected.size + 1 - received)):
            file.write(chunk)
            digest.update(chunk)
            received += len(chunk)
            progress(url, received, expected.size)
            if received > expected.size:
                break
        if received != expected.size:
            got = "more" if received > expected.size else f"{received:,}"
            raise FileFormatError(f"{expected.name} has {expected.size:,} bytes, but {got} came")
        if digest.hexdigest() != expected.sha256:
            raise FileFormatError(
                f"{expected.name} came with the SHA-256 {digest.hexdigest()} instead of "
                f"{expected.sha256}"
            )


def _read_files(folder: Path, mirror: str) -> Dataset:
    """Read the four files, all of them verified."""
    train_images, train_labels, test_images, test_labels = (folder / f.name for f in mnist.FILES)
    images = np.concatenate([read_idx(p, "images") for p in (train_images, test_images)])
    labels = np.concatenate([read_idx(p, "labels") for p in (train_labels, test_labels)])
    return mnist.as_dataset(images, labels, f"the mirror {mirror}")
