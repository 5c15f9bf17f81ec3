"""The floor: the matrix products that the work needs, and nothing else."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.peers import base
from benchmarks.works import Array, Network


class Products:
    """The products of one batch, with their operands and results in buffers used again.

    A layer with D inputs and K outputs needs x W forward, and x^T dz and, but for the first layer,
    dz W^T backward: five products for two layers.
    """

    def __init__(self, network: Network, num_rows: int, *, backward: bool) -> None:
        generator = np.random.default_rng(0)

        def matrix(*shape: int) -> Array:
            return generator.standard_normal(shape).astype(np.float32)

        self.each: list[tuple[Array, Array, Array]] = []
        for number, (D, K) in enumerate(network.pairs):
            x, W, dz = matrix(num_rows, D), matrix(D, K), matrix(num_rows, K)
            self.each.append((x, W, np.empty_like(dz)))
            if backward:
                self.each.append((x.T, dz, np.empty_like(W)))
            if backward and number > 0:
                self.each.append((dz, W.T, np.empty_like(x)))

    def run(self) -> None:
        """Multiply."""
        for left, right, out in self.each:
            np.matmul(left, right, out=out)


class Trainer(base.Trainer):
    """The products of an epoch."""

    inputs = ""

    def __init__(self, job: base.Job) -> None:
        batch_size = job.network.batch_size
        self.num_full, rest = divmod(job.work.num_examples, batch_size)
        self.full = Products(job.network, batch_size, backward=True)
        self.rest = Products(job.network, rest, backward=True) if rest else None

    def train(self, order: base.Order) -> float:
        """Multiply as often as an epoch does."""
        began = time.perf_counter()
        for _ in range(self.num_full):
            self.full.run()
        if self.rest:
            self.rest.run()
        return time.perf_counter() - began

    def weights(self) -> list[Array]:
        """Return nothing: nothing is learned."""
        return []


class Predictor(base.Predictor):
    """The products of a prediction."""

    inputs = ""

    def __init__(self, job: base.Job) -> None:
        self.products = Products(job.network, job.work.num_examples, backward=False)

    def predict(self) -> Array:
        """Multiply."""
        self.products.run()
        return self.products.each[-1][-1]
