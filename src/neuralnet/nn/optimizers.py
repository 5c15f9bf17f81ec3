"""Optimizers: each a few lines over the flat buffers of parameters and gradients.

The symbols are the papers': `w` parameters, `g` gradients, `lr` the learning rate of this step.
"""

from __future__ import annotations

import inspect
import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError, check_choice, check_number
from neuralnet.nn.parameters import Parameters, block_of, blocks


class Optimizer(ABC):
    """Moves parameters against their gradient.

    A subclass names the buffers that it keeps in `state_names` and gives `update`. `start` must
    be called before the first `step`; it forgets what an earlier training left.
    """

    name: ClassVar[str]
    state_names: ClassVar[tuple[str, ...]] = ()

    parameters: Parameters | None = None

    def start(self, parameters: Parameters) -> None:
        """Take hold of the parameters, with a fresh state of zeros."""
        self.num_steps = 0
        self.parameters = parameters
        w = parameters.values
        self.state: dict[str, Array] = {name: np.zeros_like(w) for name in self.state_names}
        self._scratch = block_of(w)

    def step(self, learning_rate: float) -> None:
        """Update all parameters in place from the gradients that now stand in their buffer."""
        if self.parameters is None:
            raise NeuralNetError("step came before start: call start(model.parameters) first.")
        self.num_steps += 1
        w, g = self.parameters.values, self.parameters.gradients
        for block in blocks(w):
            state = [buffer[block] for buffer in self.state.values()]
            scratch = self._scratch[: block.stop - block.start]
            self.update(w[block], g[block], *state, lr=learning_rate, scratch=scratch)

    def __repr__(self) -> str:
        """Name the settings, as they were given or by default."""
        settings = inspect.signature(type(self)).parameters
        return f"{type(self).__name__}({', '.join(f'{s}={getattr(self, s)!r}' for s in settings)})"

    @abstractmethod
    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Update one block of parameters in place, and its part of the state."""


class SGD(Optimizer):
    """Stochastic gradient descent, with or without momentum.

    Parameters
    ----------
    momentum : float
        How much of the last step is kept, in [0, 1) (Polyak 1964).
    nesterov : bool
        Look ahead along the momentum (Sutskever, Martens, Dahl and Hinton 2013).
    """

    name = "sgd"

    def __init__(self, momentum: float = 0.0, *, nesterov: bool = False) -> None:
        self.momentum = check_number(momentum, "momentum", minimum=0, below=1)
        self.nesterov = bool(nesterov)
        if self.nesterov and not self.momentum:
            raise InputError(
                "nesterov is True with momentum 0; it needs momentum to look along: "
                "SGD(momentum=0.9, nesterov=True)."
            )

    def start(self, parameters: Parameters) -> None:
        """Take hold of the parameters; a velocity is kept only where there is momentum."""
        super().start(parameters)
        if self.momentum:
            self.state["velocity"] = np.zeros_like(parameters.values)

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Without momentum w -= lr g; with it v = momentum v - lr g and w += v."""
        step = np.multiply(g, -lr, out=scratch)
        if state:
            (v,) = state
            v *= self.momentum
            v += step
            if self.nesterov:  # w += momentum v - lr g, where momentum v looks one step ahead
                w += step
                np.multiply(v, self.momentum, out=step)
            else:
                step = v
        w += step


class Adam(Optimizer):
    """Adaptive moments (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1).

    Parameters
    ----------
    beta1, beta2 : float
        How much of the running means of gradients and of their squares is kept, in [0, 1).
    epsilon : float
        Above 0; stands outside the root: m / (√v + epsilon) on bias-corrected m and v.
    """

    name = "adam"
    state_names = ("m", "v")

    def __init__(self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8) -> None:
        self.beta1 = check_number(beta1, "beta1", minimum=0, below=1)
        self.beta2 = check_number(beta2, "beta2", minimum=0, below=1)
        self.epsilon = check_number(epsilon, "epsilon", above=0)

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Update m and v towards g and g², and move w by lr m̂ / (√v̂ + epsilon)."""
        m, v = state
        # m = beta1 m + (1 - beta1) g
        m *= self.beta1
        m += np.multiply(g, 1 - self.beta1, out=scratch)
        # v = beta2 v + (1 - beta2) g²
        v *= self.beta2
        np.multiply(g, g, out=scratch)
        v += np.multiply(scratch, 1 - self.beta2, out=scratch)
        # m and v began at zero; dividing by their corrections c undoes that bias. Numerator and
        # denominator are both multiplied by √c_v, which spares a pass over the block:
        # lr (m / c_m) / (√(v / c_v) + epsilon) = (lr √c_v / c_m) m / (√v + epsilon √c_v)
        c_m = 1 - self.beta1**self.num_steps
        root_c_v = math.sqrt(1 - self.beta2**self.num_steps)
        denominator = np.sqrt(v, out=scratch)
        denominator += self.epsilon * root_c_v
        step = np.divide(m, denominator, out=scratch)
        step *= lr * root_c_v / c_m
        w -= step


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101).

    Parameters
    ----------
    beta1, beta2, epsilon : float
        As in `Adam`.
    weight_decay : float
        At least 0: each step takes `lr * weight_decay` of every weight away, and more of those
        outside of a receptive field; biases keep theirs.
    """

    name = "adamw"

    def __init__(
        self,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(beta1, beta2, epsilon)
        self.weight_decay = check_number(weight_decay, "weight_decay", minimum=0)

    def step(self, learning_rate: float) -> None:
        """Decay the weights, then step as Adam does."""
        if self.parameters is not None:
            self._decay(self.parameters, learning_rate * self.weight_decay)
        super().step(learning_rate)

    def _decay(self, parameters: Parameters, share: float) -> None:
        """Take a share of every weight away, times its factor where weights have one."""
        weights, factors = parameters.values[: parameters.num_weights], parameters.decay_factors
        if factors is None:
            weights *= 1 - share
            return
        for block in blocks(weights):
            kept = self._scratch[: block.stop - block.start]
            np.multiply(factors[block], -share, out=kept)
            kept += 1
            np.maximum(kept, 0, out=kept)  # nothing is left to take
            weights[block] *= kept


OPTIMIZERS: dict[str, type[Optimizer]] = {kind.name: kind for kind in (SGD, Adam, AdamW)}


def optimizer_for(choice: str | Optimizer) -> Optimizer:
    """Return the optimizer that `choice` is or names."""
    return check_choice(choice, Optimizer, OPTIMIZERS, "optimizer")


def clip_by_norm(gradients: Array, max_norm: float) -> float:
    """Shorten the gradients, in place, to the norm `max_norm` where theirs is larger.

    Parameters
    ----------
    gradients : ndarray, shape (total,)
        All gradients, as one vector.
    max_norm : float
        The largest Euclidean norm that is left as it is (Pascanu, Mikolov and Bengio 2013,
        arXiv 1211.5063, section 3.2).

    Returns
    -------
    float
        The norm that they had.
    """
    with np.errstate(over="ignore"):
        norm = math.sqrt(float(np.dot(gradients, gradients)))
    if math.isinf(norm):  # their squares are too large, they need not be
        largest = float(np.abs(gradients).max())
        norm = largest * float(np.linalg.norm(gradients / largest))
    if norm > max_norm:
        gradients *= max_norm / norm
    return norm
