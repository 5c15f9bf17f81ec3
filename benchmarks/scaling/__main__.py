"""Measure steps and sums in two processes, and compute what up to 256 machines would bring.

Each number is the median of several rounds, which visit one process, two threads and two processes
in turn, so that a busy machine slows down all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.process import ROOT
from benchmarks.scaling.model import NETWORKS, Step, fit
from neuralnet.files import atomic_write

MACHINES = (2, 4, 8, 16, 32, 64, 128, 256)
NAMES = ("classic", "wide", "solid")


def main() -> int:
    """Measure, unless the results are given; write JSON, picture and page as asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file of the results")
    parser.add_argument(
        "--reuse", action="store_true", help="read the results instead of measuring"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--picture", type=Path, help="draw the speedups")
    parser.add_argument("--page", type=Path, help="replace the tables of this page")
    options = parser.parse_args()
    if not options.reuse:
        results = measure(options.rounds)
        with atomic_write(options.json) as file:
            file.write(json.dumps(results, indent=1).encode() + b"\n")
    results = json.loads(options.json.read_text(encoding="utf-8"))
    if options.picture:
        from benchmarks.scaling.picture import draw

        draw(results, options.picture)
    if options.page:
        text = with_tables(options.page.read_text(encoding="utf-8"), results)
        with atomic_write(options.page) as file:
            file.write(text.encode())
    for name, table in tables(results).items():
        sys.stdout.write(f"{name}\n\n{table}\n\n")
    return 0


def measure(rounds: int) -> dict[str, Any]:
    """Measure in two processes, and return the results.

    Raises
    ------
    SystemExit
        If there is no mpiexec, or the processes fail.
    """
    folders = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    mpiexec = shutil.which("mpiexec", path=folders)
    if mpiexec is None:
        raise SystemExit("mpiexec was not found: pip install 'neuralnet-numpy[mpi]'.")
    command = [
        mpiexec,
        "-n",
        "2",
        sys.executable,
        "-m",
        "mpi4py",
        "-m",
        "benchmarks.scaling.worker",
    ]
    done = subprocess.run(  # noqa: S603
        [*command, str(rounds)], cwd=ROOT, stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise SystemExit(f"The processes ended with the exit code {done.returncode}.")
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def step_of(results: dict[str, Any], name: str) -> Step:
    """Return the fitted time of a step of a network, on one machine with one thread."""
    times = {int(b): statistics.median(t["one"]) for b, t in results["steps"][name].items()}
    return Step(*fit(times), **results["networks"][name])


def ratio(times: dict[str, list[float]], way: str) -> float:
    """Return how many times as fast as one process with one thread another way is."""
    pairs = zip(times["one"], times[way], strict=True)
    return statistics.median(one / other for one, other in pairs)


def tables(results: dict[str, Any]) -> dict[str, str]:
    """Return the tables of the page, by name."""
    rows = []
    for name in NAMES:
        for batch, times in results["steps"][name].items():
            medians = [statistics.median(times[way]) for way in ("one", "threads", "processes")]
            cells = [_milliseconds(seconds) for seconds in medians]
            ratios = [f"{ratio(times, way):.2f}" for way in ("threads", "processes")]
            rows.append([f"*{name}*", f"{int(batch):,}", *cells, *ratios])
    header = ["network", "batch", "1 thread", "2 threads", "2 processes"]
    steps = _table([*header, "speedup of 2 threads", "of 2 processes"], rows)

    sums = {int(size): seconds for size, seconds in results["sums"].items()}
    rows = [
        [_bytes(size), _milliseconds(seconds), f"{size / seconds / 1e9:.1f} GB/s"]
        for size, seconds in sums.items()
    ]
    added = _table(["gradients", "time", "bytes per second"], rows)

    rows = []
    for name in NAMES:
        step = step_of(results, name)
        for network in NETWORKS:
            cells = [
                f"{_two_digits(step.break_even(p, network))} / "
                f"{_two_digits(step.half_efficient(p, network))}"
                for p in (2, 16, 256)
            ]
            rows.append([f"*{name}*, {_bytes(step.num_bytes)}", network.name, *cells])
    batches = _table(
        ["network, gradients", "between the machines", *(f"{p} machines" for p in (2, 16, 256))],
        rows,
    )
    return {"steps": steps, "sums": added, "batches": batches}


def with_tables(text: str, results: dict[str, Any]) -> str:
    """Return the text of a page with its tables replaced; each stands between two comments."""
    for name, table in tables(results).items():
        pattern = re.compile(rf"(<!-- {name} -->\n)[^<]*(<!-- end -->)")
        text, number = pattern.subn(rf"\g<1>{table}\n\g<2>", text)
        if number != 1:
            raise SystemExit(f"The page needs one place for the table {name!r}, not {number}.")
    return text


def _table(header: list[str], rows: list[list[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _milliseconds(seconds: float) -> str:
    return f"{1e3 * seconds:.3g} ms"


def _bytes(number: int) -> str:
    return f"{number / 1e6:.3g} MB" if number >= 1e6 else f"{number / 1e3:.3g} kB"


def _two_digits(number: float) -> str:
    return f"{int(float(f'{number:.2g}')):,}" if math.isfinite(number) else "never"


if __name__ == "__main__":
    raise SystemExit(main())
