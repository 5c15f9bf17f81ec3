"""One mini-batch on its way through a network, forward and back, in buffers used again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import Array, NeuralNetError, all_finite, check_finite
from neuralnet.nn.layers import ActivationLayer, Dense

if TYPE_CHECKING:
    from neuralnet.nn.network import NeuralNetMLP

AnyWorkspace = TypeVar("AnyWorkspace", bound="ForwardWorkspace")

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
        The (weighted) share of right answers, from 0 to 1; NaN for a regression, which has none.
    """

    loss: float
    accuracy: float


class ForwardWorkspace:
    """The arrays that a batch of `num_rows` examples needs on its way forward.

    What stands in them is overwritten by the next batch, so nothing of it is handed to a user
    without a copy.

    Parameters
    ----------
    network : NeuralNetMLP
        The network that the batches go through.
    num_rows : int
        N.

    Attributes
    ----------
    x : ndarray, shape (N, D)
        The inputs, scaled.
    z, a : ndarray, shape (N, K)
        The logits and the outputs of the last forward.
    """

    d_inputs: ClassVar[bool] = False  # whether the batches also go back

    def __init__(self, network: NeuralNetMLP, num_rows: int) -> None:
        self.network = network
        self.num_rows = num_rows
        self.caches = [
            layer.cache(num_rows, network.dtype, network.xp, d_inputs=self.d_inputs and number > 0)
            for number, layer in enumerate(network.layers)
        ]
        self.z = self.caches[-1].outputs
        self.a: Array = network.xp.empty_like(self.z)
        self._scaled: Array | None = None

    def load(self, X: Array) -> None:
        """Take in N examples that lie side by side: as they are, or scaled if they are pixels."""
        if X.dtype == self.network.dtype:
            self.x = self.network.xp.asarray(X)
            return
        if self._scaled is None:
            self._scaled = self.network.xp.empty(X.shape, self.network.dtype)
        self.x = self._scaled
        self.network.scale(X, out=self.x)

    def logits(self, training: np.random.Generator | None = None) -> Array:
        """Send the loaded examples through all layers; return what the last one gives.

        `training` is what dropout is drawn from when the network learns from the batch, and None
        when it only answers.
        """
        x: Array = self.x
        for layer, cache in zip(self.network.layers, self.caches, strict=True):
            x = layer.forward(x, cache, training)
        return x  # (N, K)

    def forward(self, training: np.random.Generator | None = None) -> Array:
        """Send the loaded examples through the network; return the outputs."""
        return self.network.output_activation.forward(self.logits(training), out=self.a)  # (N, K)

    def activations(self) -> list[Array]:
        """Return what each layer gave at the last forward: hidden layers first, outputs last."""
        pairs = zip(self.network.layers, self.caches, strict=True)
        return [
            *(cache.outputs for layer, cache in pairs if isinstance(layer, ActivationLayer)),
            self.a,
        ]


class Workspace(ForwardWorkspace):
    """The arrays that a labelled batch of `num_rows` examples needs, forward and back.

    Training keeps one for its batch size, and one for the last, shorter batch.

    Attributes
    ----------
    targets : ndarray, shape (N, K)
        What the outputs should be: one-hot labels, smoothed where the network has that;
        or as they were given, as a matrix.
    weights : ndarray, shape (N,)
        Each example's share of the loss; they sum to one.
    """

    d_inputs = True

    def __init__(self, network: NeuralNetMLP, num_rows: int) -> None:
        super().__init__(network, num_rows)
        xp = network.xp
        self.dz: Array = xp.empty_like(self.z)
        self.targets: Array = xp.empty_like(self.z)
        self.equal_weights: Array = xp.full(num_rows, 1 / num_rows, network.dtype)
        self.weights = self.equal_weights
        smoothing = network.label_smoothing
        self._gathered: NDArray[Any] | None = None
        self._rows: Array = xp.eye(network.num_classes, dtype=network.dtype) * (1 - smoothing)
        self._rows += smoothing / network.num_classes

    def gather(self, X: Array, rows: Array) -> None:
        """Take in the N examples at `rows`, wherever they lie in X.

        Bytes are gathered first and scaled after, which moves a quarter of what floats would. The
        rows come from a permutation, so none is out of range; mode "clip" spares looking.
        """
        if self._gathered is None or self._gathered.dtype != X.dtype:
            # Inputs lie on NumPy's side, whatever module the network computes with.
            self._gathered = np.empty((self.num_rows, X.shape[1]), X.dtype)
        self.load(X.take(rows, axis=0, out=self._gathered, mode="clip"))

    def label(self, y: Array, sample_weight: Array | None = None) -> None:
        """Say what the loaded examples should give, and how much each one counts."""
        xp = self.network.xp
        if y.ndim == 2:
            self.targets[...] = xp.asarray(y)
        elif xp is np:
            self._rows.take(y, axis=0, out=self.targets, mode="clip")  # checked at the door
        else:
            self._rows.take(xp.asarray(y), axis=0, out=self.targets)
        self.weights = self.equal_weights
        if sample_weight is not None:
            # A batch whose examples all weigh nothing teaches nothing.
            total = sample_weight.sum() or 1
            self.weights = xp.asarray((sample_weight / total).astype(self.network.dtype))

    def restore(self, activations: Sequence[Array]) -> None:
        """Stand as after a forward pass of the loaded examples that gave these activations.

        They are read and never written to. Of what the layers computed before them, z, only what
        the way back reads is computed again.
        """
        given = iter(activations)
        x = self.x
        layers = self.network.layers
        for number, (layer, cache) in enumerate(zip(layers, self.caches, strict=True)):
            if isinstance(layer, ActivationLayer):
                cache.inputs = x
                cache.outputs = x = next(given)
                continue
            after = layers[number + 1] if layer is not layers[-1] else None
            z_read = not isinstance(after, ActivationLayer) or after.function.needs_z
            if isinstance(layer, Dense) and not z_read:
                cache.inputs, x = x, cache.outputs
            else:
                x = layer.forward(x, cache)
        self.a = next(given)

    def loss(self) -> float:
        """Return the weighted mean of the examples' losses, without L2."""
        each = self.network.loss_function.forward(self.z, self.a, self.targets, scratch=self.dz)
        return float(np.dot(each, self.weights))

    def right(self, y: Array) -> Array:
        """Return which of the labelled examples were answered rightly, after a forward pass.

        To labels, the largest output is the answer; to several labels an example, each output of
        at least a half is a yes, and all must be right.
        """
        right: Array
        if y.ndim == 2:
            right = ((self.z > 0) == (self.targets > 0.5)).all(axis=1)
        else:
            right = np.equal(self.z.argmax(axis=1), self.network.xp.asarray(y))
        return right  # (N,)

    def backward(self) -> None:
        """Leave the gradient of the loss, L2 included, in the network's gradient buffer."""
        network = self.network
        gradient = network.loss_function.backward(
            self.z, self.a, self.targets, network.output_activation, out=self.dz
        )
        # The loss is a mean over the examples: each one's share of it is 1/N, or its weight's.
        np.multiply(gradient, self.weights[:, np.newaxis], out=gradient)  # (N, K)
        for layer, cache in zip(reversed(network.layers), reversed(self.caches), strict=True):
            gradient = layer.backward(gradient, cache)
        if network.l2:
            network.parameters.add_l2_gradient(network.l2)


def batches(
    kind: type[AnyWorkspace], network: NeuralNetMLP, X: Array, spare: AnyWorkspace | None = None
) -> Iterator[tuple[slice, AnyWorkspace]]:
    """Cut X into batches: which rows each one is, and a workspace that has taken them in."""
    workspace = spare
    for start in range(0, len(X), INFERENCE_ROWS):
        rows = slice(start, min(start + INFERENCE_ROWS, len(X)))
        if workspace is None or workspace.num_rows != rows.stop - start:
            workspace = kind(network, rows.stop - start)
        workspace.load(X[rows])
        yield rows, workspace


def finite_logits(network: NeuralNetMLP, X: Array) -> Iterator[tuple[slice, Array]]:
    """Send X through the layers in batches; give which rows each one is, and its logits.

    A single picture goes through the buffers of the one before, since making them takes as long as
    its matrix products. They are taken out while in use, so that threads share none.

    Whether X holds NaN or infinities is not looked for in X itself: they would show in what
    the first layer gives, which is smaller. The logits are looked at as well, since of NaN the
    largest would be as good as any.
    """
    # Floats are not copied on their way in, and buffers that are kept would keep them, too.
    keeps = len(X) == 1 and X.dtype == np.uint8
    spare = network.spare_workspaces.pop(1, None) if keeps else None
    for rows, workspace in batches(ForwardWorkspace, network, X, spare):
        with np.errstate(over="ignore", invalid="ignore"):
            z = workspace.logits()
            finite = all_finite(workspace.caches[0].outputs) and all_finite(z)
        if not finite:
            check_finite(X, "X")
            raise NeuralNetError(
                "The network's outputs are NaN or infinite for some examples, so they say "
                "nothing. Its weights are not finite (did its training diverge?), or the "
                "inputs are so large that it overflows."
            )
        yield rows, z
        if keeps:
            network.spare_workspaces[1] = workspace


def evaluate(
    network: NeuralNetMLP, X: Array, y: Array, sample_weight: Array | None = None
) -> Evaluation:
    """Evaluate on examples that were checked at the door."""
    loss = correct = total = 0.0
    for rows, workspace in batches(Workspace, network, X):
        weights = None if sample_weight is None else sample_weight[rows]
        workspace.label(y[rows], weights)
        workspace.forward()
        right = network.to_numpy(workspace.right(y[rows]))  # (N,)
        if weights is None:
            weight, weight_right = float(workspace.num_rows), float(np.count_nonzero(right))
        else:
            weight, weight_right = float(weights.sum()), float(weights[right].sum())
        loss += weight * workspace.loss()
        correct += weight_right
        total += weight
    is_regression = y.ndim == 2 and network.output_activation.name == "identity"
    accuracy = math.nan if is_regression else correct / total
    return Evaluation(loss / total + network.penalty(), accuracy)
