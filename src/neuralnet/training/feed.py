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
    """

    def __init__(
        self,
        model: NeuralNetMLP,
        examples: Labelled,
        augmentation: Augmentation | None = None,
        generator: np.random.Generator | None = None,
    ) -> None:
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
        """Yield the examples in this order, `size` at a time; the last batch may be shorter."""
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        if self._augmenter is None:
            for rows in parts:
                batch = self._batch(rows)
                if self._contiguous:
                    batch.gather(self._X, rows)
                else:  # `take` would copy all of X first
                    batch.load(self._X[rows])
                yield batch
        else:
            with contextlib.closing(self._deformed(parts, self._augmenter)) as deformed:
                for rows, x in zip(parts, deformed, strict=True):
                    batch = self._batch(rows)
                    batch.load(x)
                    yield batch

    def _batch(self, rows: Array) -> Batch:
        """Return the batch of this size, with the targets and weights of these rows."""
        if len(rows) not in self._batches:
            self._batches[len(rows)] = self._model.batch(len(rows), backward=True)
        batch = self._batches[len(rows)]
        weights = None if self._sample_weight is None else self._sample_weight[rows]
        if weights is not None:
            batch.total_weight = float(weights.sum())
        self._model.objective.set_targets(self._y[rows], weights, batch.objective_cache)
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
        """Return the images at these rows, deformed and scaled to the input range."""
        out = buffer[: len(rows)]
        augmenter.apply(self._X[rows], self._generator, out, self._y[rows])
        scale_pixels(out, self._model.input_range)
        return out
