"""Initial weights: random, with a variance that carries the signal through a layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import check_name, check_number


@dataclass(frozen=True)
class VarianceScaling:
    """Weights of mean 0 and variance `scale / fan`.

    With D inputs and K outputs, `fan` is D ("in": the variance of what goes forward is kept) or
    (D + K) / 2 ("average": a compromise with what comes backward).

    Parameters
    ----------
    scale : float
        Above 0. 1 keeps the variance of a signal where a is about z, as tanh is around 0, and is
        the convention for sigmoids; 2 makes up for the half of its inputs that ReLU drops.
    fan : {"in", "average"}
        What the variance is divided by.
    distribution : {"normal", "uniform"}
        The shape of the distribution.
    """

    scale: float = 1.0
    fan: Literal["in", "average"] = "in"
    distribution: Literal["normal", "uniform"] = "normal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", check_number(self.scale, "scale", above=0))
        check_name(self.fan, ("in", "average"), "fan")
        check_name(self.distribution, ("normal", "uniform"), "distribution")

    def draw(
        self, num_inputs: int, num_outputs: int, generator: np.random.Generator
    ) -> NDArray[np.float64]:
        """Draw weights of shape (num_inputs, num_outputs), in float64 whatever the network's."""
        fan = num_inputs if self.fan == "in" else (num_inputs + num_outputs) / 2
        deviation = math.sqrt(self.scale / fan)
        shape = (num_inputs, num_outputs)
        if self.distribution == "normal":
            return generator.normal(0.0, deviation, shape)
        # A uniform distribution on [-limit, limit] has the standard deviation limit / √3.
        limit = math.sqrt(3) * deviation
        return generator.uniform(-limit, limit, shape)


INITIALIZATIONS: dict[str, VarianceScaling] = {
    # Glorot and Bengio 2010, equations 12 and 16.
    "glorot_normal": VarianceScaling(1.0, "average", "normal"),
    "glorot_uniform": VarianceScaling(1.0, "average", "uniform"),
    # LeCun, Bottou, Orr and Müller 1998, "Efficient BackProp", section 4.6.
    "lecun_normal": VarianceScaling(1.0, "in", "normal"),
    "lecun_uniform": VarianceScaling(1.0, "in", "uniform"),
    # He, Zhang, Ren and Sun 2015, arXiv 1502.01852, equation 10.
    "he_normal": VarianceScaling(2.0, "in", "normal"),
    "he_uniform": VarianceScaling(2.0, "in", "uniform"),
}


def initialization_for(choice: str | VarianceScaling) -> VarianceScaling:
    """Return the initialization that `choice` is or names."""
    if isinstance(choice, VarianceScaling):
        return choice
    return INITIALIZATIONS[check_name(choice, INITIALIZATIONS, "initial_weights")]
