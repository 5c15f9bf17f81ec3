"""The way of the training examples into the network, a mini-batch at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.workspace import Workspace
from neuralnet.training.run import Examples

if TYPE_CHECKING:
    from neuralnet.data.augmentation import Augmentation, Augmenter


class Feed:
    """Gives the training examples in batches, each loaded into a workspace and labelled.

    Parameters
    ----------
    model : NeuralNetMLP
        The network that they are for.
    examples : (X, y, sample_weight)
        Checked at the door.
    augmentation : Augmentation, optional
        How images are deformed, each time in another way.
    generator : numpy.random.Generator, optional
        What the deformations are drawn from, batch after batch.
    overlapped : bool
        Whether a batch is deformed in a thread of its own, while the network trains on the one
        before. What comes out is the same: that thread alone draws from the generator.
    """

    def __init__(
        self,
        model: NeuralNetMLP,
        examples: Examples,
        augmentation: Augmentation | None = None,
        generator: np.random.Generator | None = None,
        *,
        overlapped: bool = False,
    ) -> None:
        self._model = model
        self._X, self._y, self._sample_weight = examples
        self._workspaces: dict[int, Workspace] = {}
        self._generator = generator or np.random.default_rng()
        self._overlapped = overlapped
        self._augmenter = None if augmentation is None else augmentation.augmenter()

    def batches(self, order: Array, size: int) -> Generator[tuple[Array, Workspace], None, None]:
        """Give the examples in this order, `size` at a time, the last batch being shorter.

        With each batch, loaded into a workspace, come the numbers of its examples.
        """
        parts = [order[start : start + size] for start in range(0, len(order), size)]
        if self._augmenter is None:
            for rows in parts:
                workspace = self._workspace(rows)
                with np.errstate(over="ignore", invalid="ignore"):  # looked for in the loss
                    workspace.gather(self._X, rows)
                yield rows, workspace
        else:
            for rows, x in zip(parts, self._deformed(parts, self._augmenter), strict=True):
                workspace = self._workspace(rows)
                workspace.load(x)
                yield rows, workspace

    def _workspace(self, rows: Array) -> Workspace:
        """Return the workspace for so many rows, with their labels."""
        if len(rows) not in self._workspaces:
            self._workspaces[len(rows)] = Workspace(self._model, len(rows))
        workspace = self._workspaces[len(rows)]
        weights = None if self._sample_weight is None else self._sample_weight[rows]
        workspace.label(self._y[rows], weights)
        return workspace

    def _deformed(self, parts: list[Array], augmenter: Augmenter) -> Iterator[Array]:
        """Give the deformed images of each part, in two buffers by turns."""
        shape = (2, max(map(len, parts)), self._X.shape[1])
        buffers = np.empty(shape, np.float32)
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
        """Return the images at these rows, deformed and scaled as the network takes them."""
        out = buffer[: len(rows)]
        augmenter.apply(self._X[rows], self._generator, out, self._y[rows])
        low, high = self._model.input_range
        out *= (high - low) / 255
        out += low
        return out
