"""Load the training examples in mini-batches."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from neuralnet.checks import Array, Labelled
from neuralnet.data.augmentation import Augmentation, Augmenter
from neuralnet.nn.batch import Batch, scale_pixels
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.regularization import BatchNormCache
from neuralnet.training.processes import Processes


class Feed:
    """Loads the training examples into batches, with their targets.

    Parameters
    ----------
    model : NeuralNetMLP
        The network that is trained.
    examples : (X, y, sample_weight)
        The training set, validated.
    augmentation : Augmentation, optional
        How images are deformed, differently each time.
    generator : numpy.random.Generator, optional
        Source of the deformations, batch by batch.
    processes : Processes, optional
        The processes that share each mini-batch; this one loads its rows.
    """

    def __init__(
        self,
        model: NeuralNetMLP,
        examples: Labelled,
        augmentation: Augmentation | None = None,
        generator: np.random.Generator | None = None,
        processes: Processes | None = None,
    ) -> None:
        self._processes = processes or Processes()
        self._model = model
        self._X, self._y, self._sample_weight = examples
        X = self._X
        flags = getattr(X, "flags", None)  # `Rows` have none
        self._contiguous = flags is None or flags.c_contiguous
        self._batches: dict[int, Batch] = {}
        self._generator = generator or np.random.default_rng()
        self._overlapped = augmentation is not None and augmentation.overlapped
        self._augmenter = None if augmentation is None else augmentation.augmenter(model.xp)

    def batches(self, order: Array, size: int) -> Generator[Batch, None, None]:
        """Yield the examples in this order, `size` at a time; the last batch may be shorter.

        With several processes, a batch holds this one's rows, which may be none.
        """
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        if self._augmenter is None:
            for part in parts:
                batch, rows = self._batch(part), part[self._processes.rows(len(part))]
                if self._contiguous:
                    batch.gather(self._X, rows)
                else:  # `take` would copy all of X first
                    batch.load(self._X[rows])
                yield batch
        else:
            with contextlib.closing(self._deformed(parts, self._augmenter)) as deformed:
                for part, x in zip(parts, deformed, strict=True):
                    batch = self._batch(part)
                    batch.load(x)
                    yield batch

    def _batch(self, part: Array) -> Batch:
        """Return the batch of this size, with the targets and weights of this process's rows."""
        processes = self._processes
        processes.num_rows, mine = len(part), processes.rows(len(part))
        if len(part) not in self._batches:
            batch = self._model.batch(mine.stop - mine.start, backward=True)
            self._batches[len(part)] = batch
            batch.total_weight = float(len(part))
            for cache in batch.caches:
                if isinstance(cache, BatchNormCache) and processes.size > 1:
                    cache.num_rows, cache.reduce = len(part), processes.sum
        batch = self._batches[len(part)]
        weights = None if self._sample_weight is None else self._sample_weight[part]
        if weights is not None:
            batch.total_weight = float(weights.sum())
        targets, cache = self._y[part[mine]], batch.objective_cache
        if processes.size == 1:
            self._model.objective.set_targets(targets, weights, cache)
        else:
            # Divided by the weights of all processes' rows, so that their losses add up.
            own = np.ones(len(targets)) if weights is None else weights[mine]
            self._model.objective.set_targets(targets, own, cache)
            shares = own / (batch.total_weight or 1)
            cache.example_weights[...] = self._model.xp.asarray(shares)
        return batch

    def _deformed(self, parts: list[Array], augmenter: Augmenter) -> Generator[Array, None, None]:
        """Yield the deformed images of each part, alternating between two buffers."""
        shape = (2, max(map(len, parts)), self._X.shape[1])
        buffers = self._model.xp.empty(shape, np.float32)
        if not self._overlapped:
            for rows in parts:
                yield self._deform(augmenter, rows, buffers[0])
            return
        with ThreadPoolExecutor(max_workers=1) as thread:
            following = thread.submit(self._deform, augmenter, parts[0], buffers[0])
            for number in range(1, len(parts) + 1):
                ready = following.result()
                if number < len(parts):
                    buffer = buffers[number % 2]
                    following = thread.submit(self._deform, augmenter, parts[number], buffer)
                yield ready

    def _deform(self, augmenter: Augmenter, rows: Array, buffer: Array) -> Array:
        """Return this process's images of these rows, deformed and scaled to the input range."""
        part = (len(rows), self._processes.rows(len(rows)))
        mine = rows[part[1]]
        out = buffer[: len(mine)]
        shared = part if self._processes.size > 1 else None
        augmenter.apply(self._X[mine], self._generator, out, self._y[mine], shared)
        scale_pixels(out, self._model.input_range)
        return out
