"""What an estimator has called during its training: its curves, its stopping, others' callbacks."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neuralnet.checks import Array
from neuralnet.nn.optimizers import SGD
from neuralnet.training.run import Callback

if TYPE_CHECKING:
    from neuralnet.interop.estimator import NeuralNetEstimator
    from neuralnet.nn.optimizers import Optimizer
    from neuralnet.training.run import TrainingRun

# MLPClassifier goes on dividing its learning rate until it is this small.
_SMALLEST_RATE = 1e-6


class Curves(Callback):
    """Keeps an estimator's curves, and stops its training as `MLPClassifier` does.

    The training loss (the score on the validation set, with early stopping) counts as better only
    if it is so by `tol`; more than `n_iter_no_change` epochs in a row that are not better end the
    training or, with `learning_rate="adaptive"`, divide the learning rate by 5.

    Parameters
    ----------
    estimator : NeuralNetEstimator
        Whose curves these are.
    optimizer : Optimizer
        What makes the steps; the rules for the learning rate are for SGD only.
    score : callable, optional
        Gives the score on the validation set, where there is one.
    stopping : bool
        Whether the score on the validation set decides, and the best weights are to be left.
    num_examples : int
        What an epoch adds to the estimator's `t_`.
    """

    def __init__(
        self,
        estimator: NeuralNetEstimator,
        optimizer: Optimizer,
        score: Callable[[TrainingRun], float] | None,
        *,
        stopping: bool,
        num_examples: int,
    ) -> None:
        self._estimator = estimator
        self._rule = estimator.learning_rate if isinstance(optimizer, SGD) else "constant"
        self._score = score
        self._stopping = stopping
        self._num_examples = num_examples
        self._factor = estimator.rate_factor(optimizer)
        self._best: Array | None = None

    def on_epoch_begin(self, run: TrainingRun) -> None:  # noqa: D102
        estimator = self._estimator
        if self._rule == "invscaling":
            estimator.rate_ = estimator.learning_rate_init / (estimator.t_ + 1) ** estimator.power_t
        if self._rule != "constant":
            run.learning_rate = estimator.rate_ * self._factor

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        estimator = self._estimator
        estimator.n_iter_ += 1
        estimator.t_ += self._num_examples
        estimator.loss_ = run.history.train_loss[-1] * estimator.loss_factor
        estimator.loss_curve_.append(estimator.loss_)
        if self._score is not None:
            estimator.validation_scores_.append(self._score(run))
            estimator.validation_loss_curve_.append(
                run.history.valid_loss[-1] * estimator.loss_factor
            )
        if self._stopping:
            self._compare_scores(run)
        else:
            self._compare_losses()
        if estimator.epochs_without_gain_ > estimator.n_iter_no_change:
            self._no_gain(run)

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self._best is not None:
            run.model.parameters.state[...] = self._best

    def _compare_losses(self) -> None:
        estimator = self._estimator
        gained = estimator.loss_ <= estimator.best_loss_ - estimator.tol
        estimator.epochs_without_gain_ = 0 if gained else estimator.epochs_without_gain_ + 1
        estimator.best_loss_ = min(estimator.best_loss_, estimator.loss_)

    def _compare_scores(self, run: TrainingRun) -> None:
        estimator, score = self._estimator, self._estimator.validation_scores_[-1]
        gained = score >= estimator.best_validation_score_ + estimator.tol
        estimator.epochs_without_gain_ = 0 if gained else estimator.epochs_without_gain_ + 1
        if score > estimator.best_validation_score_ or self._best is None:
            estimator.best_validation_score_ = score
            self._best = run.model.parameters.state.copy()

    def _no_gain(self, run: TrainingRun) -> None:
        """Stop, or go on with smaller steps."""
        estimator = self._estimator
        if self._rule == "adaptive" and estimator.rate_ > _SMALLEST_RATE:
            estimator.rate_ /= 5
            estimator.epochs_without_gain_ = 0
            return
        what = "validation score" if self._stopping else "training loss"
        run.stop(
            f"the {what} did not improve by tol={estimator.tol:g} for "
            f"{estimator.n_iter_no_change} epochs"
        )


class SklearnCallbacks(Callback):
    """Calls scikit-learn's own callbacks (`set_callbacks`, from 1.9 on), an epoch a task.

    Parameters
    ----------
    estimator : NeuralNetEstimator
        The one in training.
    context : sklearn.callback.CallbackContext
        That of the whole `fit`.
    data : dict
        `X`, `y` and `metadata`, as the hooks are given them.
    """

    def __init__(self, estimator: NeuralNetEstimator, context: Any, data: dict[str, Any]) -> None:
        self._estimator = estimator
        self._context = context
        self._data = data

    def on_epoch_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._hook_arguments(run))

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self._epoch.call_on_fit_task_end(**self._hook_arguments(run)):
            run.stop("a scikit-learn callback asked for it")

    def _hook_arguments(self, run: TrainingRun) -> dict[str, Any]:
        return {
            "estimator": self._estimator,
            **self._data,
            # A function, which is called only for a callback that wants to see a fitted estimator.
            "reconstruction_attributes": lambda: {"_network": copy.deepcopy(run.model)},
        }


def no_gain_yet(*, early_stopping: bool) -> dict[str, Any]:
    """Return an estimator's attributes before its first epoch."""
    return {
        "n_iter_": 0,
        "t_": 0,
        "loss_": math.nan,
        "loss_curve_": [],
        "best_loss_": None if early_stopping else math.inf,
        "best_validation_score_": -math.inf if early_stopping else None,
        "epochs_without_gain_": 0,
    }
