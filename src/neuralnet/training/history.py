"""What a training run recorded: one entry an epoch, in lists of plain numbers."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from neuralnet.checks import InputError, check_name, check_number, describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The lists of a History, each with the largest value that its entries can have.
_LISTS = {
    "train_loss": math.inf,
    "train_accuracy": 1.0,
    "valid_accuracy": 1.0,
    "valid_loss": math.inf,
    "learning_rate": math.inf,
    "seconds": math.inf,
}
# JSON has no such numbers, but a run that diverged does: they are stored by these names.
_NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


@dataclass
class History:
    """What a run recorded, one entry an epoch in each list.

    It unpacks into the three lists that the textbook's training function returns::

        epoch_loss, epoch_train_acc, epoch_valid_acc = train(...)

    Attributes
    ----------
    train_loss, valid_loss : list of float
        The mean loss over the set after the epoch, with the weights as they then were; for
        training with `running_loss`, the mean over the epoch's batches, each before its update.
    train_accuracy, valid_accuracy : list of float
        The share of the set that was classified rightly after the epoch, in [0, 1].
    learning_rate : list of float
        The rate of the epoch's last step.
    seconds : list of float
        What the epoch took: training, evaluation, and the callbacks in between.
    stopped : str or None
        Why the run stopped early; None if it ran to its end.

    Notes
    -----
    `valid_accuracy` and `valid_loss` are empty where no validation set was given.
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    valid_accuracy: list[float] = field(default_factory=list)
    valid_loss: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str | None = None

    def __iter__(self) -> Iterator[list[float]]:
        """Give `train_loss`, `train_accuracy`, `valid_accuracy`, in this order."""
        return iter((self.train_loss, self.train_accuracy, self.valid_accuracy))

    @property
    def num_epochs(self) -> int:
        """How many epochs were evaluated; the last may have been stopped half-way."""
        return len(self.train_loss)

    @property
    def best_epoch(self) -> int | None:
        """The best epoch, counted from 1; None before any was evaluated.

        The one with the highest validation accuracy; among equals (and in a regression, which has
        none) the one with the lower validation loss, then the earlier one. Without a validation
        set, the one with the lowest training loss.
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
            If they have not; the sentence gives every list's length.
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
                f"The lists of a history need one entry an epoch; their lengths are {listed}. Only "
                f"valid_accuracy and valid_loss may be empty, both of them."
            )

    def as_dict(self) -> dict[str, Any]:
        """Return the history as plain JSON types, for `from_dict`; NaN and infinity as strings."""
        plain: dict[str, Any] = {
            name: [_to_json(float(value)) for value in getattr(self, name)] for name in _LISTS
        }
        return plain | {"stopped": self.stopped}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> History:
        """Return the history that `as_dict` stored.

        Parameters
        ----------
        stored : mapping of str to list of float
            Every attribute by its name, and nothing else.

        Raises
        ------
        InputError
            If a name is missing or unknown, a value is not what it should be, or the lists do not
            have one entry an epoch.
        """
        names = list(asdict(cls()))
        for name in stored:
            check_name(name, names, "A name in the stored history")
        missing = ", ".join(name for name in names if name not in stored)
        if missing:
            raise InputError(f"The stored history lacks {missing}; it must have every list.")
        if not isinstance(stored["stopped"], str | None):
            raise InputError(f"stopped is {describe(stored['stopped'])}; it must be text or None.")
        history = cls(stopped=stored["stopped"])
        for name, maximum in _LISTS.items():
            setattr(history, name, _from_json(stored[name], name, maximum))
        history.check_lengths()
        return history


def _rank(loss: float) -> float:
    """Put a loss that is not a number behind every other: comparing it would say nothing."""
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
