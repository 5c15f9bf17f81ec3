"""Checkpoints: the whole state of a training in a file, to resume it with the same result.

The tensors are the weights and the state of the optimizer and the callbacks. The metadata, as JSON,
are the identity of the training (its settings, and fingerprints of its data), its progress, its
history and the state of its random generators.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from neuralnet.checks import InputError, check_integer
from neuralnet.files import check_path, check_regular
from neuralnet.storage.container import FileKind, write_container
from neuralnet.storage.networks import network_metadata
from neuralnet.training.fingerprint import fingerprint
from neuralnet.training.run import Callback, TrainingRun

CHECKPOINT = FileKind("neuralnet checkpoint", version=4)

TEXTS = ("training", "progress", "history", "generators", "callbacks")
PROGRESS = ("epoch", "num_steps", "step_rate", "peak_rate")


class Checkpoint(Callback):
    """Writes the state of the training to a file between epochs, completely or not at all.

    `train(..., resume=path)` continues from there. The checkpoint before is kept too, with
    ".previous" at the end of its name; a training is resumed from it if the newest is damaged.

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
        self._has_written = False

    def on_train_begin(self, run: TrainingRun) -> None:
        """Forget what was written in another training."""
        self._has_written = False

    def on_epoch_begin(self, run: TrainingRun) -> None:
        """Write the state after the epoch before."""
        if (run.epoch - 1) % self.every == 0:
            # What another process wrote may be damaged, and is not kept.
            save_checkpoint(run, self.path, keep_previous=self._has_written)
            self._has_written = True


def previous_path(path: str | os.PathLike[str]) -> Path:
    """Return the path of the checkpoint before the one at `path`."""
    newest = Path(os.path.realpath(check_path(path)))
    return newest.parent / f"{newest.name}.previous"


def checkpoint_exists(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a checkpoint at `path`, or the one before it."""
    return check_path(path).exists() or previous_path(path).exists()


def remove_checkpoint(path: str | os.PathLike[str]) -> None:
    """Remove the checkpoint at `path`, and the one before it, if they exist."""
    for one in (check_path(path), previous_path(path)):
        with contextlib.suppress(OSError):
            one.unlink()


def save_checkpoint(
    run: TrainingRun, path: str | os.PathLike[str], *, keep_previous: bool = False
) -> None:
    """Write the state of a training at the beginning of an epoch.

    Parameters
    ----------
    run : TrainingRun
        The training.
    path : path
        The file.
    keep_previous : bool
        Whether to keep the file that is replaced, at `previous_path(path)`.

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
    for index, callback in enumerate(shaping_callbacks(run)):
        state = callback.state()
        numbers.append({name: v for name, v in state.items() if isinstance(v, int | float)})
        arrays = {name: v for name, v in state.items() if not isinstance(v, int | float)}
        tensors |= {f"callbacks.{index}.{name}": array for name, array in arrays.items()}
    progress = (run.epoch - 1, run.optimizer.num_steps, run.step_rate, run.peak_rate)
    parts = (
        identity(run),
        dict(zip(PROGRESS, progress, strict=True)),
        run.history.as_dict(),
        {name: g.bit_generator.state for name, g in run.generators.items()},
        numbers,
    )
    try:
        texts = [json.dumps(part, allow_nan=False) for part in parts]
    except (TypeError, ValueError) as error:
        raise InputError(
            f"A checkpoint cannot store this training: {error}. Give train a whole number as its "
            f"seed."
        ) from error
    tensors = {name: run.model.to_numpy(array) for name, array in tensors.items()}
    if keep_previous:
        _keep_previous(Path(os.path.realpath(check_path(path))))
    write_container(path, CHECKPOINT, dict(zip(TEXTS, texts, strict=True)), tensors)


def _keep_previous(newest: Path) -> None:
    """Give the newest checkpoint a second name, which it keeps when it is replaced."""
    previous = previous_path(newest)
    check_regular(previous, "write")
    second = newest.with_name(f".{newest.name[:80]}.{os.getpid()}-{os.urandom(4).hex()}.part")
    try:
        os.link(newest, second)
        second.replace(previous)
    except OSError:  # a file system without links
        second.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            newest.replace(previous)


def identity(run: TrainingRun) -> dict[str, str]:
    """Return what has to be the same for a checkpoint to be resumed, as texts by name."""
    settings = json.loads(network_metadata(run.model)["settings"])
    callbacks = [callback.describe() for callback in shaping_callbacks(run)]
    if not run.fingerprints:
        run.fingerprints = {name: fingerprint(array) for name, array in run.data.items()}
    return {
        **{name: json.dumps(value) for name, value in settings.items()},
        **run.settings,
        "callbacks": ", ".join(callbacks),
        **run.fingerprints,
    }


def shaping_callbacks(run: TrainingRun) -> list[Callback]:
    """Return the callbacks that have a state, or change the result of the training.

    Others, such as a progress bar, may differ when a training is resumed.
    """
    hooks = ("describe", "state", "on_gradients")
    return [
        callback
        for callback in run.callbacks
        if callback.state_arrays
        or any(getattr(type(callback), hook) is not getattr(Callback, hook) for hook in hooks)
    ]
