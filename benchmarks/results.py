"""What was measured, and the arithmetic on it."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

SECONDS = "seconds"
PEAK_MEMORY = "peak_memory"


@dataclass
class Row:
    """One peer at one work.

    Attributes
    ----------
    work, name, group : str
        Which work, which peer, and with which others it shares a group (`Peer.group`).
    rounds : dict of str to list of float
        What was measured, a number a round: "seconds", and "peak_memory" in bytes.
    inputs, note : str
        What it was given, and what a reader should know.
    """

    work: str
    name: str
    group: str
    rounds: dict[str, list[float]] = field(default_factory=dict)
    inputs: str = ""
    note: str = ""

    def add(self, measured: dict[str, Any]) -> None:
        """Note a round."""
        for quantity, value in measured.items():
            if quantity == "inputs":
                self.inputs = value
            elif quantity.endswith((SECONDS, PEAK_MEMORY)):
                self.rounds.setdefault(quantity, []).append(value)

    def median(self, quantity: str = SECONDS) -> float:
        """Return the median over the rounds."""
        return statistics.median(self.rounds[quantity])


def ratio(row: Row, other: Row, quantity: str = SECONDS) -> float:
    """Return the median over the rounds of `row` / `other`.

    The two stood side by side in each round, so what slowed the machine for a while slowed both.
    """
    pairs = zip(row.rounds[quantity], other.rounds[quantity], strict=False)
    return statistics.median(one / two for one, two in pairs)


def fastest(rows: Iterable[Row], quantity: str = SECONDS) -> Row | None:
    """Return the row with the least median, if there is any."""
    return min(rows, key=lambda row: row.median(quantity), default=None)


@dataclass(frozen=True)
class Absent:
    """A peer that could not be measured at a work, and why."""

    work: str
    name: str
    reason: str


@dataclass(frozen=True)
class Agreement:
    """Whether a peer did the same work as this package (`same_work.py`).

    Attributes
    ----------
    difference : float
        The largest between any two weights, or probabilities.
    loss_difference : float or None
        How far the mean losses of an epoch's batches are apart, relatively, where asked for.
    starts : int
        How many starts it took until they agreed.
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
        """Whether both differences are small enough."""
        return self.difference <= self.at_most and (
            self.loss_difference is None
            or self.loss_at_most is None
            or self.loss_difference <= self.loss_at_most
        )


@dataclass
class Results:
    """All of a run."""

    machine: dict[str, Any]
    settings: dict[str, Any]
    rows: list[Row] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)

    def of(self, work: str) -> list[Row]:
        """Return the rows of a work."""
        return [row for row in self.rows if row.work == work]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain JSON types, the medians beside the rounds."""
        plain = asdict(self)
        for row, stored in zip(self.rows, plain["rows"], strict=True):
            stored["medians"] = {quantity: row.median(quantity) for quantity in row.rounds}
        for agreement, stored in zip(self.agreements, plain["agreements"], strict=True):
            stored["holds"] = agreement.holds
        return plain
