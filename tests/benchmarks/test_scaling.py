"""The model of several machines, and the page that is computed with it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from benchmarks.scaling.__main__ import tables, with_tables
from benchmarks.scaling.model import NETWORKS, Network, Step, fit, sum_seconds

DOCS = Path(__file__).parents[2] / "docs"
ETHERNET = Network("Ethernet", 30e-6, 1.25e9)
STEPS = [
    Step(0.004, 6e-5, 7_450_000),
    Step(1e-5, 2e-6, 159_000),
    Step(0.01, 5e-4, 17_000_000, small_sums=10, drawing=1e-5),
]


def test_a_sum_over_two_machines_sends_the_whole_array_there_and_back() -> None:
    network = Network("slow", 0.5, 100.0)
    assert sum_seconds(1000, 2, network) == pytest.approx(2 * 0.5 + 1000 / 100)
    assert sum_seconds(1000, 1, network) == 0
    # With many machines, each sends and receives the array about twice, in parts.
    assert sum_seconds(1e12, 1024, network) == pytest.approx(2e10, rel=1e-2)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.name)
@pytest.mark.parametrize("machines", [2, 16, 256])
def test_at_break_even_one_machine_is_as_fast(step: Step, network: Network, machines: int) -> None:
    batch = step.break_even(machines, network)
    assert step.speedup(batch, machines, network) == pytest.approx(1)
    assert (
        step.speedup(0.9 * batch, machines, network)
        < 1
        < step.speedup(2 * batch, machines, network)
    )


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("machines", [2, 4, 16])
def test_from_half_efficient_on_machines_do_half_of_their_number(step: Step, machines: int) -> None:
    batch = step.half_efficient(machines, ETHERNET)
    assert step.speedup(batch, machines, ETHERNET) == pytest.approx(machines / 2)
    assert step.speedup(2 * batch, machines, ETHERNET) > machines / 2
    if machines == 2:
        assert batch == pytest.approx(step.break_even(2, ETHERNET))


def test_random_numbers_that_each_machine_draws_limit_the_speedup() -> None:
    step = Step(0.0, 1e-4, 1000, drawing=1e-5)  # a tenth of the time
    assert step.speedup(1e9, 256, ETHERNET) < 10
    assert math.isinf(step.half_efficient(256, ETHERNET))
    assert math.isfinite(step.half_efficient(4, ETHERNET))


def test_a_line_is_found_again_and_has_no_negative_part() -> None:
    assert fit({n: 0.003 + 2e-5 * n for n in (16, 64, 1024)}) == pytest.approx((0.003, 2e-5))
    fixed, per_row = fit({100: 0.001, 1000: 0.02})
    assert fixed == 0
    assert 1e-5 < per_row < 2e-5


def test_the_tables_of_the_page_are_those_of_the_results() -> None:
    results: dict[str, Any] = json.loads((DOCS / "scaling.json").read_text(encoding="utf-8"))
    page = (DOCS / "scaling.md").read_text(encoding="utf-8")
    assert with_tables(page, results) == page
    assert set(tables(results)) == {"steps", "sums", "batches"}


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    results = json.loads((DOCS / "scaling.json").read_text(encoding="utf-8"))
    with pytest.raises(SystemExit, match="steps"):
        with_tables("no comments", results)
