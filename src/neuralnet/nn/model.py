"""`Model`: layers with an objective, from examples to predictions and gradients."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import Array, Labelled, NeuralNetError, check_activations, check_generator
from neuralnet.checks.arrays import all_finite, check_examples, check_finite, check_labelled
from neuralnet.checks.inputs import NOT_FINITE, warn_of_other_inputs
from neuralnet.nn import parallel
from neuralnet.nn.batch import INFERENCE_ROWS, Batch, Range
from neuralnet.nn.layers import ActivationLayer, Rng
from neuralnet.nn.objective import Evaluation, Objective
from neuralnet.nn.sequential import Sequential


class Model:
    """Layers with an objective: `forward`, `backward`, and what is built from the two.

    Parameters
    ----------
    sequential : Sequential
        The layers, with the loops over them.
    objective : Objective
        Output activation, loss, L2 penalty and label smoothing.
    num_features : int
        Inputs per example, D.
    input_range : (float, float)
        Range that uint8 pixels are scaled to.

    Attributes
    ----------
    parameters : Parameters
        All weights and biases in one buffer, and their gradients in another.
    layers : list of Layer
        The layers of `sequential`.
    notes : dict of str to str
        Free text that is saved with the network, for example the source of its data. `train` notes
        the kind of inputs, and an `InputWarning` is given for inputs of another kind.
    """

    def __init__(
        self, sequential: Sequential, objective: Objective, num_features: int, input_range: Range
    ) -> None:
        self.sequential = sequential
        self.objective = objective
        self.num_features = num_features
        self.notes: dict[str, str] = {}
        self.input_range = input_range
        self.layers, self.parameters = sequential.layers, sequential.parameters
        hidden = [layer.num_units for layer in self.layers if isinstance(layer, ActivationLayer)]
        self.activation_sizes = [*hidden, objective.num_outputs]
        self.xp, self.dtype = self.parameters.xp, self.parameters.state.dtype

    def forward(self, X: Array) -> tuple[Array, ...]:
        """Compute the activations of every layer, in inference mode.

        Parameters
        ----------
        X : array_like, shape (N, D)
            uint8 pixels, which are scaled to `input_range`, or floating point, taken as it is.

        Returns
        -------
        tuple of ndarray, shapes (N, H) for each hidden layer and (N, K)
            Hidden layers first, outputs last: `a_h, a_out = model.forward(X)`.

        Raises
        ------
        InputError
            If X is not such an array.
        """

        def activations(_: slice, batch: Batch, z: Array) -> list[Array]:
            caches = zip(self.layers, batch.caches, strict=True)
            hidden = [cache.outputs for one, cache in caches if isinstance(one, ActivationLayer)]
            outputs = self.objective.output_activation.forward(z, out=batch.objective_cache.a)
            return [self.to_numpy(a).copy() for a in (*hidden, outputs)]

        parts = self._inference(check_examples(X, self.num_features), activations)
        return tuple(np.concatenate(layer) for layer in zip(*parts, strict=True))

    def backward(
        self, X: Array, activations: Sequence[Array], y: Array, sample_weight: Array | None = None
    ) -> dict[str, Array]:
        """Compute the gradient of the loss, L2 penalty included, for every parameter.

        `forward` and `backward` are the pair that textbooks have; both compute the network as it
        predicts. To train a network with dropout or batch normalization, which behave differently
        in training, use `loss_and_gradients` with `rng`.

        The gradients are also stored in `parameters.gradients`, where an `Optimizer` reads them,
        so this method must not be called from two threads on one network.

        Parameters
        ----------
        X : array_like, shape (N, D)
            The examples that were passed to `forward`.
        activations : sequence of ndarray
            The result of `forward(X)`.
        y : array_like, shape (N,) or (N, K)
            Whole-number labels; or a matrix of targets, where the outputs are independent.
        sample_weight : array_like, shape (N,), optional
            Weight of each example.

        Returns
        -------
        dict of str to ndarray
            Gradients by parameter name ("layers.0.weight"), in the shapes of the parameters.

        Raises
        ------
        InputError
            If an argument cannot be used.
        """
        batch = self._labelled_batch(X, y, sample_weight)
        check_activations(activations, [(batch.num_rows, n) for n in self.activation_sizes])
        x, given = batch.x, iter(activations)
        # The layers' caches are computed again: the caller has only the activations.
        for layer, cache in zip(self.layers, batch.caches, strict=True):
            x = layer.forward(x, cache)
            if isinstance(layer, ActivationLayer):  # continue from the activations given
                cache.outputs = x = self.xp.asarray(next(given), dtype=self.dtype)
        batch.objective_cache.z = x
        batch.objective_cache.a = self.xp.asarray(next(given), dtype=self.dtype)
        return self._gradients(batch)

    def loss_and_gradients(
        self, X: Array, y: Array, sample_weight: Array | None = None, rng: Rng = None
    ) -> tuple[float, dict[str, Array]]:
        """Compute the loss of a mini-batch and its gradient for every parameter.

        Parameters
        ----------
        X, y, sample_weight
            As for `backward`.
        rng : numpy.random.Generator, optional
            If given, this is a training step: dropout is drawn from `rng`, and batch normalization
            uses the statistics of the batch and updates its running statistics. If None, the loss
            and the gradient are those of the network as it predicts.

        Returns
        -------
        loss : float
            The (weighted) mean loss, L2 penalty included.
        gradients : dict of str to ndarray
            As returned by `backward`.

        Raises
        ------
        InputError
            If an argument cannot be used.
        """
        batch = self._labelled_batch(X, y, sample_weight)
        check_generator(rng)
        z = self.sequential.forward(batch.x, batch.caches, rng)  # (N, K)
        loss = self.objective.forward(z, batch.objective_cache)
        return loss, self._gradients(batch)

    def _labelled_batch(self, X: Array, y: Array, sample_weight: Array | None) -> Batch:
        """Validate examples; return them in a batch for a forward and a backward pass."""
        X, y, sample_weight = self.validated(X, y, sample_weight)
        batch = self.batch(len(X), backward=True)
        batch.load(X)
        self.objective.set_targets(y, sample_weight, batch.objective_cache)
        return batch

    def _gradients(self, batch: Batch) -> dict[str, Array]:
        """Send a batch backward; return copies of the gradients."""
        dz = self.objective.backward(batch.objective_cache)  # (N, K)
        self.sequential.backward(dz, batch.caches)
        self.objective.add_penalty_gradient()
        gradients = self.parameters.gradient
        return {name: self.to_numpy(gradients(name)).copy() for name in self.parameters}

    def batch(self, num_rows: int, *, backward: bool) -> Batch:
        """Allocate the buffers of a mini-batch of `num_rows` examples."""
        return Batch(num_rows, self.sequential, self.objective, self.input_range, backward=backward)

    def _inference(self, X: Array, use: Callable[[slice, Batch, Array], Any]) -> list[Any]:
        """Send examples forward in slices; return `use(rows, batch, logits)` of each."""
        warn_of_other_inputs(X, self.notes, self.input_range)
        starts = range(0, len(X), INFERENCE_ROWS)
        results: dict[int, Any] = {}

        def forward(part: slice) -> None:
            batch: Batch | None = None
            for start in starts[part]:
                rows = slice(start, min(start + INFERENCE_ROWS, len(X)))
                if batch is None or batch.num_rows != rows.stop - start:
                    batch = self.batch(rows.stop - start, backward=False)
                batch.load(X[rows])
                results[start] = use(rows, batch, self.sequential.forward(batch.x, batch.caches))

        work = 2 * len(X) * self.parameters.num_weights
        large = work >= parallel.MIN_PREDICTION and len(starts) >= 4 and self.xp is np
        with parallel.team(large=large):
            parallel.run(forward, len(starts), large=large)
        return [results[start] for start in starts]

    def logits(self, X: Array) -> Array:
        """Compute the logits: the outputs before the output activation.

        Parameters
        ----------
        X : array_like, shape (N, D)
            As for `forward`.

        Returns
        -------
        ndarray, shape (N, K)

        Raises
        ------
        InputError
            If X cannot be used.
        NeuralNetError
            If logits are NaN or infinite although X is finite.
        """
        return self._results(X, lambda z: z.copy())

    def _results(self, X: Array, function: Callable[[Array], Array]) -> Array:
        """Return a function of the logits of all examples, computed slice by slice."""
        X = check_examples(X, self.num_features, finite=False)

        def result(_: slice, batch: Batch, z: Array) -> Array:
            # NaN and infinite inputs show in the first layer's outputs, which are smaller.
            if not (all_finite(batch.caches[0].outputs) and all_finite(z)):
                check_finite(X, "X")
                raise NeuralNetError(NOT_FINITE)
            return self.to_numpy(function(z))

        with np.errstate(over="ignore", invalid="ignore"):
            return np.concatenate(self._inference(X, result))

    def outputs(self, X: Array) -> Array:
        """Compute the outputs, shape (N, K): the last result of `forward`, in less memory.

        X and errors are as for `logits`.
        """
        forward = self.objective.output_activation.forward
        return self._results(X, lambda z: forward(z, out=np.empty_like(z)))

    def predict_proba(self, X: Array) -> Array:
        """Compute the probability of each class.

        Softmax outputs are probabilities, a single sigmoid output is that of label 1, and several
        sigmoid outputs are divided by their sum.

        Parameters
        ----------
        X : array_like, shape (N, D)
            As for `forward`.

        Returns
        -------
        ndarray, shape (N, K), or (N, 2) for a single output
            Rows that sum to one.

        Raises
        ------
        InputError
            If X cannot be used, or the outputs are not probabilities (identity, exponential).
        """
        return self._results(X, self.objective.output_activation.probabilities)

    def predict(self, X: Array) -> NDArray[np.int64]:
        """Return the most probable label of each example: 0 or 1 for a single output, at 0.5.

        For a network that predicts numbers, use `outputs`.

        Parameters
        ----------
        X : array_like, shape (N, D)
            As for `forward`.

        Returns
        -------
        ndarray of int64, shape (N,)
            Labels from 0 to K - 1; `classes[label]` is the name of a label.

        Raises
        ------
        InputError
            If X cannot be used.
        """
        if self.objective.num_outputs == 1:
            return (self.outputs(X)[:, 0] > 0.5).astype(np.int64)
        labels: NDArray[np.int64] = self.logits(X).argmax(axis=1)
        return labels  # output activations preserve the order of logits

    def evaluate(self, X: Array, y: Array, sample_weight: Array | None = None) -> Evaluation:
        """Compute the mean loss, L2 penalty included, and the accuracy.

        Parameters
        ----------
        X, y, sample_weight
            As for `backward`.

        Returns
        -------
        Evaluation
            A pair of floats: `loss, accuracy = model.evaluate(X, y)`.

        Raises
        ------
        InputError
            If an argument cannot be used.
        NeuralNetError
            If logits or the loss are NaN or infinite although X is finite.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            evaluation = self.evaluate_validated(*self.validated(X, y, sample_weight))
        if not math.isfinite(evaluation.loss):
            raise NeuralNetError(NOT_FINITE)
        return evaluation

    def evaluate_validated(self, X: Array, y: Array, sample_weight: Array | None) -> Evaluation:
        """Evaluate on examples that `validated` returned; without finite logits the loss is NaN."""

        def sums(rows: slice, batch: Batch, z: Array) -> tuple[float, float, float]:
            weights = np.ones(batch.num_rows) if sample_weight is None else sample_weight[rows]
            cache, total = batch.objective_cache, float(weights.sum())
            self.objective.set_targets(y[rows], weights, cache)
            loss = total * self.objective.mean_loss(z, cache) if all_finite(z) else math.nan
            correct = self.to_numpy(self.objective.correct(z, y[rows], cache))
            return loss, float(weights[correct].sum()), total

        columns = zip(*self._inference(X, sums), strict=True)
        loss, correct, total = (sum(column, 0.0) for column in columns)
        if y.ndim == 2 and self.objective.output_activation.name in ("identity", "exponential"):
            correct = math.nan  # a regression has no correct answers
        return Evaluation(loss / total + self.objective.penalty(), correct / total)

    def validated(
        self, X: object, y: object, sample_weight: object = None, *, suffix: str = ""
    ) -> Labelled:
        """Return examples, labels (or targets) and weights that this network can use.

        `suffix` is added to "X" and "y" in errors. Raises `InputError` if one cannot be used.
        """
        return check_labelled(X, y, sample_weight, self.num_features, self.objective, suffix)

    def to_numpy(self, array: Array) -> Array:
        """Return an array of `xp` as a NumPy array: itself, where `xp` is NumPy."""
        moved: Array = getattr(self.xp, "asnumpy", np.asarray)(array)
        return moved
