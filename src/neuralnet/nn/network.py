"""`NeuralNetMLP`: the multilayer perceptron, built from its settings."""

import importlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from neuralnet.checks import check_array_module, check_integer, check_number, check_rng
from neuralnet.checks.network import check_classes, check_dropout, check_layer_sizes
from neuralnet.checks.settings import check_dtype, check_flag, check_range, per_layer
from neuralnet.display.network import NetworkDisplay
from neuralnet.nn.activations import Activation, hidden_activation_for, output_activation_for
from neuralnet.nn.initialization import INITIALIZERS, Initializer, initializer_for
from neuralnet.nn.layers import ActivationLayer, Dense, Layer
from neuralnet.nn.losses import Loss, loss_for
from neuralnet.nn.model import Model
from neuralnet.nn.objective import Objective
from neuralnet.nn.regularization import BatchNorm, Dropout
from neuralnet.nn.sequential import Sequential


class NeuralNetMLP(NetworkDisplay, Model):
    """A multilayer perceptron: dense layers, each followed by an activation.

    The defaults are those of a well-known textbook (Raschka, Liu and Mirjalili 2022, "Machine
    Learning with PyTorch and Scikit-Learn", chapter 11): one hidden layer of sigmoids, sigmoid
    outputs, one-hot targets and mean squared error.

    Parameters
    ----------
    num_features : int
        Inputs per example, D (784 for MNIST).
    num_hidden : int or sequence of int
        Units of the hidden layer, or of each hidden layer from first to last.
    num_classes : int
        Outputs, K: one per class. With independent outputs (identity, sigmoid or exponential) y may
        also be a matrix of targets, (N, K), and a single output, with y of shape (N,), is enough
        for two classes or for one number.
    hidden_activation : str, Activation, or a sequence of these
        "sigmoid", "tanh", "relu", "leaky_relu", "gelu" or "identity"; one for all hidden layers,
        or one for each.
    output_activation : str or Activation
        "sigmoid", "softmax", "identity" or "exponential".
    loss : str or Loss
        "mean_squared_error" (with sigmoid, softmax or identity), "cross_entropy" (with softmax),
        "binary_cross_entropy" (with sigmoid) or "poisson_deviance" (with exponential).
    l2 : float
        L2 penalty, at least 0: `l2 / 2` times the sum of the squared weights is part of the loss.
    batch_norm : bool
        Whether each hidden layer is batch-normalized before its activation.
    dropout : float or sequence of float
        Dropout rate, in [0, 1); one for all hidden layers, or one for each.
    label_smoothing : float
        Share of each one-hot target that is spread evenly over all classes, in [0, 1) (Szegedy,
        Vanhoucke, Ioffe, Shlens and Wojna 2016, arXiv 1512.00567, section 7). The smoothed targets
        are part of the loss, so the loss of perfect predictions is above 0.
    initial_weights : str, Initializer, None, or a sequence of these
        "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform", "he_normal",
        "he_uniform" or an object; one for all layers, or one for each, the output layer included.
        None chooses what suits the layer's activation. Biases start at 0.
    seed : int, numpy.random.Generator or None
        Source of the initial weights; None draws different ones each time.
    dtype : "float32" or "float64"
        Data type of parameters and computations.
    input_range : (float, float)
        Range that uint8 pixels are scaled to. Floating-point inputs are taken as they are.
    classes : sequence of str or int, optional
        Names of the classes, by label; the labels 0 to K - 1 themselves by default.
    xp : module
        Array module: NumPy, or a module with its functions (CuPy). Arguments and results are NumPy
        arrays in either case, and NumPy draws the random numbers.

    Attributes
    ----------
    sequential : Sequential
        The layers, with the loops over them: `Dense`, `BatchNorm` if chosen, `ActivationLayer` and
        `Dropout` for each hidden layer, and a final `Dense` that computes the logits.
    objective : Objective
        Output activation, loss, L2 penalty and label smoothing.
    parameters : Parameters
        All weights and biases in one buffer, and their gradients in another.
        `parameters["layers.0.weight"]` is a writable view.
    layers : list of Layer
        The layers of `sequential`.
    classes : tuple of str or int
        Name of each label.
    notes : dict of str to str
        Free text that is saved with the network, for example the source of its data.

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
        initial_weights: str | Initializer | Sequence[str | Initializer | None] | None = None,
        seed: "int | np.random.Generator | None" = 0,
        dtype: DTypeLike = "float32",
        input_range: tuple[float, float] = (-1.0, 1.0),
        classes: Sequence[str | int] | None = None,
        xp: ModuleType = np,
    ) -> None:
        num_features = check_integer(num_features, "num_features", minimum=1)
        self.num_hidden = check_layer_sizes(num_hidden)
        depth = len(self.num_hidden)
        self.hidden_activation = per_layer(
            hidden_activation, depth, "hidden_activation", hidden_activation_for
        )
        self.output_activation = output_activation_for(output_activation)
        self.loss = loss_for(loss, self.output_activation)
        minimum = 1 if self.output_activation.name in self.loss.target_ranges else 2
        self.num_classes = check_integer(num_classes, "num_classes", minimum=minimum)
        self.batch_norm = check_flag(batch_norm, "batch_norm")
        self.dropout = check_dropout(dropout, depth)
        layers = Sequential(
            self._build_layers(num_features), check_dtype(dtype), check_array_module(xp)
        )
        parts = (self.output_activation, self.loss, layers.parameters)
        self.classes = check_classes(classes, self.num_classes)
        objective = Objective(*parts, self.num_classes, l2, label_smoothing)
        super().__init__(layers, objective, num_features, check_range(input_range, "input_range"))
        self.label_smoothing = objective.label_smoothing
        self.set_initial_weights(initial_weights)
        self.initialize(seed)

    def _build_layers(self, num_features: int) -> list[Layer]:
        """Create the layers, without their parameters."""
        sizes = [num_features, *self.num_hidden, self.num_classes]
        layers: list[Layer] = []
        for number, function in enumerate([*self.hidden_activation, self.output_activation]):
            num_inputs, num_units = sizes[number : number + 2]
            name, hidden = f"layers.{number}", number < len(self.num_hidden)
            normalized = hidden and self.batch_norm
            layers.append(Dense(num_inputs, num_units, name, bias=not normalized))
            if normalized:
                layers.append(BatchNorm(num_units, f"{name}.batch_norm"))
            if hidden:
                layers.append(ActivationLayer(function, num_units))
            if hidden and self.dropout[number]:
                layers.append(Dropout(num_units, self.dropout[number]))
        return layers

    def initialize(self, seed: "int | np.random.Generator | None" = 0) -> None:
        """Draw new initial weights, and set the biases to 0.

        They are drawn in float64, so that a float32 and a float64 network with the same seed start
        with the same weights up to rounding.
        """
        self.sequential.initialize(check_rng(seed))

    def set_initial_weights(self, choice: object) -> None:
        """Choose what `initialize` draws from; see the parameter `initial_weights`."""
        num_dense = len(self.num_hidden) + 1
        self.initial_weights = per_layer(choice, num_dense, "initial_weights", initializer_for)
        dense = (layer for layer in self.layers if isinstance(layer, Dense))
        functions = [*self.hidden_activation, self.output_activation]
        for layer, chosen, function in zip(dense, self.initial_weights, functions, strict=True):
            layer.initializer = chosen or INITIALIZERS[function.initialization]

    def settings(self) -> dict[str, Any]:
        """Return the arguments that build an equal network, `seed` and `xp` excluded.

        `NeuralNetMLP(**model.settings())` has the same layers and the same objective; its weights
        are drawn anew.
        """
        names = [n for n in inspect.signature(NeuralNetMLP).parameters if n not in ("seed", "xp")]
        return {name: getattr(self, name) for name in names}

    @property
    def l2(self) -> float:
        """L2 penalty; it may be changed between steps."""
        return self.objective.l2

    @l2.setter
    def l2(self, value: float) -> None:
        self.objective.l2 = check_number(value, "l2", minimum=0)

    def __getstate__(self) -> dict[str, object]:
        """Return what a copy needs: the values of the parameters, not the views into them."""
        settings, values = self.settings(), self.to_numpy(self.parameters.state)
        return {"settings": settings, "notes": self.notes, "xp": self.xp.__name__, "values": values}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Build a copy, with buffers of its own."""
        module = importlib.import_module(state["xp"])
        vars(self).update(vars(type(self)(**state["settings"], xp=module)))
        self.notes = dict(state["notes"])
        self.parameters.state[...] = module.asarray(state["values"])
