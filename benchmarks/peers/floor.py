"""Lower bound of the time: only the matrix products that the workload needs."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.peers import base
from benchmarks.workloads import Array, Network


class Products:
    """Matrix products of one batch, with operands and results in preallocated buffers.

    A layer with D inputs and K outputs needs x W in the forward pass and x^T dz in the backward
    pass. All layers but the first also need dz W^T. Two layers have five products.
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
        """Compute all products."""
        for left, right, out in self.each:
            np.matmul(left, right, out=out)


class Trainer(base.Trainer):
    """Matrix products of an epoch."""

    inputs = ""

    def __init__(self, job: base.Job) -> None:
        batch_size = job.network.batch_size
        self.num_full, rest = divmod(job.work.num_examples, batch_size)
        self.full = Products(job.network, batch_size, backward=True)
        self.rest = Products(job.network, rest, backward=True) if rest else None

    def train(self, order: base.Order) -> float:
        """Compute the products of an epoch; return the time in seconds."""
        began = time.perf_counter()
        for _ in range(self.num_full):
            self.full.run()
        if self.rest:
            self.rest.run()
        return time.perf_counter() - began

    def weights(self) -> list[Array]:
        """Return an empty list, because nothing is learned."""
        return []


class Predictor(base.Predictor):
    """Matrix products of a prediction."""

    inputs = ""

    def __init__(self, job: base.Job) -> None:
        self.products = Products(job.network, job.work.num_examples, backward=False)

    def predict(self) -> Array:
        """Compute the products; return the last result, which has the shape of the outputs."""
        self.products.run()
        return self.products.each[-1][-1]
