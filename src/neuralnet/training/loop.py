"""The training loop: mini-batch gradient descent, and nothing else."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterable, Sequence
from typing import Self, TypeAlias

import numpy as np

from neuralnet.checks import (
    Array,
    InputError,
    NeuralNetError,
    check_integer,
    check_number,
    describe,
)
from neuralnet.nn.initialization import random_generator
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import Optimizer, clip_by_norm, optimizer_for
from neuralnet.nn.schedules import Schedule, schedule_for
from neuralnet.nn.workspace import Workspace, evaluate
from neuralnet.training.callbacks import Callback
from neuralnet.training.history import History
from neuralnet.training.settings import TrainingSettings

Examples: TypeAlias = tuple[Array, Array, Array | None]  # X, y, sample_weight


class TrainingDivergedError(NeuralNetError, ArithmeticError):
    """The loss became NaN or infinite; `history` holds the epochs before that."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history

    def __reduce__(self) -> tuple[type[Self], tuple[str, History]]:
        """Let the error travel between processes, its history with it."""
        return type(self), (str(self), self.history)


def train(
    model: NeuralNetMLP,
    X_train: Array,
    y_train: Array,
    X_valid: Array | None = None,
    y_valid: Array | None = None,
    num_epochs: int = TrainingSettings.num_epochs,
    learning_rate: float = TrainingSettings.learning_rate,
    minibatch_size: int = TrainingSettings.minibatch_size,
    *,
    optimizer: str | Optimizer = TrainingSettings.optimizer,
    schedule: str | Schedule = TrainingSettings.schedule,
    clip_norm: float | None = TrainingSettings.clip_norm,
    sample_weight: Array | None = None,
    seed: int | np.random.Generator | None = TrainingSettings.seed,
    callbacks: Iterable[Callback] = (),
) -> History:
    """Train a network by mini-batch gradient descent.

    Each epoch goes once through the training examples in a new random order, the last batch
    being shorter where they do not divide evenly, and then measures loss and accuracy on both
    sets with the weights as they then are. The last weights are left in the network; the
    callback `BestWeights` leaves the best.

    Parameters
    ----------
    model : NeuralNetMLP
        The network; its parameters change in place.
    X_train, X_valid : array_like, shape (N, D)
        uint8 pixels, scaled by the network, or floating point, taken as it is. A memory map is
        read batch by batch.
    y_train, y_valid : array_like, shape (N,)
        Whole-number labels. Without a validation set its figures are left out.
    num_epochs : int
        Times through the training set, at least 1.
    learning_rate : float
        Above 0.
    minibatch_size : int
        Examples a step, at least 1; more than there are means all of them.
    optimizer : str or Optimizer
        "sgd", "adam", "adamw", or an object with settings of its own: SGD(momentum=0.9).
    schedule : str or Schedule
        "constant", "step", "cosine", "one_cycle", "warmup", or an object.
    clip_norm : float, optional
        Above 0; gradients of a larger norm are shortened to it.
    sample_weight : array_like, shape (N,), optional
        How much each training example counts.
    seed : int, numpy.random.Generator or None
        What the order of the examples is drawn from.
    callbacks : iterable of Callback
        Called around the training, each epoch and each batch, in this order.

    Returns
    -------
    History
        Unpacks into training loss, training accuracy and validation accuracy, one entry an
        epoch each, and holds the rest.

    Raises
    ------
    InputError
        If an argument cannot be used.
    TrainingDivergedError
        If the loss becomes NaN or infinite.
    """
    if not isinstance(model, NeuralNetMLP):
        raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
    training_set = model.check(X_train, y_train, sample_weight, suffix="_train")
    validation_set = None
    if X_valid is not None and y_valid is not None:
        validation_set = model.check(X_valid, y_valid, suffix="_valid")
    elif X_valid is not None or y_valid is not None:
        came, lacks = ("X_valid", "y_valid") if y_valid is None else ("y_valid", "X_valid")
        raise InputError(f"{came} came without {lacks}; give both, or neither.")
    size = check_integer(minibatch_size, "minibatch_size", minimum=1)
    if clip_norm is not None:
        clip_norm = check_number(clip_norm, "clip_norm", above=0)
    optimizer = optimizer_for(optimizer)
    generator = random_generator(seed)
    run = TrainingRun(
        model,
        num_epochs=check_integer(num_epochs, "num_epochs", minimum=1),
        num_batches=math.ceil(len(training_set[0]) / size),
        learning_rate=check_number(learning_rate, "learning_rate", above=0),
        schedule=schedule_for(schedule),
        callbacks=_checked(callbacks),
    )
    optimizer.start(model.parameters)
    workspaces = _Workspaces(model)
    with contextlib.ExitStack() as ends:  # each callback that began is ended, whatever happens
        for callback in run.callbacks:
            callback.on_train_begin(run)
            ends.callback(callback.on_train_end, run)
        while run.epoch < run.num_epochs and run.history.stopped is None:
            run.begin_epoch()
            order = generator.permutation(len(training_set[0]))
            batches = (order[start : start + size] for start in range(0, len(order), size))
            _train_epoch(run, batches, training_set, optimizer, clip_norm, workspaces)
            run.end_epoch(training_set, validation_set)
    return run.history


def _train_epoch(
    run: TrainingRun,
    batches: Iterable[Array],
    training_set: Examples,
    optimizer: Optimizer,
    clip_norm: float | None,
    workspaces: _Workspaces,
) -> None:
    """Go once through the training examples, a step a batch."""
    X, y, sample_weight = training_set
    for rows in batches:
        run.begin_batch()
        workspace = workspaces[len(rows)]
        # What overflows in here ends in a loss that is not finite, which is looked for.
        with np.errstate(over="ignore", invalid="ignore"):
            workspace.gather(X, rows)
            workspace.label(y[rows], None if sample_weight is None else sample_weight[rows])
            workspace.forward()
            run.batch_loss = workspace.loss() + run.model.penalty()
            if not math.isfinite(run.batch_loss):
                raise run.diverged(f"batch {run.batch}", run.batch_loss)
            workspace.backward()
            if clip_norm is not None:
                clip_by_norm(run.model.parameters.gradients, clip_norm)
            run.step_rate = run.learning_rate
            optimizer.step(run.step_rate)
        run.call("on_batch_end")
        if run.history.stopped is not None:
            return


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
    """

    def __init__(
        self,
        model: NeuralNetMLP,
        *,
        num_epochs: int,
        num_batches: int,
        learning_rate: float,
        schedule: Schedule,
        callbacks: Sequence[Callback],
    ) -> None:
        self.model = model
        self.history = History()
        self.num_epochs = num_epochs
        self.num_batches = num_batches
        self.epoch = 0
        self.batch = 0
        self.batch_loss = math.nan
        self.step_rate = learning_rate
        self._peak_rate = learning_rate
        self._schedule = schedule
        self._factor = schedule.factor(0, num_epochs * num_batches)
        self.callbacks = callbacks
        self._epoch_began = 0.0

    @property
    def learning_rate(self) -> float:
        """The learning rate of the present step; setting it scales the schedule from here on."""
        return self._peak_rate * self._factor

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        value = check_number(value, "learning_rate", minimum=0)
        if not self._factor:
            raise InputError(
                f"learning_rate was set to {value} where the schedule stands at 0, which no "
                f"scaling can change. Set it at another step."
            )
        self._peak_rate = value / self._factor

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
        self._epoch_began = time.perf_counter()
        self.call("on_epoch_begin")

    def begin_batch(self) -> None:
        """Count the batch, take the schedule's factor for it, and let the callbacks know."""
        step = (self.epoch - 1) * self.num_batches + self.batch
        self._factor = self._schedule.factor(step, self.num_epochs * self.num_batches)
        self.batch += 1
        self.call("on_batch_begin")

    def end_epoch(self, training_set: Examples, validation_set: Examples | None) -> None:
        """Record the epoch's figures, with the weights as they are, and let the callbacks know."""
        history = self.history
        with np.errstate(over="ignore", invalid="ignore"):
            training = evaluate(self.model, *training_set)
            validation = evaluate(self.model, *validation_set) if validation_set else None
        if not math.isfinite(training.loss):
            raise self.diverged("its end", training.loss)
        history.train_loss.append(training.loss)
        history.train_accuracy.append(training.accuracy)
        if validation:
            history.valid_loss.append(validation.loss)
            history.valid_accuracy.append(validation.accuracy)
        history.learning_rate.append(self.step_rate)
        history.seconds.append(time.perf_counter() - self._epoch_began)
        self.call("on_epoch_end")

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


class _Workspaces(dict[int, Workspace]):
    """A workspace for each batch size that comes up: the usual one, and the last batch's."""

    def __init__(self, model: NeuralNetMLP) -> None:
        super().__init__()
        self._model = model

    def __missing__(self, num_rows: int) -> Workspace:
        self[num_rows] = Workspace(self._model, num_rows)
        return self[num_rows]


def _checked(callbacks: Iterable[Callback]) -> list[Callback]:
    """Return the callbacks as a list, or say which is none."""
    if isinstance(callbacks, type) or not isinstance(callbacks, Iterable | Callback):
        raise InputError(
            f"callbacks is {describe(callbacks)}; it must be a list of Callback objects."
        )
    listed: list[Callback] = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)
    for number, callback in enumerate(listed):
        if not isinstance(callback, Callback):
            raise InputError(
                f"callbacks[{number}] is {describe(callback)}; it must be a Callback: derive its "
                f"class from neuralnet.Callback."
            )
    return listed
