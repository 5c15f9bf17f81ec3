"""A training in progress, and the callbacks that observe and control it.

A callback overrides the hooks that it needs. Each receives the run: it may set `learning_rate`,
and it may call `stop`. The training waits until a hook returns.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np

from neuralnet.checks import Array, InputError, Labelled, NeuralNetError, all_finite, check_number
from neuralnet.nn.batch import Batch
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.objective import Evaluation
from neuralnet.nn.optimizers import Optimizer
from neuralnet.training.history import History
from neuralnet.training.magnitudes import beyond_dtype, large_targets
from neuralnet.training.processes import Processes
from neuralnet.training.schedules import Schedule


class TrainingDivergedError(NeuralNetError, ArithmeticError):
    """The loss became NaN or infinite; `history` holds the epochs before."""

    everywhere = True

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history

    def __reduce__(self) -> tuple[type[Self], tuple[str, History]]:
        """Keep the history when the error is sent to another process."""
        return type(self), (str(self), self.history)


class Callback:
    """Hooks around the training, each epoch and each batch; none does anything by itself."""

    # Names of the arrays, each as long as `parameters.state`, that `state` may hold.
    state_arrays: ClassVar[tuple[str, ...]] = ()

    # Whether this training is one of many that follow each other, so that it may be short.
    incremental: bool = False

    def describe(self) -> str:
        """Return what a checkpoint compares: the class, and settings that change the result."""
        return type(self).__name__

    def state(self) -> dict[str, Array | float]:
        """Return what a checkpoint stores of this callback: `state_arrays`, and numbers."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned; called after `on_train_begin`."""

    def on_train_begin(self, run: TrainingRun) -> None:
        """Run before the first epoch, and before a resumed training continues."""

    def on_epoch_begin(self, run: TrainingRun) -> None:
        """Run before the first batch of epoch `run.epoch`."""

    def on_batch_begin(self, run: TrainingRun) -> None:
        """Run before batch `run.batch`, whose learning rate may still be changed."""

    def on_gradients(self, run: TrainingRun) -> None:
        """Run between backward and update; `run.model.parameters.gradients` may be changed."""

    def on_batch_end(self, run: TrainingRun) -> None:
        """Run after the update; `run.batch_loss` is the loss before it."""

    def on_evaluation_begin(self, run: TrainingRun) -> None:
        """Run after an epoch's last batch, before its evaluation."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        """Run after the evaluation; the epoch's figures are in `run.history`."""

    def on_evaluation_end(self, run: TrainingRun) -> None:
        """Run after `on_epoch_end` of all callbacks."""

    def on_train_end(self, run: TrainingRun) -> None:
        """Run after the last epoch, and also when an error or Ctrl-C ends the training."""


class TrainingRun:
    """A training in progress.

    Attributes
    ----------
    model : NeuralNetMLP
        The network that is trained.
    history : History
        What has been recorded.
    num_epochs, num_batches : int
        Number of epochs, and of batches per epoch.
    epoch, batch : int
        Current epoch, and current batch of the epoch, both counted from 1; 0 before the first.
    batch_loss : float
        Loss of the last batch, before its update.
    step_rate : float
        Learning rate of the last update.
    given_rate : float
        Learning rate that the training was started with.
    peak_rate : float
        Learning rate where the schedule's factor is 1; a callback may have changed it.
    optimizer : Optimizer
        Updates the parameters.
    generators : dict of str to numpy.random.Generator
        Sources of "order", "dropout" and "deformation".
    settings : dict of str to str
        The training's settings, as a checkpoint stores them.
    data : dict of str to ndarray or None
        The data by the names of the arguments of `train`, validated.
    fingerprints : dict of str to str
        Fingerprints of `data`; empty until a checkpoint needs them.
    processes : Processes
        The processes that train together; callbacks are called in each.
    buffers : Batch
        Buffers of the current batch; callbacks may look at them, not write.
    callbacks : sequence of Callback
        The callbacks, in the order in which they are called.
    """

    def __init__(
        self,
        model: NeuralNetMLP,
        *,
        num_epochs: int,
        num_batches: int,
        optimizer: Optimizer,
        schedule: Schedule,
        callbacks: Sequence[Callback],
        advisor: Callback,
        generators: dict[str, np.random.Generator],
        settings: dict[str, str],
        data: dict[str, Any],
        processes: Processes,
    ) -> None:
        self.model = model
        self.processes = processes
        self.history = History()
        self.num_epochs = num_epochs
        self.num_batches = num_batches
        self.epoch = 0
        self.batch = 0
        self.batch_loss = math.nan
        self._loss_sum = 0.0
        self._weight_sum = 0.0
        self.given_rate = schedule.learning_rate or optimizer.default_rate
        self.peak_rate = self.step_rate = self.given_rate
        self.optimizer = optimizer
        self.generators = generators
        self.settings = settings
        self.data = data
        self.fingerprints: dict[str, str] = {}
        self._schedule = schedule
        self._factor = schedule.factor(0, num_epochs * num_batches)
        self.callbacks = callbacks
        self._called = [*callbacks, advisor]
        self._epoch_began = 0.0

    @property
    def learning_rate(self) -> float:
        """Learning rate of the current step; setting it rescales the rest of the schedule."""
        return self.peak_rate * self._factor

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        value = check_number(value, "learning_rate", minimum=0)
        if not self._factor:
            raise InputError(
                f"learning_rate was set to {value} at a step where the schedule is 0, which no "
                f"scaling can change. Set it at another step."
            )
        self.peak_rate = value / self._factor

    def stop(self, reason: str) -> None:
        """End the training after the current batch; `reason` is stored as `history.stopped`."""
        self.history.stopped = reason

    def call(self, hook: str) -> None:
        """Call one hook of every callback, in order."""
        for callback in self._called:
            getattr(callback, hook)(self)

    def begin_epoch(self) -> None:
        """Count the epoch and call the callbacks."""
        self.epoch += 1
        self.batch = 0
        self._loss_sum = 0.0
        self._weight_sum = 0.0
        self._epoch_began = time.perf_counter()
        self._take_factor()
        self.call("on_epoch_begin")

    def begin_batch(self, buffers: Batch) -> None:
        """Count the batch, update the learning rate and call the callbacks."""
        self.buffers = buffers
        self._take_factor()
        self.batch += 1
        self.call("on_batch_begin")

    def record_loss(self, batch_loss: float, weight: float) -> None:
        """Record the loss of a batch of this total weight, before its update.

        Raises
        ------
        TrainingDivergedError
            If it is NaN or infinite.
        """
        self.batch_loss = batch_loss
        self._loss_sum += batch_loss * weight
        self._weight_sum += weight
        if not math.isfinite(batch_loss):
            raise self.diverged(f"at batch {self.batch}", f"The loss became {batch_loss}")

    def end_batch(self) -> None:
        """Record the learning rate of the update and call the callbacks."""
        self.step_rate = self.learning_rate
        self.call("on_batch_end")

    @property
    def running_loss(self) -> float:
        """Mean loss over the epoch's batches so far, each before its update."""
        return self._loss_sum / self._weight_sum if self._weight_sum else math.nan

    def _take_factor(self) -> None:
        """Evaluate the schedule for the next step."""
        step = (self.epoch - 1) * self.num_batches + self.batch
        self._factor = self._schedule.factor(step, self.num_epochs * self.num_batches)

    def end_epoch(self, training_set: Labelled | None, validation_set: Labelled | None) -> None:
        """Evaluate the weights after the epoch, record the figures and call the callbacks.

        Without a training set, the training loss is the mean over the epoch's batches and the
        training accuracy is NaN.
        """
        self.call("on_evaluation_begin")
        self._evaluate(training_set, validation_set)
        self.history.learning_rate.append(self.step_rate)
        self.history.seconds.append(time.perf_counter() - self._epoch_began)
        self.call("on_epoch_end")
        # A decision by the clock, or by a rounding error, may differ between processes.
        self.history.stopped = self.processes.first(self.history.stopped)
        self.call("on_evaluation_end")

    def _evaluate(self, training_set: Labelled | None, validation_set: Labelled | None) -> None:
        """Evaluate on the given sets and record the figures."""
        training = Evaluation(self.running_loss, math.nan)
        with np.errstate(over="ignore", invalid="ignore"):
            if training_set:
                training = self._shared_evaluation(*training_set)
            validation = self._shared_evaluation(*validation_set) if validation_set else None
            finite = all_finite(self.model.parameters.state)
        for evaluation in (training, validation):
            if evaluation is not None and not math.isfinite(evaluation.loss):
                raise self.diverged("at its end", f"The loss became {evaluation.loss}")
        if not finite:  # the last update, which no loss of a batch has seen
            raise self.diverged("at its end", "Weights became NaN or infinite")
        self.history.train_loss.append(training.loss)
        self.history.train_accuracy.append(training.accuracy)
        if validation:
            self.history.valid_loss.append(validation.loss)
            self.history.valid_accuracy.append(validation.accuracy)

    def _shared_evaluation(self, X: Array, y: Array, sample_weight: Array | None) -> Evaluation:
        """Evaluate on examples of which each process takes a part."""
        processes, model = self.processes, self.model
        if processes.size == 1:
            return model.evaluate_validated(X, y, sample_weight)
        mine = processes.rows(len(X))
        own = None if sample_weight is None else sample_weight[mine]
        sums, penalty = np.zeros(3), model.objective.penalty()
        weight = float(mine.stop - mine.start if own is None else own.sum())
        if weight:  # there may be no examples, or none that count
            part = model.evaluate_validated(X[mine], y[mine], own)
            correct = weight * part.accuracy
            if own is None:  # a number of examples, or NaN: equal accuracies have equal bits
                correct = np.rint(correct)
            sums[:] = weight * (part.loss - penalty), correct, weight
        loss, correct, total = processes.sum(sums)
        return Evaluation(float(loss / total) + penalty, float(correct / total))

    def diverged(self, where: str, what: str) -> TrainingDivergedError:
        """Return the error that names the place of the divergence and its likely cause."""
        rate, l2 = self.learning_rate, self.model.l2
        if l2 * self.given_rate >= 1 > self.given_rate:
            cause = (
                f"l2, {l2:g}, shrinks each weight by more than all of it per step: l2 times the "
                f"learning rate, {self.given_rate:g}, has to be far below 1"
            )
        elif beyond := beyond_dtype(self.data, self.model.dtype):
            cause = f"the cause is that {beyond}"
        elif large := large_targets(self.data["y_train"], self.model.loss.name):
            cause = f"{large}, or use GradientClipping(1)"
        elif self.epoch == 1 and self.batch == 1 and where != "at its end":
            cause = (
                "nothing has been learned yet, so the likely cause is the inputs: scale each "
                "feature to about [-1, 1]"
            )
        else:
            now = "" if math.isclose(rate, self.given_rate) else f" ({rate:g} at this step)"
            cause = (
                f"the learning rate, {self.given_rate:g}{now}, is likely too high: try a tenth of "
                f"it, or callbacks=[GradientClipping(1)]"
            )
        return TrainingDivergedError(
            f"{what} in epoch {self.epoch}, {where}; {cause}.", self.history
        )
