"""Initial weights: random, with a variance that preserves the signal through a layer."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import check_name, check_number

Floats = NDArray[np.float64]


class Initializer(ABC):
    """Draws the initial weights of a dense layer. A subclass defines `draw`."""

    @abstractmethod
    def draw(self, num_inputs: int, num_outputs: int, rng: "np.random.Generator") -> Floats:
        """Return weights of shape (num_inputs, num_outputs)."""


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Weights with mean 0 and variance `scale / fan`.

    A sum z of D products of independent inputs and weights has the variance D Var(w) E[x²], which
    Var(w) = 1/D keeps at E[x²]; the same holds backward with K. For D inputs and K outputs, `fan`
    is D ("in", which preserves the variance of the forward signal) or (D + K) / 2 ("average", a
    compromise between forward and backward signals).

    Parameters
    ----------
    scale : float
        Above 0. With 1 the variance is preserved where a ≈ z, as for tanh around 0; it is also the
        convention for sigmoids. With 2 it compensates for the half of the inputs that ReLU drops.
    fan : {"in", "average"}
        Divisor of the variance.
    distribution : {"normal", "uniform"}
        Shape of the distribution.
    """

    scale: float = 1.0
    fan: Literal["in", "average"] = "in"
    distribution: Literal["normal", "uniform"] = "normal"

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", check_number(self.scale, "scale", above=0))
        check_name(self.fan, ("in", "average"), "fan")
        check_name(self.distribution, ("normal", "uniform"), "distribution")

    def draw(self, num_inputs: int, num_outputs: int, rng: "np.random.Generator") -> Floats:
        """Return weights of shape (num_inputs, num_outputs), in float64 for any network dtype."""
        fan = num_inputs if self.fan == "in" else (num_inputs + num_outputs) / 2
        deviation = math.sqrt(self.scale / fan)
        shape = (num_inputs, num_outputs)
        if self.distribution == "normal":
            return rng.normal(0.0, deviation, shape)
        # A uniform distribution on [-limit, limit] has the standard deviation limit / √3.
        limit = math.sqrt(3) * deviation
        return rng.uniform(-limit, limit, shape)


INITIALIZERS: dict[str, VarianceScaling] = {
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


def initializer_for(choice: object, name: str = "initial_weights") -> Initializer | None:
    """Return the initializer that `choice` is or names; None stays None."""
    if choice is None or isinstance(choice, Initializer):
        return choice
    return INITIALIZERS[check_name(choice, INITIALIZERS, name)]
