"""Early stopping of a recipe, on a validation set whose examples may be weighted."""

from __future__ import annotations

import math
from typing import Any

from neuralnet.checks import Array, Labelled
from neuralnet.training.callbacks import EarlyStopping
from neuralnet.training.run import TrainingRun


class StopOnLoss(EarlyStopping):
    """Stops when the validation loss has not fallen for `patience` epochs, and restores the best.

    The loss varies less than the accuracy on the few validation examples of a small table, and it
    can be weighted: where one class is rare, the highest accuracy may be that of a network that
    never predicts it.

    Parameters
    ----------
    patience : int
        Number of epochs to wait for a lower loss, at least 1.
    """

    state_arrays = ("best",)
    keeps_best = True  # so that the training is not advised to
    # The validation set, validated; None for the training loss.
    validation_set: Labelled | None = None
    _best: Array | None = None

    def describe(self) -> str:
        """Return the class and its setting."""
        return f"StopOnLoss({self.patience})"

    def state(self) -> dict[str, Array | float]:  # noqa: D102
        if self._best is None:
            return {}
        return {"best": self._best, "lowest": self._lowest, "best_epoch": self._best_epoch}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: D102
        self._best = state.get("best")
        self._lowest = state.get("lowest", math.inf)
        self._best_epoch = int(state.get("best_epoch", 0))

    def on_train_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._best = None
        self._lowest = math.inf
        self._best_epoch = 0

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self.validation_set is None:
            loss = run.history.train_loss[-1]
        else:
            loss = run.model.evaluate_validated(*self.validation_set).loss
        if loss < self._lowest:
            self._lowest, self._best_epoch = loss, run.epoch
            self._best = run.model.parameters.state.copy()
        elif run.epoch - self._best_epoch >= self.patience:
            which = "training" if self.validation_set is None else "validation"
            run.stop(
                f"the {which} loss was lowest after epoch {self._best_epoch}, and not lower in the "
                f"{self.patience} epochs since"
            )

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self._best is not None:
            run.model.parameters.state[...] = self._best
