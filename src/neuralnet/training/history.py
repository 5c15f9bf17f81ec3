"""The history of a training: one entry per epoch, in lists of plain numbers."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from neuralnet.checks import InputError, check_flag, check_name, check_number, describe

if TYPE_CHECKING:
    from collections.abc import Iterator

# The lists of a History, each with the maximum of its entries.
_LISTS = {
    "train_loss": math.inf,
    "train_accuracy": 1.0,
    "valid_accuracy": 1.0,
    "valid_loss": math.inf,
    "learning_rate": math.inf,
    "seconds": math.inf,
}
# JSON cannot represent these numbers, so they are stored by name.
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass
class History:
    """The history of a training, with one entry per epoch in each list.

    It unpacks into the three lists that the textbook's training function returns::

        epoch_loss, epoch_train_acc, epoch_valid_acc = train(...)

    Attributes
    ----------
    train_loss, valid_loss : list of float
        Mean loss over the set, with the weights at the end of the epoch. In a training with
        `running_loss`, `train_loss` is the mean over the epoch's batches, each before its update.
    train_accuracy, valid_accuracy : list of float
        Fraction of the set that is classified correctly at the end of the epoch, in [0, 1]; NaN
        for a regression, and for `train_accuracy` in a training with `running_loss`.
    learning_rate : list of float
        Learning rate of the epoch's last step.
    seconds : list of float
        Duration of the epoch: training, evaluation, and the callbacks until then.
    stopped : str or None
        Why the training stopped early; None if it ran to its end.
    interrupted : bool
        Whether Ctrl-C ended the training, in an interactive session.
    advice : list of str
        What looked wrong in the training, one sentence each (see `TrainingWarning`).

    Notes
    -----
    `valid_accuracy` and `valid_loss` are empty if there was no validation set.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str | None = None
    interrupted: bool = False
    advice: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[list[float]]:
        """Iterate over `train_loss`, `train_accuracy` and `valid_accuracy`."""
        return iter((self.train_loss, self.train_accuracy, self.valid_accuracy))

    def __repr__(self) -> str:
        """Return the number of epochs and the figure of the best one, without the lists."""
        return f"<History: {self._summary()}>"

    def _repr_html_(self) -> str:
        """Return the curves of loss and accuracy, for a notebook."""
        from neuralnet.display.markup import bullets, chart, panel

        best = self._best_or_none()
        losses = {"Training": self.train_loss, "Validation": self.valid_loss}
        accuracies = {"Training": self.train_accuracy, "Validation": self.valid_accuracy}
        percent = {name: [100 * a for a in values] for name, values in accuracies.items()}
        took = f", {sum(self.seconds):.3g} s" if self.seconds else ""
        return panel(
            f"History: {self._summary()}{took}",
            chart("Loss", losses, mark=best, from_zero=True),
            chart("Accuracy (%)", percent, mark=best),
            bullets(self.advice),
        )

    def _summary(self) -> str:
        """Return the number of epochs, and the best epoch with its accuracy or loss."""
        epochs = f"{self.num_epochs} epoch{'' if self.num_epochs == 1 else 's'}"
        if self.interrupted:
            epochs += ", interrupted"
        if self.stopped:
            epochs += f", stopped early: {self.stopped}"
        best = self._best_or_none()
        if best is None:
            return epochs
        if self.valid_accuracy and not math.isnan(self.valid_accuracy[best - 1]):
            figure = f"validation accuracy {100 * self.valid_accuracy[best - 1]:.2f} %"
        elif self.valid_loss:
            figure = f"validation loss {self.valid_loss[best - 1]:.4g}"
        else:
            figure = f"training loss {self.train_loss[best - 1]:.4g}"
        return f"{epochs}, best epoch {best} ({figure})"

    def _best_or_none(self) -> int | None:
        """Return the best epoch; None as well if the lists do not have the same length."""
        with contextlib.suppress(IndexError):
            return self.best_epoch
        return None

    @property
    def num_epochs(self) -> int:
        """Number of epochs; the last may have been stopped before its end."""
        return len(self.train_loss)

    @property
    def best_epoch(self) -> int | None:
        """The best epoch, counted from 1; None before the first.

        It has the highest validation accuracy. Ties, and regressions, are decided by the lower
        validation loss, then by the earlier epoch. Without a validation set, the best epoch has the
        lowest training loss.
        """
        losses = self.valid_loss or self.train_loss
        evaluated = [e for e in range(self.num_epochs) if not math.isnan(losses[e])]
        if self.valid_accuracy:
            ranks = [(_rank(-self.valid_accuracy[e]), losses[e], e) for e in evaluated]
        else:
            ranks = [(0.0, losses[e], e) for e in evaluated]
        return min(ranks)[-1] + 1 if ranks else None

    def check_lengths(self) -> None:
        """Raise unless every list has an entry for every epoch; both validation lists may be empty.

        Raises
        ------
        InputError
            If one does not; the message gives the length of each list.
        """
        lengths = {name: len(getattr(self, name)) for name in _LISTS}
        validated = bool(self.valid_accuracy or self.valid_loss)
        wanted = {
            name: self.num_epochs if validated or not name.startswith("valid") else 0
            for name in _LISTS
        }
        if lengths != wanted:
            listed = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise InputError(
                f"The lists of a history need one entry per epoch; their lengths are {listed}. "
                f"Only valid_accuracy and valid_loss may be empty, both of them."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the history as plain JSON types, for `from_dict`; NaN and infinity as strings."""
        plain: dict[str, Any] = {
            name: [_to_json(float(value)) for value in getattr(self, name)] for name in _LISTS
        }
        rest = {"stopped": self.stopped, "interrupted": self.interrupted}
        return plain | rest | {"advice": list(self.advice)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> History:
        """Return the history that `as_dict` stored.

        Parameters
        ----------
        stored : mapping of str to list of float
            Every attribute by name, and nothing else.

        Raises
        ------
        InputError
            If a name is missing or unknown, a value has the wrong type or range, or the lists do
            not have one entry per epoch.
        """
        if not isinstance(stored, Mapping):
            raise InputError(f"stored is {describe(stored)}; it must be a dict of lists by name.")
        names = list(asdict(cls()))
        for name in stored:
            check_name(name, names, "A name in the stored history")
        # Histories of earlier versions have neither.
        stored = {"advice": [], "interrupted": False, **stored}
        missing = ", ".join(name for name in names if name not in stored)
        if missing:
            raise InputError(f"The stored history lacks {missing}; it must have every list.")
        if not isinstance(stored["stopped"], str | None):
            raise InputError(f"stopped is {describe(stored['stopped'])}; it must be text or None.")
        advice = stored["advice"]
        if not isinstance(advice, list) or not all(isinstance(one, str) for one in advice):
            raise InputError(f"advice is {describe(advice)}; it must be a list of sentences.")
        interrupted = check_flag(stored["interrupted"], "interrupted")
        history = cls(stopped=stored["stopped"], interrupted=interrupted, advice=list(advice))
        for name, maximum in _LISTS.items():
            setattr(history, name, _from_json(stored[name], name, maximum))
        history.check_lengths()
        return history


def _rank(loss: float) -> float:
    """Rank NaN last, since every comparison with it is false."""
    return math.inf if math.isnan(loss) else loss


def _to_json(value: float) -> float | str:
    return value if math.isfinite(value) else str(value)


def _from_json(values: object, name: str, maximum: float) -> list[float]:
    if not isinstance(values, list):
        raise InputError(f"{name} is {describe(values)}; it must be a list of numbers.")
    return [
        _NOT_FINITE[value]
        if isinstance(value, str) and value in _NOT_FINITE
        else check_number(value, f"{name}[{epoch}]", minimum=0.0, maximum=maximum)
        for epoch, value in enumerate(values)
    ]
