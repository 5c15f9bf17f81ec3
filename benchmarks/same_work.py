"""Whether a peer does the same work: from the same start, in the same order, to the same weights.

An epoch of the classic network leaves the same weights. The wide network is asked after 10 steps
only, for Adam divides by the size of the gradient, so that where a gradient is next to nothing
rounding decides; after an epoch it is the mean loss of the epoch's batches that must agree.

Even in 10 steps it happens that one hidden unit stands so near its kink for one example that
rounding decides its side, and its weights go elsewhere. So peers may try several starts: what is
really different (another epsilon, another order) is different from every start.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.process import Process
from benchmarks.results import Agreement
from benchmarks.works import Array, Work

AT_MOST = 1e-4
LOSS_AT_MOST = 0.01
NUM_STARTS = 6


class SameWork:
    """Compares peers with this package; what the package itself gave is asked for once.

    The comparison also warms the peer up: whatever compiles has compiled after it.
    """

    def __init__(self, work: Work, ours: Process, folder: Path) -> None:
        self._work = work
        self._ours = ours
        self._folder = folder
        self._known: dict[tuple[int, int | None], tuple[list[Array], float | None]] = {}

    def check(self, peer: Process) -> Agreement:
        """Have a peer do what this package did, and compare."""
        if self._work.kind == "prediction":
            return self._compare(peer, "probabilities", 0, None)
        steps = self._work.network.same_steps
        if steps is None:
            return self._compare(peer, "weights after an epoch", 0, None)
        what = f"weights after {steps} steps, mean loss of an epoch"
        # The shapes of a whole epoch are compiled here too.
        for seed in range(NUM_STARTS):
            agreement = self._compare(peer, what, seed, steps)
            if agreement.holds:
                break
        return agreement

    def _compare(self, peer: Process, what: str, seed: int, steps: int | None) -> Agreement:
        theirs, loss = self._result(peer, seed, steps)
        ours, our_loss = self._of_ours(seed, steps)
        loss_difference = None
        if steps is not None:
            _, loss = self._result(peer, seed, None)
            _, our_loss = self._of_ours(seed, None)
            if loss is not None and our_loss is not None:
                loss_difference = abs(loss / our_loss - 1)
        return Agreement(
            self._work.name,
            peer.peer.name,
            what,
            largest_difference(ours, theirs),
            AT_MOST,
            loss_difference,
            LOSS_AT_MOST if loss_difference is not None else None,
            starts=seed + 1,
        )

    def _of_ours(self, seed: int, steps: int | None) -> tuple[list[Array], float | None]:
        if (seed, steps) not in self._known:
            self._known[seed, steps] = self._result(self._ours, seed, steps)
        return self._known[seed, steps]

    def _result(
        self, process: Process, seed: int, steps: int | None
    ) -> tuple[list[Array], float | None]:
        """Have a process train or predict; return its arrays and its mean loss."""
        path = self._folder / "result.npz"
        answer = process.ask(seed=seed, steps=steps, path=str(path))
        with np.load(path) as arrays:
            return [arrays[name] for name in arrays.files], answer.get("mean_loss")


def largest_difference(ours: list[Array], theirs: list[Array]) -> float:
    """Return the largest difference of any two numbers that should be the same."""
    pairs = zip(ours, theirs, strict=True)
    return max(float(np.abs(one - two).max()) for one, two in pairs)
