"""One mini-batch on its way through a network, forward and back, in buffers used again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.layers import Activate

if TYPE_CHECKING:
    from neuralnet.nn.network import NeuralNetMLP

# Examples that go forward at a time when nothing is learned: enough to keep the matrix products
# busy, few enough that their floats stay in the processor's cache.
INFERENCE_ROWS = 500


class Evaluation(NamedTuple):
    """How a network does on some examples.

    Attributes
    ----------
    loss : float
        The (weighted) mean loss of an example, L2 included.
    accuracy : float
        The (weighted) share of right answers, from 0 to 1.
    """

    loss: float
    accuracy: float


class Workspace:
    """The arrays that a batch of `num_rows` examples needs, and the steps that fill them.

    Training keeps one for its batch size (and one for the last, shorter batch); what stands in it
    is overwritten by the next step, so nothing of it is handed to a user without a copy.

    Parameters
    ----------
    network : NeuralNetMLP
        The network that the batches go through.
    num_rows : int
        N.
    backward : bool
        Whether they also go back; forward alone needs less memory.

    Attributes
    ----------
    x : ndarray, shape (N, D)
        The scaled inputs.
    z, a : ndarray, shape (N, K)
        The logits and the outputs of the last forward.
    targets : ndarray, shape (N, K)
        One-hot labels.
    weights : ndarray, shape (N,)
        Each example's share of the loss; they sum to one.
    """

    def __init__(self, network: NeuralNetMLP, num_rows: int, *, backward: bool = True) -> None:
        self.network = network
        self.num_rows = num_rows
        dtype, xp = network.dtype, network.xp
        self.x: Array = xp.empty((num_rows, network.num_features), dtype)
        self.caches = [
            layer.cache(num_rows, dtype, xp, d_inputs=backward and number > 0)
            for number, layer in enumerate(network.layers)
        ]
        self.z = self.caches[-1].outputs
        self.a: Array = xp.empty_like(self.z)
        self.dz: Array = xp.empty_like(self.z)
        self.targets: Array = xp.empty_like(self.z)
        self.equal_weights: Array = xp.full(num_rows, 1 / num_rows, dtype)
        self.weights = self.equal_weights
        self._one_hot: Array = xp.eye(network.num_classes, dtype=dtype)
        self._staging: dict[np.dtype[Any], Array] = {}

    def load(self, X: Array, y: Array | None = None, sample_weight: Array | None = None) -> None:
        """Take in N examples that lie side by side: scale them if they are pixels."""
        self.network.scale(X, out=self.x)
        if y is not None:
            self._one_hot.take(y, axis=0, out=self.targets, mode="clip")
        self._share_out(sample_weight)

    def gather(self, X: Array, rows: Array, y: Array, sample_weight: Array | None = None) -> None:
        """Take in the N examples at `rows`, wherever they lie in X.

        Bytes are gathered first and scaled after, which moves a quarter of what floats would. The
        rows come from a permutation, so none is out of range; mode "clip" spares looking.
        """
        staging = self.x
        if X.dtype != self.x.dtype:
            if X.dtype not in self._staging:
                self._staging[X.dtype] = np.empty(self.x.shape, X.dtype)
            staging = self._staging[X.dtype]
        X.take(rows, axis=0, out=staging, mode="clip")
        weights = None if sample_weight is None else sample_weight[rows]
        self.load(staging, y[rows], weights)

    def _share_out(self, sample_weight: Array | None) -> None:
        """Turn weights into shares of the whole: w_n / sum w."""
        self.weights = self.equal_weights
        if sample_weight is not None:
            total = sample_weight.sum()
            # A batch whose examples all weigh nothing teaches nothing.
            self.weights = (sample_weight / (total or 1)).astype(self.x.dtype)

    def forward(self) -> Array:
        """Send the loaded examples through the network; return the outputs."""
        x = self.x
        for layer, cache in zip(self.network.layers, self.caches, strict=True):
            x = layer.forward(x, cache)
        return self.network.output_activation.forward(x, out=self.a)  # (N, K)

    def activations(self) -> list[Array]:
        """Return what each layer gave at the last forward: hidden layers first, outputs last."""
        pairs = zip(self.network.layers, self.caches, strict=True)
        return [*(cache.outputs for layer, cache in pairs if isinstance(layer, Activate)), self.a]

    def restore(self, activations: Sequence[Array]) -> None:
        """Stand as after a forward pass of the loaded examples that gave these activations.

        They are read and never written to. A function whose derivative reads z has it computed
        again; for the others nothing is.
        """
        given = iter(activations)
        x = self.x
        for number, (layer, cache) in enumerate(zip(self.network.layers, self.caches, strict=True)):
            cache.inputs = x
            if isinstance(layer, Activate):
                if layer.function.needs_z:
                    before = self.caches[number - 1]
                    self.network.layers[number - 1].forward(before.inputs_seen(), before)
                cache.outputs = next(given)
            x = cache.outputs
        self.a = next(given)

    def loss(self) -> float:
        """Return the weighted mean of the examples' losses, without L2."""
        each = self.network.loss_function.forward(self.z, self.a, self.targets, scratch=self.dz)
        return float(np.dot(each, self.weights))

    def backward(self) -> None:
        """Leave the gradient of the loss, L2 included, in the network's gradient buffer."""
        network = self.network
        d = network.loss_function.backward(
            self.z, self.a, self.targets, network.output_activation, out=self.dz
        )
        np.multiply(d, self.weights[:, np.newaxis], out=d)  # (N, K)
        for layer, cache in zip(reversed(network.layers), reversed(self.caches), strict=True):
            d = layer.backward(d, cache)
        if network.l2:
            network.parameters.add_l2_gradient(network.l2)


def batches(
    network: NeuralNetMLP, X: Array, y: Array | None = None, sample_weight: Array | None = None
) -> Iterator[tuple[slice, Workspace]]:
    """Send X forward in batches: which rows each one is, and the workspace that holds it."""
    workspace: Workspace | None = None
    for start in range(0, len(X), INFERENCE_ROWS):
        rows = slice(start, min(start + INFERENCE_ROWS, len(X)))
        if workspace is None or workspace.num_rows != rows.stop - start:
            workspace = Workspace(network, rows.stop - start, backward=False)
        workspace.load(
            X[rows],
            None if y is None else y[rows],
            None if sample_weight is None else sample_weight[rows],
        )
        workspace.forward()
        yield rows, workspace


def evaluate(
    network: NeuralNetMLP, X: Array, y: Array, sample_weight: Array | None = None
) -> Evaluation:
    """Evaluate on examples that were checked at the door."""
    loss = correct = total = 0.0
    for rows, workspace in batches(network, X, y, sample_weight):
        right = workspace.z.argmax(axis=1) == y[rows]  # (N,)
        if sample_weight is None:
            weight, weight_right = float(workspace.num_rows), float(np.count_nonzero(right))
        else:
            weight = float(sample_weight[rows].sum())
            weight_right = float(sample_weight[rows][right].sum())
        loss += weight * workspace.loss()
        correct += weight_right
        total += weight
    return Evaluation(loss / total + network.penalty(), correct / total)
