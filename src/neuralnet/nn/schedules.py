"""Schedules: the learning rate as a function of the step.

A schedule returns a factor, usually between 0 and 1, that the learning rate is multiplied by at
each step. Steps are counted from 0 to `num_steps - 1` over the whole training.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from neuralnet.checks import by_name, check_choice, check_number


class Schedule(ABC):
    """A factor of the learning rate at each step. A subclass defines `factor`."""

    name: ClassVar[str]

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
    every : float
        Interval as a fraction of the training, in (0, 1]. The default, 1/3, gives two drops.
    drop : float
        Factor per drop, in (0, 1].
    """

    every: float = 1 / 3
    drop: float = 0.1

    name = "step"

    def __post_init__(self) -> None:
        check_number(self.every, "every", above=0, maximum=1)
        check_number(self.drop, "drop", above=0, maximum=1)

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
    final : float
        Factor that is approached at the end of the training, in [0, 1].
    """

    final: float = 0.0

    name = "cosine"

    def __post_init__(self) -> None:
        check_number(self.final, "final", minimum=0, maximum=1)

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the cosine."""
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * step / num_steps)) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """One cycle: a rise from `start` to 1, then a fall to `final`, each along half a cosine.

    The policy is that of Smith and Topin (2017, arXiv 1708.07120).

    Parameters
    ----------
    start, final : float
        First factor, in (0, 1], and the factor that is approached at the end, in [0, 1].
    peak : float
        Fraction of the training after which the factor is 1, in (0, 1).
    """

    start: float = 0.04
    final: float = 0.0001
    peak: float = 0.3

    name = "one_cycle"

    def __post_init__(self) -> None:
        check_number(self.start, "start", above=0, maximum=1)
        check_number(self.final, "final", minimum=0, maximum=1)
        check_number(self.peak, "peak", above=0, below=1)

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the rise or on the fall."""
        done = step / num_steps
        if done < self.peak:
            return self.start + (1 - self.start) * (1 - math.cos(math.pi * done / self.peak)) / 2
        left = (1 - done) / (1 - self.peak)
        return self.final + (1 - self.final) * (1 - math.cos(math.pi * left)) / 2


@dataclass(frozen=True)
class Warmup(Schedule):
    """Linear warm-up over the first part of the training, then another schedule.

    Parameters
    ----------
    part : float
        Fraction of the training that the rise takes, in [0, 1).
    then : Schedule
        Schedule of the remaining steps.
    """

    part: float = 0.05
    then: Schedule = Constant()

    name = "warmup"

    def __post_init__(self) -> None:
        check_number(self.part, "part", minimum=0, below=1)
        object.__setattr__(self, "then", schedule_for(self.then))

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the rise or on the schedule that follows it."""
        rise = min(round(self.part * num_steps), num_steps - 1)
        if step < rise:  # the first step has a rate above 0
            return (step + 1) / (rise + 1) * self.then.factor(0, num_steps - rise)
        return self.then.factor(step - rise, num_steps - rise)


SCHEDULES: dict[str, type[Schedule]] = by_name(Constant, Step, Cosine, OneCycle, Warmup)


def schedule_for(choice: str | Schedule) -> Schedule:
    """Return the schedule that `choice` is or names."""
    return check_choice(choice, Schedule, SCHEDULES, "schedule")
