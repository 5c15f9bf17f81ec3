"""The network: layers in a row, from examples to class labels and, for their gradients, back."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neuralnet.checks import (
    Array,
    InputError,
    check_examples,
    check_integer,
    check_number,
    random_generator,
)
from neuralnet.nn.activations import Activation, output_for
from neuralnet.nn.arguments import (
    check_activations,
    check_batch,
    check_flag,
    class_names,
    dropout_rates,
    float_type,
    hidden_sizes,
    one_a_layer,
    pair_of_numbers,
)
from neuralnet.nn.initialization import VarianceScaling, initialization_for
from neuralnet.nn.layers import Dense
from neuralnet.nn.losses import Loss, loss_for
from neuralnet.nn.parameters import Parameters
from neuralnet.nn.receptive_fields import decay_factors, distances, fade, field_radii
from neuralnet.nn.regularization import BatchNorm
from neuralnet.nn.stack import stack_of_layers
from neuralnet.nn.workspace import (
    Evaluation,
    ForwardWorkspace,
    Workspace,
    batches,
    evaluate,
    finite_logits,
)


class NeuralNetMLP:
    """A multilayer perceptron: fully connected layers with an activation after each.

    As it comes it is the classic network: one hidden layer of sigmoids, sigmoid outputs, one-hot
    targets and mean squared error.

    Parameters
    ----------
    num_features : int
        Inputs an example, D (784 for MNIST).
    num_hidden : int or sequence of int
        Units of the hidden layer, or of each hidden layer from the first to the last.
    num_classes : int
        Outputs, K: one a class, at least 2. Identity outputs with mean squared error (regression)
        and sigmoid outputs with binary cross-entropy (several labels an example, or none) also
        take a matrix of targets, (N, K), for y, and then one output is enough.
    hidden_activation : str, Activation, or a sequence of either
        "sigmoid", "tanh", "relu", "leaky_relu", "gelu" or "identity"; one for all hidden layers, or
        one each.
    output_activation : str or Activation
        "sigmoid", "softmax" or "identity".
    loss : str or Loss
        "mean_squared_error" (behind any output), "cross_entropy" (behind softmax) or
        "binary_cross_entropy" (behind sigmoid).
    l2 : float
        At least 0; `l2 / 2` times the sum of the squared weights is part of the loss.
    batch_norm : bool
        Whether each hidden layer is batch-normalized before its activation.
    dropout : float or sequence of float
        Share of each hidden layer's units that are left out at a time in training, in [0, 1); one
        for all hidden layers, or one each.
    label_smoothing : float
        In [0, 1): so much of each target is spread evenly over all classes (Szegedy, Vanhoucke,
        Ioffe, Shlens and Wojna 2016, arXiv 1512.00567, section 7). It is part of the loss, so the
        loss of right answers does not go to 0.
    receptive_fields : sequence of float
        Radii in pixels, of the first hidden layers in turn: their units begin by looking at one
        place of a square image each, and weight decay holds them to it (`nn.receptive_fields`).
    initial_weights : str or VarianceScaling, optional
        "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform", "he_normal" or
        "he_uniform"; as suits each layer's activation if not given. Biases begin at 0.
    seed : int, numpy.random.Generator or None
        What the initial weights are drawn from; None draws differently each time.
    dtype : "float32" or "float64"
        What the network computes in.
    input_range : (float, float)
        Where uint8 inputs, 0 to 255, are scaled to. Floating-point inputs are taken as they are.
    classes : sequence of str or int, optional
        What the labels 0 to K - 1 stand for; the labels themselves if not given.
    xp : module
        Where the network computes: NumPy, or a module with its functions (CuPy). What comes in and
        goes out are NumPy's arrays either way, and random numbers are drawn with NumPy.

    Attributes
    ----------
    parameters : Parameters
        All weights and biases, in one flat buffer, and their gradients in another.
    layers : list
        `Dense`, `BatchNorm` where asked for, `ActivationLayer` and `Dropout` in turn; the last is
        the `Dense` that gives the logits.
    num_hidden : tuple of int
        The sizes of the hidden layers.
    hidden_activations, output_activation, loss_function : Activation, Activation, Loss
        What the names stood for.
    dtype : numpy.dtype
        float32 or float64.
    classes : tuple of str or int
        What each label stands for.
    notes : dict of str to str
        Whatever should be saved with the network: where its data came from, say.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    def __init__(
        self,
        num_features: int,
        num_hidden: int | Sequence[int] = 50,
        num_classes: int = 10,
        *,
        hidden_activation: str | Activation | Sequence[str | Activation] = "sigmoid",
        output_activation: str | Activation = "sigmoid",
        loss: str | Loss = "mean_squared_error",
        l2: float = 0.0,
        batch_norm: bool = False,
        dropout: float | Sequence[float] = 0.0,
        label_smoothing: float = 0.0,
        receptive_fields: Sequence[float] = (),
        initial_weights: str | VarianceScaling | None = None,
        seed: int | np.random.Generator | None = 0,
        dtype: DTypeLike = "float32",
        input_range: tuple[float, float] = (-1.0, 1.0),
        classes: Sequence[str | int] | None = None,
        xp: ModuleType = np,
    ) -> None:
        self.num_features = check_integer(num_features, "num_features", minimum=1)
        self.num_hidden = hidden_sizes(num_hidden)
        self.hidden_activations = one_a_layer(hidden_activation, len(self.num_hidden))
        self.output_activation = output_for(output_activation)
        self.loss_function = loss_for(loss, self.output_activation)
        least = 1 if self.takes_targets else 2
        self.num_classes = check_integer(num_classes, "num_classes", minimum=least)
        self.l2 = check_number(l2, "l2", minimum=0)
        self.batch_norm = check_flag(batch_norm, "batch_norm")
        self.dropout = dropout_rates(dropout, len(self.num_hidden))
        self.label_smoothing = check_number(label_smoothing, "label_smoothing", minimum=0, below=1)
        self.receptive_fields = field_radii(
            receptive_fields, self.num_features, len(self.num_hidden)
        )
        self.initial_weights = (
            None if initial_weights is None else initialization_for(initial_weights)
        )
        self.dtype = float_type(dtype)
        self.input_range = pair_of_numbers(input_range, "input_range")
        self.classes = class_names(classes, self.num_classes)
        self.notes: dict[str, str] = {}
        self.xp = xp
        if not hasattr(xp, "empty_like"):
            raise InputError(f"xp is {xp!r}; it must be a module such as numpy.")
        self._build()
        self.initialize(seed)

    def _build(self) -> None:
        """Put the layers in a row, and their parameters into one buffer."""
        self.layers = stack_of_layers(self)
        shapes = {name: s for layer in self.layers for name, s in layer.shapes().items()}
        running = {name: s for layer in self.layers for name, s in layer.running_shapes().items()}
        self.parameters = Parameters(shapes, self.dtype, self.xp, running, self._decay_factors)
        for layer in self.layers:
            layer.bind(self.parameters)
        self.spare_workspaces: dict[int, ForwardWorkspace] = {}  # see `finite_logits`

    @property
    def _sizes(self) -> list[int]:
        """The inputs, then the units of each layer."""
        return [self.num_features, *self.num_hidden, self.num_classes]

    def _decay_factors(self) -> Array | None:
        """Compute what `parameters.decay_factors` gives."""
        factors = decay_factors(self._sizes, self.receptive_fields, self.dtype)
        return None if factors is None else self.xp.asarray(factors)

    def initialize(self, seed: int | np.random.Generator | None = 0) -> None:
        """Forget what was learned: draw the weights anew, and set the biases to 0.

        They are drawn in float64 whatever the network's type, so that a float32 and a float64
        network from one seed begin alike.
        """
        generator = random_generator(seed)
        activations = [*self.hidden_activations, self.output_activation]
        dense_layers = [layer for layer in self.layers if isinstance(layer, Dense)]
        for layer, (dense, activation) in enumerate(zip(dense_layers, activations, strict=True)):
            scheme = self.initial_weights or initialization_for(activation.initialization)
            drawn = scheme.draw(dense.num_inputs, dense.num_outputs, generator)
            if layer < len(self.receptive_fields):
                fade(drawn, distances(self._sizes, layer), self.receptive_fields[layer])
            dense.W[...] = self.xp.asarray(drawn)
            if dense.b is not None:
                dense.b[...] = 0
        for one in self.layers:
            if isinstance(one, BatchNorm):
                one.initialize()

    def forward(self, X: Array) -> tuple[Array, ...]:
        """Compute the activations of every layer.

        The loop over the layers is that of training as well: `Workspace.logits`.

        Parameters
        ----------
        X : array_like, shape (N, D)
            uint8 pixels, which are scaled to `input_range`, or floating point, taken as it is.

        Returns
        -------
        tuple of ndarray, shapes (N, H) for each hidden layer and (N, K)
            Hidden layers first, raw outputs last: `a_h, a_out = model.forward(X)`.

        Raises
        ------
        InputError
            If X is not such an array.
        """
        X = check_examples(X, self.num_features)
        sizes = [*self.num_hidden, self.num_classes]
        activations = tuple(self.xp.empty((len(X), size), self.dtype) for size in sizes)
        for rows, workspace in batches(ForwardWorkspace, self, X):
            workspace.forward()
            for whole, part in zip(activations, workspace.activations(), strict=True):
                whole[rows] = part
        return tuple(self.to_numpy(whole) for whole in activations)

    def backward(
        self,
        X: Array,
        activations: Sequence[Array],
        y: Array,
        sample_weight: Array | None = None,
    ) -> dict[str, Array]:
        """Compute the gradient of the loss, L2 included, with respect to every parameter.

        The loop over the layers is that of training as well: `Workspace.backward`. The gradients
        also stand in `parameters.gradients` afterwards, where an `Optimizer` reads them; so two
        threads must not go backward through one network at once.

        Parameters
        ----------
        X : array_like, shape (N, D)
            The examples that went forward.
        activations : sequence of ndarray
            What `forward(X)` returned.
        y : array_like, shape (N,) or (N, K)
            Whole-number labels, or targets where `takes_targets`.
        sample_weight : array_like, shape (N,), optional
            How much each example counts.

        Returns
        -------
        dict of str to ndarray
            Gradients by parameter name ("layers.0.weight"), each in its parameter's shape.

        Raises
        ------
        InputError
            If an argument cannot be used.
        """
        X, y, sample_weight = check_batch(self, X, y, sample_weight)
        sizes = (*self.num_hidden, self.num_classes)
        check_activations(activations, [(len(X), size) for size in sizes])
        workspace = Workspace(self, len(X))
        workspace.load(X)
        workspace.label(y, sample_weight)
        workspace.restore([self.xp.asarray(a, dtype=self.dtype) for a in activations])
        workspace.backward()
        gradients = {name: self.parameters.gradient(name) for name in self.parameters}
        return {name: self.to_numpy(gradient).copy() for name, gradient in gradients.items()}

    def predict_proba(self, X: Array) -> Array:
        """Compute the probability of each class.

        Softmax outputs are probabilities; sigmoid outputs are divided by their sum.

        Parameters
        ----------
        X : array_like, shape (N, D)
            As for `forward`.

        Returns
        -------
        ndarray, shape (N, K)
            Rows that sum to one.

        Raises
        ------
        InputError
            If X cannot be used, or the outputs are no probabilities (identity).
        """
        X = check_examples(X, self.num_features, finite=False)
        probabilities: Array = self.xp.empty((len(X), self.num_classes), self.dtype)
        for rows, z in finite_logits(self, X):
            self.output_activation.probabilities(z, out=probabilities[rows])
        return self.to_numpy(probabilities)

    def outputs(self, X: Array) -> Array:
        """Compute the raw outputs alone: the last of `forward`, without room for the others.

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
        """
        X = check_examples(X, self.num_features, finite=False)
        outputs: Array = self.xp.empty((len(X), self.num_classes), self.dtype)
        for rows, z in finite_logits(self, X):
            self.output_activation.forward(z, out=outputs[rows])
        return self.to_numpy(outputs)

    def predict(self, X: Array) -> NDArray[np.int64]:
        """Return the most probable label of each example.

        Parameters
        ----------
        X : array_like, shape (N, D)
            As for `forward`.

        Returns
        -------
        ndarray of int64, shape (N,)
            Labels from 0 to K - 1; `classes[label]` is what a label stands for.

        Raises
        ------
        InputError
            If X cannot be used.
        """
        X = check_examples(X, self.num_features, finite=False)
        labels: NDArray[np.int64] = self.xp.empty(len(X), np.int64)
        for rows, z in finite_logits(self, X):
            # Every output activation keeps the order of the logits, so none is needed.
            z.argmax(axis=1, out=labels[rows])
        return self.to_numpy(labels)

    def evaluate(self, X: Array, y: Array, sample_weight: Array | None = None) -> Evaluation:
        """Compute the mean loss, L2 included, and the share of right answers.

        Parameters
        ----------
        X, y, sample_weight
            As for `forward` and `backward`.

        Returns
        -------
        Evaluation
            A pair, `loss, accuracy = model.evaluate(X, y)`, of floats.

        Raises
        ------
        InputError
            If an argument cannot be used.
        """
        return evaluate(self, *check_batch(self, X, y, sample_weight))

    @property
    def takes_targets(self) -> bool:
        """Whether y may be a matrix of targets as well: each output stands for itself."""
        return self.output_activation.name in self.loss_function.free_outputs

    def scale(self, X: Array, out: Array) -> None:
        """Write X to `out` as the network takes it: pixels to the input range, floats as is."""
        out[...] = self.xp.asarray(X)
        if X.dtype == np.uint8:
            low, high = self.input_range
            out *= (high - low) / 255
            out += low

    def to_numpy(self, array: Array) -> Array:
        """Return an array of `xp` as NumPy's: itself, where `xp` is NumPy."""
        moved: Array = getattr(self.xp, "asnumpy", np.asarray)(array)
        return moved

    def __getstate__(self) -> dict[str, object]:
        """Give what a copy needs: the parameters' values, not the layers' views into them."""
        made_anew = {"layers", "parameters", "xp", "spare_workspaces"}
        state = {name: value for name, value in vars(self).items() if name not in made_anew}
        return state | {"xp": self.xp.__name__, "values": self.to_numpy(self.parameters.state)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build a copy: layers whose views are into its own buffers."""
        values = state.pop("values")
        vars(self).update(state, xp=importlib.import_module(state["xp"]))
        self._build()
        self.parameters.state[...] = self.xp.asarray(values)

    def penalty(self) -> float:
        """Return the L2 part of the loss: l2 / 2 times the sum of the squared weights."""
        return self.l2 / 2 * self.parameters.sum_of_squares() if self.l2 else 0.0

    def __repr__(self) -> str:
        """Name the sizes, layer by layer, and what stands between them."""
        sizes = "-".join(map(str, [self.num_features, *self.num_hidden, self.num_classes]))
        hidden = ", ".join(dict.fromkeys(a.name for a in self.hidden_activations))
        return (
            f"<NeuralNetMLP {sizes}, {hidden}, {self.output_activation.name} outputs, "
            f"{self.loss_function.name}, {self.parameters.values.size:,} parameters, {self.dtype}>"
        )
