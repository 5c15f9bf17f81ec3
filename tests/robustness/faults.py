"""Kill, race and starve the package: `make faults`.

- trainings that are killed at random moments, and resumed until they end, end with the same bits;
- `save` that is killed leaves the network before or the network after, and nothing else;
- processes that write, read and lock one file at the same time never see a half file;
- disks that are full at every possible byte leave the file before;
- a picture of 64 megapixels in 2 kB takes about four times its decoded size, 256 MB, and not more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from neuralnet import FileError, NeuralNetMLP, load, save
from neuralnet.files import remove_leftovers
from tests.digits import write_digits

_ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}

_TRAIN = """
import sys, warnings
from pathlib import Path
import numpy as np
from neuralnet import BestWeights, Checkpoint, NeuralNetMLP, WeightAverage, save, train
from neuralnet.training.checkpoint import checkpoint_exists
warnings.simplefilter("ignore")
folder, epochs = Path(sys.argv[1]), int(sys.argv[2])
rng = np.random.default_rng(0)
X, y = rng.integers(0, 256, (600, 64), dtype=np.uint8), rng.integers(0, 3, 600)
model = NeuralNetMLP(64, 16, 3, batch_norm=True, dropout=0.1)
path = folder / "checkpoint"
print("ready", flush=True)
callbacks = [WeightAverage(0.9), BestWeights(), Checkpoint(path)]
train(model, X, y, X[:99], y[:99], epochs, 0.01, 20, optimizer="adam", callbacks=callbacks,
      resume=path if checkpoint_exists(path) else None)
save(model, folder / "network")
"""

_SAVE = """
import sys
from neuralnet import NeuralNetMLP, save
networks = [NeuralNetMLP(40, 300, 10, seed=seed) for seed in (1, 2)]
print("ready", flush=True)
while True:
    for network in networks:
        save(network, sys.argv[1])
"""

_COUNT = """
import sys, time
from pathlib import Path
from neuralnet.storage.lock import OutputInUseError, locked_output
path, counter = Path(sys.argv[1]), Path(sys.argv[1] + ".count")
print("ready", flush=True)
done = 0
while done < int(sys.argv[2]):
    try:
        with locked_output(path):
            number = int(counter.read_text())
            time.sleep(0.0005)
            counter.write_text(str(number + 1))
        done += 1
    except OutputInUseError:
        time.sleep(0.0005)
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Start a program in a process, and wait until it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "ready\n", process.communicate()
    return process


def wait(process: subprocess.Popen[str], seconds: float) -> None:
    """Wait for the end of a process, at most this time."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=seconds)


def end(process: subprocess.Popen[str], *, killed: bool) -> bool:
    """Kill a process, or wait for its end; return whether it ended by itself, without an error."""
    if killed:
        process.send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode in (0, -signal.SIGKILL), errors
    return process.returncode == 0


def kill_trainings(folder: Path, rng: random.Random, epochs: int = 200, share: float = 0.5) -> int:
    """Kill a training again and again until it ends; return the number of kills.

    The first process is killed as soon as there are two checkpoints. Each other one lives at most
    this share of the time of a whole training.
    """
    whole, part = folder / "whole", folder / "part"
    for place in (whole, part):
        place.mkdir()
    process, began = start(_TRAIN, whole, epochs), time.monotonic()
    end(process, killed=False)
    seconds, kills = time.monotonic() - began, 0
    while True:
        process = start(_TRAIN, part, epochs)
        if not kills:
            while process.poll() is None and not (part / "checkpoint.previous").exists():
                time.sleep(0.001)
        else:
            wait(process, rng.uniform(0, share * seconds))
        if end(process, killed=True):
            break
        kills += 1
    states = [load(place / "network").parameters.state.tobytes() for place in (whole, part)]
    assert states[0] == states[1], "a resumed training ended differently"
    _check_clean(part, {"checkpoint", "checkpoint.previous", "network"})
    return kills


_COMMAND = """
import sys
from neuralnet.cli.main import main
print("ready", flush=True)
main(sys.argv[1:])
"""


def kill_commands(folder: Path, rng: random.Random, epochs: int = 60) -> int:
    """Kill `neuralnet train` again and again, and resume it; return the number of kills."""
    write_digits(folder, num_train=400, num_test=100)
    common = ["train", "--recipe", "quick", "--data", folder, "--checkpoint-every", 1, "--quiet"]
    common += ["--num-epochs", epochs, "--num-valid", 50, "--num-hidden", "30,20", "--output"]
    process, began = start(_COMMAND, *common, folder / "whole"), time.monotonic()
    end(process, killed=False)
    seconds, kills = time.monotonic() - began, 0
    while True:
        process = start(_COMMAND, *common, folder / "part", "--resume", "--overwrite")
        wait(process, rng.uniform(0, seconds))
        if end(process, killed=True):
            break
        kills += 1
    (network,) = (folder / "whole").glob("*.safetensors")
    names = {network.name, network.with_suffix(".toml").name, f".{network.name}.lock"}
    _check_clean(folder / "part", names)
    places = [network, folder / "part" / network.name]
    states = [load(place).parameters.state.tobytes() for place in places]
    assert states[0] == states[1], "a resumed training ended differently"
    return kills


def kill_saves(folder: Path, rng: random.Random, kills: int = 5) -> int:
    """Kill processes that save two networks in turn; return the number of kills."""
    path = folder / "network"
    networks = [NeuralNetMLP(40, 300, 10, seed=seed) for seed in (1, 2)]
    save(networks[0], path)
    whole = {network.parameters.state.tobytes() for network in networks}
    for _ in range(kills):
        process = start(_SAVE, path)
        time.sleep(rng.uniform(0, 0.1))
        end(process, killed=True)
        assert load(path).parameters.state.tobytes() in whole
    _check_clean(folder, {"network"})
    return kills


def _check_clean(folder: Path, names: set[str]) -> None:
    """Check that the next write removes what killed processes left."""
    remove_leftovers.cache_clear()
    save(NeuralNetMLP(2, 2, 2), folder / "next")
    assert {path.name for path in folder.iterdir()} == {*names, "next"}
    (folder / "next").unlink()


def race_saves(folder: Path, rng: random.Random, seconds: float = 2.0) -> int:
    """Load a file that three processes write; return how often it was loaded."""
    path = folder / "network"
    networks = [NeuralNetMLP(40, 300, 10, seed=seed) for seed in (1, 2)]
    save(networks[0], path)
    whole = {network.parameters.state.tobytes() for network in networks}
    writers, loads = [start(_SAVE, path) for _ in range(3)], 0
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert load(path).parameters.state.tobytes() in whole
            loads += 1
        assert all(writer.poll() is None for writer in writers), "a writer failed"
    finally:
        for writer in writers:
            end(writer, killed=True)
    _check_clean(folder, {"network"})
    return loads


def race_locks(folder: Path, rng: random.Random, each: int = 40, processes: int = 4) -> int:
    """Let several processes count under one lock; return what they counted."""
    path = folder / "output"
    counter = folder / "output.count"
    counter.write_text("0", encoding="utf-8")
    for process in [start(_COUNT, path, each) for _ in range(processes)]:
        end(process, killed=False)
    counted = int(counter.read_text(encoding="utf-8"))
    assert counted == processes * each, "two processes held the lock"
    return counted


def fill_disk(folder: Path, rng: random.Random, step: int = 1) -> int:
    """Save with a limit to the size of a file, of every number of bytes; return the failures."""
    path = folder / "network"
    before = NeuralNetMLP(3, 3, 3, seed=1)
    save(before, path)
    size, failures = path.stat().st_size, 0
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        for limit in range(rng.randrange(step), size, step):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
            try:
                save(NeuralNetMLP(3, 3, 3, seed=2), path)
            except FileError:
                failures += 1
            else:
                raise AssertionError(f"{size} bytes were written with a limit of {limit}")
            finally:
                resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            assert load(path).parameters.state.tobytes() == before.parameters.state.tobytes()
    finally:
        signal.signal(signal.SIGXFSZ, handler)
    assert [one.name for one in folder.iterdir()] == ["network"]
    return failures


_OPEN = """
import sys
from pathlib import Path
from neuralnet.reading.pictures import open_grey

def memory(name):
    return 1024 * int(Path("/proc/self/status").read_text().partition(name)[2].split()[0])

print("ready", flush=True)
before = memory("VmRSS:")
open_grey(sys.argv[1])
print(memory("VmHWM:") - before)
"""


def open_large_pictures(folder: Path, rng: random.Random) -> int:
    """Open pictures that are small as files; return the largest amount of memory in MB."""
    from PIL import Image

    largest, side = 0, 8000
    for kind in ("WEBP", "PNG"):
        path = folder / f"large.{kind.lower()}"
        Image.new("RGB", (side, side), (200, 180, 190)).save(path, kind, lossless=True)
        process = start(_OPEN, path)
        output, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        used = int(output)
        # Pillow's pixels have 4 bytes, and its decoder of WebP alone holds four copies.
        assert used < 4.1 * 4 * side * side, f"{kind}: {used:,} bytes"
        largest = max(largest, used)
    return largest // 1_000_000


FAULTS: dict[str, Callable[[Path, random.Random], int]] = {
    "kills of a training": kill_trainings,
    "kills of the command line": kill_commands,
    "kills of save": kill_saves,
    "loads of a file that is written": race_saves,
    "turns under one lock": race_locks,
    "full disks": fill_disk,
}


def main() -> None:
    """Repeat everything until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    options = parser.parse_args()
    rng, began = random.Random(options.seed), time.monotonic()
    counts: dict[str, Any] = dict.fromkeys(FAULTS, 0)
    with tempfile.TemporaryDirectory(prefix="neuralnet-faults-") as folder:
        print(f"largest memory for a picture: {open_large_pictures(Path(folder), rng):,} MB")
    rounds = 0
    while not rounds or time.monotonic() - began < 60 * options.minutes:
        for name, fault in FAULTS.items():
            with tempfile.TemporaryDirectory(prefix="neuralnet-faults-") as folder:
                counts[name] += fault(Path(folder), rng)
        rounds += 1
    print(f"{rounds} rounds in {time.monotonic() - began:.0f} s, seed {options.seed}, no failure:")
    for name, count in counts.items():
        print(f"  {count:,} {name}")


if __name__ == "__main__":
    np.seterr(all="ignore")
    main()
