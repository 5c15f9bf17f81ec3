"""Training on a memory-mapped file that should not be loaded into memory."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np

import neuralnet
from benchmarks.peers import base, ours
from benchmarks.workloads import NUM_PIXELS, Array

# Small data sets are repeated for several epochs, up to about this number of examples per round.
EXAMPLES_PER_ROUND = 200_000


class Epoch:
    """`neuralnet.train` on the first examples of a memory-mapped file."""

    def __init__(self, job: base.Job, *, num_examples: int) -> None:
        self.network = job.network
        self.X: Array = np.memmap(
            job.folder / "mapped.bin", np.uint8, "r", shape=(num_examples, NUM_PIXELS)
        )
        self.y: Array = np.load(job.folder / "mapped_labels.npy", mmap_mode="r")[:num_examples]
        self.model = ours.build(job.network)

    def run(self, seed: int) -> dict[str, float]:
        """Train; return the times per example and the peak memory.

        Returns
        -------
        dict of str to float
            "seconds" per example including evaluation, "training_seconds" per example without it,
            and "peak_memory" in bytes.
        """
        num_epochs = max(1, EXAMPLES_PER_ROUND // len(self.X))
        watch = ours.Stopwatch()
        with PeakMemory() as memory:
            history = neuralnet.train(
                self.model,
                self.X,
                self.y,
                num_epochs=num_epochs,
                learning_rate=self.network.learning_rate,
                minibatch_size=self.network.batch_size,
                optimizer=self.network.optimizer,
                seed=seed,
                callbacks=[watch],
            )
        examples = num_epochs * len(self.X)
        return {
            "seconds": sum(history.seconds) / examples,
            "training_seconds": sum(watch.seconds) / examples,
            "peak_memory": float(memory.peak),
        }


class PeakMemory:
    """Peak of the anonymous memory of this process, which excludes file-mapped pages (Linux)."""

    def __init__(self, interval: float = 0.02) -> None:
        self.peak = anonymous_memory()
        self._interval = interval
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.is_set():
            self.peak = max(self.peak, anonymous_memory())
            time.sleep(self._interval)


def anonymous_memory() -> int:
    """Return `RssAnon` from /proc/self/status, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return 1024 * int(line.split()[1])
    raise OSError("/proc/self/status does not contain RssAnon")
