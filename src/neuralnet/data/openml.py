"""MNIST from OpenML, through scikit-learn.

`fetch_openml` has no timeout and says nothing for minutes, so it runs in the background while its
folder is watched as it fills.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
import warnings
from concurrent.futures import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.data import hosts, mnist
from neuralnet.data.dataset import DataNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neuralnet.data.dataset import Dataset, Progress

URL = "https://www.openml.org"
_NAME = "OpenML (mnist_784, version 1)"
_SECONDS_BETWEEN_REPORTS = 0.2

# scikit-learn tries again after each failure, with the full patience, and says so by a warning.
# Here another source is waiting, so the announcement of a second try ends the first.
_RETRIES = "A network error occurred|Invalid cache, redownloading|Downloaded file could have been"


def load_openml(reachability: hosts.Reachability, progress: Progress) -> Dataset:
    """Fetch MNIST from OpenML and verify that it is MNIST, bit for bit.

    Parameters
    ----------
    reachability : Reachability
        Whether OpenML can be reached.
    progress : callable
        Told how many bytes have come; how many there will be is not known.

    Raises
    ------
    DataNotFoundError
        If it cannot be had; the text says why.
    """
    failure = reachability.why_not(URL)
    if not failure:
        try:
            images, labels = _fetch(progress)
            if mnist.is_mnist(images, labels):
                return mnist.as_dataset(images, labels, _NAME)
            failure = "what came is not MNIST bit for bit"
        except Exception as error:  # whatever it is, the next source may do
            root = _root_of(error)
            failure = hosts.explain_failure(root)
            if not isinstance(root, OSError):
                failure = f"its answer cannot be used ({type(root).__name__}: {failure})"
    raise DataNotFoundError(f"{_NAME}: {failure}")


def _fetch(progress: Progress) -> tuple[Any, Any]:
    """Run scikit-learn's download in the background and report how far it has come."""
    progress(_NAME, 0, None)
    with (
        # A folder for this once: what scikit-learn leaves there half-written is never seen again.
        tempfile.TemporaryDirectory(prefix="neuralnet-", ignore_cleanup_errors=True) as folder,
        _silence_bounded(hosts.SILENCE_SECONDS),
    ):
        call = hosts.in_background(lambda: _call_scikit_learn(folder))
        while wait([call], timeout=_SECONDS_BETWEEN_REPORTS).not_done:
            progress(_NAME, _bytes_in(Path(folder)), None)
        return call.result()


def _call_scikit_learn(folder: str) -> tuple[Any, Any]:
    """Fetch images of shape (70000, 784) and labels of shape (70000,), both uint8."""
    from sklearn.datasets import fetch_openml

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=_RETRIES)
        images, labels = fetch_openml(
            "mnist_784",
            version=1,
            data_home=folder,
            as_frame=False,
            return_X_y=True,
            n_retries=1,
            parser="pandas",
            # Every column, the label's too, is a whole number below 256. Left to itself the parser
            # would take 64 bits for each, twenty times the memory in all.
            read_csv_kwargs={"dtype": np.uint8},
        )
    return np.ascontiguousarray(images), np.ascontiguousarray(labels)


@contextlib.contextmanager
def _silence_bounded(seconds: float) -> Iterator[None]:
    """Give a timeout to connections opened by code that sets none, and take it away again."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _bytes_in(folder: Path) -> int:
    """Add up the files in a folder that is being written to as we look."""
    total = 0
    with contextlib.suppress(FileNotFoundError):
        for path in folder.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_size
    return total


def _root_of(error: BaseException) -> BaseException:
    """Find the network's own error, or else the first that is no mere announcement."""
    chain = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(below)
    failures = [link for link in chain if not isinstance(link, Warning)]
    from_network = [link for link in failures if isinstance(link, OSError)]
    return [*from_network, *failures, error][0]
