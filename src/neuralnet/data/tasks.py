"""Note of a network about its task: what its outputs mean.

The same sigmoid outputs are either scores of classes, one of which is right, or probabilities of
labels that do not exclude each other; the same identity outputs are scores or predicted numbers.
Code that trains a network knows which, and writes this note; code that exports or shows the network
looks it up here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, cast

from neuralnet.checks import check_name

Task = Literal["classification", "multilabel", "regression"]

# One class per example; any number of labels per example; numbers.
TASKS = ("classification", "multilabel", "regression")

_TASK = "task"


def task_note(task: Task) -> dict[str, str]:
    """Return the entry of `NeuralNetMLP.notes` that states the task.

    Raises
    ------
    InputError
        If `task` is unknown.
    """
    return {_TASK: check_name(task, TASKS, "task")}


def task_of(notes: Mapping[str, str], output_activation: str) -> Task:
    """Return the task of a network.

    Parameters
    ----------
    notes : mapping of str to str
        The network's notes. Without a note, the task is classification, except that exponential
        outputs are always numbers.
    output_activation : str
        Name of the network's output activation.

    Raises
    ------
    InputError
        If the note has an unknown value; the message lists the tasks.
    """
    default = "regression" if output_activation == "exponential" else "classification"
    return cast("Task", check_name(notes.get(_TASK, default), TASKS, f"notes[{_TASK!r}]"))
