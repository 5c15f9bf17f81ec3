"""Resuming a training from a checkpoint: everything is checked before anything is changed."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neuralnet.checks import Array, InputError, check_integer, check_number
from neuralnet.files import FileError, FileFormatError, check_path
from neuralnet.storage.container import (
    RETRY_HINT,
    Contents,
    check_keys,
    open_container,
    parse_json,
)
from neuralnet.training.checkpoint import (
    CHECKPOINT,
    PROGRESS,
    TEXTS,
    identity,
    previous_path,
    shaping_callbacks,
)
from neuralnet.training.history import History
from neuralnet.training.past_checkpoints import (
    converted_training,
    past_identity,
    sum_moments,
)
from neuralnet.training.run import Callback, TrainingRun

_logger = logging.getLogger(__name__)


class OtherTrainingError(FileFormatError):
    """Checkpoint of another training; the message names the differences."""


class _State(NamedTuple):
    """Checked content of a checkpoint; `tensors` and `callbacks` are in the order of the run's."""

    progress: dict[str, float]
    history: History
    generators: dict[str, Any]
    network: Array
    optimizer: dict[str, Array]
    callbacks: list[dict[str, Any]]


def resume(run: TrainingRun, path: str | os.PathLike[str]) -> None:
    """Restore the state of a checkpoint in a training that is about to begin.

    Everything is checked before anything is changed. If the newest checkpoint is missing or
    damaged, the one before is used, and the log says so.

    Raises
    ------
    InputError
        If `path` is not a path.
    FileFormatError
        If the file is not a checkpoint, is damaged, or belongs to another training; the message
        names the differences.
    FileError
        If it cannot be read.
    """
    path = check_path(path)
    try:
        state = _read(run, path)
    except OtherTrainingError:
        raise
    except FileError as error:
        try:
            state = _read(run, previous_path(path))
        except FileError:
            raise error from None
        _logger.warning(
            "%s Resuming from the checkpoint before it instead, %s, after epoch %d.",
            error, previous_path(path), state.progress["epoch"],
        )  # fmt: skip
    _restore(run, state, path)


def _read(run: TrainingRun, path: Path) -> _State:
    """Read and check a checkpoint for this training, and change nothing."""
    callbacks = shaping_callbacks(run)
    with open_container(path, CHECKPOINT) as contents:
        texts = check_keys(contents.texts, TEXTS, "its metadata")
        training, progress, history, generators, numbers = (
            parse_json(texts[name], name) for name in TEXTS
        )
        wanted, places = identity(run), list(range(len(callbacks)))
        if contents.version < 3:
            training, numbers, places = converted_training(
                training, numbers, contents.version, callbacks
            )
            wanted = past_identity(wanted, run)
        elif not contents.has_checksum:
            raise InputError(f"it lacks its SHA-256 checksum. {RETRY_HINT}")
        _check_identity(training, wanted, path)
        tensors = _read_tensors(run, contents, places)
        if contents.version < 4:
            sum_moments(run.optimizer, tensors)
        return _State(
            progress=_checked_progress(progress, run),
            history=_checked_history(history, progress["epoch"]),
            generators=_checked_generators(run.generators, generators),
            network=tensors["network"],
            optimizer={name: tensors[f"optimizer.{name}"] for name in run.optimizer.state},
            callbacks=_checked_callbacks(callbacks, numbers, places, tensors),
        )


def _check_identity(written: object, wanted: dict[str, str], path: Path) -> None:
    """Raise unless a checkpoint belongs to a training with these settings and data."""
    if not isinstance(written, dict):
        raise InputError(f"training is {written!r:.60}; it must be settings by name. {RETRY_HINT}")
    names = [name for name in {**wanted, **written} if written.get(name) != wanted.get(name)]
    if names:
        differences = "; ".join(
            f"{name:.80} is {written.get(name)!r:.200} there and {wanted.get(name)!r:.200} here"
            for name in names[:10]
        )
        raise OtherTrainingError(
            f"Cannot load {path}: it is a checkpoint of another training: {differences}. Resume "
            f"with the settings and the data of that training, or start a new one with another "
            f"checkpoint file."
        )


def _read_tensors(run: TrainingRun, contents: Contents, places: list[int]) -> dict[str, Array]:
    """Read the tensors of this training, and check that they are finite."""
    shape = run.model.parameters.state.shape
    shapes = {"network": shape}
    shapes |= {f"optimizer.{name}": array.shape for name, array in run.optimizer.state.items()}
    for callback, place in zip(shaping_callbacks(run), places, strict=True):
        for name in callback.state_arrays:
            if f"callbacks.{place}.{name}" in contents.declared:  # some have no state at first
                shapes[f"callbacks.{place}.{name}"] = shape
    tensors = contents.tensors(shapes, run.model.dtype)
    for name, tensor in tensors.items():
        if not np.isfinite(tensor).all():
            raise InputError(f"the tensor {name!r} has numbers that are not finite. {RETRY_HINT}")
    return tensors


def _checked_progress(progress: object, run: TrainingRun) -> dict[str, float]:
    """Return epoch, steps and learning rates, each in its range."""
    stored = check_keys(progress, PROGRESS, "progress")
    epoch = check_integer(stored["epoch"], "epoch", minimum=0)
    if epoch > run.num_epochs:
        raise InputError(
            f"it was written after epoch {epoch:,}, but num_epochs is {run.num_epochs:,}. Give a "
            f"larger num_epochs."
        )
    steps = check_integer(stored["num_steps"], "num_steps", minimum=0)
    if steps >= 1 << 53:
        raise InputError(f"num_steps is {steps:,}; no training has that many. {RETRY_HINT}")
    rates = {n: check_number(stored[n], n, minimum=0) for n in ("step_rate", "peak_rate")}
    return {"epoch": epoch, "num_steps": steps, **rates}


def _checked_history(stored: object, epoch: int) -> History:
    """Return the history, which has as many epochs as the progress."""
    if not isinstance(stored, dict):
        raise InputError(f"history is {stored!r:.60}; it must be lists by name. {RETRY_HINT}")
    history = History.from_dict(stored)
    if history.num_epochs != epoch:
        raise InputError(f"its history has {history.num_epochs} epochs, but its progress {epoch}.")
    return history


def _checked_generators(
    generators: dict[str, np.random.Generator], states: object
) -> dict[str, Any]:
    """Return the states of the random generators, after trying them on others."""
    states = check_keys(states, tuple(generators), "generators")
    for name, state in states.items():
        trial: Any = type(generators[name].bit_generator)(0)
        try:
            trial.state = state
            valid = trial.state == state
        except Exception as error:  # NumPy raises errors of many types
            raise InputError(
                f"the state of the generator {name!r} cannot be used: {error!r:.80}. {RETRY_HINT}"
            ) from error
        if not valid:
            raise InputError(f"the state of the generator {name!r} is invalid. {RETRY_HINT}")
    return states


def _checked_callbacks(
    callbacks: list[Callback], numbers: object, places: list[int], tensors: dict[str, Array]
) -> list[dict[str, Any]]:
    """Return the state of each callback, which has at least what it has at the beginning."""
    if not isinstance(numbers, list) or len(numbers) != len(callbacks):
        raise InputError(
            f"callbacks is {numbers!r:.60}; it must have one entry per callback. {RETRY_HINT}"
        )
    states = []
    for callback, stored, place in zip(callbacks, numbers, places, strict=True):
        start, what = f"callbacks.{place}.", f"the state of {type(callback).__name__}"
        if not isinstance(stored, dict):
            raise InputError(f"{what} is {stored!r:.60}; it must be numbers by name. {RETRY_HINT}")
        for name, number in stored.items():
            check_number(number, f"{what}: {name:.60}")
        arrays = {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
        missing = [name for name in callback.state() if name not in {*stored, *arrays}]
        if missing:
            raise InputError(f"{what} lacks {', '.join(missing)}. {RETRY_HINT}")
        states.append(stored | arrays)
    return states


def _restore(run: TrainingRun, state: _State, path: Path) -> None:
    """Restore a checked state; if a callback refuses its part, everything is as before."""
    xp, model = run.model.xp, run.model
    before = model.parameters.state.copy()
    states_before = {name: g.bit_generator.state for name, g in run.generators.items()}
    model.parameters.state[...] = xp.asarray(state.network)
    for name, buffer in run.optimizer.state.items():
        buffer[...] = xp.asarray(state.optimizer[name])
    for name, generator in run.generators.items():
        generator.bit_generator.state = state.generators[name]
    run.history, run.epoch = state.history, int(state.progress["epoch"])
    run.optimizer.num_steps = int(state.progress["num_steps"])
    run.step_rate, run.peak_rate = state.progress["step_rate"], state.progress["peak_rate"]
    callback: Callback
    try:
        for callback, stored in zip(shaping_callbacks(run), state.callbacks, strict=True):
            moved = {
                n: xp.asarray(v) if isinstance(v, np.ndarray) else v for n, v in stored.items()
            }
            callback.restore(moved)
    except Exception as error:
        model.parameters.state[...] = before
        for name, generator in run.generators.items():
            generator.bit_generator.state = states_before[name]
        for one in shaping_callbacks(run):
            one.on_train_begin(run)  # so that none restores weights of the checkpoint at the end
        raise FileFormatError(
            f"Cannot load {path}: {type(callback).__name__} cannot use its state: {error!s:.200}. "
            f"{RETRY_HINT}"
        ) from error
