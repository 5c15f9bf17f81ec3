"""What the classifier and the regressor have in common: from scikit-learn's `fit` to `train`."""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, NamedTuple, Self

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from neuralnet.checks import Array, InputError, check_dtype, check_weights
from neuralnet.interop.arguments import (
    array_module,
    batch_rows,
    check_parameters,
    hidden_activation,
    initialize,
    optimizer_of,
)
from neuralnet.interop.continued import Continued
from neuralnet.interop.outline import Outline
from neuralnet.interop.sparse import SparseRows
from neuralnet.interop.watching import Curves, SklearnCallbacks, no_gain_yet
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.schedules import schedule_for
from neuralnet.training.callbacks import ProgressBar
from neuralnet.training.loop import train
from neuralnet.training.run import Callback, TrainingRun


class Sample(NamedTuple):
    """Examples as they came, checked: X an array or a sparse matrix, y encoded for the network."""

    X: Any
    y: Array
    weight: Array | None


class NeuralNetEstimator(Outline):
    """A network behind scikit-learn's interface. A subclass says what y and the outputs mean."""

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
        dtype = check_dtype(self.dtype)
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        if first or not incremental:
            self._random = check_random_state(self.random_state)
        shown = {"X": X, "y": y, "metadata": {"sample_weight": sample_weight}}
        X, y = self._check_examples(X, y, dtype, reset=first)
        training = self._training_sample(X, y, sample_weight, first=first, incremental=incremental)
        if first:
            self._build(X.shape[1], dtype)
        validation, training = self._validation_sample(X_val, y_val, training, dtype, incremental)
        size = batch_rows(self, training.X.shape[0])
        self._network.l2 = self._l2(training, size)
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
        callbacks: list[Callback] = [curves, *(self.callbacks or ())]
        if incremental:
            self._train(training, validation, callbacks, size, num_epochs=1)
            return self
        with self._sklearn_callbacks(shown) as theirs:
            stopped = self._train(training, validation, callbacks + theirs, size, self.max_iter)
        if self.n_iter_ == self.max_iter and stopped is None:
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
        with np.errstate(
            over="ignore", invalid="ignore"
        ):  # what a float32 cannot hold is infinite, and is refused
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
        self._network = NeuralNetMLP(
            num_features,
            np.atleast_1d(self.hidden_layer_sizes).tolist(),
            hidden_activation=hidden_activation(self.activation),
            dropout=self.dropout,
            batch_norm=self.batch_norm,
            dtype=dtype,
            xp=array_module(self.device),
            **self._output_settings(),
        )
        initialize(self._network, self._random)

    def _l2(self, training: Sample, size: int) -> float:
        """Return what `alpha` is for the network, whose L2 is not divided by a batch's weight."""
        mean_weight = 1.0 if training.weight is None else float(training.weight.mean())
        return float(self.alpha) / (size * mean_weight * self.loss_factor)

    def _prepare_curves(self, *, first: bool, has_validation: bool) -> None:
        """Begin the curves, or make ready to add to them."""
        if first:
            for name, value in no_gain_yet(early_stopping=self.early_stopping).items():
                setattr(self, name, value)
        self.n_iter_ = 0
        if not has_validation:
            self.validation_scores_ = self.validation_loss_curve_ = None
        elif first or getattr(self, "validation_scores_", None) is None:
            self.validation_scores_, self.validation_loss_curve_ = [], []

    def _train(
        self,
        training: Sample,
        validation: Sample | None,
        callbacks: list[Callback],
        size: int,
        num_epochs: int,
    ) -> str | None:
        """Train; return why it was stopped before its end, if it was."""
        try:
            history = train(
                self._network,
                _rows(training.X),
                self._targets(training.y),
                None if validation is None else _rows(validation.X),
                None if validation is None else self._targets(validation.y),
                num_epochs=num_epochs,
                learning_rate=schedule_for(
                    self.schedule, self.rate_ * self.rate_factor(self._optimizer.optimizer)
                ),
                minibatch_size=size,
                optimizer=self._optimizer,
                sample_weight=training.weight,
                running_loss=True,
                shuffle=self.shuffle,
                seed=self._random.randint(2**31 - 1),
                callbacks=[*callbacks, ProgressBar()] if self.verbose else callbacks,
            )
        except KeyboardInterrupt:
            warnings.warn("Training interrupted by the user.", stacklevel=4)
            return "interrupted"
        return history.stopped

    @contextlib.contextmanager
    def _sklearn_callbacks(self, shown: dict[str, Any]) -> Iterator[list[Callback]]:
        """Open the task of the whole `fit` to scikit-learn's callbacks, where it has them."""
        if not hasattr(self, "_init_callback_context"):
            yield []
            return
        context = self._init_callback_context(max_subtasks=self.max_iter)
        context.call_on_fit_task_begin(estimator=self, **shown)
        has_any = hasattr(self, "_skl_callbacks")
        yield [SklearnCallbacks(self, context, shown)] if has_any else []
        context.call_on_fit_task_end(estimator=self, **shown)

    def _scorer(self, validation: Sample) -> Callable[[TrainingRun], float]:
        """Return what gives the score on the validation set after an epoch."""
        y = self._decode(validation.y)
        view = copy.copy(self)  # its arrays have no names of features, and need none
        view.__dict__.pop("feature_names_in_", None)
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

    # ------------------------------------------------------------------ answering

    def _check_rows(self, X: Any) -> Any:
        """Return the examples to answer for, as the network takes them."""
        check_is_fitted(self)
        with np.errstate(over="ignore", invalid="ignore"):
            X = validate_data(
                self, X, accept_sparse="csr", dtype=self._network.dtype, order="C", reset=False
            )
        return _rows(X)


def _rows(X: Any) -> Any:
    """Return an array as it is, and a sparse matrix as rows to be made dense."""
    return X if isinstance(X, np.ndarray) else SparseRows(X)
