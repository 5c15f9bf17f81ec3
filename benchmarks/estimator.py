"""Comparison of `NeuralNetClassifier` with scikit-learn's `MLPClassifier`, in one run.

`python -m benchmarks.estimator` compares both with default settings. The accuracies are compared on
six data sets that scikit-learn bundles or generates, by five-fold cross-validation repeated three
times. On the largest data set it also compares the time per epoch and the time to the same
validation loss, with the two alternating epoch by epoch.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import sklearn
from rich.console import Console
from rich.table import Table
from sklearn import datasets
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks import machine
from neuralnet import NeuralNetClassifier
from neuralnet.checks import Array
from neuralnet.files import atomic_write
from neuralnet.training.advice import TrainingWarning

Task: TypeAlias = tuple[Array, Array]

# Largest acceptable ratio of our time to that of MLPClassifier.
LARGEST_RATIO = 0.7
# Validation losses to reach, as multiples of the lowest loss of MLPClassifier. LARGEST_RATIO
# applies to the first one; the others show the course of the training.
GOALS = (1.01, 1.02, 1.05, 1.10)


def synthetic(num_examples: int = 100_000) -> Task:
    """Return the largest of the data sets: 50 features, half of them informative."""
    X, y = datasets.make_classification(num_examples, 50, n_informative=25, random_state=0)
    return X, y


TASKS: dict[str, Callable[[], Task]] = {
    "digits": lambda: datasets.load_digits(return_X_y=True),
    "iris": lambda: datasets.load_iris(return_X_y=True),
    "wine": lambda: datasets.load_wine(return_X_y=True),
    "breast cancer": lambda: datasets.load_breast_cancer(return_X_y=True),
    "moons": lambda: datasets.make_moons(1000, noise=0.3, random_state=0),
    "synthetic": synthetic,
}
KINDS: dict[str, type[Any]] = {"neuralnet": NeuralNetClassifier, "scikit-learn": MLPClassifier}


@dataclass
class Accuracies:
    """Accuracies of both estimators on the same folds of one data set.

    Attributes
    ----------
    scaled : bool
        Whether both were preceded by a `StandardScaler`.
    ours, theirs : list of float
        Accuracy per fold.
    """

    task: str
    scaled: bool
    ours: list[float]
    theirs: list[float]

    @property
    def standard_error(self) -> float:
        """Standard error of the mean of scikit-learn's accuracies over the folds."""
        return float(statistics.stdev(self.theirs) / len(self.theirs) ** 0.5)

    @property
    def holds(self) -> bool:
        """Whether our mean accuracy is at least theirs minus one standard error."""
        return statistics.mean(self.ours) >= statistics.mean(self.theirs) - self.standard_error


@dataclass
class Race:
    """Times and losses of both estimators on the synthetic data, alternating epoch by epoch.

    Attributes
    ----------
    seconds, losses : dict of str to list of float
        Time of each epoch and the validation loss after it, by estimator.
    """

    data: str
    seconds: dict[str, list[float]]
    losses: dict[str, list[float]]

    def goal(self, multiple: float) -> float:
        """Return the validation loss that both have to reach."""
        return min(self.losses["scikit-learn"]) * multiple

    def epoch(self, name: str) -> float:
        """Return the median time per epoch in seconds."""
        return statistics.median(self.seconds[name])

    def to_goal(self, name: str, multiple: float) -> float:
        """Return the time to the goal in seconds, or infinity if it was not reached."""
        goal = self.goal(multiple)
        reached = [n for n, loss in enumerate(self.losses[name], start=1) if loss <= goal]
        return sum(self.seconds[name][: reached[0]]) if reached else float("inf")


def compare_accuracies(task: str, *, scaled: bool, num_repeats: int) -> Accuracies:
    """Cross-validate both; each fold has its own seed, the same for both."""
    X, y = TASKS[task]()
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=num_repeats, random_state=0)
    found: dict[str, list[float]] = {name: [] for name in KINDS}
    for seed, (train, test) in enumerate(folds.split(X, y)):
        for name, kind in KINDS.items():
            model = kind(random_state=seed)
            if scaled:
                model = make_pipeline(StandardScaler(), model)
            found[name].append(float(model.fit(X[train], y[train]).score(X[test], y[test])))
    return Accuracies(task, scaled, found["neuralnet"], found["scikit-learn"])


def race(inputs: str, settings: dict[str, Any], num_examples: int, num_epochs: int) -> Race:
    """Train both on the synthetic data, alternating epoch by epoch."""
    X, y = synthetic(num_examples)
    X = StandardScaler().fit_transform(X).astype(inputs)
    X_train, X_valid, y_train, y_valid = train_test_split(X, y, test_size=0.2, random_state=0)
    models = {
        "neuralnet": NeuralNetClassifier(random_state=np.random.RandomState(0), **settings),
        "scikit-learn": MLPClassifier(random_state=np.random.RandomState(0)),
    }
    outcome = Race(inputs, {name: [] for name in models}, {name: [] for name in models})
    for number in range(num_epochs):
        for name in list(models)[:: 1 if number % 2 else -1]:
            start = time.perf_counter()
            models[name].partial_fit(X_train, y_train, classes=[0, 1])
            outcome.seconds[name].append(time.perf_counter() - start)
            probabilities = models[name].predict_proba(X_valid)
            outcome.losses[name].append(float(log_loss(y_valid, probabilities)))
    return outcome


def main() -> int:
    """Run the comparison; return 0 if times and accuracies are as good as required, 1 otherwise."""
    options = _parser().parse_args()
    console = Console()
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.simplefilter("ignore", TrainingWarning)  # of the unscaled data
    described = machine.describe()
    described["versions"]["scikit-learn"] = sklearn.__version__
    rows: list[Accuracies] = []
    races: list[Race] = []
    if not options.no_race:
        size = 5000 if options.quick else 100_000
        # With default settings, and with ours in the faster precision.
        in_float32 = {"dtype": "float32"}
        for inputs, settings in (("float64", {}), ("float64", in_float32), ("float32", {})):
            console.print(f"times on {inputs} inputs {settings or ''}", highlight=False)
            epochs = 3 if options.quick else options.epochs
            races.append(race(inputs, settings, size, epochs))
            races[-1].data += ", ours in float32" if settings else ""
    for task in options.task or TASKS:
        for scaled in (True, False):
            console.print(f"accuracy on {task}, {'scaled' if scaled else 'unscaled'}")
            repeats = 1 if options.quick else 3
            rows.append(compare_accuracies(task, scaled=scaled, num_repeats=repeats))
            _write(options.json, described, rows, races)
    _write(options.json, described, rows, races)
    show(rows, races, console)
    fast = all(ratios(one)[0] <= LARGEST_RATIO >= ratios(one)[1] for one in races[:1])
    return 0 if fast and all(row.holds for row in rows if row.scaled) else 1


def ratios(one: Race, multiple: float = GOALS[0]) -> tuple[float, float]:
    """Return the ratios of our time to theirs, per epoch and to a goal."""
    ours, theirs = "neuralnet", "scikit-learn"
    to_goal = one.to_goal(ours, multiple) / one.to_goal(theirs, multiple)
    return one.epoch(ours) / one.epoch(theirs), to_goal


def show(rows: list[Accuracies], races: list[Race], console: Console) -> None:
    """Print the tables of accuracies and times."""
    table = Table("data", "scaled", "neuralnet", "MLPClassifier", "standard error", "not lower")
    for row in rows:
        ours, theirs = statistics.mean(row.ours), statistics.mean(row.theirs)
        figures = (f"{ours:.4f}", f"{theirs:.4f}", f"{row.standard_error:.4f}")
        table.add_row(row.task, "yes" if row.scaled else "no", *figures, _yes_or_no(row.holds))
    if rows:
        console.print(table)
    table = Table(
        "inputs", "epoch, s", "MLPClassifier", "ratio", "to loss", "s", "MLPClassifier", "ratio"
    )
    for one in races:
        for multiple in GOALS:
            epoch, goal = ratios(one, multiple)
            table.add_row(
                one.data,
                *(f"{one.epoch(name):.3f}" for name in KINDS),
                f"{epoch:.2f}",
                f"{one.goal(multiple):.4f}",
                *(f"{one.to_goal(name, multiple):.2f}" for name in KINDS),
                f"{goal:.2f}",
            )
    if races:
        console.print(table)


def _yes_or_no(holds: bool) -> str:
    return "yes" if holds else "NO"


def _finite(ratio: float) -> float | None:
    """Return a ratio, or None if it is not finite, because JSON has no infinity."""
    return ratio if np.isfinite(ratio) else None


def _write(path: Path | None, described: Any, rows: list[Accuracies], races: list[Race]) -> None:
    """Write the results so far to a JSON file."""
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "machine": described,
        "accuracies": [
            asdict(row) | {"standard_error": row.standard_error, "holds": row.holds} for row in rows
        ],
        "races": [
            asdict(one)
            | {
                "epoch_share": ratios(one)[0],
                "goals": {str(m): one.goal(m) for m in GOALS},
                "goal_shares": {str(m): _finite(ratios(one, m)[1]) for m in GOALS},
            }
            for one in races
        ],
    }
    with atomic_write(path) as file:
        file.write(json.dumps(found, indent=1).encode() + b"\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.estimator", description=__doc__)
    parser.add_argument(
        "--task", action="append", choices=TASKS, help="compare on this data set only; repeatable"
    )
    parser.add_argument(
        "--epochs", type=int, default=30, help="number of epochs for the comparison of times"
    )
    parser.add_argument("--no-race", action="store_true", help="compare accuracies only")
    parser.add_argument("--quick", action="store_true", help="small smoke test, not a measurement")
    parser.add_argument("--json", type=Path, help="write the results to this JSON file")
    return parser


if __name__ == "__main__":
    sys.exit(main())
