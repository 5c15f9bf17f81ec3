"""Checkpoints: the whole state of a training in a file, to resume it with the same result.

The tensors are the weights and the state of the optimizer and the callbacks. The metadata, as JSON,
are the settings of the training, its progress, its history and the state of its random generators.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np

from neuralnet.checks import InputError, check_integer
from neuralnet.storage.container import AGAIN, Kind, check_keys, check_path, opened, parse, write
from neuralnet.storage.networks import texts_of
from neuralnet.training.history import History
from neuralnet.training.run import Callback, TrainingRun

CHECKPOINT = Kind("neuralnet checkpoint", version=2)

_TEXTS = ("training", "progress", "history", "generators", "callbacks")
_PROGRESS = ("epoch", "num_steps", "step_rate", "peak_rate")


class Checkpoint(Callback):
    """Writes the state of the training to a file between epochs, completely or not at all.

    `train(..., resume=path)` continues from there.

    Parameters
    ----------
    path : path
        The file; each checkpoint replaces the one before.
    every : int
        Epochs between checkpoints, at least 1.

    Raises
    ------
    InputError
        If an argument cannot be used.
    FileError
        At the first epoch, if the file cannot be written.
    """

    def __init__(self, path: str | os.PathLike[str], every: int = 1) -> None:
        self.path = check_path(path)
        self.every = check_integer(every, "every", minimum=1)

    def on_epoch_begin(self, run: TrainingRun) -> None:
        """Write the state after the epoch before."""
        if (run.epoch - 1) % self.every == 0:
            save_checkpoint(run, self.path)


def save_checkpoint(run: TrainingRun, path: str | os.PathLike[str]) -> None:
    """Write the state of a training at the beginning of an epoch.

    Raises
    ------
    InputError
        If the training holds what a file cannot store, for example a custom activation.
    FileError
        If the file cannot be written.
    """
    numbers: list[dict[str, float]] = []
    tensors = {"network": run.model.parameters.state}
    tensors |= {f"optimizer.{name}": array for name, array in run.optimizer.state.items()}
    for index, callback in enumerate(run.callbacks):
        state = callback.state()
        numbers.append({name: v for name, v in state.items() if isinstance(v, int | float)})
        arrays = {name: v for name, v in state.items() if not isinstance(v, int | float)}
        tensors |= {f"callbacks.{index}.{name}": array for name, array in arrays.items()}
    progress = (run.epoch - 1, run.optimizer.num_steps, run.step_rate, run.peak_rate)
    parts = (
        _identity(run),
        dict(zip(_PROGRESS, progress, strict=True)),
        run.history.as_dict(),
        {name: g.bit_generator.state for name, g in run.generators.items()},
        numbers,
    )
    try:
        texts = [json.dumps(part) for part in parts]
    except TypeError as error:
        raise InputError(
            f"A checkpoint cannot store this training: {error}. Give train a whole number as its "
            f"seed."
        ) from error
    tensors = {name: run.model.to_numpy(array) for name, array in tensors.items()}
    write(check_path(path), CHECKPOINT, dict(zip(_TEXTS, texts, strict=True)), tensors)


def resume(run: TrainingRun, path: str | os.PathLike[str]) -> None:
    """Restore the state of a checkpoint in a training that is about to begin.

    Raises
    ------
    FileFormatError
        If the file is not a checkpoint, is damaged, or belongs to another training; the message
        names the differences.
    FileError
        If it cannot be read.
    """
    with opened(check_path(path), CHECKPOINT) as contents:
        texts = check_keys(contents.texts, _TEXTS, "its metadata")
        training, progress, history, generators, numbers = (
            parse(texts[name], name) for name in _TEXTS
        )
        if contents.version == 1:
            training, numbers = _from_version_1(training, numbers)
        _check_identity(training, _identity(run))
        progress = check_keys(progress, _PROGRESS, "progress")
        if not isinstance(numbers, list) or [type(n) for n in numbers] != [dict] * len(
            run.callbacks
        ):
            raise InputError(
                f"callbacks is {numbers!r:.60}; it must have one entry per callback. {AGAIN}"
            )
        tensors = contents.tensors(_shapes(run, list(contents.declared)), run.model.dtype)
        run.history = History.from_dict(history)
        run.epoch = check_integer(progress["epoch"], "epoch", minimum=0)
        if run.history.num_epochs != run.epoch:
            raise InputError(
                f"its history has {run.history.num_epochs} epochs, but its progress {run.epoch}."
            )
        run.optimizer.num_steps = check_integer(progress["num_steps"], "num_steps", minimum=0)
        run.step_rate, run.peak_rate = float(progress["step_rate"]), float(progress["peak_rate"])
        _place_generators(run.generators, generators)
    xp = run.model.xp
    run.model.parameters.state[...] = xp.asarray(tensors.pop("network"))
    for name, buffer in run.optimizer.state.items():
        buffer[...] = xp.asarray(tensors.pop(f"optimizer.{name}"))
    for index, callback in enumerate(run.callbacks):
        start = f"callbacks.{index}."
        arrays = {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
        callback.restore(numbers[index] | {name: xp.asarray(t) for name, t in arrays.items()})


def _identity(run: TrainingRun) -> dict[str, Any]:
    """Return the settings that have to be the same for a checkpoint to be resumed."""
    network = {name: text for name, text in texts_of(run.model).items() if name != "notes"}
    callbacks = [callback.describe() for callback in run.callbacks]
    return {**network, **run.settings, "callbacks": ", ".join(callbacks)}


def _from_version_1(training: Any, numbers: Any) -> tuple[dict[str, str], list[Any]]:
    """Return settings and numbers of a checkpoint of version 1 in the form of version 2.

    Clipping was an argument then, and is the last callback now. Schedules had no learning rate.
    """
    try:
        training, numbers = dict(training), list(numbers)
        settings = json.loads(training["settings"])
        used = [name for name in ("receptive_fields", "hard_examples") if settings.pop(name, None)]
        used += ["hard_examples"] if training.pop("hard_examples", "None") != "None" else []
        initial = settings["initial_weights"]
        if not isinstance(initial, list):
            settings["initial_weights"] = [initial] * (len(settings["num_hidden"]) + 1)
        training["settings"] = json.dumps(settings)
        kind, _, arguments = training["schedule"].partition("(")
        rest = "" if arguments == ")" else ", "
        training["schedule"] = f"{kind}(learning_rate=None{rest}{arguments}"
        clip_norm = training.pop("clip_norm", "None")
        if clip_norm != "None":
            numbers.append({})
            listed = [training["callbacks"], f"GradientClipping({float(clip_norm)})"]
            training["callbacks"] = ", ".join(filter(None, listed))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"its settings cannot be used: {error!r:.80}. {AGAIN}") from error
    if used:
        raise InputError(
            f"it was written by an earlier version with {' and '.join(used)}, which a network no "
            f"longer has. Start a new training."
        )
    return training, numbers


def _check_identity(written: object, wanted: dict[str, Any]) -> None:
    """Raise unless a checkpoint belongs to a training with these settings."""
    if not isinstance(written, dict):
        raise InputError(f"training is {written!r:.60}; it must be settings by name. {AGAIN}")
    names = [name for name in {**wanted, **written} if written.get(name) != wanted.get(name)]
    if names:
        differences = "; ".join(
            f"{name} is {written.get(name)!r:.200} there and {wanted.get(name)!r:.200} here"
            for name in names
        )
        raise InputError(
            f"it is a checkpoint of another training: {differences}. Resume with the settings of "
            f"that training, or start a new one with another checkpoint file."
        )


def _shapes(run: TrainingRun, declared: list[str]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors in a checkpoint of this training."""
    shapes: dict[str, tuple[int, ...]] = {"network": run.model.parameters.state.shape}
    shapes |= {f"optimizer.{name}": array.shape for name, array in run.optimizer.state.items()}
    for index, callback in enumerate(run.callbacks):
        for name in callback.state_arrays:
            if f"callbacks.{index}.{name}" in declared:  # some callbacks have no state at first
                shapes[f"callbacks.{index}.{name}"] = run.model.parameters.state.shape
    return shapes


def _place_generators(generators: dict[str, np.random.Generator], states: object) -> None:
    """Restore the state of the random generators."""
    for name, state in check_keys(states, tuple(generators), "generators").items():
        try:
            generators[name].bit_generator.state = state
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(
                f"the state of the generator {name!r} cannot be used: {error}. {AGAIN}"
            ) from error
