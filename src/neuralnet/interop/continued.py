"""An optimizer that goes on where the training before left it."""

from __future__ import annotations

import copy
from typing import Any, Self

from neuralnet.checks import Array
from neuralnet.nn.optimizers import Optimizer
from neuralnet.nn.parameters import Parameters


class Continued(Optimizer):
    """Another optimizer, whose moments and count of steps outlive a training.

    `train` begins each training with a fresh state, in a copy of the optimizer. `partial_fit` is
    one training cut into many calls: this one hands on to the same optimizer in all of them.

    Parameters
    ----------
    optimizer : Optimizer
        What makes the steps.
    """

    name = "continued"

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = copy.copy(optimizer)  # the one given may serve another training
        vars(self.optimizer).pop("state", None)

    def __copy__(self) -> Self:
        """Return itself: `train` would have a copy of its own, and here the state is to stay."""
        return self

    def start(self, parameters: Parameters) -> None:
        """Take hold of the parameters; start afresh only if the state is not theirs."""
        kept = getattr(self.optimizer, "state", None)
        if kept is None or any(len(array) != parameters.values.size for array in kept.values()):
            self.optimizer.start(parameters)
        self.optimizer.parameters = parameters
        # Whoever looks at an optimizer, as a checkpoint does, finds what the other one keeps.
        self.state = self.optimizer.state
        self.num_steps = self.optimizer.num_steps

    def step(self, learning_rate: float) -> None:
        """Make a step."""
        self.optimizer.num_steps = self.num_steps
        self.optimizer.step(learning_rate)
        self.num_steps = self.optimizer.num_steps

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Update one block of parameters."""
        self.optimizer.update(w, g, *state, lr=lr, scratch=scratch)

    def __repr__(self) -> str:
        """Name the settings of the one that makes the steps."""
        return repr(self.optimizer)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the parameters: they belong to the network, which is copied by itself."""
        optimizer = object.__new__(type(self.optimizer))
        vars(optimizer).update(vars(self.optimizer), parameters=None)
        return {"optimizer": optimizer}
