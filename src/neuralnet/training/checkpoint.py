"""Checkpoints: a training's whole state in a file, to be taken up again with the same result.

The file holds the weights, what optimizer and callbacks remember (tensors), and as texts what
training it is, how far it came, its history, and where its random generators stand.
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

CHECKPOINT = Kind("neuralnet checkpoint", version=1)

_TEXTS = ("training", "progress", "history", "generators", "callbacks")
_PROGRESS = ("epoch", "num_steps", "step_rate", "peak_rate")


class Checkpoint(Callback):
    """Writes the training's state to a file between epochs, whole or not at all.

    `train(..., resume=path)` takes the training up from there.

    Parameters
    ----------
    path : path
        The file; each state takes the place of the one before.
    every : int
        Epochs from one to the next, at least 1.

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
        """Write the state in which the epoch before left the training."""
        if (run.epoch - 1) % self.every == 0:
            save_checkpoint(run, self.path)


def save_checkpoint(run: TrainingRun, path: str | os.PathLike[str]) -> None:
    """Write the state of a training that stands at the beginning of an epoch.

    Raises
    ------
    InputError
        If the training holds what a file cannot: a network with a function of your own, say.
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
            f"The training holds what a checkpoint cannot: {error}. Give train a whole number as "
            f"its seed."
        ) from error
    tensors = {name: run.model.to_numpy(array) for name, array in tensors.items()}
    write(check_path(path), CHECKPOINT, dict(zip(_TEXTS, texts, strict=True)), tensors)


def resume(run: TrainingRun, path: str | os.PathLike[str]) -> None:
    """Bring a training that is about to begin into the state that a checkpoint holds.

    Raises
    ------
    FileFormatError
        If the file holds no checkpoint, is damaged, or is one of another training; the sentence
        says in what the two differ.
    FileError
        If it cannot be read.
    """
    with opened(check_path(path), CHECKPOINT) as contents:
        texts = check_keys(contents.texts, _TEXTS, "its metadata")
        training, progress, history, generators, numbers = (
            parse(texts[name], name) for name in _TEXTS
        )
        _check_identity(training, _identity(run))
        progress = check_keys(progress, _PROGRESS, "progress")
        if not isinstance(numbers, list) or [type(n) for n in numbers] != [dict] * len(
            run.callbacks
        ):
            raise InputError(f"callbacks is {numbers!r:.60}, which is not one entry each. {AGAIN}")
        tensors = contents.tensors(_shapes(run, list(contents.declared)), run.model.dtype)
        run.history = History.from_dict(history)
        run.epoch = check_integer(progress["epoch"], "epoch", minimum=0)
        if run.history.num_epochs != run.epoch:
            raise InputError(
                f"it has figures of {run.history.num_epochs} epochs, not of {run.epoch}."
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
    """Say which training this is: what has to be the same for a checkpoint to go on with it."""
    network = {name: text for name, text in texts_of(run.model).items() if name != "notes"}
    callbacks = [callback.describe() for callback in run.callbacks]
    return {**network, **run.settings, "callbacks": ", ".join(callbacks)}


def _check_identity(written: object, wanted: dict[str, Any]) -> None:
    """Raise unless the checkpoint is one of this very training."""
    if not isinstance(written, dict):
        raise InputError(f"training is {written!r:.60}, no settings by name. {AGAIN}")
    names = [name for name in {**wanted, **written} if written.get(name) != wanted.get(name)]
    if names:
        differences = "; ".join(
            f"{name} is {written.get(name)!r:.200} there and {wanted.get(name)!r:.200} here"
            for name in names
        )
        raise InputError(
            f"it is a checkpoint of another training: {differences}. Resume with the settings that "
            f"it was begun with, or begin anew with another checkpoint file."
        )


def _shapes(run: TrainingRun, declared: list[str]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the tensors that such a training has."""
    shapes: dict[str, tuple[int, ...]] = {"network": run.model.parameters.state.shape}
    shapes |= {f"optimizer.{name}": array.shape for name, array in run.optimizer.state.items()}
    for index, callback in enumerate(run.callbacks):
        for name in callback.remembered:
            if f"callbacks.{index}.{name}" in declared:  # some have nothing to remember at first
                shapes[f"callbacks.{index}.{name}"] = run.model.parameters.state.shape
    return shapes


def _place_generators(generators: dict[str, np.random.Generator], states: object) -> None:
    """Put the random generators where they stood."""
    for name, state in check_keys(states, tuple(generators), "generators").items():
        try:
            generators[name].bit_generator.state = state
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise InputError(f"the state of the generator {name!r} is none. {AGAIN}") from error
