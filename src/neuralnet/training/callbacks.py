"""The bundled callbacks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import Array, InputError, check_integer, check_number, describe
from neuralnet.nn.parallel import blockwise
from neuralnet.training.run import Callback, TrainingRun

if TYPE_CHECKING:
    from rich.console import Console


def check_callbacks(callbacks: object) -> list[Callback]:
    """Return callbacks, several or one, as a list.

    Raises
    ------
    InputError
        If one of them is not a callback.
    """
    try:
        listed = [callbacks] if isinstance(callbacks, Callback) else list(callbacks)  # type: ignore[call-overload]
    except TypeError as error:
        raise InputError(
            f"callbacks is {describe(callbacks)}; it must be a list of Callback objects."
        ) from error
    for number, callback in enumerate(listed):
        if not isinstance(callback, Callback):
            raise InputError(
                f"callbacks[{number}] is {describe(callback)}; it must be a Callback: derive its "
                f"class from neuralnet.Callback."
            )
    return listed


class BestWeights(Callback):
    """Restores the weights of the best epoch, `History.best_epoch`, at the end of the training."""

    state_arrays = ("best",)
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
    """Restores the best weights if the training is interrupted, and keeps the last otherwise."""

    def on_train_end(self, run: TrainingRun) -> None:  # noqa: D102
        if run.history.num_epochs < run.num_epochs and run.history.stopped is None:
            super().on_train_end(run)


class WeightAverage(Callback):
    """An exponential moving average of the weights, which is evaluated and kept at the end.

    An average lies closer to the middle of the minimum that the steps oscillate around (Polyak and
    Juditsky 1992; Izmailov and others 2018, arXiv 1803.05407). The decay rises with the number of
    updates t as (1 + t) / (10 + t) until it reaches `decay`, so that the initial weights are soon
    forgotten.

    Parameters
    ----------
    decay : float
        Decay of the average per step, in (0, 1).
    every : int
        Steps between updates of the average, at least 1; at most the batches of an epoch are used.
        An update uses `decay ** every`.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """

    def __init__(self, decay: float = 0.999, every: int = 8) -> None:
        self.decay = check_number(decay, "decay", above=0, below=1)
        self.every = check_integer(every, "every", minimum=1)

    state_arrays = ("average",)

    def describe(self) -> str:
        """Return the class and its settings."""
        return f"WeightAverage({self.decay}, every={self.every})"

    def state(self) -> dict[str, Array | float]:  # noqa: D102
        return {"average": self._average, "num_updates": self._num_updates}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: D102
        self._num_updates = check_integer(state["num_updates"], "num_updates", minimum=0)
        self._average[...] = state["average"]

    def on_train_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._average: Array = run.model.parameters.state.copy()
        self._weights: Array = run.model.parameters.state.copy()
        self._num_updates = 0

    def on_batch_end(self, run: TrainingRun) -> None:  # noqa: D102
        every = min(self.every, run.num_batches)  # at least one update per epoch
        if run.batch % every:
            return
        kept = min(self.decay**every, (1 + self._num_updates) / (10 + self._num_updates))
        self._num_updates += 1
        state = run.model.parameters.state

        def update(block: slice, scratch: Array) -> None:  # average += (1 - kept) (state - average)
            step = np.subtract(state[block], self._average[block], out=scratch)
            step *= 1 - kept
            self._average[block] += step

        blockwise(update, state, len(state))

    def on_evaluation_begin(self, run: TrainingRun) -> None:  # noqa: D102
        self._weights[...] = run.model.parameters.state
        run.model.parameters.state[...] = self._average

    def on_evaluation_end(self, run: TrainingRun) -> None:  # noqa: D102
        if run.epoch < run.num_epochs and run.history.stopped is None:
            run.model.parameters.state[...] = self._weights


class GradientClipping(Callback):
    """Scales the gradients of a step down where their norm is larger than `max_norm`.

    Source: Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063, section 3.2.

    Parameters
    ----------
    max_norm : float
        Largest Euclidean norm, over all gradients together, that is left unchanged; above 0.

    Raises
    ------
    InputError
        If it is not such a number.
    """

    def __init__(self, max_norm: float) -> None:
        self.max_norm = check_number(max_norm, "max_norm", above=0)

    def describe(self) -> str:
        """Return the class and its setting."""
        return f"GradientClipping({self.max_norm})"

    def on_gradients(self, run: TrainingRun) -> None:  # noqa: D102
        clip_by_norm(run.model.parameters.gradients, self.max_norm)


def clip_by_norm(gradients: Array, max_norm: float) -> float:
    """Scale gradients down, in place, if their norm is larger than `max_norm`.

    Parameters
    ----------
    gradients : ndarray, shape (total,)
        All gradients, as one vector.
    max_norm : float
        Largest Euclidean norm that is left unchanged.

    Returns
    -------
    float
        The norm before scaling.
    """
    with np.errstate(over="ignore"):
        norm = math.sqrt(float(np.dot(gradients, gradients)))
    if math.isinf(norm):  # the squares overflow, the gradients may not
        largest = float(np.abs(gradients).max())
        norm = largest * float(np.linalg.norm(gradients / largest))
    if norm > max_norm:
        gradients *= max_norm / norm
    return norm


class EarlyStopping(Callback):
    """Stops the training when no epoch has been better for `patience` epochs.

    Parameters
    ----------
    patience : int
        Number of epochs to wait for a better one, at least 1.

    Raises
    ------
    InputError
        If it is not such a number.
    """

    def __init__(self, patience: int = 10) -> None:
        self.patience = check_integer(patience, "patience", minimum=1)

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        best = run.history.best_epoch
        if best is not None and run.epoch - best >= self.patience:
            run.stop(f"no epoch was better than epoch {best} for {self.patience} epochs")


class ProgressBar(Callback):
    """Prints one line per epoch and, on a terminal, a live progress bar.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where to print; the terminal by default.
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
        # Ten updates per epoch are enough for the eye, and cost nothing.
        if run.batch % max(1, run.num_batches // 10) == 0:
            done = (run.epoch - 1) * run.num_batches + run.batch
            self._progress.update(
                self._task, completed=done, epoch=run.epoch, loss=_brief(run.batch_loss)
            )

    def on_epoch_end(self, run: TrainingRun) -> None:  # noqa: D102
        history = run.history
        line = (
            f"epoch {run.epoch:{len(str(run.num_epochs))}}/{run.num_epochs}"
            f"  training loss {_brief(history.train_loss[-1])}"
        )
        accuracies = {"training": history.train_accuracy, "validation": history.valid_accuracy}
        shares = [  # NaN for a regression, or for a training set that was not evaluated
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
    """Format a loss with four decimals, or with four digits if it is large."""
    return f"{loss:.4f}" if loss < 1000 else f"{loss:.4g}"
