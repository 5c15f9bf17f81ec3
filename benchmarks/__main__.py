"""Run the benchmarks, and report on the terminal, as JSON and as a plot."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console

from benchmarks import commands, data, machine, report, rounds, workloads
from benchmarks.peers import catalogue
from benchmarks.results import Results
from benchmarks.targets import outcomes
from neuralnet.files import FileError, atomic_write


def main() -> int:
    """Run the benchmarks.

    Returns
    -------
    int
        Exit code: 0 if the results of all peers agree with ours, 1 if not, 2 if an argument is
        invalid or the data are missing.
    """
    console = Console()
    options = _parser().parse_args()
    # On SIGTERM, end the peers and remove the temporary folder, as on Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        chosen = workloads.choose(options.work)
        catalogue.choose(options.peer)
    except ValueError as error:
        console.print(str(error), highlight=False)
        return 2
    if options.quick:
        chosen = [workloads.quick(work) for work in chosen]
    if options.rounds:
        chosen = [replace(work, rounds=options.rounds) for work in chosen]
    with tempfile.TemporaryDirectory(prefix="neuralnet-bench-") as folder:
        try:
            results = _run(chosen, Path(folder), options, console)
        except FileError as error:  # the folder given by --data has no data
            console.print(str(error), highlight=False)
            return 2
    report.show(results, chosen, console)
    if options.json:
        with atomic_write(options.json) as file:
            file.write(json.dumps(_as_json(results), indent=1).encode() + b"\n")
        console.print(f"Wrote {options.json}")
    if options.picture:
        from benchmarks.picture import draw

        draw(results, chosen, options.picture)
        console.print(f"Wrote {options.picture}")
    return 0 if all(agreement.holds for agreement in results.agreements) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--work", action="append", help="run this workload only; repeatable")
    parser.add_argument("--peer", action="append", help="run this peer only; repeatable")
    parser.add_argument("--rounds", type=int, help="number of rounds per workload")
    parser.add_argument("--quick", action="store_true", help="small smoke test, not a measurement")
    parser.add_argument("--json", type=Path, help="write all results to this JSON file")
    parser.add_argument("--picture", type=Path, help="write the plot to this PNG file")
    parser.add_argument("--data", type=Path, help="folder with the four MNIST files")
    return parser


def _run(
    chosen: list[workloads.Work], folder: Path, options: argparse.Namespace, console: Console
) -> Results:
    """Run the workloads one after the other."""
    results = Results(machine.describe(), {"quick": options.quick, "peers": options.peer})
    results.settings["rounds"] = {work.name: work.rounds for work in chosen}
    # In a separate process, because this one must stay small: on Linux, the peak memory of a child
    # is at least that of its parent when the child was started.
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        results.settings["data"] = executor.submit(data.prepare, folder, options.data).result()
    with console.status("") as status:
        for work in chosen:
            quick = options.quick
            if work.kind == "process":
                commands.run(work, folder, results, quick=quick, progress=status.update)
            else:
                rounds.run(
                    work, folder, results, peers=options.peer, quick=quick, progress=status.update
                )
    return results


def _as_json(results: Results) -> dict[str, object]:
    reached = [
        {
            "work": one.target.work,
            "row": one.target.row,
            "quantity": one.target.quantity,
            "measure": one.target.measure,
            "against": one.against,
            "at_most": one.target.at_most,
            "reached": one.reached,
            "met": one.met,
        }
        for one in outcomes(results)
    ]
    return results.as_dict() | {"targets": reached}


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
