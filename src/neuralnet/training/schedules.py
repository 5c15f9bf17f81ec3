"""Schedules: the learning rate as a function of the step.

The learning rate of a step is that of the schedule times a factor, usually between 0 and 1. Steps
are counted from 0 to `num_steps - 1` over the whole training.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from neuralnet.checks import by_name, check_choice, check_fields


@dataclass(frozen=True)
class Schedule(ABC):
    """A learning rate that changes with the step. A subclass defines `factor`.

    Parameters
    ----------
    learning_rate : float, optional
        Learning rate where the factor is 1, above 0; the optimizer's default if not given.
    """

    name: ClassVar[str]
    learning_rate: float | None = None

    ranges: ClassVar[dict[str, dict[str, float]]] = {}  # of the other settings, for `check_fields`

    def __post_init__(self) -> None:
        ranges = {"learning_rate": {"above": 0.0}} if self.learning_rate is not None else {}
        check_fields(self, ranges | self.ranges)

    @abstractmethod
    def factor(self, step: int, num_steps: int) -> float:
        """Return the factor at `step`, counted from 0, out of `num_steps`."""


@dataclass(frozen=True)
class Constant(Schedule):
    """A constant learning rate."""

    name = "constant"

    def factor(self, step: int, num_steps: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """Step decay: the factor is multiplied by `drop` at regular intervals.

    Parameters
    ----------
    learning_rate : float, optional
        As in `Schedule`.
    every : float
        Interval as a fraction of the training, in (0, 1]. The default, 1/3, gives two drops.
    drop : float
        Factor per drop, in (0, 1].
    """

    every: float = 1 / 3
    drop: float = 0.1

    name = "step"
    ranges: ClassVar = {"every": {"above": 0, "maximum": 1}, "drop": {"above": 0, "maximum": 1}}

    def factor(self, step: int, num_steps: int) -> float:
        """Return `drop` to the power of the number of intervals completed."""
        # The margin keeps an interval that ends exactly here from being rounded away.
        intervals = math.floor(step / (num_steps * self.every) + 1e-9)
        return float(self.drop**intervals)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Cosine decay from 1 to `final` (Loshchilov and Hutter 2017, arXiv 1608.03983).

    Parameters
    ----------
    learning_rate : float, optional
        As in `Schedule`.
    final : float
        Factor that is approached at the end of the training, in [0, 1].
    """

    final: float = 0.0

    name = "cosine"
    ranges: ClassVar = {"final": {"minimum": 0, "maximum": 1}}

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the cosine."""
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * step / num_steps)) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """One cycle: a rise from `start` to 1, then a fall to `final`, each along half a cosine.

    The policy is that of Smith and Topin (2017, arXiv 1708.07120).

    Parameters
    ----------
    learning_rate : float, optional
        As in `Schedule`.
    start, final : float
        First factor, in (0, 1], and the factor that is approached at the end, in [0, 1].
    peak : float
        Fraction of the training after which the factor is 1, in (0, 1).
    """

    start: float = 0.04
    final: float = 0.0001
    peak: float = 0.3

    name = "one_cycle"
    ranges: ClassVar = {
        "start": {"above": 0, "maximum": 1},
        "final": {"minimum": 0, "maximum": 1},
        "peak": {"above": 0, "below": 1},
    }

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the rise or on the fall."""
        done = step / num_steps
        if done < self.peak:
            return self.start + (1 - self.start) * (1 - math.cos(math.pi * done / self.peak)) / 2
        left = (1 - done) / (1 - self.peak)
        return self.final + (1 - self.final) * (1 - math.cos(math.pi * left)) / 2


SCHEDULES: dict[str, type[Schedule]] = by_name(Constant, Step, Cosine, OneCycle)


def schedule_for(choice: str | Schedule, learning_rate: float | None = None) -> Schedule:
    """Return the schedule that `choice` is or names, with this learning rate if one is given."""
    schedule = check_choice(choice, Schedule, SCHEDULES, "schedule")
    return schedule if learning_rate is None else replace(schedule, learning_rate=learning_rate)
