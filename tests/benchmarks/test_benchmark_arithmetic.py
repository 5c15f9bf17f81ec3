import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import workloads
from benchmarks.peers import catalogue
from benchmarks.report import format_seconds
from benchmarks.results import PEAK_MEMORY, Agreement, Results, Row, fastest, ratio
from benchmarks.rounds import turn_order
from benchmarks.targets import MB, TARGETS, outcomes


def row(name: str, *seconds: float, work: str = "classic", memory: float = 0.0) -> Row:
    rounds = {"seconds": list(seconds), PEAK_MEMORY: [memory]}
    return Row(work, name, name, rounds)


def results(*rows: Row) -> Results:
    return Results(machine={}, settings={}, rows=list(rows))


def test_ratio_is_the_median_of_the_ratios_per_round() -> None:
    # Round 2 is ten times slower for both; round 3 is slow for one only.
    ours, theirs = row("neuralnet", 1, 10, 50, 1, 1), row("peer", 2, 20, 2, 2, 2)

    assert ratio(ours, theirs) == 0.5


def test_fastest_has_the_lowest_median() -> None:
    assert fastest([row("a", 1, 9, 9), row("b", 3, 3, 3)]).name == "b"  # type: ignore[union-attr]
    assert fastest([]) is None


def test_targets_name_existing_rows() -> None:
    names = {peer.group for peer in catalogue.PEERS}
    for target in TARGETS:
        work = workloads.find(target.work, cut_down=False)
        if work.kind in {"training", "prediction"}:
            assert {target.row, *target.against} <= names | {"the fastest peer"}
        if work.kind == "mapped":
            groups = {peer.group for peer in catalogue.peers_for(None, work)}
            assert {target.row, *target.against} <= groups


def test_targets_compare_with_the_fastest_configuration_of_a_peer() -> None:
    slow = Row("classic", "PyTorch eager, 1 thread", "PyTorch eager", {"seconds": [9.0]})
    fast = Row("classic", "PyTorch eager, 2 threads", "PyTorch eager", {"seconds": [4.0]})
    reached = outcomes(results(row("neuralnet", 2), slow, fast, row("JAX scan", 4)))

    by_target = {one.target.against: one for one in reached}
    assert by_target["PyTorch eager",].reached == 0.5
    assert by_target["PyTorch eager",].against == "PyTorch eager, 2 threads"
    assert by_target["PyTorch eager",].met is False
    assert by_target["JAX scan",].met is True
    assert by_target["scikit-learn",].met is None  # not measured


def test_floor_is_not_a_peer() -> None:
    rows = [row(name, s, work="many-wide") for name, s in (("neuralnet", 2), ("floor", 1))]
    (reached,) = outcomes(results(*rows, row("onnxruntime", 4, work="many-wide")))

    assert reached.reached == 0.5


def test_memory_target_is_an_amount() -> None:
    small = row("10,000 examples", 1, work="large", memory=90 * MB)
    large = row("2,000,000 examples", 1.2, work="large", memory=140 * MB)
    seconds, memory = outcomes(results(small, large))

    assert seconds.reached == pytest.approx(1.2)
    assert seconds.met is False
    assert memory.reached == 50 * MB
    assert memory.met is True


def test_every_second_round_is_reversed() -> None:
    assert turn_order(["a", "b", "c"], 0) == ["a", "b", "c"]
    assert turn_order(["a", "b", "c"], 1) == ["c", "b", "a"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.34, "12.3 s"), (1.0, "1.00 s"), (0.1234, "123 ms"), (6.5e-6, "6.50 µs"), (5e-7, "0.50")],
)
def test_seconds_have_three_significant_digits(seconds: float, words: str) -> None:
    assert format_seconds(seconds).startswith(words)


def test_agreement_needs_both_differences_to_be_small() -> None:
    assert Agreement("wide", "peer", "weights", 1e-5, 1e-4, 0.005, 0.01).holds
    assert not Agreement("wide", "peer", "weights", 1e-5, 1e-4, 0.02, 0.01).holds
    assert not Agreement("wide", "peer", "weights", 1e-3, 1e-4).holds
    assert not Agreement("wide", "peer", "weights", float("nan"), 1e-4).holds


def test_results_are_plain_json() -> None:
    stored = json.loads(json.dumps(results(row("neuralnet", 1, 3, 2)).as_dict()))

    assert stored["rows"][0]["medians"]["seconds"] == 2


def test_workloads_are_chosen_by_name_and_by_family() -> None:
    assert [work.name for work in workloads.choose(["one", "wide"])] == [
        "wide",
        "one-classic",
        "one-wide",
    ]
    with pytest.raises(ValueError, match="clasic"):
        workloads.choose(["clasic"])


def test_peers_are_chosen_by_the_beginning_of_their_names() -> None:
    names = [peer.name for peer in catalogue.choose(["jax"])]

    assert names == ["neuralnet", "JAX scan", "JAX step", "JAX"]
    with pytest.raises(ValueError, match="theano"):
        catalogue.choose(["theano"])


def test_every_peer_has_a_module() -> None:
    folder = Path(catalogue.__file__).parent

    assert all((folder / f"{peer.module}.py").is_file() for peer in catalogue.PEERS)


def test_initial_weights_depend_on_the_seed_only() -> None:
    first, again, other = workloads.WIDE.start(0), workloads.WIDE.start(0), workloads.WIDE.start(1)

    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
