"""What the classifier and the regressor have in common: from scikit-learn's `fit` to `train`."""

from __future__ import annotations

import copy
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from numbers import Real
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuralnet.checks import Array, InputError, check_weights
from neuralnet.interop.arguments import (
    batch_rows,
    check_parameters,
    hidden_activation,
    initialize,
    optimizer_of,
)
from neuralnet.interop.continued import Continued
from neuralnet.interop.sparse import SparseRows
from neuralnet.interop.watching import Curves, SklearnCallbacks, no_gain_yet
from neuralnet.nn.arguments import float_type
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import SGD, Optimizer
from neuralnet.training.callbacks import Callback, ProgressBar
from neuralnet.training.loop import train
from neuralnet.training.run import TrainingRun

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before scikit-learn 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Stands in for what scikit-learn has from 1.9 on."""

    def with_callbacks(method: Any) -> Any:
        """Leave a method as it is: there are no callbacks to end."""
        return method


__all__ = ["NeuralNetEstimator", "with_callbacks"]


class Sample(NamedTuple):
    """Examples as they came, checked: X an array or a sparse matrix, y encoded for the network."""

    X: Any
    y: Array
    weight: Array | None


class NeuralNetEstimator(CallbackSupportMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A network behind scikit-learn's interface. A subclass says what y and the outputs mean."""

    # What the network's loss and SGD's steps are to be multiplied by, to be those of scikit-learn.
    loss_factor: ClassVar[float] = 1.0

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

    def _keep(self, arguments: dict[str, Any]) -> None:
        """Keep the constructor's arguments as they came, which is all that it may do with them."""
        vars(self).update({name: arguments[name] for name in self._get_param_names()})

    @abstractmethod
    def _encode(self, y: Array, *, first: bool, incremental: bool) -> Array:
        """Return y as the network takes it; on the first call, learn what there is to know of it."""

    @abstractmethod
    def _encode_validation(self, y: Any) -> Array:
        """Return the validation set's y as the network takes it."""

    @abstractmethod
    def _output_settings(self) -> dict[str, Any]:
        """Return the network's arguments that depend on what y is."""

    def _stratify(self, y: Array) -> Array | None:
        """Return what the split for validation keeps in proportion."""
        return None

    def _class_weights(self, y: Array, *, incremental: bool) -> Array | None:
        """Return what each example's class makes it weigh."""
        return None

    def rate_factor(self, optimizer: Optimizer) -> float:
        """Return what SGD's rate is multiplied by where the loss is a multiple of scikit-learn's."""
        return self.loss_factor if isinstance(optimizer, SGD) else 1.0

    # ------------------------------------------------------------------ fitting

    def _fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        *,
        incremental: bool = False,
    ) -> Self:
        """Check everything, and train: from the beginning, or from where the network stands."""
        check_parameters(self)
        optimizer = optimizer_of(self)
        dtype = float_type(self.dtype)
        first = not hasattr(self, "network_") or not (self.warm_start or incremental)
        if first or not incremental:
            self._random = check_random_state(self.random_state)
        X, y = self._check_examples(X, y, dtype, reset=first)
        training = self._training_sample(X, y, sample_weight, first=first, incremental=incremental)
        if first:
            self._build(X.shape[1], dtype)
        validation, training = self._validation_sample(X_val, y_val, training, dtype, incremental)
        size = batch_rows(self, training.X.shape[0])
        self.network_.l2 = self._l2(training, size)
        if not incremental or not hasattr(self, "_optimizer"):
            self._optimizer = Continued(optimizer)
            self.rate_ = float(self.learning_rate_init)
        self._prepare_curves(first=first, has_validation=validation is not None)
        curves = Curves(
            self,
            optimizer,
            None if validation is None else self._scorer(validation),
            stopping=self.early_stopping,
            num_examples=training.X.shape[0],
        )
        stopped = self._train(training, validation, curves, size, 1 if incremental else None)
        if not incremental and self.n_iter_ == self.max_iter and stopped is None:
            warnings.warn(
                f"The training ended after max_iter={self.max_iter} epochs, and the loss was still "
                f"falling by more than tol={self.tol:g}. Raise max_iter, or learning_rate_init.",
                ConvergenceWarning,
                stacklevel=3,
            )
        return self

    def _check_examples(
        self, X: Any, y: Any, dtype: np.dtype[Any], *, reset: bool
    ) -> tuple[Any, Array]:
        """Return X as rows of the network's own floats, and y as an array."""
        with np.errstate(over="ignore"):  # what a float32 cannot hold is infinite, and is refused
            X, y = validate_data(
                self,
                X,
                y,
                accept_sparse="csr",
                multi_output=True,
                dtype=dtype,
                order="C",
                reset=reset,
                **self._y_checks,
            )
        return X, y.toarray() if hasattr(y, "toarray") else y

    _y_checks: ClassVar[dict[str, Any]] = {}

    def _training_sample(
        self, X: Any, y: Array, sample_weight: Any, *, first: bool, incremental: bool
    ) -> Sample:
        """Return the examples with their labels encoded, and those left out that weigh nothing."""
        weight = None
        if sample_weight is not None:
            if isinstance(sample_weight, Real):
                sample_weight = np.full(X.shape[0], sample_weight)
            weight = check_weights(sample_weight, X.shape[0])
        encoded = self._encode(y, first=first, incremental=incremental)
        by_class = self._class_weights(y, incremental=incremental)
        if by_class is not None:
            weight = by_class if weight is None else weight * by_class
        if weight is not None and not weight.all():
            counts = np.flatnonzero(weight)
            X, encoded, weight = X[counts], encoded[counts], weight[counts]
        return Sample(X, encoded, weight)

    def _validation_sample(
        self, X_val: Any, y_val: Any, training: Sample, dtype: np.dtype[Any], incremental: bool
    ) -> tuple[Sample | None, Sample]:
        """Return the validation set, given or split off, and what is left to train on."""
        if self.early_stopping and incremental:
            raise InputError(
                "partial_fit was called with early_stopping=True; whether to stop is the caller's "
                "to say there. Set early_stopping=False, or call fit."
            )
        if (X_val is None) != (y_val is None):
            came, lacks = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
            raise InputError(f"{came} came without {lacks}; give both, or neither.")
        if X_val is not None:
            X_val, y_val = self._check_examples(X_val, y_val, dtype, reset=False)
            return Sample(X_val, self._encode_validation(y_val), None), training
        if not self.early_stopping:
            return None, training
        parts = train_test_split(
            *(part for part in training if part is not None),
            random_state=self._random,
            test_size=self.validation_fraction,
            stratify=self._stratify(training.y),
        )
        parts += [None, None] if training.weight is None else []
        validation = Sample(*parts[1::2])
        if validation.X.shape[0] < 2:
            raise InputError(
                f"early_stopping leaves {validation.X.shape[0]} example(s) for validation; raise "
                f"validation_fraction, or give X_val and y_val."
            )
        return validation, Sample(*parts[::2])

    def _build(self, num_features: int, dtype: np.dtype[Any]) -> None:
        """Make a new network."""
        self.network_ = NeuralNetMLP(
            num_features,
            np.atleast_1d(self.hidden_layer_sizes).tolist(),
            hidden_activation=hidden_activation(self.activation),
            dropout=self.dropout,
            batch_norm=self.batch_norm,
            dtype=dtype,
            **self._output_settings(),
        )
        initialize(self.network_, self._random)

    def _l2(self, training: Sample, size: int) -> float:
        """Return what `alpha` is for the network, whose L2 is not divided by a batch's weight."""
        mean_weight = 1.0 if training.weight is None else float(training.weight.mean())
        return float(self.alpha) / (size * mean_weight * self.loss_factor)

    def _prepare_curves(self, *, first: bool, has_validation: bool) -> None:
        """Begin the curves, or make ready to add to them."""
        if first:
            vars(self).update(no_gain_yet(early_stopping=self.early_stopping))
        self.n_iter_ = 0
        if not has_validation:
            self.validation_scores_ = self.validation_loss_curve_ = None
        elif first or getattr(self, "validation_scores_", None) is None:
            self.validation_scores_, self.validation_loss_curve_ = [], []

    def _train(
        self,
        training: Sample,
        validation: Sample | None,
        curves: Curves,
        size: int,
        num_epochs: int | None,
    ) -> str | None:
        """Train; return why it was stopped before its end, if it was."""
        callbacks: list[Callback] = [curves, *(self.callbacks or ())]
        context = self._callback_context(training) if num_epochs is None else None
        if context is not None and hasattr(self, "_skl_callbacks"):
            callbacks.append(SklearnCallbacks(self, context, self._hook_data(training)))
        if self.verbose:
            callbacks.append(ProgressBar())
        try:
            history = train(
                self.network_,
                _rows(training.X),
                training.y,
                None if validation is None else _rows(validation.X),
                None if validation is None else validation.y,
                num_epochs=num_epochs or self.max_iter,
                learning_rate=self.rate_ * self.rate_factor(self._optimizer.optimizer),
                minibatch_size=size,
                optimizer=self._optimizer,
                schedule=self.schedule,
                sample_weight=training.weight,
                running_loss=True,
                shuffle=self.shuffle,
                seed=self._random.randint(2**31 - 1),
                callbacks=callbacks,
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by the user.", stacklevel=4)
            return "interrupted"
        if context is not None:
            context.call_on_fit_task_end(estimator=self, **self._hook_data(training))
        return history.stopped

    def _callback_context(self, training: Sample) -> Any:
        """Return the context of scikit-learn's callbacks, where it has them."""
        if not hasattr(self, "_init_callback_context"):
            return None
        context = self._init_callback_context(max_subtasks=self.max_iter)
        return context.call_on_fit_task_begin(estimator=self, **self._hook_data(training))

    def _hook_data(self, training: Sample) -> dict[str, Any]:
        """Return what scikit-learn's callbacks are shown of the data: functions are called late."""
        return {
            "X": training.X,
            "y": lambda: self._decode(training.y),
            "metadata": {"sample_weight": training.weight},
        }

    def _scorer(self, validation: Sample) -> Callable[[TrainingRun], float]:
        """Return what gives the score on the validation set after an epoch."""
        y = self._decode(validation.y)
        view = copy.copy(self)  # its arrays have no names of features, and need none
        vars(view).pop("feature_names_in_", None)
        scorer = None if self.scoring is None else get_scorer(self.scoring)

        def score(run: TrainingRun) -> float:
            plain = scorer is None and validation.weight is None
            if plain and run.history.valid_accuracy[-1:] != [] and self._accuracy_is_score:
                return run.history.valid_accuracy[-1]
            weights = {} if validation.weight is None else {"sample_weight": validation.weight}
            if scorer is None:
                return float(view.score(validation.X, y, **weights))
            return float(scorer(view, validation.X, y, **weights))

        return score

    _accuracy_is_score: ClassVar[bool] = True

    def _decode(self, y: Array) -> Array:
        """Return y as it came, from what the network takes."""
        return y

    # ------------------------------------------------------------------ answering

    def _check_rows(self, X: Any) -> Any:
        """Return the examples to answer for, as the network takes them."""
        check_is_fitted(self)
        with np.errstate(over="ignore"):
            X = validate_data(
                self, X, accept_sparse="csr", dtype=self.network_.dtype, order="C", reset=False
            )
        return _rows(X)

    @property
    def coefs_(self) -> list[Array]:
        """The weights of each layer, shape (inputs, outputs): views, not copies."""
        names = [f"layers.{number}.weight" for number in range(self.n_layers_ - 1)]
        return [self.network_.parameters[name] for name in names]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases of each layer: views; a batch-normalized layer's are its shifts."""
        parameters = self.network_.parameters
        return [
            parameters[bias if (bias := f"layers.{n}.bias") in parameters.shapes else f"layers.{n}.batch_norm.shift"]
            for n in range(self.n_layers_ - 1)
        ]

    @property
    def n_layers_(self) -> int:
        """The number of layers, inputs and outputs among them."""
        return len(self.network_.num_hidden) + 2

    @property
    def n_outputs_(self) -> int:
        """The number of the network's outputs."""
        return self.network_.num_classes

    @property
    def out_activation_(self) -> str:
        """The name of the activation of the outputs."""
        return self.network_.output_activation.name

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _rows(X: Any) -> Any:
    """Return an array as it is, and a sparse matrix as rows to be made dense."""
    return X if isinstance(X, np.ndarray) else SparseRows(X)

