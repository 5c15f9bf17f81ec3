"""Fixtures for every test: floating-point errors raise, and the user's cache is not touched.

pytest turns warnings into errors (pyproject.toml).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

# Set before NumPy is imported. The matrices here are small, and threads of several test processes
# that compete for the same cores can make a product a hundred times slower.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")
os.environ["OMP_NUM_THREADS"] = os.environ.get("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

from neuralnet.data.sources import Dataset, load_mnist

# Read at collection, because a test may unset the variable.
_MNIST_FOLDER = os.environ.get("NEURALNET_DATA")

settings.register_profile("local", deadline=None, max_examples=50)
# CI runs the same examples each time, so that failures are reproducible and never random.
settings.register_profile("ci", deadline=None, max_examples=50, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name objects without their addresses, so that all processes agree on the ids."""
    shown = repr(val)
    if not re.search(r" at 0x[0-9a-f]+", shown):
        return None
    return getattr(val, "__name__", type(val).__name__)


@pytest.fixture(autouse=True)
def _floating_point_errors_raise() -> Iterator[None]:
    """Raise on overflow, 0/0 and 1/0, but not on underflow: exp(-1000) is 0 in floats."""
    with np.errstate(over="raise", invalid="raise", divide="raise", under="ignore"):
        yield


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Use an empty cache for each test, so that the user's cache is neither read nor written."""
    monkeypatch.setenv("NEURALNET_CACHE", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    """The 70,000 real digits, uint8; the test is skipped where there are none."""
    if not _MNIST_FOLDER:
        pytest.skip("NEURALNET_DATA does not name a folder with the real MNIST files")
    return load_mnist(_MNIST_FOLDER)
