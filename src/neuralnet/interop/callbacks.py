"""Callbacks of the estimators: loss curves, early stopping, and scikit-learn's callbacks."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neuralnet.checks import Array
from neuralnet.interop.base import BaseNeuralNet
from neuralnet.nn.optimizers import SGD
from neuralnet.training.lbfgs import LBFGS
from neuralnet.training.run import Callback

if TYPE_CHECKING:
    from neuralnet.nn.optimizers import Optimizer
    from neuralnet.training.run import TrainingRun

# MLPClassifier no longer divides its learning rate once it is this small.
_MIN_LEARNING_RATE = 1e-6


class Recorder(Callback):
    """Recorder of an estimator's curves, one entry per epoch.

    Parameters
    ----------
    estimator : BaseNeuralNet
        The estimator whose fitted attributes are updated.
    score : callable, optional
        Function that returns the score on the validation set; None without a validation set.

    Attributes
    ----------
    converged : bool or None
        Whether L-BFGS converged; None for another optimizer or if a callback stopped it.
    """

    converged: bool | None = None

    def __init__(
        self, estimator: BaseNeuralNet, score: Callable[[TrainingRun], float] | None
    ) -> None:
        self._estimator = estimator
        self._score = score

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        losses = run.history.valid_loss
        score = math.nan if self._score is None else self._score(run)
        self._record(run.history.train_loss[-1], losses[-1] if losses else math.nan, score)

    def on_train_end(self, run: TrainingRun) -> None:
        """Record how L-BFGS ended, and the loss if it had converged before its first epoch."""
        if isinstance(run.optimizer, LBFGS):
            self.converged = run.optimizer.converged
            if not run.history.num_epochs:
                self._estimator.loss_ = run.batch_loss * self._estimator.loss_factor

    def record_divergence(self) -> None:
        """Record an epoch whose loss is not a number."""
        self._record(math.nan, math.nan, math.nan)

    def _record(self, train_loss: float, valid_loss: float, score: float) -> None:
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.loss_ = train_loss * estimator.loss_factor
        estimator.loss_curve_.append(estimator.loss_)
        if self._score is not None:
            estimator.validation_scores_.append(score)
            estimator.validation_loss_curve_.append(valid_loss * estimator.loss_factor)
        if estimator.verbose:
            # The lines that MLPClassifier prints.
            sys.stdout.write(f"Iteration {estimator.n_iter_}, loss = {estimator.loss_:.8f}\n")
            if self._score is not None:
                sys.stdout.write(f"Validation score: {score:f}\n")


class ConvergenceMonitor(Recorder):
    """Recorder that stops an estimator's training as `MLPClassifier` does.

    An epoch is an improvement if the training loss falls, or with early stopping the validation
    score rises, by at least `tol`. After more than `n_iter_no_change` epochs in a row without an
    improvement the training stops or, with `learning_rate="adaptive"`, the learning rate is
    divided by 5.

    Parameters
    ----------
    estimator, score
        As for `Recorder`.
    optimizer : Optimizer
        The optimizer. The learning-rate rules apply to SGD only.
    early_stopping : bool
        Whether the validation score decides when to stop, and the best weights are restored.
    num_examples : int
        Number of examples per epoch, added to the estimator's `t_`.

    Attributes
    ----------
    best : ndarray or None
        With early stopping, the parameters of the best epoch; None before the first.
    """

    def __init__(
        self,
        estimator: BaseNeuralNet,
        score: Callable[[TrainingRun], float] | None,
        optimizer: Optimizer,
        *,
        early_stopping: bool,
        num_examples: int,
    ) -> None:
        super().__init__(estimator, score)
        self._rule = estimator.learning_rate if isinstance(optimizer, SGD) else "constant"
        self._early_stopping = early_stopping
        self._num_examples = num_examples
        self._factor = estimator.rate_factor(optimizer)
        self.best: Array | None = None

    def on_epoch_begin(self, run: TrainingRun) -> None:  # noqa: D102
        if self._rule != "constant":
            run.learning_rate = self._estimator.rate_ * self._factor

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        super().on_epoch_end(run)
        estimator = self._estimator
        estimator.t_ += self._num_examples
        if self._rule == "invscaling":
            estimator.rate_ = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
        if self._early_stopping:
            self._compare_scores(run)
        else:
            self._compare_losses()
        if estimator.no_improvement_count_ > estimator.n_iter_no_change:
            self._stop_or_slow_down(run)

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self.best is not None:
            run.model.parameters.state[...] = self.best

    def _compare_losses(self) -> None:
        estimator = self._estimator
        improved = estimator.loss_ <= estimator.best_loss_ - float(estimator.tol)
        estimator.no_improvement_count_ = 0 if improved else estimator.no_improvement_count_ + 1
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)

    def _compare_scores(self, run: TrainingRun) -> None:
        estimator, score = self._estimator, self._estimator.validation_scores_[-1]
        improved = score >= estimator.best_validation_score_ + float(estimator.tol)
        estimator.no_improvement_count_ = 0 if improved else estimator.no_improvement_count_ + 1
        if score > estimator.best_validation_score_ or self.best is None:
            estimator.best_validation_score_ = score
            self.best = run.model.parameters.state.copy()

    def _stop_or_slow_down(self, run: TrainingRun) -> None:
        """Stop the training, or divide an adaptive learning rate by 5."""
        estimator = self._estimator
        quantity = "Validation score" if self._early_stopping else "Training loss"
        reason = (
            f"{quantity} did not improve more than tol={float(estimator.tol):f} for "
            f"{estimator.n_iter_no_change} consecutive epochs."
        )
        if self._rule == "adaptive" and estimator.rate_ > _MIN_LEARNING_RATE:
            estimator.rate_ /= 5
            estimator.no_improvement_count_ = 0
            action = f"Setting learning rate to {estimator.rate_:f}"
        else:
            run.stop(reason)
            action = "Stopping."
        if estimator.verbose:
            sys.stdout.write(f"{reason} {action}\n")


class SklearnCallbacks(Callback):
    """Adapter that calls scikit-learn's callbacks (`set_callbacks`, from 1.9 on) in each epoch.

    Parameters
    ----------
    estimator : BaseNeuralNet
        The estimator in training.
    context : sklearn.callback.CallbackContext
        The context of the `fit` call; each epoch is one of its subtasks.
    data : dict
        `X`, `y` and `metadata`, which are passed to the hooks.
    """

    def __init__(self, estimator: BaseNeuralNet, context: Any, data: dict[str, Any]) -> None:
        self._estimator = estimator
        self._context = context
        self._data = data

    def on_epoch_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._hook_arguments(run))

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self._epoch.call_on_fit_task_end(**self._hook_arguments(run)):
            run.stop("a scikit-learn callback requested it")

    def _hook_arguments(self, run: TrainingRun) -> dict[str, Any]:
        return {
            "estimator": self._estimator,
            **self._data,
            # A function, because the copy is needed only by callbacks that use a fitted estimator.
            "reconstruction_attributes": lambda: {"_network": copy.deepcopy(run.model)},
        }


def initial_attributes(*, early_stopping: bool) -> dict[str, Any]:
    """Return the fitted attributes of an estimator before its first epoch."""
    return {
        "n_iter_": 0,
        "t_": 0,
        "loss_": math.nan,
        "loss_curve_": [],
        "best_loss_": None if early_stopping else math.inf,
        "best_validation_score_": -math.inf if early_stopping else None,
        "no_improvement_count_": 0,
    }
