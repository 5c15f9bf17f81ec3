"""The climate in which every test runs: floating-point errors raise, and no real cache is touched.

pytest itself turns warnings into errors (pyproject.toml).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

# Before NumPy is imported: the matrices here are small, and the threads of several test processes
# on the same cores stand in each other's way, which can make a product a hundred times slower.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")
os.environ["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from neuralnet.data.sources import Dataset, load_mnist

# Read when the tests are collected: a test may hide the variable from the code that it runs.
_MNIST_FOLDER = os.environ.get("NEURALNET_DATA")

settings.register_profile("local", deadline=None, max_examples=50)
# The same examples each time: what fails in CI can be run again, and nothing fails by chance there.
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


@pytest.fixture(autouse=True)
def _floating_point_errors_raise() -> Iterator[None]:
    """Let no overflow, 0/0 or 1/0 pass; underflow may, since exp(-1000) is 0."""
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        yield


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep the user's own cache out of the tests, and the tests out of it."""
    monkeypatch.setenv("NEURALNET_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The 70,000 real digits, uint8; the test is skipped where there are none."""
    if not _MNIST_FOLDER:
        pytest.skip("NEURALNET_DATA does not name a folder with the real MNIST files")
    return load_mnist(_MNIST_FOLDER)
