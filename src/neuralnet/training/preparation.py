"""Preparation of a training: checks of the arguments of `train`, and what follows from them."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable

import numpy as np

from neuralnet.checks import (
    Array,
    InputError,
    Labelled,
    check_flag,
    check_integer,
    check_rng,
    echo,
)
from neuralnet.nn import parallel
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training.callbacks import ProgressBar, check_callbacks
from neuralnet.training.checkpoint import Checkpoint, shaping_callbacks
from neuralnet.training.fingerprint import fingerprint
from neuralnet.training.processes import digest
from neuralnet.training.run import Callback, TrainingRun


def check_batch_norm(model: NeuralNetMLP, num_examples: int, size: int) -> None:
    """Raise if a mini-batch would hold one example, and the network has batch normalization."""
    if model.batch_norm and (num_examples % size == 1 or size == 1):
        remedy = "choose another minibatch_size" if num_examples > 1 else "give more examples"
        raise InputError(
            f"{num_examples:,} example(s) in batches of {size:,} leave a batch of one, which batch "
            f"normalization cannot learn from; {remedy}."
        )


def shared_facts(run: TrainingRun, **arguments: object) -> dict[str, str]:
    """Return what has to be the same in all processes, as texts by name.

    `arguments` are arguments of `train` that the run does not hold.
    """
    network = run.model.settings()
    del network["initial_weights"]  # the weights themselves are compared
    generators = {name: str(g.bit_generator.state) for name, g in run.generators.items()}
    return {
        **{name: str(getattr(value, "name", value)) for name, value in network.items()},
        "The digest of its initial weights": digest(run.model.parameters.state),
        **run.settings,
        "num_epochs": str(run.num_epochs),
        **{name: str(value) for name, value in arguments.items()},
        "callbacks": ", ".join(one.describe() for one in shaping_callbacks(run)),
        **{name: fingerprint(array) for name, array in run.data.items()},
        "The state of the generator": hashlib.sha256(str(generators).encode()).hexdigest()[:16],
    }


def step_team(
    model: NeuralNetMLP, num_rows: int, threads: int | None
) -> contextlib.AbstractContextManager[None]:
    """Return the context in which threads share the steps of a training, if these are large."""
    if threads is not None:
        threads = check_integer(threads, "threads", minimum=1)
    work = 6 * num_rows * model.parameters.num_weights  # 2 forward, 4 backward
    return parallel.team(large=work >= parallel.MIN_STEP and model.xp is np, threads=threads)


def validation_set_of(model: NeuralNetMLP, X: Array | None, y: Array | None) -> Labelled | None:
    """Return the validation set, validated, or None if there is none."""
    if X is not None and y is not None:
        return model.validated(X, y, suffix="_valid")
    if X is not None or y is not None:
        given, missing = ("X_valid", "y_valid") if y is None else ("y_valid", "X_valid")
        raise InputError(f"{given} was given without {missing}; give both, or neither.")
    return None


def make_generators(seed: int | np.random.Generator | None) -> dict[str, np.random.Generator]:
    """Return the generators of the order of the examples, of dropout and of the deformations."""
    order = check_rng(seed)
    try:
        dropout, deformation = order.spawn(2)
    except TypeError as error:
        raise InputError(
            f"seed is {echo(seed)}, a generator that cannot spawn others; give a whole number, or "
            f"numpy.random.default_rng(...)."
        ) from error
    return {"order": order, "dropout": dropout, "deformation": deformation}


def checked_callbacks(
    callbacks: Iterable[Callback], verbose: bool, *, first: bool
) -> list[Callback]:
    """Return the callbacks as a list, with a progress bar if `verbose`.

    Only the `first` process of a training prints and writes.
    """
    listed = check_callbacks(callbacks)
    if check_flag(verbose, "verbose"):
        listed.append(ProgressBar())
    return [one for one in listed if first or not isinstance(one, Checkpoint | ProgressBar)]
