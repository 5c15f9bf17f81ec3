"""Rounds in which the peers take turns."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import data
from benchmarks.peers import catalogue
from benchmarks.process import PeerAbsentError, Process
from benchmarks.results import Absent, Results, Row
from benchmarks.same_work import SameWork
from benchmarks.workloads import Work

Progress = Callable[[str], None]


def turn_order(items: list[str], number: int) -> list[str]:
    """Return the order of a round: every second round is reversed.

    This way no peer always follows the same one.
    """
    return items if number % 2 == 0 else items[::-1]


def run(
    work: Work,
    folder: Path,
    results: Results,
    *,
    peers: list[str] | None,
    quick: bool,
    progress: Progress,
) -> None:
    """Measure all peers on a workload of kind "training", "prediction" or "mapped"."""
    if work.kind == "mapped":
        progress(f"{work.name}: writing {work.num_examples:,} examples")
        try:
            data.tile(folder, work.num_examples)
        except OSError as error:
            results.absent.append(Absent(work.name, "all sizes", str(error)))
            return
    processes: dict[str, Process] = {}
    try:
        same = None
        for peer in catalogue.peers_for(peers, work):
            progress(f"{work.name}: preparing {peer.name}")
            process = _start(peer, work, folder, results, same, quick=quick)
            if process:
                processes[peer.name] = process
            if process and peer.name == catalogue.OURS:
                same = SameWork(work, process, folder)
        _take_turns(work, results, processes, progress)
    finally:
        for process in processes.values():
            process.end()
        (folder / "mapped.bin").unlink(missing_ok=True)


def _start(
    peer: catalogue.Peer,
    work: Work,
    folder: Path,
    results: Results,
    same: SameWork | None,
    *,
    quick: bool,
) -> Process | None:
    """Start a peer, warm it up, and compare its results with ours."""
    process = None
    try:
        process = Process(peer, work.name, folder, quick=quick)
        if same and work.network.name in peer.exact:
            results.agreements.append(same.check(process))
        else:
            process.ask(seed=0)
    except PeerAbsentError as error:
        results.absent.append(Absent(work.name, peer.name, str(error)))
        if process:
            process.end()
        return None
    results.machine["versions"].update(process.versions)
    return process


def _take_turns(
    work: Work, results: Results, processes: dict[str, Process], progress: Progress
) -> None:
    rows = {
        name: Row(work.name, name, process.peer.group, note=process.peer.note)
        for name, process in processes.items()
    }
    for number in range(work.rounds):
        for name in turn_order(list(processes), number):
            progress(f"{work.name}: round {number + 1} of {work.rounds}, {name}")
            try:
                rows[name].add(processes[name].ask(seed=number))
            except PeerAbsentError as error:
                results.absent.append(Absent(work.name, name, str(error)))
                del rows[name], processes[name]
    results.rows += rows.values()
