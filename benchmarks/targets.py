"""Performance targets of this package, mostly as ratios within one run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.peers.catalogue import FLOOR, OURS
from benchmarks.results import PEAK_MEMORY, SECONDS, Results, Row, fastest, ratio

MB = 1_000_000
# Placeholder for the fastest of all peers.
ANY_PEER = "the fastest peer"


@dataclass(frozen=True)
class Target:
    """Upper limit for a measurement of `row`, alone or relative to the fastest of `against`."""

    work: str
    row: str
    against: tuple[str, ...]
    at_most: float
    quantity: str = SECONDS
    # "ratio" to the other row, "increase" over it, or the value "itself".
    measure: str = "ratio"

    @property
    def named_against(self) -> str:
        """Return the names of `against` for a table."""
        return " or ".join(self.against)


TARGETS = (
    Target("classic", OURS, ("JAX scan",), 0.85),
    Target("classic", OURS, ("PyTorch eager",), 0.42),
    Target("classic", OURS, ("scikit-learn",), 0.50),
    Target("wide", OURS, ("JAX scan",), 1.10),
    Target("wide", OURS, (FLOOR,), 1.36),
    Target("many-classic", OURS, (ANY_PEER,), 1.0),
    Target("many-wide", OURS, (ANY_PEER,), 1.0),
    Target("start", "from neuralnet import NeuralNetMLP", ("import numpy",), 1.10),
    Target("whole", OURS, (), 260 * MB, PEAK_MEMORY, "itself"),
    Target("large", "2,000,000 examples", ("10,000 examples",), 1.10),
    Target("large", "2,000,000 examples", ("10,000 examples",), 60 * MB, PEAK_MEMORY, "increase"),
)


@dataclass(frozen=True)
class Outcome:
    """Target and result; the result is None if it was not measured."""

    target: Target
    reached: float | None
    against: str

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None if it was not measured."""
        return None if self.reached is None else self.reached <= self.target.at_most


def outcomes(results: Results) -> list[Outcome]:
    """Compare the results with the targets of the workloads that were run."""
    run = {row.work for row in results.rows}
    return [_outcome(target, results.of(target.work)) for target in TARGETS if target.work in run]


def _outcome(target: Target, rows: list[Row]) -> Outcome:
    row = next((row for row in rows if row.group == target.row), None)
    if row is None:
        return Outcome(target, None, target.named_against)
    if target.measure == "itself":
        return Outcome(target, max(row.rounds[target.quantity]), "")
    other = fastest((other for other in rows if _among(other, target)), target.quantity)
    if other is None:
        return Outcome(target, None, target.named_against)
    return Outcome(target, _MEASURES[target.measure](row, other, target.quantity), other.name)


def _among(row: Row, target: Target) -> bool:
    if ANY_PEER in target.against:
        return row.group not in {target.row, FLOOR}
    return row.group in target.against


def _increase(row: Row, other: Row, quantity: str) -> float:
    """Return the difference between the largest measurements of `row` and of `other`."""
    return max(row.rounds[quantity]) - max(other.rounds[quantity])


_MEASURES: dict[str, Callable[[Row, Row, str], float]] = {"ratio": ratio, "increase": _increase}
