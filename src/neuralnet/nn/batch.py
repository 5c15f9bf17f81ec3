"""The reusable buffers of one mini-batch.

Who owns which buffer, and who may overwrite it:

- A `Batch` owns all its arrays. They are allocated once and overwritten by the next batch that is
  loaded, so public functions copy what they return.
- `x` is read by the first layer, which is a `Dense`, and never written to: it may be the caller's
  own array.
- A layer's outputs belong to its cache. The layer after a `Dense` may overwrite the outputs of the
  `Dense`: batch normalization normalizes them in place, and the backward pass of an activation
  writes its derivative over z. The outputs of an activation must stay, because its own backward
  pass reads them. So batch normalization comes directly after a `Dense`, as in `NeuralNetMLP`.
- A gradient belongs to the layer that returned it. The layer below may overwrite it.
"""

from dataclasses import dataclass

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.objective import Objective
from neuralnet.nn.sequential import Sequential

# Examples per forward pass in inference: enough to keep the matrix products busy, few enough for
# their floats to stay in the processor's cache.
INFERENCE_ROWS = 500

Range = tuple[float, float]


def scale_pixels(pixels: Array, input_range: Range) -> None:
    """Scale pixels in place from [0, 255] to `input_range`."""
    low, high = input_range
    pixels *= (high - low) / 255
    pixels += low


@dataclass(eq=False, repr=False)
class Batch:
    """The buffers of a mini-batch of `num_rows` examples.

    Parameters
    ----------
    num_rows : int
        N.
    layers : Sequential
        Layers that the batch goes through.
    objective : Objective
        Objective that its outputs go to.
    input_range : (float, float)
        Range that uint8 pixels are scaled to.
    backward : bool
        Whether the batch also goes backward.

    Attributes
    ----------
    x : ndarray, shape (N, D)
        The inputs.
    total_weight : float
        Total weight of the examples: their number, unless they have weights.
    caches : list of Cache
        One per layer.
    objective_cache : ObjectiveCache
        Targets, outputs and the gradient at the logits.
    """

    num_rows: int
    layers: Sequential
    objective: Objective
    input_range: Range
    backward: bool

    def __post_init__(self) -> None:
        self.total_weight = float(self.num_rows)
        self.caches = self.layers.caches(self.num_rows, backward=self.backward)
        self.objective_cache = self.objective.cache(self.num_rows)
        self._gathered: Array | None = None
        self._converted: Array | None = None

    def load(self, X: Array) -> None:
        """Load N examples: pixels (uint8) are scaled, floating-point numbers are taken as is."""
        xp, dtype = self.layers.parameters.xp, self.layers.parameters.state.dtype
        if X.dtype == dtype:
            self.x = xp.asarray(X)
            return
        if self._converted is None:
            self._converted = self.layers.parameters.empty(*X.shape)
        self.x = self._converted
        self.x[...] = xp.asarray(X)
        if X.dtype == np.uint8:
            scale_pixels(self.x, self.input_range)

    def gather(self, X: Array, rows: Array) -> None:
        """Load the examples of X at `rows`, shape (N,).

        Pixels are gathered as bytes and scaled afterwards, which moves a quarter of the memory.
        """
        if self._gathered is None or self._gathered.dtype != X.dtype:
            # Data sets are NumPy arrays, whatever the array module of the network.
            self._gathered = np.empty((self.num_rows, X.shape[1]), X.dtype)
        # The rows come from a permutation and are in range; "clip" saves checking them.
        self.load(X.take(rows, axis=0, out=self._gathered, mode="clip"))
