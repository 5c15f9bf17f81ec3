"""Schedules: exact values where they matter, sound values everywhere."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuralnet import Cosine, InputError, OneCycle, Schedule, Step
from neuralnet.training.schedules import SCHEDULES, Constant, schedule_for

schedules = st.one_of(
    st.just(Constant()),
    st.builds(Step, every=st.floats(0.01, 1), drop=st.floats(0.01, 1)),
    st.builds(Cosine, final=st.floats(0, 1)),
    st.builds(
        OneCycle, start=st.floats(0.001, 1), final=st.floats(0, 1), peak=st.floats(0.01, 0.99)
    ),
)


def factors(schedule: Schedule, num_steps: int) -> list[float]:
    return [schedule.factor(step, num_steps) for step in range(num_steps)]


@given(schedules, st.integers(10, 300))
def test_every_factor_lies_between_zero_and_one(schedule: Schedule, num_steps: int) -> None:
    for factor in factors(schedule, num_steps):
        assert type(factor) is float
        assert 0 <= factor <= 1


@given(schedules, st.integers(1, 9))
def test_so_it_does_in_the_shortest_trainings(schedule: Schedule, num_steps: int) -> None:
    assert all(0 <= factor <= 1 for factor in factors(schedule, num_steps))


def test_constant() -> None:
    assert factors(Constant(), 4) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("schedule", "num_steps", "expected"),
    [
        (Step(), 6, [1, 1, 0.1, 0.1, 0.01, 0.01]),
        (Step(), 7, [1, 1, 1, 0.1, 0.1, 0.01, 0.01]),
        (Step(every=0.5, drop=0.25), 4, [1, 1, 0.25, 0.25]),
        (Step(every=1, drop=0.5), 4, [1, 1, 1, 1]),
        (Step(every=0.25, drop=0.5), 4, [1, 0.5, 0.25, 0.125]),
        (Step(drop=1), 3, [1, 1, 1]),
    ],
)
def test_step(schedule: Schedule, num_steps: int, expected: list[float]) -> None:
    assert factors(schedule, num_steps) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("parts", [10, 20, 100])
def test_step_drops_at_each_part_however_it_rounds(parts: int) -> None:
    schedule = Step(every=1 / parts, drop=0.5)
    expected = [0.5 ** (step // 3) for step in range(3 * parts)]
    assert factors(schedule, 3 * parts) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("percent", [7, 14, 28])
def test_step_drops_where_the_interval_rounds_up(percent: int) -> None:
    every = percent / 100
    assert 100 * every > percent  # 100 * 0.07 is 7.000000000000001
    received = factors(Step(every=every, drop=0.5), 100)
    assert received == [0.5 ** (step // percent) for step in range(100)]


@pytest.mark.parametrize("num_steps", [1, 3, 30, 99, 300, 27_500])
def test_the_default_steps_come_at_a_third_and_at_two_thirds(num_steps: int) -> None:
    drops = [0.1 ** (3 * step // num_steps) for step in range(num_steps)]
    assert factors(Step(), num_steps) == pytest.approx(drops, rel=1e-12)


def test_cosine_falls_from_one_towards_its_end() -> None:
    values = factors(Cosine(), 100)
    assert values[0] == 1
    assert values[25] == pytest.approx((1 + math.sqrt(0.5)) / 2, rel=1e-12)
    assert values[50] == pytest.approx(0.5, rel=1e-12)
    assert values == sorted(values, reverse=True)
    assert Cosine().factor(100, 100) == pytest.approx(0, abs=1e-15)
    assert factors(Cosine(final=0.2), 100)[50] == pytest.approx(0.6, rel=1e-12)
    assert Cosine(final=0.2).factor(100, 100) == pytest.approx(0.2, rel=1e-12)
    assert factors(Cosine(final=1), 5) == [1] * 5
    assert factors(Cosine(), 1) == [1]


def test_one_cycle_rises_and_falls() -> None:
    values = factors(OneCycle(), 100)
    assert values[0] == pytest.approx(0.04, rel=1e-12)
    assert values[15] == pytest.approx((0.04 + 1) / 2, rel=1e-12)
    assert values[30] == 1
    assert values[65] == pytest.approx((1 + 0.0001) / 2, rel=1e-12)
    assert values[:31] == sorted(values[:31])
    assert values[30:] == sorted(values[30:], reverse=True)
    assert OneCycle().factor(100, 100) == pytest.approx(0.0001, rel=1e-9)
    other = OneCycle(start=0.5, final=0.25, peak=0.5)
    assert factors(other, 4) == pytest.approx([0.5, 0.75, 1, 0.625], rel=1e-12)


def test_schedules_by_name() -> None:
    assert list(SCHEDULES) == ["constant", "step", "cosine", "one_cycle"]
    for name, kind in SCHEDULES.items():
        assert schedule_for(name) == kind()
    cosine = Cosine(final=0.5)
    assert schedule_for(cosine) is cosine
    assert schedule_for("cosine", 0.5) == Cosine(0.5)
    assert schedule_for(OneCycle(0.1, peak=0.5), 0.2) == OneCycle(0.2, peak=0.5)


@pytest.mark.parametrize(
    ("make", "facts"),
    [
        (lambda: Constant(0), ["learning_rate", "0", "above 0"]),
        (lambda: OneCycle(-0.1), ["learning_rate", "-0.1", "above 0"]),
        (lambda: Step(math.nan), ["learning_rate", "nan"]),
        (lambda: Step(every=0), ["every", "0", "above 0"]),
        (lambda: Step(every=1.5), ["every", "1.5", "at most 1"]),
        (lambda: Step(drop=0), ["drop", "above 0"]),
        (lambda: Step(drop=2), ["drop", "2", "at most 1"]),
        (lambda: Cosine(final=-0.1), ["final", "-0.1", "at least 0"]),
        (lambda: Cosine(final=1.1), ["final", "1.1", "at most 1"]),
        (lambda: Cosine(final=math.nan), ["final", "nan"]),
        (lambda: OneCycle(start=0), ["start", "above 0"]),
        (lambda: OneCycle(start=1.5), ["start", "1.5"]),
        (lambda: OneCycle(final=-1), ["final", "-1"]),
        (lambda: OneCycle(peak=0), ["peak", "above 0"]),
        (lambda: OneCycle(peak=1), ["peak", "1", "below 1"]),
        (lambda: schedule_for("cosin"), ["schedule", "'cosin'", "Did you mean 'cosine'"]),
        (lambda: schedule_for("onecycle"), ["Did you mean 'one_cycle'"]),
        (lambda: schedule_for(Step), ["schedule", "class Step", "Step()"]),  # type: ignore[arg-type]
        (lambda: schedule_for(0.5), ["schedule", "0.5"]),  # type: ignore[arg-type]
    ],
)
def test_refusals(make: Any, facts: list[str]) -> None:
    with pytest.raises(InputError) as raised:
        make()
    for fact in facts:
        assert fact in str(raised.value)


def test_numbers_are_kept_in_one_form() -> None:
    assert repr(Step(np.float64(0.5), drop=np.float64(0.1))) == repr(Step(0.5, drop=0.1))
