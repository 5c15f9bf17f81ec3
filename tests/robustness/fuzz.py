"""Read very many damaged files of every format, and pass odd arguments: `make fuzz`.

Each is refused with an error of the package, or is valid. Any other error, more than a few seconds
or more than a few gigabytes are failures; the file is then kept. The same seed gives the same
files. The arguments are all those of `tests.robustness.arguments`.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import random
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tests.robustness.arguments import Material, cases
from tests.robustness.formats import FORMATS, Format
from tests.robustness.outcomes import outcome_of

MAX_SECONDS = 20.0  # of processor time for one file; 64 megapixels take about 8 s
MAX_MEMORY = 3 << 30  # bytes in addition to what is used at the beginning


KEPT = Path("build/fuzz")  # for files that were failures
ARGUMENTS = "arguments"  # the name that chooses them among the formats


class Result(NamedTuple):
    """How many files were accepted and refused, the longest time in s, and the failures."""

    accepted: int
    refused: int
    slowest: float
    failures: list[str]


def fuzz(
    one: Format, numbers: range, seed: int, folder: Path, deadline: float = float("inf")
) -> Result:
    """Check damaged files by their numbers, until `deadline` on the monotonic clock."""
    accepted = refused = 0
    slowest, failures = 0.0, []
    path = folder / "damaged"
    for number in numbers:
        if time.monotonic() > deadline:
            break
        began = time.process_time()  # not the clock's: other programs may take their turn
        content = damaged_file(one, number, seed)
        path.write_bytes(content)
        problem = ""
        try:
            with np.errstate(all="ignore"):
                valid = one.check(path)
            accepted, refused = accepted + valid, refused + (not valid)
        except Exception as error:
            problem = f"{type(error).__name__}: {error!s:.300}"
        seconds = time.process_time() - began
        slowest = max(slowest, seconds)
        if seconds > MAX_SECONDS:
            problem = problem or f"it took {seconds:.0f} s"
        if problem:
            kept = folder / f"failure-{number}"
            kept.write_bytes(content)
            failures.append(f"{kept.name}: {problem}")
    return Result(accepted, refused, slowest, failures)


def damaged_file(one: Format, number: int, seed: int) -> bytes:
    """Return the damaged file of this number."""
    rng = random.Random(f"{seed} {number}")
    return one.damage(rng.choice(one.valid), rng)


def fuzz_arguments(folder: Path, deadline: float = float("inf")) -> Result:
    """Make every call with every odd argument, until `deadline` on the monotonic clock."""
    os.environ["NEURALNET_CACHE"] = str(folder / "cache")
    os.environ.pop("NEURALNET_DATA", None)
    material = Material(folder)
    accepted = refused = 0
    slowest, failures = 0.0, []
    for case in cases(material):
        if time.monotonic() > deadline:
            break
        began = time.process_time()
        outcome = outcome_of(case, material)
        slowest = max(slowest, time.process_time() - began)
        if outcome.problem:
            failures.append(f"{case}: {outcome.problem}")
        accepted += outcome.accepted and not outcome.problem
        refused += not (outcome.accepted or outcome.problem)
    return Result(accepted, refused, slowest, failures)


@contextlib.contextmanager
def memory_folder() -> Iterator[Path]:
    """Create a temporary folder, in memory where there is such a file system."""
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="neuralnet-fuzz-", dir=memory) as folder:
        yield Path(folder)


def limit_memory() -> None:
    """Let allocations fail beyond `MAX_MEMORY`."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    used = 1024 * int(status.partition("VmSize:")[2].split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (used + MAX_MEMORY,) * 2)


def main() -> None:
    """Check every format and all arguments; exit with 1 if there was a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=1_000_000, help="files over all formats")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--minutes", type=float, default=60, help="end after this time at the latest"
    )
    kinds = [*FORMATS, ARGUMENTS]
    parser.add_argument("--formats", nargs="+", choices=kinds, default=kinds)
    options = parser.parse_args()
    logging.disable()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the TIFF library complains of every file there
    limit_memory()
    total, failed, began = 0, 0, time.monotonic()
    for index, name in enumerate(options.formats):
        left = options.minutes * 60 - (time.monotonic() - began)
        share = left / (len(options.formats) - index)  # what a fast format leaves goes to others
        start = time.monotonic()
        numbers = range(options.inputs // max(1, len({*options.formats} - {ARGUMENTS})))
        with memory_folder() as folder:
            if name == ARGUMENTS:
                result = fuzz_arguments(folder, start + share)
            else:
                result = fuzz(FORMATS[name](folder), numbers, options.seed, folder, start + share)
            for path in folder.glob("failure-*"):
                KEPT.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, KEPT / f"{name}-{path.name}")
        checked = result.accepted + result.refused + len(result.failures)
        print(
            f"{name}: {checked:,} in {time.monotonic() - start:.0f} s, {result.accepted:,} "
            f"accepted, {result.refused:,} refused, {len(result.failures)} failures, slowest "
            f"{result.slowest:.2f} s",
            flush=True,
        )
        for failure in result.failures[:20]:
            print(f"  {failure}", flush=True)
        total, failed = total + checked, failed + len(result.failures)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{total:,} in all, {failed} failures, peak memory {peak:,.0f} MB, seed {options.seed}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
