"""The time of a training step on several machines: computing its rows, and adding up gradients.

A step on one machine takes `fixed + per_row * rows`. The fixed part is mostly the optimizer's pass
over the parameters, which every machine makes for itself. Every machine also draws the random
numbers of all rows. Adding up an array over p machines takes

    2 log2(p) latency + 2 (p - 1) / p bytes / bandwidth

(Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in
MPICH"; the additions are left out). A short array, such as the loss, takes log2(p) latency.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Network:
    """A network between machines.

    Parameters
    ----------
    name : str
        Its name.
    latency : float
        Seconds that the shortest message takes.
    bandwidth : float
        Bytes per second.
    """

    name: str
    latency: float
    bandwidth: float


# Usual figures of the two kinds, not measured here.
NETWORKS = (
    Network("10 Gbit/s Ethernet", 30e-6, 1.25e9),
    Network("100 Gbit/s InfiniBand", 2e-6, 12.5e9),
)


@dataclass(frozen=True)
class Step:
    """The time of a step on one machine.

    Parameters
    ----------
    fixed : float
        Seconds that do not depend on the number of rows.
    per_row : float
        Seconds per row, those for its random numbers included.
    num_bytes : int
        Size of the gradients.
    small_sums : int
        Short messages per step: the loss, and three for each layer with batch normalization.
    drawing : float
        Seconds per row for random numbers, which each machine draws for all rows.
    """

    fixed: float
    per_row: float
    num_bytes: int
    small_sums: int = 1
    drawing: float = 0.0

    def seconds(self, batch: float, machines: int, network: Network) -> float:
        """Return the time of a step on a mini-batch that these machines share."""
        own = (self.per_row - self.drawing) * batch / machines
        everywhere = self.fixed + self.drawing * batch
        return everywhere + own + self.communication(machines, network)

    def communication(self, machines: int, network: Network) -> float:
        """Return the time of all sums over the machines."""
        short = self.small_sums * math.log2(machines) * network.latency
        return sum_seconds(self.num_bytes, machines, network) + short

    def speedup(self, batch: float, machines: int, network: Network) -> float:
        """Return how many times as fast as one machine these are."""
        return self.seconds(batch, 1, network) / self.seconds(batch, machines, network)

    def break_even(self, machines: int, network: Network) -> float:
        """Return the size of the mini-batch below which one machine is faster."""
        saved = (self.per_row - self.drawing) * (1 - 1 / machines)
        return self.communication(machines, network) / saved

    def half_efficient(self, machines: int, network: Network) -> float:
        """Return the size of the mini-batch at which these machines do half of what they could.

        The speedup is then half the number of machines. On two machines, this is break-even. It is
        infinite where the random numbers take too long for that.
        """
        # With p machines, shared = per_row - drawing, and a mini-batch of b examples:
        # fixed + per_row b = (p / 2) (fixed + drawing b + shared b / p + communication)
        half, shared = machines / 2, self.per_row - self.drawing
        missing = half * self.communication(machines, network) + (half - 1) * self.fixed
        gained = self.per_row - half * self.drawing - shared / 2
        return missing / gained if gained > 0 else math.inf


def sum_seconds(num_bytes: float, machines: int, network: Network) -> float:
    """Return the time of the sum of an array over several machines."""
    moved = 2 * (machines - 1) / machines * num_bytes
    return 2 * math.log2(machines) * network.latency + moved / network.bandwidth


def fit(times: Mapping[int, float]) -> tuple[float, float]:
    """Return a and b of `a + b * size`, fitted to times by size with the least relative error.

    Neither is negative.
    """
    sizes = np.array(list(times), dtype=float)
    seconds = np.array(list(times.values()))
    columns = np.stack([1 / seconds, sizes / seconds], axis=1)
    (a, b), *_ = np.linalg.lstsq(columns, np.ones(len(sizes)), rcond=None)
    if a < 0:
        a, b = 0.0, columns[:, 1].sum() / (columns[:, 1] ** 2).sum()
    return float(a), float(b)
