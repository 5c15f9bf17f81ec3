"""Optimizer that keeps its state between trainings."""

from __future__ import annotations

import copy
from typing import Any, Self

from neuralnet.checks import Array
from neuralnet.nn.optimizers import Optimizer
from neuralnet.nn.parameters import Parameters


class WarmStartOptimizer(Optimizer):
    """Wrapper that keeps an optimizer's moments and step count between trainings.

    `train` copies its optimizer and starts with a fresh state. The calls of `partial_fit` together
    are one training, so they need one optimizer that keeps its state.

    Parameters
    ----------
    optimizer : Optimizer
        The optimizer that updates the parameters; it is copied.
    """

    name = "continued"

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = copy.copy(optimizer)  # the caller may use it for another training
        vars(self.optimizer).pop("state", None)

    def __copy__(self) -> Self:
        """Return itself, so that the state survives the copy that `train` makes."""
        return self

    def start(self, parameters: Parameters) -> None:
        """Bind the parameters; reset the state only if its size does not match theirs."""
        kept = getattr(self.optimizer, "state", None)
        if kept is None or any(len(array) != parameters.values.size for array in kept.values()):
            self.optimizer.start(parameters)
        self.optimizer.parameters = parameters
        # A checkpoint reads these two attributes.
        self.state = self.optimizer.state
        self.num_steps = self.optimizer.num_steps

    def step(self, learning_rate: float) -> None:
        """Update all parameters once."""
        self.optimizer.num_steps = self.num_steps
        self.optimizer.step(learning_rate)
        self.num_steps = self.optimizer.num_steps

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Update one block of parameters."""
        self.optimizer.update(w, g, *state, lr=lr, scratch=scratch)

    def __repr__(self) -> str:
        """Return the representation of the wrapped optimizer."""
        return repr(self.optimizer)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state without the parameters, which belong to the network."""
        optimizer = object.__new__(type(self.optimizer))
        vars(optimizer).update(vars(self.optimizer), parameters=None)
        return {"optimizer": optimizer}
