"""The objective: output activation, loss, L2 penalty and label smoothing as one function.

L = sum_n w_n l_n + (l2 / 2) sum W², where l_n is the loss of example n (losses.py), the example
weights w_n sum to one (1/N each by default), `l2` is a setting, and the second sum is over all
entries of all weight matrices W.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from neuralnet.checks import Array, check_fields, check_forward
from neuralnet.nn import parallel
from neuralnet.nn.activations import Activation
from neuralnet.nn.losses import Loss
from neuralnet.nn.parameters import Parameters


class Evaluation(NamedTuple):
    """The loss and the accuracy of a network on some examples.

    Attributes
    ----------
    loss : float
        The (weighted) mean loss, L2 penalty included.
    accuracy : float
        The (weighted) share of correct predictions, in [0, 1]; NaN for a regression.
    """

    loss: float
    accuracy: float


@dataclass(slots=True, eq=False, repr=False)
class ObjectiveCache:
    """The arrays at the outputs of one mini-batch.

    Attributes
    ----------
    targets : ndarray, shape (N, K)
        Desired outputs.
    example_weights : ndarray, shape (N,)
        Weight of each example in the loss; they sum to one.
    a, dz : ndarray, shape (N, K)
        Outputs, and the gradient with respect to the logits. `forward` uses `dz` as scratch.
    z : ndarray, shape (N, K), or None
        Logits of the last forward; None before the first, and once backward has used them.
    """

    targets: Array
    example_weights: Array
    a: Array
    dz: Array
    z: Array | None = None


@dataclass(eq=False, repr=False)
class Objective:
    """The number that training minimizes, with its gradient at the logits.

    Parameters
    ----------
    output_activation : Activation
        Maps logits to outputs.
    loss : Loss
        Compares outputs with targets.
    parameters : Parameters
        Parameters that the L2 penalty is computed from.
    num_outputs : int
        K.
    l2 : float
        L2 penalty: `l2 / 2` times the sum of the squared weights.
    label_smoothing : float
        Share of each one-hot target that is spread evenly over all classes, in [0, 1).
    """

    output_activation: Activation
    loss: Loss
    parameters: Parameters
    num_outputs: int
    l2: float = 0.0
    label_smoothing: float = 0.0

    def __post_init__(self) -> None:
        # Read by `check_labelled`: where there is a range, y may be a matrix of targets.
        self.target_range = self.loss.target_ranges.get(self.output_activation.name)
        check_fields(self, {"l2": {"minimum": 0}, "label_smoothing": {"minimum": 0, "below": 1}})
        smoothing = self.label_smoothing
        xp, dtype = self.parameters.xp, self.parameters.state.dtype
        one_hot: Array = xp.eye(self.num_outputs, dtype=dtype)
        self._smoothed = one_hot * (1 - smoothing) + smoothing / self.num_outputs

    def cache(self, num_rows: int) -> ObjectiveCache:
        """Allocate the cache of a batch of `num_rows` examples."""
        targets, a, dz = (self.parameters.empty(num_rows, self.num_outputs) for _ in range(3))
        return ObjectiveCache(targets, self.parameters.empty(num_rows), a, dz)

    def set_targets(self, y: Array, sample_weight: Array | None, cache: ObjectiveCache) -> None:
        """Store targets and weights of a batch.

        Parameters
        ----------
        y : ndarray, shape (N,) or (N, K)
            Whole-number labels, which become smoothed one-hot rows, or the targets themselves.
        sample_weight : ndarray, shape (N,), or None
            Weights, which are divided by their sum; None weights all examples equally.
        cache : ObjectiveCache
            Where they are stored.
        """
        xp = self.parameters.xp
        if y.ndim == 2:
            cache.targets[...] = xp.asarray(y)
        else:
            self._smoothed.take(xp.asarray(y), axis=0, out=cache.targets)
        if sample_weight is None:
            cache.example_weights[...] = 1 / len(y)
        else:
            total = sample_weight.sum() or 1  # a batch whose weights are all 0 has no gradient
            cache.example_weights[...] = xp.asarray(sample_weight / total)

    def forward(self, z: Array, cache: ObjectiveCache) -> float:
        """Return L: the weighted mean loss of a batch, plus the L2 penalty."""
        return self.mean_loss(z, cache) + self.penalty()

    def mean_loss(self, z: Array, cache: ObjectiveCache) -> float:
        """Return the weighted mean loss of a batch, sum_n w_n l_n."""
        cache.z = z
        a = self.output_activation.forward(z, out=cache.a)  # (N, K)
        losses = self.loss.forward(z, a, cache.targets, scratch=cache.dz)  # (N,)
        return float(np.dot(losses, cache.example_weights))

    def backward(self, cache: ObjectiveCache) -> Array:
        """Return the gradient of L with respect to the logits, dL/dz, to which L2 adds nothing.

        The gradient of the L2 penalty with respect to the weights is added afterwards, by
        `add_penalty_gradient`, to the gradients that the layers have stored.

        Raises
        ------
        NeuralNetError
            If there was no forward since the last call.
        """
        z, cache.z = cache.z, None  # the loss may write over z
        z = check_forward(z)
        dz = self.loss.backward(z, cache.a, cache.targets, self.output_activation, out=cache.dz)
        # So far dl/dz. Row n of z enters l_n alone, so dL/dz_n = w_n dl_n/dz_n.
        return np.multiply(dz, cache.example_weights[:, np.newaxis], out=dz)  # (N, K)

    def penalty(self) -> float:
        """Return the L2 penalty."""
        weights = self.parameters.values[: self.parameters.num_weights]
        return self.l2 / 2 * float(np.dot(weights, weights)) if self.l2 else 0.0

    def add_penalty_gradient(self) -> None:
        """Add the gradient of the L2 penalty, l2 W, to the gradients of the weights."""
        if self.l2:
            w, g = self.parameters.values, self.parameters.gradients

            def add(block: slice, scratch: Array) -> None:
                g[block] += np.multiply(w[block], self.l2, out=scratch)

            parallel.blockwise(add, w, self.parameters.num_weights)

    def correct(self, z: Array, y: Array, cache: ObjectiveCache) -> Array:
        """Return which examples of a batch are classified correctly, shape (N,).

        With labels, the prediction is the largest output. With a matrix of targets each output is
        a label of its own, predicted where z > 0, that is sigmoid(z) > 1/2, and all of them have to
        be correct. Outputs that predict numbers have no correct answers; `evaluate` returns NaN.
        """
        correct: Array
        if y.ndim == 2:
            correct = ((z > 0) == (cache.targets > 0.5)).all(axis=1)
        else:
            correct = np.equal(z.argmax(axis=1), self.parameters.xp.asarray(y))
        return correct
