"""Checkpoints of past format versions, converted to the present one.

Until version 2, the data were compared by their number and the labels' CRC-32, and all callbacks by
their names. Until version 3, Adam kept means of the gradients and of their squares, and not sums.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from neuralnet.checks import Array, InputError
from neuralnet.nn.optimizers import Adam, Optimizer
from neuralnet.storage.container import RETRY_HINT
from neuralnet.storage.past_networks import converted_settings

if TYPE_CHECKING:
    from neuralnet.training.run import Callback, TrainingRun

# What those versions did not compare.
NOT_COMPARED = ("seed", "shuffle", "X_train", "y_train", "sample_weight", "X_valid", "y_valid")


def past_identity(identity: Mapping[str, str], run: TrainingRun) -> dict[str, str]:
    """Return a training's identity as past versions compared it."""
    kept = {name: text for name, text in identity.items() if name not in NOT_COMPARED}
    labels = run.data["y_train"]
    examples = f"{len(labels):,}, labels {zlib.crc32(labels.tobytes()):08x}"
    return {**kept, "num_epochs": str(run.num_epochs), "examples": examples}


def converted_training(
    training: Any, numbers: Any, version: int, callbacks: Sequence[Callback]
) -> tuple[dict[str, str], list[Any], list[int]]:
    """Return identity and numbers of a checkpoint of version 1 or 2 in the present form.

    Clipping was an argument in version 1, and is the last callback now. Schedules had no learning
    rate.

    Parameters
    ----------
    training, numbers : object
        What is stored of the training and of its callbacks, parsed and not checked.
    version : int
        The file's version.
    callbacks : sequence of Callback
        Callbacks of the present training that change its result.

    Returns
    -------
    identity : dict of str to str
        The settings by name.
    numbers : list of object
        Numbers of each callback that changes the result.
    places : list of int
        The number of each of these callbacks in the names of its tensors.

    Raises
    ------
    InputError
        If the stored values cannot be used, or belong to a network that no longer exists.
    """
    try:
        training, numbers = dict(training), list(numbers)
        settings = json.loads(training.pop("settings"))
        used = [name for name in ("receptive_fields", "hard_examples") if settings.pop(name, None)]
        names = list(filter(None, training["callbacks"].split(", ")))
        if version == 1:
            hard = training.pop("hard_examples", "None")
            used += ["hard_examples"] if hard != "None" else []
            kind, _, arguments = training["schedule"].partition("(")
            rest = "" if arguments == ")" else ", "
            training["schedule"] = f"{kind}(learning_rate=None{rest}{arguments}"
            clip_norm = training.pop("clip_norm", "None")
            if clip_norm != "None":
                numbers.append({})
                names.append(f"GradientClipping({float(clip_norm)})")
        network = converted_settings(settings, 3)
        network["classes"] = json.loads(training.pop("classes"))
        network["input_range"] = json.loads(training.pop("preprocessing"))["uint8_range"]
        counted = {type(callback).__name__: callback.describe() for callback in callbacks}
        places = [i for i, name in enumerate(names) if "(" in name or name in counted]
        training["callbacks"] = ", ".join(counted.get(names[i], names[i]) for i in places)
        identity = {name: json.dumps(value) for name, value in network.items()} | training
        numbers = [numbers[i] for i in places]
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"its settings cannot be used: {error!r:.80}. {RETRY_HINT}") from error
    if used:
        raise InputError(
            f"it was written by an earlier version with {' and '.join(used)}, which a network no "
            f"longer has. Start a new training."
        )
    return identity, numbers, places


def sum_moments(optimizer: Optimizer, tensors: Mapping[str, Array]) -> None:
    """Turn the running means that Adam kept until version 3 into sums, in place."""
    if isinstance(optimizer, Adam):
        tensors["optimizer.m"][...] /= 1 - optimizer.beta1
        tensors["optimizer.v"][...] /= 1 - optimizer.beta2
