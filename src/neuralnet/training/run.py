"""A training as its callbacks see it: where it is, what it recorded, and how to steer it."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

import numpy as np

from neuralnet.checks import InputError, Labelled, NeuralNetError, check_number
from neuralnet.nn.model import Evaluation
from neuralnet.nn.optimizers import Optimizer
from neuralnet.nn.schedules import Schedule
from neuralnet.training.history import History

if TYPE_CHECKING:
    from neuralnet.nn.network import NeuralNetMLP
    from neuralnet.training.callbacks import Callback

_NOT_EVALUATED = Evaluation(math.nan, math.nan)


class TrainingDivergedError(NeuralNetError, ArithmeticError):
    """The loss became NaN or infinite; `history` holds the epochs before that."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history

    def __reduce__(self) -> tuple[type[Self], tuple[str, History]]:
        """Let the error travel between processes, its history with it."""
        return type(self), (str(self), self.history)


class TrainingRun:
    """A training as its callbacks see it.

    Attributes
    ----------
    model : NeuralNetMLP
        The network in training.
    history : History
        What was recorded so far.
    num_epochs, num_batches : int
        Epochs in all, and batches in each.
    epoch, batch : int
        Where the training is, both counted from 1; 0 before the first.
    batch_loss : float
        The loss of the last batch, before its update.
    step_rate : float
        The learning rate of the last update.
    peak_rate : float
        The learning rate where the schedule's factor is 1.
    optimizer : Optimizer
        What makes the steps.
    generators : dict of str to numpy.random.Generator
        What "order", "dropout" and "deformation" are drawn from.
    settings : dict of str to str
        What the training was begun with, written out.
    callbacks : sequence of Callback
        Who watches.
    evaluated : bool
        Whether the epoch that ended last was evaluated.
    """

    def __init__(
        self,
        model: NeuralNetMLP,
        *,
        num_epochs: int,
        num_batches: int,
        learning_rate: float,
        optimizer: Optimizer,
        schedule: Schedule,
        callbacks: Sequence[Callback],
        generators: dict[str, np.random.Generator],
        settings: dict[str, str],
    ) -> None:
        self.model = model
        self.history = History()
        self.num_epochs = num_epochs
        self.num_batches = num_batches
        self.epoch = 0
        self.batch = 0
        self.batch_loss = math.nan
        self._loss_sum = 0.0
        self._num_seen = 0
        self.evaluated = False
        self.step_rate = learning_rate
        self.peak_rate = learning_rate
        self.optimizer = optimizer
        self.generators = generators
        self.settings = settings
        self._schedule = schedule
        self._factor = schedule.factor(0, num_epochs * num_batches)
        self.callbacks = callbacks
        self._epoch_began = 0.0

    @property
    def learning_rate(self) -> float:
        """The learning rate of the present step; setting it scales the schedule from here on."""
        return self.peak_rate * self._factor

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        value = check_number(value, "learning_rate", minimum=0)
        if not self._factor:
            raise InputError(
                f"learning_rate was set to {value} where the schedule stands at 0, which no "
                f"scaling can change. Set it at another step."
            )
        self.peak_rate = value / self._factor

    def stop(self, reason: str) -> None:
        """End the training after the present batch; `reason` is kept as `history.stopped`."""
        self.history.stopped = reason

    def call(self, hook: str) -> None:
        """Call one hook of every callback, in order."""
        for callback in self.callbacks:
            getattr(callback, hook)(self)

    def begin_epoch(self) -> None:
        """Count the epoch, and let the callbacks know."""
        self.epoch += 1
        self.batch = 0
        self._loss_sum = 0.0
        self._num_seen = 0
        self._epoch_began = time.perf_counter()
        self._take_factor()
        self.call("on_epoch_begin")

    def begin_batch(self) -> None:
        """Count the batch, take the schedule's factor for it, and let the callbacks know."""
        self._take_factor()
        self.batch += 1
        self.call("on_batch_begin")

    def record_loss(self, batch_loss: float, num_rows: int) -> None:
        """Record the loss of a batch, before its update.

        Raises
        ------
        TrainingDivergedError
            If it is NaN or infinite.
        """
        self.batch_loss = batch_loss
        self._loss_sum += batch_loss * num_rows
        self._num_seen += num_rows
        if not math.isfinite(batch_loss):
            raise self.diverged(f"batch {self.batch}", batch_loss)

    def end_batch(self) -> None:
        """Record the learning rate of the update, and let the callbacks know."""
        self.step_rate = self.learning_rate
        self.call("on_batch_end")

    @property
    def running_loss(self) -> float:
        """The mean loss over the epoch's batches so far, each before its update."""
        return self._loss_sum / self._num_seen if self._num_seen else math.nan

    def _take_factor(self) -> None:
        """Take the schedule's factor for the step to come."""
        step = (self.epoch - 1) * self.num_batches + self.batch
        self._factor = self._schedule.factor(step, self.num_epochs * self.num_batches)

    def end_epoch(
        self,
        training_set: Labelled | None,
        validation_set: Labelled | None,
        evaluate_every: int = 1,
    ) -> None:
        """Record the epoch's figures, with the weights as they are, and let the callbacks know.

        Without a training set its loss is the mean over the batches, and it has no accuracy.
        """
        self.call("on_evaluation_begin")
        last = self.epoch == self.num_epochs or self.history.stopped is not None
        self.evaluated = last or self.epoch % evaluate_every == 0
        if self.evaluated:
            self._evaluate(training_set, validation_set)
        else:
            self._record(_NOT_EVALUATED, _NOT_EVALUATED if validation_set else None)
        self.history.learning_rate.append(self.step_rate)
        self.history.seconds.append(time.perf_counter() - self._epoch_began)
        self.call("on_epoch_end")
        self.call("on_evaluation_end")

    def _evaluate(self, training_set: Labelled | None, validation_set: Labelled | None) -> None:
        """Evaluate on the sets that there are, and record it."""
        training = Evaluation(self.running_loss, math.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            if training_set:
                training = self.model.evaluate_validated(*training_set)
            validation = self.model.evaluate_validated(*validation_set) if validation_set else None
        for evaluation in (training, validation):
            if evaluation is not None and not math.isfinite(evaluation.loss):
                raise self.diverged("its end", evaluation.loss)
        self._record(training, validation)

    def _record(self, training: Evaluation, validation: Evaluation | None) -> None:
        """Append an epoch's figures to the history."""
        self.history.train_loss.append(training.loss)
        self.history.train_accuracy.append(training.accuracy)
        if validation:
            self.history.valid_loss.append(validation.loss)
            self.history.valid_accuracy.append(validation.accuracy)

    def diverged(self, where: str, loss: float) -> TrainingDivergedError:
        """Return the error that says where the loss stopped being a number, and why it may."""
        if self.epoch == 1 and self.batch == 1 and where != "its end":
            cause = (
                "nothing was learned yet, so the inputs are the likely cause: scale each feature "
                "to about [-1, 1]"
            )
        else:
            cause = (
                f"the learning rate, {self.learning_rate:g}, is likely too high: try a tenth of "
                f"it, or clip_norm=1"
            )
        return TrainingDivergedError(
            f"The loss became {loss} in epoch {self.epoch}, at {where}; {cause}.", self.history
        )
