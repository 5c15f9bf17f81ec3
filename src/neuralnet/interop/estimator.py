"""Training and input validation that the classifier and the regressor share."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuralnet.checks import Array, InputError, check_dtype, check_weights
from neuralnet.data.inputs import input_notes
from neuralnet.data.tasks import task_note
from neuralnet.interop.arguments import (
    check_parameters,
    initialize,
    layer_sizes,
    make_optimizer,
    resolve_activation,
    resolve_batch_size,
)
from neuralnet.interop.base import BaseNeuralNet
from neuralnet.interop.callbacks import (
    ConvergenceMonitor,
    Recorder,
    SklearnCallbacks,
    initial_attributes,
)
from neuralnet.interop.divergence import diverged
from neuralnet.interop.sparse import SparseRows
from neuralnet.interop.warm_start import WarmStartOptimizer
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training.callbacks import check_callbacks
from neuralnet.training.device import array_module
from neuralnet.training.lbfgs import LBFGS
from neuralnet.training.loop import train
from neuralnet.training.run import Callback, TrainingDivergedError, TrainingRun
from neuralnet.training.schedules import Schedule, schedule_for


class Examples(NamedTuple):
    """Checked examples: X is an array or a sparse matrix, y is encoded for the network."""

    X: Any
    y: Array
    weight: Array | None


class NeuralNetEstimator(BaseNeuralNet):
    """Estimator that trains a network behind scikit-learn's interface."""

    # ------------------------------------------------------------------ training

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
        """Check the arguments and train, with new or with the current weights."""
        check_parameters(self)
        optimizer = make_optimizer(self)
        full_batch = isinstance(optimizer, LBFGS)
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        dtype = self._resolve_dtype(full_batch=full_batch) if first else self._network.dtype
        if first or not incremental:
            self._random_state = check_random_state(self.random_state)
        fit_data = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        X, y = self._check_examples(X, y, dtype, reset=first)
        training = self._training_set(X, y, sample_weight, first=first, incremental=incremental)
        if first:
            self._build(X.shape[1], X.dtype)
        if self.early_stopping and incremental:
            raise InputError(
                "partial_fit does not support early_stopping=True, because the caller decides when "
                "to stop. Set early_stopping=False, or call fit."
            )
        stops_early = self.early_stopping and not full_batch
        validation, training = self._split_validation(X_val, y_val, training, stops_early)
        num_examples = training.X.shape[0]
        batch_size = num_examples if full_batch else resolve_batch_size(self, num_examples)
        self._network.l2 = self._l2(training, batch_size)
        if not incremental or not isinstance(getattr(self, "_optimizer", None), WarmStartOptimizer):
            self._optimizer = optimizer if full_batch else WarmStartOptimizer(optimizer)
            self.rate_ = float(self.learning_rate_init)
        self._reset_curves(first, validation is not None, stops_early)
        score = None if validation is None else self._scorer(validation)
        recorder = (
            Recorder(self, score)
            if full_batch
            else ConvergenceMonitor(
                self,
                score,
                optimizer,
                early_stopping=stops_early,
                num_examples=num_examples,
            )
        )
        callbacks = check_callbacks(() if self.callbacks is None else self.callbacks)
        if incremental:
            recorder.incremental = True
            self._train(training, validation, recorder, callbacks, batch_size, num_epochs=1)
            return self
        with self._sklearn_callbacks(fit_data) as theirs:
            callbacks += theirs
            problem = self._train(
                training, validation, recorder, callbacks, batch_size, self.max_iter
            )
        if problem:
            warnings.warn(problem, ConvergenceWarning, stacklevel=3)
        return self

    def _resolve_dtype(self, *, full_batch: bool) -> Any:
        """Return the dtype of a new network or, for `validate_data`, those to choose from."""
        if self.dtype is not None:
            return check_dtype(self.dtype)
        # SciPy's L-BFGS-B computes in float64, and so does scikit-learn's solver around it.
        return np.float64 if full_batch else (np.float64, np.float32)

    def _check_examples(self, X: Any, y: Any, dtype: Any, *, reset: bool) -> tuple[Any, Array]:
        """Return X in the network's dtype, dense or CSR, and y as an array."""
        # A number too large for float32 becomes infinite, which `validate_data` refuses.
        with np.errstate(over="ignore", invalid="ignore"):
            X, y = validate_data(
                self,
                X,
                y,
                accept_sparse="csr",
                multi_output=True,
                dtype=dtype,
                order="C",
                reset=reset,
                **self._validation_arguments,
            )
        return X, y.toarray() if hasattr(y, "toarray") else y

    def _training_set(
        self, X: Any, y: Array, sample_weight: Any, *, first: bool, incremental: bool
    ) -> Examples:
        """Return the examples with y encoded, without those of weight 0."""
        weight = None
        if sample_weight is not None:
            if isinstance(sample_weight, Real):
                sample_weight = np.full(X.shape[0], sample_weight)
            weight = check_weights(sample_weight, X.shape[0])
        encoded = self._encode(y, first=first, incremental=incremental)
        class_weight = self._class_weights(y, incremental=incremental)
        if class_weight is not None:
            weight = class_weight if weight is None else weight * class_weight
        if weight is not None and not weight.all():
            nonzero = np.flatnonzero(weight)
            X, encoded, weight = X[nonzero], encoded[nonzero], weight[nonzero]
        return Examples(X, encoded, weight)

    def _split_validation(
        self, X_val: Any, y_val: Any, training: Examples, stops_early: bool
    ) -> tuple[Examples | None, Examples]:
        """Return the validation set, given or split off, and the remaining training set."""
        if (X_val is None) != (y_val is None):
            present, missing = ("X_val", "y_val") if y_val is None else ("y_val", "X_val")
            raise InputError(f"{present} was given without {missing}; give both or neither.")
        if X_val is not None:
            X_val, y_val = self._check_examples(X_val, y_val, self._network.dtype, reset=False)
            return Examples(X_val, self._encode_validation(y_val), None), training
        if not stops_early:
            return None, training
        parts = train_test_split(
            *(part for part in training if part is not None),
            random_state=self._random_state,
            test_size=self.validation_fraction,
            stratify=self._stratify(training.y),
        )
        parts += [None, None] if training.weight is None else []
        validation = Examples(*parts[1::2])
        if validation.X.shape[0] < 2:
            raise InputError(
                f"The validation set is too small: early_stopping splits off "
                f"{validation.X.shape[0]} example(s) and needs at least 2. Increase "
                f"validation_fraction, or give X_val and y_val."
            )
        return validation, Examples(*parts[::2])

    def _build(self, num_features: int, dtype: np.dtype[Any]) -> None:
        """Build a new network with random weights."""
        self._network = NeuralNetMLP(
            num_features,
            layer_sizes(self.hidden_layer_sizes),
            hidden_activation=resolve_activation(self.activation),
            dropout=self.dropout,
            batch_norm=self.batch_norm,
            dtype=dtype,
            xp=array_module(self.device),
            **self._output_settings(),
        )
        names = [str(name) for name in getattr(self, "feature_names_in_", ())]
        self._network.notes |= input_notes("features", names) | task_note(self._task())
        initialize(self._network, self._random_state)

    def _l2(self, training: Examples, batch_size: int) -> float:
        """Return the network's L2 factor for `alpha`.

        scikit-learn divides the penalty by the total weight of a batch, and the network does not.
        """
        mean_weight = 1.0 if training.weight is None else float(training.weight.mean())
        return float(self.alpha) / (batch_size * mean_weight * self.loss_factor)

    def _reset_curves(self, first: bool, has_validation: bool, stops_early: bool) -> None:
        """Start new curves in the first training; keep them for appending in a later one."""
        if first:
            for name, value in initial_attributes(early_stopping=stops_early).items():
                setattr(self, name, value)
        self.n_iter_ = 0
        if not has_validation:
            self.validation_scores_ = self.validation_loss_curve_ = None
        elif first or getattr(self, "validation_scores_", None) is None:
            self.validation_scores_, self.validation_loss_curve_ = [], []

    def _train(
        self,
        training: Examples,
        validation: Examples | None,
        recorder: Recorder,
        others: Sequence[Callback],
        batch_size: int,
        num_epochs: int,
    ) -> str | None:
        """Train the network; return why it did not converge, or None if it did or was stopped."""
        full_batch, callbacks = isinstance(self._optimizer, LBFGS), [recorder, *others]
        try:
            history = train(
                self._network,
                _rows(training.X),
                self._targets(training.y),
                None if validation is None else _rows(validation.X),
                None if validation is None else self._targets(validation.y),
                num_epochs=num_epochs,
                learning_rate=None if full_batch else self._schedule(),
                minibatch_size=batch_size,
                optimizer=self._optimizer,
                sample_weight=training.weight,
                running_loss=True,
                shuffle=self.shuffle,
                seed=self._random_state.randint(2**31 - 1),
                callbacks=callbacks,
            )
            if history.interrupted:  # in an interactive session
                raise KeyboardInterrupt
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by user.", stacklevel=4)
            return None
        except TrainingDivergedError as error:
            if not isinstance(recorder, ConvergenceMonitor) or recorder.best is None:
                raise diverged(error) from error
            recorder.record_divergence()
            return f"{error} The weights of the best epoch are restored."
        if full_batch:
            self.best_loss_ = self.loss_
            if recorder.converged is not False:
                return None
            return (
                f"lbfgs failed to converge after {self.n_iter_} iteration(s): "
                f"{history.stopped or f'it reached max_iter={num_epochs}'}. Increase max_iter "
                f"or max_fun, or scale the data."
            )
        if history.stopped is None:
            return (
                f"Stochastic Optimizer: Maximum iterations ({num_epochs}) reached and the "
                f"optimization hasn't converged yet. Increase max_iter or learning_rate_init."
            )
        return None

    def _schedule(self) -> Schedule:
        """Return the schedule of the network's learning rate."""
        optimizer = self._optimizer
        wrapped = optimizer.optimizer if isinstance(optimizer, WarmStartOptimizer) else optimizer
        factor = self.rate_factor(wrapped)
        return schedule_for(self.schedule, self.rate_ * factor)

    @contextlib.contextmanager
    def _sklearn_callbacks(self, fit_data: dict[str, Any]) -> Iterator[list[Callback]]:
        """Run scikit-learn's callbacks around a `fit` call, if its version has callbacks."""
        if not hasattr(self, "_init_callback_context"):
            yield []
            return
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, **fit_data)
        has_any = hasattr(self, "_skl_callbacks")
        yield [SklearnCallbacks(self, context, fit_data)] if has_any else []
        context.call_on_fit_task_end(estimator=self, **fit_data)

    def _scorer(self, validation: Examples) -> Callable[[TrainingRun], float]:
        """Return a function that computes the score on the validation set after an epoch."""
        y = self._decode(validation.y)
        # `validation.X` has no feature names, and scikit-learn would warn about that.
        view = copy.copy(self)
        view.__dict__.pop("feature_names_in_", None)
        scorer = None if self.scoring is None else get_scorer(self.scoring)

        def score(run: TrainingRun) -> float:
            is_default = scorer is None and validation.weight is None
            if is_default and run.history.valid_accuracy[-1:] != [] and self._score_is_accuracy():
                return run.history.valid_accuracy[-1]
            weights = {} if validation.weight is None else {"sample_weight": validation.weight}
            if scorer is None:
                return float(view.score(validation.X, y, **weights))
            return float(scorer(view, validation.X, y, **weights))

        return score

    # ------------------------------------------------------------------ prediction

    def _check_rows(self, X: Any) -> Any:
        """Return checked examples for prediction, dense or as `SparseRows`."""
        check_is_fitted(self)
        with np.errstate(over="ignore", invalid="ignore"):
            X = validate_data(
                self, X, accept_sparse="csr", dtype=self._network.dtype, order="C", reset=False
            )
        return _rows(X)


def _rows(X: Any) -> Any:
    """Return an array unchanged, and wrap a sparse matrix in `SparseRows`."""
    return X if isinstance(X, np.ndarray) else SparseRows(X)
