"""Download of MNIST from OpenML with scikit-learn.

`fetch_openml` has no timeout and reports no progress for minutes, so it runs in the background, and
the growing size of its folder is reported as progress.
"""

from __future__ import annotations

import contextlib
import socket
import warnings
from concurrent.futures import wait
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.data import connectivity, mnist
from neuralnet.data.dataset import DataNotFoundError
from neuralnet.data.download_folder import download_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from neuralnet.data.dataset import Dataset, Progress

URL = "https://www.openml.org"
_NAME = "OpenML (mnist_784, version 1)"
_SECONDS_BETWEEN_REPORTS = 0.2

# scikit-learn retries after each failure, with the full timeout, and announces it by a warning. As
# there are other sources, these warnings are turned into errors that end the first attempt.
_RETRIES = "A network error occurred|Invalid cache, redownloading|Downloaded file could have been"


def load_openml(reachability: connectivity.Reachability, progress: Progress) -> Dataset:
    """Download MNIST from OpenML, and verify it bit for bit.

    Parameters
    ----------
    reachability : Reachability
        Reachability of OpenML.
    progress : callable
        Called with the number of bytes received so far. The total is unknown.

    Returns
    -------
    Dataset

    Raises
    ------
    DataNotFoundError
        If the download fails or is not MNIST; the message states why.
    """
    failure = reachability.failure_reason(URL)
    if not failure:
        try:
            images, labels = _fetch(progress)
            if mnist.is_mnist(images, labels):
                return mnist.as_dataset(images, labels, _NAME)
            failure = "the data received are not MNIST, bit for bit"
        except Exception as error:  # whatever the error, the next source may work
            root = _root_cause(error)
            failure = connectivity.explain_failure(root)
            if not isinstance(root, OSError):
                failure = f"its response is not usable ({type(root).__name__}: {failure})"
    raise DataNotFoundError(f"{_NAME}: {failure}")


def _fetch(progress: Progress) -> tuple[Any, Any]:
    """Run scikit-learn's download in the background, and report its progress."""
    progress(_NAME, 0, None)
    with (
        # A temporary folder, so that no later call reads a file that scikit-learn left incomplete.
        download_folder() as folder,
        _default_socket_timeout(connectivity.READ_TIMEOUT),
    ):
        call = connectivity.run_in_background(lambda: _call_scikit_learn(str(folder)))
        while wait([call], timeout=_SECONDS_BETWEEN_REPORTS).not_done:
            progress(_NAME, _bytes_in(folder), None)
        return call.result()


def _call_scikit_learn(folder: str) -> tuple[Any, Any]:
    """Download images of shape (70000, 784) and labels of shape (70000,), both uint8."""
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
            # All columns, including the label, hold integers below 256. By default, the parser
            # would use 64 bits for each, and twenty times the memory in total.
            read_csv_kwargs={"dtype": np.uint8},
        )
    return np.ascontiguousarray(images), np.ascontiguousarray(labels)


@contextlib.contextmanager
def _default_socket_timeout(seconds: float) -> Iterator[None]:
    """Set the default timeout of sockets within a `with` block."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _bytes_in(folder: Path) -> int:
    """Return the total size of the files in a folder that another thread is writing to."""
    total = 0
    with contextlib.suppress(FileNotFoundError):
        for path in folder.rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_size
    return total


def _root_cause(error: BaseException) -> BaseException:
    """Return the first `OSError` in a chain of errors, or else the first that is not a warning."""
    chain = [error]
    while (below := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(below)
    failures = [link for link in chain if not isinstance(link, Warning)]
    from_network = [link for link in failures if isinstance(link, OSError)]
    return [*from_network, *failures, error][0]
