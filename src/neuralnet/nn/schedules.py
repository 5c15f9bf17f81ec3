"""Schedules: the learning rate against the step.

A schedule gives a factor, mostly between 0 and 1, by which the learning rate is multiplied at each
step; steps are counted from 0 to `num_steps - 1` over the whole training.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from neuralnet.checks import check_choice, check_number


class Schedule(ABC):
    """A factor for the learning rate at each step. A subclass gives `factor`."""

    name: ClassVar[str]

    @abstractmethod
    def factor(self, step: int, num_steps: int) -> float:
        """Return the factor at `step`, counted from 0, of `num_steps` in all."""


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate throughout."""

    name = "constant"

    def factor(self, step: int, num_steps: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """Steps down: multiplied by `drop` each time another part `every` of the training is done.

    Parameters
    ----------
    every : float
        A part of the training, in (0, 1]: a third by default, so two drops in all.
    drop : float
        In (0, 1].
    """

    every: float = 1 / 3
    drop: float = 0.1

    name = "step"

    def __post_init__(self) -> None:
        check_number(self.every, "every", above=0, maximum=1)
        check_number(self.drop, "drop", above=0, maximum=1)

    def factor(self, step: int, num_steps: int) -> float:
        """Return `drop` once for each part that is done."""
        # A part that ends at this step has ended, whatever the rounding of the quotient says.
        parts_done = math.floor(step / (num_steps * self.every) + 1e-9)
        return float(self.drop**parts_done)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine, from 1 down towards `final` (Loshchilov and Hutter 2017, arXiv 1608.03983).

    Parameters
    ----------
    final : float
        The factor that the end of the training approaches, in [0, 1].
    """

    final: float = 0.0

    name = "cosine"

    def __post_init__(self) -> None:
        check_number(self.final, "final", minimum=0, maximum=1)

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the half cosine."""
        return self.final + (1 - self.final) * (1 + math.cos(math.pi * step / num_steps)) / 2


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up from `start` to 1, then down towards `final` (Smith and Topin 2017, arXiv 1708.07120).

    Both ways along half a cosine.

    Parameters
    ----------
    start, final : float
        The first factor and the one that the end approaches, in (0, 1] and [0, 1].
    peak : float
        The part of the training after which the factor is 1, in (0, 1).
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
        """Return a point on the way up or on the way down."""
        done = step / num_steps
        if done < self.peak:
            return self.start + (1 - self.start) * (1 - math.cos(math.pi * done / self.peak)) / 2
        left = (1 - done) / (1 - self.peak)
        return self.final + (1 - self.final) * (1 - math.cos(math.pi * left)) / 2


@dataclass(frozen=True)
class Warmup(Schedule):
    """A straight rise over the first part of the training, then another schedule for the rest.

    Parameters
    ----------
    part : float
        The part of the training that the rise takes, in [0, 1).
    then : Schedule
        What follows, squeezed into the steps that are left.
    """

    part: float = 0.05
    then: Schedule = Constant()

    name = "warmup"

    def __post_init__(self) -> None:
        check_number(self.part, "part", minimum=0, below=1)
        object.__setattr__(self, "then", schedule_for(self.then))

    def factor(self, step: int, num_steps: int) -> float:
        """Return a point on the rise, or on what follows it."""
        rise = min(round(self.part * num_steps), num_steps - 1)
        if step < rise:  # the first step is one rise-th of the way up, not nothing
            return (step + 1) / (rise + 1) * self.then.factor(0, num_steps - rise)
        return self.then.factor(step - rise, num_steps - rise)


SCHEDULES: dict[str, type[Schedule]] = {
    kind.name: kind for kind in (Constant, Step, Cosine, OneCycle, Warmup)
}


def schedule_for(choice: str | Schedule) -> Schedule:
    """Return the schedule that `choice` is or names."""
    return check_choice(choice, Schedule, SCHEDULES, "schedule")
