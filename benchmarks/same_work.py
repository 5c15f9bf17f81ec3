"""Check that a peer computes the same results from the same initial weights in the same order.

For the classic network, the weights after an epoch must agree. For the wide network, the weights
are compared after 10 steps only: Adam divides by the magnitude of the gradient, so that rounding
errors dominate where the gradient is nearly zero. After an epoch of the wide network, the mean loss
over the batches must agree.

Even within 10 steps, the input of a hidden unit may be so close to the kink of ReLU that rounding
determines its derivative, and the weights diverge. Therefore a peer may try several initial
weights. A real difference, such as another epsilon or another order, shows with all of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.process import Process
from benchmarks.results import Agreement
from benchmarks.workloads import Array, Work

MAX_DIFFERENCE = 1e-4
MAX_LOSS_DIFFERENCE = 0.01
NUM_STARTS = 6


class SameWork:
    """Comparison of the peers' results with ours, which are computed only once.

    The comparison also warms the peer up: everything is compiled afterwards.
    """

    def __init__(self, work: Work, ours: Process, folder: Path) -> None:
        self._work = work
        self._ours = ours
        self._folder = folder
        self._known: dict[tuple[int, int | None], tuple[list[Array], float | None]] = {}

    def check(self, peer: Process) -> Agreement:
        """Run the workload with a peer and compare the results with ours."""
        if self._work.kind == "prediction":
            return self._compare(peer, "probabilities", 0, None)
        steps = self._work.network.same_steps
        if steps is None:
            return self._compare(peer, "weights after an epoch", 0, None)
        what = f"weights after {steps} steps, mean loss of an epoch"
        # This also compiles the shapes of a whole epoch.
        for seed in range(NUM_STARTS):
            agreement = self._compare(peer, what, seed, steps)
            if agreement.holds:
                break
        return agreement

    def _compare(self, peer: Process, what: str, seed: int, steps: int | None) -> Agreement:
        theirs, loss = self._result(peer, seed, steps)
        ours, our_loss = self._our_result(seed, steps)
        loss_difference = None
        if steps is not None:
            _, loss = self._result(peer, seed, None)
            _, our_loss = self._our_result(seed, None)
            if loss is not None and our_loss is not None:
                loss_difference = abs(loss / our_loss - 1)
        return Agreement(
            self._work.name,
            peer.peer.name,
            what,
            largest_difference(ours, theirs),
            MAX_DIFFERENCE,
            loss_difference,
            MAX_LOSS_DIFFERENCE if loss_difference is not None else None,
            starts=seed + 1,
        )

    def _our_result(self, seed: int, steps: int | None) -> tuple[list[Array], float | None]:
        if (seed, steps) not in self._known:
            self._known[seed, steps] = self._result(self._ours, seed, steps)
        return self._known[seed, steps]

    def _result(
        self, process: Process, seed: int, steps: int | None
    ) -> tuple[list[Array], float | None]:
        """Train or predict in a process; return the arrays and the mean loss."""
        path = self._folder / "result.npz"
        answer = process.ask(seed=seed, steps=steps, path=str(path))
        with np.load(path) as arrays:
            return [arrays[name] for name in arrays.files], answer.get("mean_loss")


def largest_difference(ours: list[Array], theirs: list[Array]) -> float:
    """Return the largest absolute difference between two lists of arrays."""
    pairs = zip(ours, theirs, strict=True)
    return max(float(np.abs(one - two).max()) for one, two in pairs)
