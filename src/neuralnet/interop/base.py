"""Base class of the estimators: parameters, fitted attributes and abstract methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from neuralnet.checks import Array, InputError, echo
from neuralnet.data.inputs import input_notes
from neuralnet.data.tasks import Task
from neuralnet.interop.folding import with_input_map
from neuralnet.interop.scalers import composed_map
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD, Optimizer

try:
    from sklearn.callback import CallbackSupportMixin
    from sklearn.callback import with_callbacks as _with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Empty replacement for the mixin that scikit-learn has from 1.9 on."""

    def _with_callbacks(method: Any) -> Any:
        """Return the method unchanged, because there are no callbacks to tear down."""
        return method


# scikit-learn's names of output activations, where they differ from the package's.
_SKLEARN_NAMES = {"sigmoid": "logistic", "exponential": "exp"}

Method = TypeVar("Method", bound=Callable[..., Any])


def with_callbacks(method: Method) -> Method:
    """Decorate `fit` so that scikit-learn tears down its callbacks, even after an error."""
    return cast(Method, _with_callbacks(method))


class BaseNeuralNet(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """Parameters and fitted attributes of the estimators.

    A subclass encodes and decodes y and chooses the network's outputs and loss.
    """

    # Factor from the network's loss to scikit-learn's. SGD's learning rate has the same factor.
    loss_factor: ClassVar[float] = 1.0
    # Further arguments of scikit-learn's `validate_data`.
    _validation_arguments: ClassVar[dict[str, Any]] = {}

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
    dtype: str | None

    _network: NeuralNetMLP  # for two classes, it has one output
    rate_: float  # learning rate of the next epoch, before `rate_factor`
    n_iter_: int
    t_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: Any  # a float, or None with early stopping
    best_validation_score_: Any  # a float, or None without early stopping
    no_improvement_count_: int  # epochs in a row without an improvement of at least `tol`
    validation_scores_: Any  # a list, or None without a validation set
    validation_loss_curve_: Any  # a list, or None without a validation set

    def _set_parameters(self, arguments: dict[str, Any]) -> None:
        """Store the constructor's arguments unchanged, as scikit-learn requires."""
        for name in self._get_param_names():
            setattr(self, name, arguments[name])

    @abstractmethod
    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        """Return y encoded for the network; on the first call, learn its classes or width."""

    @abstractmethod
    def _encode_validation(self, y: Any) -> Array:
        """Return the validation set's y encoded for the network."""

    @abstractmethod
    def _output_settings(self) -> dict[str, Any]:
        """Return the arguments of `NeuralNetMLP` that depend on y."""

    def _targets(self, y: Array) -> Array:
        """Return the training targets of the network for an encoded y."""
        return y

    @abstractmethod
    def _task(self) -> Task:
        """Return what the network's outputs mean."""

    def _score_is_accuracy(self) -> bool:
        """Return whether `score` returns the network's accuracy."""
        return True

    def _stratify(self, y: Array) -> Array | None:
        """Return the labels by which the validation split is stratified, or None."""
        return None

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        """Return the class weight of each example, or None if classes have no weights."""
        return None

    def rate_factor(self, optimizer: Optimizer) -> float:
        """Return the factor from scikit-learn's learning rate to the network's.

        SGD's step is proportional to the loss, so it needs `loss_factor`; Adam's is not.
        """
        return self.loss_factor if isinstance(optimizer, SGD) else 1.0

    def _decode(self, y: Array) -> Array:
        """Return the original y from an encoded one."""
        return y

    @property
    def network_(self) -> NeuralNetMLP:
        """The network, which can predict without the estimator."""
        return self._network

    def to_network(self, transformers: Sequence[Any] = ()) -> NeuralNetMLP:
        """Return the network for saving or export; `save` and `export_onnx` call this method.

        Parameters
        ----------
        transformers : sequence of scikit-learn transformers
            The fitted scalers that precede the estimator in a pipeline, which are folded into the
            first layer: StandardScaler, MinMaxScaler, MaxAbsScaler or RobustScaler.

        Returns
        -------
        NeuralNetMLP
            A network whose notes state that its inputs are features, the names of the columns, and
            the task.

        Raises
        ------
        InputError
            If a transformer cannot be folded.
        sklearn.exceptions.NotFittedError
            If the estimator or a transformer is not fitted.
        """
        check_is_fitted(self)
        network = self.network_
        if not isinstance(transformers, list | tuple):
            raise InputError(
                f"transformers is {echo(transformers)}; it must be a list of fitted scalers."
            )
        if transformers:
            network = with_input_map(network, *composed_map(transformers, network.num_features))
            names = [str(name) for name in getattr(transformers[0], "feature_names_in_", ())]
            network.notes |= input_notes("features", names)
        return network

    @property
    def coefs_(self) -> list[Array]:
        """Weights of each layer, shape (inputs, outputs); on the CPU, views instead of copies."""
        names = [f"layers.{number}.weight" for number in range(self.n_layers_ - 1)]
        return [self._network.to_numpy(self._network.parameters[name]) for name in names]

    @property
    def intercepts_(self) -> list[Array]:
        """Biases of each layer, as views on the CPU; a batch-normalized layer's are its shifts."""
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
        """Number of layers, including the input and the output layer."""
        return len(self._network.num_hidden) + 2

    @property
    def n_outputs_(self) -> int:
        """Number of outputs of the network."""
        return self._network.num_classes

    @property
    def out_activation_(self) -> str:
        """Name of the output activation in scikit-learn."""
        name = self._network.output_activation.name
        return _SKLEARN_NAMES.get(name, name)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags
