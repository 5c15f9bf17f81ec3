"""A callback that writes down what it is called for, and a small training to call it in."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuralnet import Callback, NeuralNetMLP, train
from neuralnet.training.run import TrainingRun

HOOKS = (
    "on_train_begin",
    "on_epoch_begin",
    "on_batch_begin",
    "on_batch_end",
    "on_epoch_end",
    "on_train_end",
)
Event = tuple[str, int, int, int]


class Recorder(Callback):
    """Writes down each hook with epoch, batch and completed epochs, and may act at one of them."""

    def __init__(self, **actions: Any) -> None:
        self.events: list[Event] = []
        self.actions = actions

    def record(self, hook: str, run: TrainingRun) -> None:
        self.events.append((hook, run.epoch, run.batch, run.history.num_epochs))
        if hook in self.actions:
            self.actions[hook](run)

    def hooks(self) -> list[str]:
        return [hook for hook, *_ in self.events]


def _recording(hook: str) -> Any:
    return lambda self, run: self.record(hook, run)


for _hook in HOOKS:
    setattr(Recorder, _hook, _recording(_hook))


def run_network() -> NeuralNetMLP:
    return NeuralNetMLP(3, 4, 2, dtype="float64")


def run_training(*callbacks: Callback, **settings: Any) -> tuple[NeuralNetMLP, Any]:
    rng = np.random.default_rng(1)
    X, y = rng.normal(0, 1, (10, 3)), np.arange(10) % 2
    model = run_network()
    defaults: dict[str, Any] = {"num_epochs": 3, "minibatch_size": 4}  # 3 batches: 4, 4, 2
    history = train(model, X, y, X, y, **(defaults | settings), callbacks=callbacks)
    return model, history


def at(epoch: int, batch: int, act: Any) -> Any:
    return lambda run: act(run) if (run.epoch, run.batch) == (epoch, batch) else None


def raising(error: BaseException) -> Any:
    def act(run: TrainingRun) -> None:
        raise error

    return act
