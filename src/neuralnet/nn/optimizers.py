"""Optimizers: each is a few lines over the flat buffers of parameters and gradients.

Symbols: `w` are all parameters, biases included, `g` their gradients, and `lr` is the learning rate
of this step.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError, by_name, check_fields, check_flag
from neuralnet.nn import parallel
from neuralnet.nn.parameters import Parameters


@dataclass(eq=False)
class Optimizer(ABC):
    """Updates parameters from their gradients.

    A subclass lists the buffers it keeps in `state_names` and defines `update`. Call `start`
    before the first `step`. `default_rate` is the learning rate of a training that sets none.
    """

    name: ClassVar[str]
    default_rate: ClassVar[float] = 0.001
    state_names: tuple[str, ...] = field(default=(), init=False, repr=False)
    parameters: Parameters | None = field(default=None, init=False, repr=False)

    def start(self, parameters: Parameters) -> None:
        """Bind the optimizer to parameters and reset its state to zeros."""
        self.num_steps = 0
        self.parameters = parameters
        self.state = {name: np.zeros_like(parameters.values) for name in self.state_names}

    def step(self, learning_rate: float) -> None:
        """Update all parameters in place from the gradients in their buffer."""
        if self.parameters is None:
            raise NeuralNetError("step was called before start; call start(model.parameters).")
        self.num_steps += 1
        w, g = self.parameters.values, self.parameters.gradients

        def update(block: slice, scratch: Array) -> None:
            state = [buffer[block] for buffer in self.state.values()]
            self.update(w[block], g[block], *state, lr=learning_rate, scratch=scratch)

        parallel.blockwise(update, w, len(w))

    @abstractmethod
    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Update one block of parameters and of the state in place."""


@dataclass(eq=False)
class SGD(Optimizer):
    """Stochastic gradient descent, with or without momentum.

    Parameters
    ----------
    momentum : float
        Fraction of the last step that is kept, in [0, 1) (Polyak 1964).
    nesterov : bool
        Nesterov momentum (Sutskever, Martens, Dahl and Hinton 2013).
    """

    name = "sgd"
    default_rate = 0.1
    momentum: float = 0.0
    nesterov: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        check_fields(self, {"momentum": {"minimum": 0.0, "below": 1.0}})
        self.state_names = ("velocity",) if self.momentum else ()
        if check_flag(self.nesterov, "nesterov") and not self.momentum:
            raise InputError("nesterov is True with momentum 0; give momentum, for example 0.9.")

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Without momentum, w -= lr g; with momentum, v = momentum v - lr g and w += v.

        Nesterov momentum takes the step that v will have after the next update with the same
        gradient: w += momentum v - lr g.
        """
        step = np.multiply(g, -lr, out=scratch)
        if state:
            (v,) = state
            v *= self.momentum
            v += step
            if self.nesterov:  # w += momentum v - lr g
                w += step
                np.multiply(v, self.momentum, out=step)
            else:
                step = v
        w += step


@dataclass(eq=False)
class Adam(Optimizer):
    """Adaptive moments (Kingma and Ba 2015, arXiv 1412.6980, algorithm 1).

    Parameters
    ----------
    beta1, beta2 : float
        Decay of the running means of gradients and of squared gradients, in [0, 1).
    epsilon : float
        Above 0; added outside the root: m / (√v + epsilon) with bias-corrected m and v.
    """

    name = "adam"
    state_names: tuple[str, ...] = field(default=("m", "v"), init=False, repr=False)
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        decay = {"minimum": 0.0, "below": 1.0}
        check_fields(self, {"beta1": decay, "beta2": decay, "epsilon": {"above": 0.0}})

    def update(self, w: Array, g: Array, *state: Array, lr: float, scratch: Array) -> None:
        """Update the sums m and v of g and g², and move w by lr m̂ / (√v̂ + epsilon)."""
        m, v = state
        m *= self.beta1
        m += g
        v *= self.beta2
        v += np.multiply(g, g, out=scratch)
        # After t steps the coefficients of the gradients in a sum add up to
        # c = 1 + beta + ... + beta**(t - 1) = (1 - beta**t) / (1 - beta), so the means are
        # m̂ = m / c_m and v̂ = v / c_v. Multiplying numerator and denominator of the step by √c_v
        # saves a pass over the block:
        # lr (m / c_m) / (√(v / c_v) + epsilon) = (lr √c_v / c_m) m / (√v + epsilon √c_v)
        c_m = (1 - self.beta1**self.num_steps) / (1 - self.beta1)
        root_c_v = math.sqrt((1 - self.beta2**self.num_steps) / (1 - self.beta2))
        denominator = np.sqrt(v, out=scratch)
        denominator += self.epsilon * root_c_v
        step = np.divide(m, denominator, out=scratch)
        step *= lr * root_c_v / c_m
        w -= step


@dataclass(eq=False)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, arXiv 1711.05101).

    Parameters
    ----------
    beta1, beta2, epsilon : float
        As in `Adam`.
    weight_decay : float
        At least 0; each step multiplies every weight, but no bias, by `1 - lr * weight_decay`, or
        by 0 where that is negative.
    """

    name = "adamw"
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_fields(self, {"weight_decay": {"minimum": 0.0}})

    def step(self, learning_rate: float) -> None:
        """Decay the weights, then step as Adam does."""
        if self.parameters is not None:
            decay = partial(self.decay, self.parameters.values, learning_rate * self.weight_decay)
            parallel.blockwise(decay, self.parameters.values, self.parameters.num_weights)
        super().step(learning_rate)

    def decay(self, w: Array, fraction: float, block: slice, scratch: Array) -> None:
        """Shrink a block of the weights by a fraction, in place."""
        w[block] *= max(1 - fraction, 0.0)


OPTIMIZERS: dict[str, type[Optimizer]] = by_name(SGD, Adam, AdamW)
