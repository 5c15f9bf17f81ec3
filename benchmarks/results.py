"""Measurements and the statistics computed from them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

SECONDS = "seconds"
PEAK_MEMORY = "peak_memory"


@dataclass
class Row:
    """Measurements of one peer on one workload.

    Attributes
    ----------
    work, name, group : str
        Names of the workload, the peer and the peer's group (`Peer.group`).
    rounds : dict of str to list of float
        Measurements per round: "seconds", and "peak_memory" in bytes.
    inputs, note : str
        Data type of the peer's inputs, and a note for the reader of the report.
    """

    work: str
    name: str
    group: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    inputs: str = ""
    note: str = ""

    def add(self, measured: dict[str, Any]) -> None:
        """Add the measurements of a round."""
        for quantity, value in measured.items():
            if quantity == "inputs":
                self.inputs = value
            elif quantity.endswith((SECONDS, PEAK_MEMORY)):
                self.rounds.setdefault(quantity, []).append(value)

    def median(self, quantity: str = SECONDS) -> float:
        """Return the median over the rounds."""
        return statistics.median(self.rounds[quantity])


def ratio(row: Row, other: Row, quantity: str = SECONDS) -> float:
    """Return the median over the rounds of the ratio `row` / `other`.

    Within a round both are measured shortly after each other, so that a temporary slowdown of the
    machine affects both.
    """
    pairs = zip(row.rounds[quantity], other.rounds[quantity], strict=False)
    return statistics.median(one / two for one, two in pairs)


def fastest(rows: Iterable[Row], quantity: str = SECONDS) -> Row | None:
    """Return the row with the lowest median, or None if there are no rows."""
    return min(rows, key=lambda row: row.median(quantity), default=None)


@dataclass(frozen=True)
class Absent:
    """Peer that could not be measured on a workload, with the reason."""

    work: str
    name: str
    reason: str


@dataclass(frozen=True)
class Agreement:
    """Agreement of a peer's results with ours (`same_work.py`).

    Attributes
    ----------
    difference : float
        Largest absolute difference between two weights or two probabilities.
    loss_difference : float or None
        Relative difference of the mean losses over the batches of an epoch, if compared.
    starts : int
        Number of initial weights tried until the results agreed.
    """

    work: str
    name: str
    what: str
    difference: float
    at_most: float
    loss_difference: float | None = None
    loss_at_most: float | None = None
    starts: int = 1

    @property
    def holds(self) -> bool:
        """Whether the differences are within their limits."""
        return self.difference <= self.at_most and (
            self.loss_difference is None
            or self.loss_at_most is None
            or self.loss_difference <= self.loss_at_most
        )


@dataclass
class Results:
    """Results of a run."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)

    def of(self, work: str) -> list[Row]:
        """Return the rows of a workload."""
        return [row for row in self.rows if row.work == work]

    def as_dict(self) -> dict[str, Any]:
        """Return the results and the medians as JSON types."""
        plain = asdict(self)
        for row, stored in zip(self.rows, plain["rows"], strict=True):
            stored["medians"] = {quantity: row.median(quantity) for quantity in row.rounds}
        for agreement, stored in zip(self.agreements, plain["agreements"], strict=True):
            stored["holds"] = agreement.holds
        return plain
