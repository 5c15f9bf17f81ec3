"""The note of a network about its task."""

from __future__ import annotations

from typing import Any

import pytest

from neuralnet.checks import InputError
from neuralnet.data.tasks import TASKS, task_note, task_of


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_noted_and_found(task: Any) -> None:
    assert task_of(task_note(task), "identity") == task


def test_without_a_note_the_outputs_decide() -> None:
    assert task_of({}, "exponential") == "regression"
    assert task_of({}, "identity") == task_of({}, "sigmoid") == "classification"


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(InputError, match=r"regresion.*Did you mean 'regression'"):
        task_note("regresion")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"notes\['task'\].*ranking"):
        task_of({"task": "ranking"}, "identity")
