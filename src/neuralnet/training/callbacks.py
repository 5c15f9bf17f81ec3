"""Callbacks: what watches a run from inside, and may steer it.

A callback overrides the hooks it needs; each is given the run, whose `learning_rate` it may set
and which it may `stop`. A hook that takes its time makes the training wait.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

from neuralnet.checks import Array, check_integer, check_number
from neuralnet.nn.parameters import blocks

if TYPE_CHECKING:
    from rich.console import Console

    from neuralnet.training.run import TrainingRun


class Callback:
    """Hooks around the training, each epoch and each batch; none does anything by itself."""

    # The names of the arrays, each of the length of `parameters.state`, that `state` may hold.
    remembered: ClassVar[tuple[str, ...]] = ()

    def state(self) -> dict[str, Array | float]:
        """Return what a checkpoint has to keep of this callback: `remembered` arrays, numbers."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what `state` returned, after `on_train_begin`."""

    def on_train_begin(self, run: TrainingRun) -> None:
        """Before the first epoch; in a training that is taken up again, before that epoch."""

    def on_epoch_begin(self, run: TrainingRun) -> None:
        """Before the first batch of epoch `run.epoch`."""

    def on_batch_begin(self, run: TrainingRun) -> None:
        """Before batch `run.batch`; the learning rate may still be changed for it."""

    def on_batch_end(self, run: TrainingRun) -> None:
        """After the update; `run.batch_loss` is the loss before it."""

    def on_evaluation_begin(self, run: TrainingRun) -> None:
        """After an epoch's last batch, before its evaluation."""

    def on_evaluation_end(self, run: TrainingRun) -> None:
        """After every callback's `on_epoch_end`."""

    def on_epoch_end(self, run: TrainingRun) -> None:
        """After the evaluation; the epoch's figures stand in `run.history`."""

    def on_train_end(self, run: TrainingRun) -> None:
        """After the last epoch, and also when an error or Ctrl-C ends the training."""


class BestWeights(Callback):
    """Leaves the weights of the best epoch (`History.best_epoch`) instead of the last one's."""

    remembered = ("best",)
    _best: Array | None = None

    def state(self) -> dict[str, Array | float]:  # noqa: D102
        return {} if self._best is None else {"best": self._best}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: D102
        self._best = state.get("best")

    def on_train_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._best = None

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        if run.history.best_epoch == run.epoch:
            self._best = run.model.parameters.state.copy()

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self._best is not None:
            run.model.parameters.state[...] = self._best


class BestIfInterrupted(BestWeights):
    """Leaves the best weights if the training is broken off, the last if it comes to its end."""

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if run.history.num_epochs < run.num_epochs and run.history.stopped is None:
            super().on_train_end(run)


class WeightAverage(Callback):
    """Evaluates, and leaves, an exponential average of the weights of all steps.

    Averages of weights lie nearer to the middle of the basin that the steps wander about in (Polyak
    and Juditsky 1992; Izmailov and others 2018, arXiv 1803.05407). At first the average forgets
    faster, by (1 + t) / (10 + t) after t updates, so that the initial weights do not stay in it.

    Parameters
    ----------
    decay : float
        How much of the average is kept at a step, in (0, 1).
    every : int
        Steps from one update to the next, at least 1; each is as strong as so many single ones.
    """

    def __init__(self, decay: float = 0.999, every: int = 8) -> None:
        self.decay = check_number(decay, "decay", above=0, below=1)
        self.every = check_integer(every, "every", minimum=1)

    remembered = ("average",)

    def state(self) -> dict[str, Array | float]:  # noqa: D102
        return {"average": self._average, "num_updates": self._num_updates}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: D102
        self._average[...] = state["average"]
        self._num_updates = int(state["num_updates"])

    def on_train_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._average: Array = run.model.parameters.state.copy()
        self._weights: Array = run.model.parameters.state.copy()
        self._num_updates = 0

    def on_batch_end(self, run: TrainingRun) -> None:  # noqa: D102
        if run.batch % self.every:
            return
        kept = min(self.decay**self.every, (1 + self._num_updates) / (10 + self._num_updates))
        self._num_updates += 1
        state = run.model.parameters.state
        for block in blocks(state):  # average += (1 - kept) (state - average)
            step = state[block] - self._average[block]
            step *= 1 - kept
            self._average[block] += step

    def on_evaluation_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._weights[...] = run.model.parameters.state
        run.model.parameters.state[...] = self._average

    def on_evaluation_end(self, run: TrainingRun) -> None:  # noqa: D102
        if run.epoch < run.num_epochs and run.history.stopped is None:
            run.model.parameters.state[...] = self._weights


class EarlyStopping(Callback):
    """Stops the training when the best epoch lies `patience` epochs back.

    Parameters
    ----------
    patience : int
        Epochs to wait for a better one, at least 1.
    """

    def __init__(self, patience: int = 10) -> None:
        self.patience = check_integer(patience, "patience", minimum=1)

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        best = run.history.best_epoch
        if best is not None and run.epoch - best >= self.patience:
            run.stop(f"no epoch was better than epoch {best} for {self.patience} epochs")


class ProgressBar(Callback):
    """Prints a line an epoch and, on a terminal, a live bar below them.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to print; the terminal if not given.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console

    def on_train_begin(self, run: TrainingRun) -> None:  # noqa: D102
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = self._console or Console()
        self._progress = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[num_epochs]}"),
            BarColumn(bar_width=None),
            TextColumn("loss {task.fields[loss]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
        )
        self._task = self._progress.add_task(
            "training",
            total=run.num_epochs * run.num_batches,
            epoch=1,
            num_epochs=run.num_epochs,
            loss="",
        )
        if self._console.is_terminal:
            self._progress.start()

    def on_batch_end(self, run: TrainingRun) -> None:  # noqa: D102
        # Ten times an epoch moves the bar often enough, and costs the training nothing.
        if run.batch % max(1, run.num_batches // 10) == 0:
            done = (run.epoch - 1) * run.num_batches + run.batch
            self._progress.update(
                self._task, completed=done, epoch=run.epoch, loss=_brief(run.batch_loss)
            )

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        history = run.history
        if not run.evaluated:
            return
        line = (
            f"epoch {run.epoch:{len(str(run.num_epochs))}}/{run.num_epochs}"
            f"  training loss {_brief(history.train_loss[-1])}"
        )
        accuracies = {"training": history.train_accuracy, "validation": history.valid_accuracy}
        shares = [  # a regression has none, nor has a training set that was not evaluated
            f"{which} {100 * listed[-1]:.2f} %"
            for which, listed in accuracies.items()
            if listed and not math.isnan(listed[-1])
        ]
        if shares:
            line += f"  accuracy: {', '.join(shares)}"
        elif history.valid_loss:
            line += f", validation {_brief(history.valid_loss[-1])}"
        self._progress.console.print(line, highlight=False, soft_wrap=True)

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if self._progress.live.is_started:
            self._progress.stop()


def _brief(loss: float) -> str:
    """Write a loss with four decimals, or with four digits where that would be a long number."""
    return f"{loss:.4f}" if loss < 1000 else f"{loss:.4g}"
