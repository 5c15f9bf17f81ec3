"""The outline of an estimator: its parameters, its fitted attributes, and what it must define."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, cast

from sklearn.base import BaseEstimator

from neuralnet.checks import Array
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD, Optimizer

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for what scikit-learn has from 1.9 on."""

    def _with_callbacks(method: Any) -> Any:
        """Leave a method as it is: there are no callbacks to end."""
        return method


# scikit-learn's names for what has another one here.
_OUTPUT_NAMES = {"sigmoid": "logistic"}

Method = TypeVar("Method", bound=Callable[..., Any])


def with_callbacks(method: Method) -> Method:
    """Let scikit-learn end its callbacks after a `fit`, whatever happens in it."""
    return cast(Method, _with_callbacks(method))


class Outline(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """An estimator's parameters and fitted attributes, and what its kind has to say of y."""

    # What the network's loss and SGD's steps are to be multiplied by, to be those of scikit-learn.
    loss_factor: ClassVar[float] = 1.0
    # Whether the network's accuracy is what `score` gives.
    _accuracy_is_score: ClassVar[bool] = True
    # What scikit-learn is to check of y besides.
    _y_checks: ClassVar[dict[str, Any]] = {}

    hidden_layer_sizes: Any
    activation: Any
    loss: str
    solver: str
    alpha: float
    batch_size: int | str
    learning_rate: str
    learning_rate_init: float
    power_t: float
    max_iter: int
    shuffle: bool
    random_state: Any
    tol: float
    verbose: bool | int
    warm_start: bool
    momentum: float
    nesterovs_momentum: bool
    early_stopping: bool
    validation_fraction: float
    beta_1: float
    beta_2: float
    epsilon: float
    n_iter_no_change: float
    max_fun: int
    dropout: Any
    batch_norm: bool
    optimizer: str | Optimizer | None
    schedule: Any
    callbacks: Any
    scoring: Any
    device: str
    dtype: str

    _network: NeuralNetMLP  # the one that is trained
    validation_scores_: Any  # a list, or None without a validation set
    validation_loss_curve_: Any

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Keep the constructor's arguments as they came, which is all that it may do with them."""
        for name in self._get_param_names():
            setattr(self, name, arguments[name])

    @abstractmethod
    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        """Return y as the network takes it; on the first call, learn what it is."""

    @abstractmethod
    def _encode_validation(self, y: Any) -> Array:
        """Return the validation set's y as the network takes it."""

    @abstractmethod
    def _output_settings(self) -> dict[str, Any]:
        """Return the network's arguments that depend on what y is."""

    def _targets(self, y: Array) -> Array:
        """Return what the network is to answer, from y as `_encode` left it."""
        return y

    def _stratify(self, y: Array) -> Array | None:
        """Return what the split for validation keeps in proportion."""
        return None

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        """Return what each example's class makes it weigh."""
        return None

    def rate_factor(self, optimizer: Optimizer) -> float:
        """Return what the learning rate is multiplied by: SGD's goes with the loss."""
        return self.loss_factor if isinstance(optimizer, SGD) else 1.0

    def _decode(self, y: Array) -> Array:
        """Return y as it came, from what the network takes."""
        return y

    @property
    def network_(self) -> NeuralNetMLP:
        """The network, which predicts by itself."""
        return self._network

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer, shape (inputs, outputs): on the CPU views, not copies."""
        names = [f"layers.{number}.weight" for number in range(self.n_layers_ - 1)]
        return [self._network.to_numpy(self._network.parameters[name]) for name in names]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer, likewise; a batch-normalized layer's are its shifts."""
        network = self._network
        biases = [
            network.parameters[f"layers.{number}.batch_norm.shift"]
            if network.batch_norm and number < len(network.num_hidden)
            else network.parameters[f"layers.{number}.bias"]
            for number in range(self.n_layers_ - 1)
        ]
        return [network.to_numpy(bias) for bias in biases]

    @property
    def n_layers_(self) -> int:
        """The number of layers, inputs and outputs among them."""
        return len(self._network.num_hidden) + 2

    @property
    def n_outputs_(self) -> int:
        """The number of the network's outputs."""
        return self._network.num_classes

    @property
    def out_activation_(self) -> str:
        """The name of the activation of the outputs, as scikit-learn calls it."""
        name = self._network.output_activation.name
        return _OUTPUT_NAMES.get(name, name)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
