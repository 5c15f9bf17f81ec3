"""The training loop: mini-batch gradient descent."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import math
import os
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from neuralnet.checks import (
    Array,
    InputError,
    describe,
)
from neuralnet.checks.inputs import note_inputs
from neuralnet.data.augmented_images import AugmentedImages
from neuralnet.nn.batch import Batch
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.optimizers import Optimizer
from neuralnet.training.advice import Advisor
from neuralnet.training.feed import Feed
from neuralnet.training.fingerprint import describe_seed
from neuralnet.training.history import History
from neuralnet.training.lbfgs import LBFGS, optimizer_for
from neuralnet.training.preparation import (
    check_batch_norm,
    checked_callbacks,
    make_generators,
    shared_facts,
    step_team,
    validation_set_of,
)
from neuralnet.training.processes import Processes
from neuralnet.training.resuming import resume as resume_run
from neuralnet.training.run import Callback, TrainingRun
from neuralnet.training.schedules import Constant, Schedule
from neuralnet.training.settings import TrainingSettings

# What a checkpoint compares of the data, by name.
_DATA_NAMES = ("X_train", "y_train", "sample_weight", "X_valid", "y_valid")


def train(
    model: NeuralNetMLP,
    X_train: Array | AugmentedImages,
    y_train: Array,
    X_valid: Array | None = None,
    y_valid: Array | None = None,
    num_epochs: int = TrainingSettings.num_epochs,
    learning_rate: float | Schedule | None = TrainingSettings.learning_rate,
    minibatch_size: int = TrainingSettings.minibatch_size,
    *,
    optimizer: str | Optimizer = TrainingSettings.optimizer,
    sample_weight: Array | None = None,
    running_loss: bool = TrainingSettings.running_loss,
    shuffle: bool = TrainingSettings.shuffle,
    seed: int | np.random.Generator | None = TrainingSettings.seed,
    callbacks: Iterable[Callback] = (),
    resume: str | os.PathLike[str] | None = None,
    verbose: bool = False,
    threads: int | None = None,
    comm: Any = None,
) -> History:
    """Train a network by mini-batch gradient descent.

    Each epoch visits every training example once, in a new random order, and then computes loss and
    accuracy on both sets with the weights at its end. The last batch of an epoch may be shorter.
    The network keeps the weights of the last epoch; the callback `BestWeights` restores the best.
    Its notes state whether it was trained on pixels or on features, which exports need to know and
    predictions compare with their inputs.

    Parameters
    ----------
    model : NeuralNetMLP
        The network; its parameters change in place.
    X_train, X_valid : array_like, shape (N, D)
        uint8 pixels, which the network scales, or floating point, taken as it is. A memory map is
        read batch by batch. `AugmentedImages(X_train, augmentation)` deforms the images
        differently in each epoch; the recorded figures are those of the original images.
    y_train, y_valid : array_like, shape (N,) or (N, K)
        Whole-number labels; or a matrix of targets, where the outputs are independent. The
        validation set is optional.
    num_epochs : int
        Number of passes over the training set, at least 1.
    learning_rate : float or Schedule, optional
        Learning rate, above 0, or a schedule: OneCycle(0.01). By default 0.1 for "sgd" and 0.001
        for "adam" and "adamw".
    minibatch_size : int
        Examples per step, at least 1. A size above N uses all examples in each step.
    optimizer : str or Optimizer
        "sgd", "adam", "adamw", or an object with settings of its own: SGD(momentum=0.9). "lbfgs"
        uses all examples in each step, without a learning rate (see `LBFGS`): an epoch is then one
        of its iterations, and the recorded training loss is that at its end.
    sample_weight : array_like, shape (N,), optional
        Weight of each training example in the loss. Within each mini-batch the weights are divided
        by their sum.
    running_loss : bool
        Whether the recorded training loss is the mean over the epoch's batches, each before its
        update, which saves an evaluation per epoch. The training accuracy is then NaN.
    shuffle : bool
        Whether each epoch has a new random order. Otherwise it is the order of the arrays.
    seed : int, numpy.random.Generator or None
        Source of the order of the examples, of dropout and of the deformations. The three
        generators are `order = numpy.random.default_rng(seed)` and `dropout, deformation =
        order.spawn(2)`; each epoch uses `order.permutation(N)`.
    callbacks : iterable of Callback
        Called in this order before and after the training, each epoch and each batch;
        `on_train_end` is called in reverse order.
    resume : path, optional
        Checkpoint to continue from, written by the callback `Checkpoint` in a training with the
        same data and the same arguments; `num_epochs` may be larger with a constant learning rate.
        The result has the same bits as an uninterrupted training. A checkpoint of another training
        is refused, and leaves the network as it was.
    verbose : bool
        Whether to show a `ProgressBar`.
    threads : int, optional
        Upper limit of the number of threads; by default as many as BLAS may use, and with `comm` as
        many as there are cores for each process.
    comm : communicator, optional
        `mpi4py.MPI.COMM_WORLD`, or an object like it: all its processes call `train` with the same
        arguments, and each takes its rows of every mini-batch. The result is that of one process
        up to rounding. Callbacks are called in every process, but `Checkpoint` and `ProgressBar`
        in the first alone. See the guide to several machines.

    Returns
    -------
    History
        Unpacks into training loss, training accuracy and validation accuracy, one entry per epoch
        each; its attributes hold the rest.

    Raises
    ------
    InputError
        If an argument cannot be used.
    TrainingDivergedError
        If the loss becomes NaN or infinite.
    KeyboardInterrupt
        If Ctrl-C is pressed; the network keeps the weights of the last step. In an interactive
        session, such as a notebook, the history so far is returned instead, and its `interrupted`
        is True.

    Warns
    -----
    TrainingWarning
        If something looks wrong, for example a learning rate that is too high. The sentences are
        also in `History.advice`.
    """
    processes = Processes(comm)
    entropy = processes.first(None if processes.size == 1 else np.random.SeedSequence().entropy)
    with processes.together():
        if not isinstance(model, NeuralNetMLP):
            raise InputError(f"model is {describe(model)}; it must be a NeuralNetMLP.")
        X_train, augmentation = AugmentedImages.unwrap(X_train)
        training_set = model.validated(X_train, y_train, sample_weight, suffix="_train")
        validation_set = validation_set_of(model, X_valid, y_valid)
        # A copy: its state belongs to this training, and the object given may serve another.
        optimizer = copy.copy(optimizer_for(optimizer))
        schedule = learning_rate if isinstance(learning_rate, Schedule) else Constant(learning_rate)
        settings = TrainingSettings(
            num_epochs, None, minibatch_size, running_loss=running_loss, shuffle=shuffle
        ).checked()
        num_examples, size = len(training_set[0]), settings.minibatch_size
        advisor: Callback = Advisor(training_set, len(validation_set[0]) if validation_set else 0)
        callbacks = checked_callbacks(callbacks, verbose, first=not processes.rank)
        if isinstance(optimizer, LBFGS):
            optimizer.check_training(
                model,
                callbacks,
                augmented=augmentation is not None,
                resumed=resume is not None,
                learning_rate=learning_rate,
                alone=processes.size == 1,
            )
            size, advisor = num_examples, Callback()  # the advice is about mini-batches
        processes.check_training(min(size, num_examples), model.xp)
        if processes.rank:  # the first process speaks for all
            advisor = Callback()
        check_batch_norm(model, num_examples, size)
        run = TrainingRun(
            model,
            num_epochs=settings.num_epochs,
            num_batches=math.ceil(num_examples / size),
            optimizer=optimizer,
            schedule=schedule,
            callbacks=callbacks,
            advisor=advisor,
            generators=make_generators(entropy if seed is None else seed),
            settings={
                "minibatch_size": str(size),
                "optimizer": repr(optimizer),
                "schedule": repr(dataclasses.replace(schedule, learning_rate=None)),
                "augmentation": repr(augmentation),
                "shuffle": str(settings.shuffle),
                "seed": describe_seed(seed),
            },
            data=dict(
                zip(_DATA_NAMES, (*training_set, *(validation_set or (None, None))), strict=False)
            ),
            processes=processes,
        )
        run.settings["learning_rate"] = str(run.peak_rate)
        # With a constant rate, a longer training begins with the same steps, and may resume a
        # shorter one.
        if not isinstance(schedule, Constant):
            run.settings["num_epochs"] = str(settings.num_epochs)
        optimizer.start(model.parameters)
    if processes.size > 1:
        processes.check_equal(shared_facts(run, resume=resume, running_loss=settings.running_loss))
    feed = Feed(model, training_set, augmentation, run.generators["deformation"], processes)
    evaluated = None if settings.running_loss else training_set
    team = step_team(model, min(size, num_examples) // processes.size, processes.threads(threads))
    with team, contextlib.ExitStack() as ends:
        for callback in (*run.callbacks, advisor):
            callback.on_train_begin(run)
            ends.callback(callback.on_train_end, run)  # whatever happens
        if resume is not None:
            with processes.together():
                resume_run(run, resume)
        note_inputs(model.notes, training_set[0])
        try:
            if isinstance(optimizer, LBFGS):  # it leaves no epoch to the loop
                optimizer.minimize(run, feed, evaluated, validation_set, num_examples)
            while run.epoch < run.num_epochs and run.history.stopped is None:
                run.begin_epoch()
                _train_epoch(run, feed, num_examples, size, shuffle=settings.shuffle)
                run.end_epoch(evaluated, validation_set)
        except KeyboardInterrupt:
            # At a prompt, the history so far is worth more than a traceback.
            if not hasattr(sys, "ps1"):
                raise
            run.history.interrupted = True
    return run.history


def _train_epoch(
    run: TrainingRun, feed: Feed, num_examples: int, size: int, *, shuffle: bool
) -> None:
    """Visit every example once, in batches of `size`, in the order of the epoch."""
    order = np.arange(num_examples)
    if shuffle:
        order = run.generators["order"].permutation(num_examples)
    with (
        np.errstate(over="ignore", invalid="ignore"),  # the loss is checked instead
        contextlib.closing(feed.batches(order, size)) as batches,  # ends its thread
    ):
        _take_steps(run, batches)


def _take_steps(run: TrainingRun, batches: Iterator[Batch]) -> None:
    """Take one step for each mini-batch: forward, loss, backward, update.

    `batches` loads each batch and its targets. The generator `dropout` also tells the layers that
    they are in training. Losses and gradients are sums over examples, so those of several processes
    add up.
    """
    model, processes = run.model, run.processes
    dropout = processes.generator(run.generators["dropout"])
    for batch in batches:
        run.begin_batch(batch)
        z = model.sequential.forward(batch.x, batch.caches, dropout)  # (N, K)
        loss = processes.sum_number(model.objective.mean_loss(z, batch.objective_cache))
        loss += model.objective.penalty()
        run.record_loss(loss, batch.total_weight)
        dz = model.objective.backward(batch.objective_cache)  # (N, K)
        model.sequential.backward(dz, batch.caches)
        processes.sum_in_place(model.parameters.gradients)
        model.objective.add_penalty_gradient()
        run.call("on_gradients")
        run.optimizer.step(run.learning_rate)
        run.end_batch()
        if run.history.stopped is not None:
            return
