"""The training loop: mini-batch gradient descent, and nothing else."""

from __future__ import annotations

import contextlib
import copy
import math
import operator
import os
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import (
    Array,
    InputError,
    check_flag,
    check_integer,
    check_number,
    describe,
    random_generator,
)
from neuralnet.nn.batch import Batch
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import Optimizer, optimizer_for
from neuralnet.nn.schedules import Schedule, schedule_for
from neuralnet.training.callbacks import Callback
from neuralnet.training.checkpoint import resume as resume_run
from neuralnet.training.clipping import clip_by_norm
from neuralnet.training.feed import Feed
from neuralnet.training.history import History
from neuralnet.training.run import TrainingRun
from neuralnet.training.settings import TrainingSettings

if TYPE_CHECKING:
    from neuralnet.data.augmentation import Augmentation


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
    augmentation: Augmentation | None = None,
    overlapped: bool = TrainingSettings.overlapped,
    evaluate_every: int = TrainingSettings.evaluate_every,
    running_loss: bool = TrainingSettings.running_loss,
    shuffle: bool = TrainingSettings.shuffle,
    seed: int | np.random.Generator | None = TrainingSettings.seed,
    callbacks: Iterable[Callback] = (),
    resume: str | os.PathLike[str] | None = None,
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
    augmentation : Augmentation, optional
        How training images, uint8 ones, are deformed, in another way at each epoch. The figures
        that are recorded are those of the images as they are.
    overlapped : bool
        Whether images are deformed in a thread of their own, which changes no result.
    evaluate_every : int
        Epochs from one evaluation to the next, at least 1; the last is always evaluated. Epochs
        in between stand as NaN in the history.
    running_loss : bool
        Whether the training loss that is recorded is the mean over the epoch's batches, each before
        its update, instead of an evaluation: it costs nothing. The training accuracy is NaN then.
    shuffle : bool
        Whether each epoch has an order of its own; otherwise all have that of the examples.
    seed : int, numpy.random.Generator or None
        Source of the order of the examples, of dropout and of the deformations. The three
        generators are `order = numpy.random.default_rng(seed)` and `dropout, deformation =
        order.spawn(2)`; each epoch uses `order.permutation(N)`.
    callbacks : iterable of Callback
        Called around the training, each epoch and each batch, in this order; at the end of the
        training in reverse.

    resume : path, optional
        A file that the callback `Checkpoint` wrote in a training begun with these same arguments,
        that one among them: it goes on from there, and ends with the same bits.

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
    training_set = model.validated(X_train, y_train, sample_weight, suffix="_train")
    validation_set = None
    if X_valid is not None and y_valid is not None:
        validation_set = model.validated(X_valid, y_valid, suffix="_valid")
    elif X_valid is not None or y_valid is not None:
        came, lacks = ("X_valid", "y_valid") if y_valid is None else ("y_valid", "X_valid")
        raise InputError(f"{came} came without {lacks}; give both, or neither.")
    check_settings(
        num_epochs,
        learning_rate,
        minibatch_size,
        optimizer,
        schedule,
        clip_norm,
        evaluate_every,
        running_loss,
        shuffle,
        overlapped,
        seed,
    )
    if augmentation is not None:
        augmentation.check_images(training_set[0])
    # A copy: its state belongs to this training, and the object given may serve another.
    optimizer = copy.copy(optimizer_for(optimizer))
    size = operator.index(minibatch_size)
    num_examples = len(training_set[0])
    if model.batch_norm and (num_examples % size == 1 or size == 1):
        raise InputError(
            f"{num_examples:,} examples in batches of {size:,} leave a batch of one, which batch "
            f"normalization cannot learn from; choose another minibatch_size."
        )
    run = TrainingRun(
        model,
        num_epochs=operator.index(num_epochs),
        num_batches=math.ceil(num_examples / size),
        learning_rate=float(learning_rate),
        optimizer=optimizer,
        schedule=schedule_for(schedule),
        callbacks=_checked(callbacks),
        generators=_generators(seed),
        settings={
            "num_epochs": str(num_epochs),
            "minibatch_size": str(size),
            "learning_rate": str(float(learning_rate)),
            "optimizer": repr(optimizer),
            "schedule": repr(schedule_for(schedule)),
            "clip_norm": str(clip_norm),
            "augmentation": repr(augmentation),
            "examples": f"{num_examples:,}, labels {zlib.crc32(training_set[1].tobytes()):08x}",
        },
    )
    optimizer.start(model.parameters)
    deformation = run.generators["deformation"]
    feed = Feed(model, training_set, augmentation, deformation, overlapped=overlapped)
    with contextlib.ExitStack() as ends:  # each callback that began is ended, whatever happens
        for callback in run.callbacks:
            callback.on_train_begin(run)
            ends.callback(callback.on_train_end, run)
        if resume is not None:
            resume_run(run, resume)
        while run.epoch < run.num_epochs and run.history.stopped is None:
            run.begin_epoch()
            rng = run.generators["order"]
            order = rng.permutation(num_examples) if shuffle else np.arange(num_examples)
            with (
                np.errstate(over="ignore", invalid="ignore"),  # the loss is checked instead
                contextlib.closing(feed.batches(order, size)) as batches,  # ends its thread
            ):
                _train_epoch(run, batches, clip_norm)
            run.end_epoch(None if running_loss else training_set, validation_set, evaluate_every)
    return run.history


def check_settings(
    num_epochs: object,
    learning_rate: object,
    minibatch_size: object,
    optimizer: str | Optimizer,
    schedule: str | Schedule,
    clip_norm: object,
    evaluate_every: object,
    running_loss: object,
    shuffle: object,
    overlapped: object,
    seed: object,
) -> None:
    """Raise unless `train` can use these settings; so it can be known before there are data.

    Raises
    ------
    InputError
        If one of them cannot be used.
    """
    check_integer(num_epochs, "num_epochs", minimum=1)
    check_number(learning_rate, "learning_rate", above=0)
    check_integer(minibatch_size, "minibatch_size", minimum=1)
    optimizer_for(optimizer)
    schedule_for(schedule)
    if clip_norm is not None:
        check_number(clip_norm, "clip_norm", above=0)
    check_integer(evaluate_every, "evaluate_every", minimum=1)
    check_flag(running_loss, "running_loss")
    check_flag(shuffle, "shuffle")
    check_flag(overlapped, "overlapped")
    random_generator(seed)


def _generators(seed: int | np.random.Generator | None) -> dict[str, np.random.Generator]:
    """Return what the order of the examples, dropout and deformations are each drawn from."""
    order = random_generator(seed)
    try:
        dropout, deformation = order.spawn(2)
    except TypeError as error:
        raise InputError(
            f"seed is {seed!r}, a generator that can have no children; give a whole number, or "
            f"numpy.random.default_rng(...)."
        ) from error
    return {"order": order, "dropout": dropout, "deformation": deformation}


def _train_epoch(run: TrainingRun, batches: Iterator[Batch], clip_norm: float | None) -> None:
    """Take one step for each mini-batch: load, forward, loss, backward, update."""
    model, dropout = run.model, run.generators["dropout"]
    for batch in batches:
        run.begin_batch()
        z = model.sequential.forward(batch.x, batch.caches, dropout)  # (N, K)
        loss = model.objective.forward(z, batch.outputs) + model.objective.penalty()
        run.record_loss(loss, batch.num_rows)
        dz = model.objective.backward(batch.outputs)  # (N, K)
        model.sequential.backward(dz, batch.caches)
        model.objective.add_penalty_gradient()
        if clip_norm is not None:
            clip_by_norm(model.parameters.gradients, clip_norm)
        run.optimizer.step(run.learning_rate)
        run.end_batch()
        if run.history.stopped is not None:
            return


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
