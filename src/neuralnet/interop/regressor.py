"""Drop-in replacement for scikit-learn's `MLPRegressor`."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from neuralnet.checks import Array, InputError, check_name, describe
from neuralnet.data.tasks import Task
from neuralnet.interop.arguments import available_if_stochastic
from neuralnet.interop.base import with_callbacks
from neuralnet.interop.estimator import NeuralNetEstimator
from neuralnet.nn.optimizers import Optimizer
from neuralnet.training.schedules import Schedule

# For each `loss` parameter, the network's loss and output activation.
_LOSSES = {
    "squared_error": ("mean_squared_error", "identity"),
    "poisson": ("poisson_deviance", "exponential"),
}


class NeuralNetRegressor(RegressorMixin, NeuralNetEstimator):  # type: ignore[misc]
    """Multilayer perceptron regressor, a drop-in replacement for scikit-learn's `MLPRegressor`.

    It scales neither inputs nor targets.

    Parameters
    ----------
    loss : {"squared_error", "poisson"}, default="squared_error"
        Half the squared error, with identity outputs; or half the Poisson deviance, with
        exponential outputs, for counts and other targets of at least 0. With several targets per
        example, the loss is the sum over the targets.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init
        As in `NeuralNetClassifier`.
    power_t, max_iter, shuffle, random_state, tol, verbose, warm_start, momentum
        As in `NeuralNetClassifier`.
    nesterovs_momentum, early_stopping, validation_fraction, beta_1, beta_2, epsilon
        As in `NeuralNetClassifier`, but the validation split is not stratified.
    n_iter_no_change, max_fun, dropout, batch_norm, optimizer, schedule, callbacks, device, dtype
        As in `NeuralNetClassifier`.
    scoring : str or callable, optional
        Score on the validation set: a scorer or its name in scikit-learn. The default is R².

    Attributes
    ----------
    network_ : NeuralNetMLP
        The network; its `outputs(X)` are the predictions, (N, K).
    coefs_, intercepts_, loss_, best_loss_, loss_curve_, validation_loss_curve_
        As in `NeuralNetClassifier`.
    validation_scores_, best_validation_score_, n_iter_, t_, n_features_in_, feature_names_in_
        As in `NeuralNetClassifier`.
    n_layers_, n_outputs_, out_activation_
        As in `NeuralNetClassifier`.

    Examples
    --------
    >>> import numpy as np
    >>> from neuralnet import NeuralNetRegressor
    >>> X = np.linspace(-1, 1, 200).reshape(-1, 1)
    >>> model = NeuralNetRegressor(learning_rate_init=0.01, tol=0.001, random_state=0)
    >>> model.fit(X, X[:, 0] ** 2).score(X, X[:, 0] ** 2) > 0.9
    True
    """

    # scikit-learn's loss is half the network's.
    loss_factor: ClassVar[float] = 0.5
    _validation_arguments: ClassVar[dict[str, Any]] = {"y_numeric": True}

    def __init__(
        self,
        loss: str = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        dropout: Any = 0.0,
        batch_norm: bool = False,
        optimizer: str | Optimizer | None = None,
        schedule: str | Schedule = "constant",
        scoring: Any = None,
        callbacks: Any = None,
        device: str = "cpu",
        dtype: str | None = None,
    ) -> None:
        self._set_parameters(locals())

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train the network.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.
        y : array-like, shape (N,) or (N, K)
            One or several targets per example.
        sample_weight : array-like, shape (N,), optional
            Weight of each example.
        X_val, y_val : array-like, optional
            Validation set. Its loss and score are recorded for each epoch, and `early_stopping`
            uses it instead of splitting one off.

        Returns
        -------
        NeuralNetRegressor
            The estimator itself.

        Raises
        ------
        InputError
            If an argument or a parameter is invalid.
        TrainingDivergedError
            If the loss becomes NaN or infinite.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    @available_if_stochastic
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train for one epoch, continuing with the weights and optimizer state of the last call.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        NeuralNetRegressor
            The estimator itself.

        Raises
        ------
        InputError, TrainingDivergedError
            As for `fit`.
        """
        return self._fit(X, y, sample_weight, incremental=True)

    def predict(self, X: Any) -> Array:
        """Return the predicted target or targets of each example.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.

        Returns
        -------
        ndarray, shape (N,) or (N, K)
            In the dtype of the network.
        """
        rows = self._check_rows(X)
        outputs = self._network.outputs(rows)
        return outputs[:, 0] if self._single else outputs

    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if first:
            self._single = y.ndim == 1
            self._num_targets = 1 if self._single else y.shape[1]
        return self._encode_validation(y)

    def _encode_validation(self, y: Any) -> Array:
        try:
            targets: Array = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        except (TypeError, ValueError) as error:
            raise InputError(f"y is {describe(y)}; its targets must be numbers.") from error
        if targets.shape[1] != self._num_targets:
            raise InputError(
                f"y has {targets.shape[1]} target(s) per example, but the network has "
                f"{self._num_targets} output(s). Pass the same targets as in the first call."
            )
        return targets

    def _task(self) -> Task:
        return "regression"

    def _score_is_accuracy(self) -> bool:
        return False

    def _decode(self, y: Array) -> Array:
        return y[:, 0] if self._single else y

    def _output_settings(self) -> dict[str, Any]:
        loss, output = _LOSSES[check_name(self.loss, _LOSSES, "loss")]
        return {"num_classes": self._num_targets, "loss": loss, "output_activation": output}

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
