"""`python -m benchmarks`: run the works, report on the terminal, as JSON and as a picture."""

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

from benchmarks import commands, data, machine, report, rounds, works
from benchmarks.peers import catalogue
from benchmarks.results import Results
from benchmarks.targets import outcomes
from neuralnet.files import FileError, written_whole


def main() -> int:
    """Run the benchmark; 1 if a peer did not do the same work, 2 if nothing was done."""
    console = Console()
    options = _parser().parse_args()
    # An end from outside ends the peers too, and takes the temporary folder away, as Ctrl-C does.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        chosen = works.choose(options.work)
        catalogue.choose(options.peer)
    except ValueError as error:
        console.print(str(error), highlight=False)
        return 2
    if options.quick:
        chosen = [works.quick(work) for work in chosen]
    if options.rounds:
        chosen = [replace(work, rounds=options.rounds) for work in chosen]
    with tempfile.TemporaryDirectory(prefix="neuralnet-bench-") as folder:
        try:
            results = _run(chosen, Path(folder), options, console)
        except FileError as error:  # a folder was named that has no data
            console.print(str(error), highlight=False)
            return 2
    report.show(results, chosen, console)
    if options.json:
        with written_whole(options.json) as file:
            file.write(json.dumps(_as_json(results), indent=1).encode() + b"\n")
        console.print(f"Wrote {options.json}")
    if options.picture:
        from benchmarks.picture import draw

        draw(results, chosen, options.picture)
        console.print(f"Drew {options.picture}")
    return 0 if all(agreement.holds for agreement in results.agreements) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--work", action="append", help="only this one; may be given again")
    parser.add_argument("--peer", action="append", help="only this one; may be given again")
    parser.add_argument("--rounds", type=int, help="turns a peer takes at each work")
    parser.add_argument("--quick", action="store_true", help="cut down, to see that all of it runs")
    parser.add_argument("--json", type=Path, help="file for all figures")
    parser.add_argument("--picture", type=Path, help="file for the picture, PNG")
    parser.add_argument("--data", type=Path, help="folder of MNIST's four files")
    return parser


def _run(
    chosen: list[works.Work], folder: Path, options: argparse.Namespace, console: Console
) -> Results:
    """Run the works one after the other."""
    results = Results(machine.describe(), {"quick": options.quick, "peers": options.peer})
    results.settings["rounds"] = {work.name: work.rounds for work in chosen}
    # In a process of its own: a child's peak of memory counts from what its parent had when it was
    # started (Linux), so this one stays small.
    with ProcessPoolExecutor(1, get_context("spawn")) as elsewhere:
        results.settings["data"] = elsewhere.submit(data.lay_out, folder, options.data).result()
    with console.status("") as status:
        for work in chosen:
            quick = options.quick
            if work.kind == "process":
                commands.run(work, folder, results, quick=quick, say=status.update)
            else:
                rounds.run(
                    work, folder, results, peers=options.peer, quick=quick, say=status.update
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
