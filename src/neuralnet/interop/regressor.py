"""`NeuralNetRegressor`: in the place of scikit-learn's `MLPRegressor`."""

from __future__ import annotations

from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import column_or_1d

from neuralnet.checks import Array, InputError, check_name
from neuralnet.interop.estimator import NeuralNetEstimator
from neuralnet.interop.outline import with_callbacks
from neuralnet.nn.optimizers import Optimizer
from neuralnet.nn.schedules import Schedule


class NeuralNetRegressor(RegressorMixin, NeuralNetEstimator):  # type: ignore[misc]
    """A multilayer perceptron that takes the place of scikit-learn's `MLPRegressor`.

    Identity outputs with squared error. Neither inputs nor targets are ever scaled.

    Parameters
    ----------
    loss : {"squared_error"}, default="squared_error"
        Half the squared error, as in scikit-learn; with several targets an example, its sum over
        them, which is what is differentiated. "poisson" is refused.
    hidden_layer_sizes, activation, solver, alpha, batch_size, learning_rate, learning_rate_init
        As in `NeuralNetClassifier`.
    power_t, max_iter, shuffle, random_state, tol, verbose, warm_start, momentum
        As in `NeuralNetClassifier`.
    nesterovs_momentum, early_stopping, validation_fraction, beta_1, beta_2, epsilon
        As in `NeuralNetClassifier`; nothing is kept in proportion when a validation set is split.
    n_iter_no_change, max_fun, dropout, batch_norm, optimizer, schedule, callbacks, device
        As in `NeuralNetClassifier`.
    dtype : {"float64", "float32"}, default="float64"
        What to compute in. Targets may be large numbers that differ little, so the default is the
        more exact one; "float32" is faster.
    scoring : str or callable, optional
        What the score on the validation set is, by scikit-learn's names; R² if not given.

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

    # scikit-learn's loss is half of the network's.
    loss_factor: ClassVar[float] = 0.5
    _accuracy_is_score: ClassVar[bool] = False
    _y_checks: ClassVar[dict[str, Any]] = {"y_numeric": True}

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
        dtype: str = "float64",
    ) -> None:
        self._keep(locals())

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, X_val: Any = None, y_val: Any = None
    ) -> Self:
        """Train on these examples.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.
        y : array-like, shape (N,) or (N, K)
            One target an example, or several.
        sample_weight : array-like, shape (N,), optional
            How much each example counts.
        X_val, y_val : array-like, optional
            A validation set of your own: its curves are kept, and with `early_stopping` it decides.

        Returns
        -------
        NeuralNetRegressor
            The estimator itself.

        Raises
        ------
        InputError
            If an argument or a parameter cannot be used.
        TrainingDivergedError
            If the loss becomes NaN or infinite.
        """
        return self._fit(X, y, sample_weight, X_val, y_val)

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Go once through these examples, from where the last call left weights and optimizer.

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
        """Return the predicted target of each example, or targets.

        Parameters
        ----------
        X : array-like or sparse matrix, shape (N, D)
            The examples.

        Returns
        -------
        ndarray of float64, shape (N,) or (N, K)
        """
        rows = self._check_rows(X)
        outputs = self._network.outputs(rows).astype(np.float64)
        return outputs[:, 0] if self._single else outputs

    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        if first:
            self._single = y.ndim == 1
            self._num_targets = 1 if self._single else y.shape[1]
        return self._encode_validation(y)

    def _encode_validation(self, y: Any) -> Array:
        targets: Array = np.asarray(y, dtype=self.dtype).reshape(len(y), -1)
        if targets.shape[1] != self._num_targets:
            raise InputError(
                f"y has {targets.shape[1]} target(s) an example; this network has "
                f"{self._num_targets} output(s)."
            )
        return targets

    def _decode(self, y: Array) -> Array:
        return y[:, 0] if self._single else y

    def _output_settings(self) -> dict[str, Any]:
        if self.loss == "poisson":
            raise InputError(
                "loss is 'poisson', which this network does not have; take loss='squared_error', "
                "on the logarithms of the counts perhaps, or scikit-learn's own estimator."
            )
        check_name(self.loss, ("squared_error",), "loss")
        return {
            "num_classes": self._num_targets,
            "loss": "mean_squared_error",
            "output_activation": "identity",
        }

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
