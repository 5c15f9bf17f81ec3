"""The comparison on tables: what it writes is what is compared, and its verdict is arithmetic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.tables import OTHER_TASKS, TASKS, Comparison, write_csv
from neuralnet import load_table


@pytest.mark.parametrize("name", ["iris", "diabetes", "cars", "synthetic 150", "Gaussian 180"])
def test_a_table_survives_the_csv_file(name: str, tmp_path: Path) -> None:
    X, y = (TASKS | OTHER_TASKS)[name]()
    write_csv(tmp_path / "table.csv", X, y)
    dataset = load_table(tmp_path / "table.csv", "class")
    np.testing.assert_array_equal(dataset.images, X.astype(np.float32))
    np.testing.assert_array_equal(dataset.labels, y)
    assert dataset.classes == tuple(range(y.max() + 1))


def test_one_standard_error_is_allowed() -> None:
    theirs = [0.8, 0.9, 1.0]  # mean 0.9, standard error 0.1 / sqrt(3) = 0.0577
    assert Comparison("a", 10, [0.85, 0.85, 0.85], theirs).holds
    assert not Comparison("a", 10, [0.84, 0.84, 0.84], theirs).holds
    assert Comparison("a", 10, [], theirs).standard_error == pytest.approx(0.1 / 3**0.5)
