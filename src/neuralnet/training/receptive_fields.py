"""Receptive fields: units of the first layers that start by looking at one place of an image.

A fully connected layer does not know that pixels have neighbours; it has to learn it. Here each
unit of the first layers is assigned a place in the image, and its initial weights are larger the
nearer their input is to that place. All weights exist and all are learned, but weight decay is
stronger for those from far away, so they grow only where the data require it. Convolutions share
such fields between places (LeCun et al. 1989, "Backpropagation applied to handwritten zip code
recognition"). Neyshabur 2020 (arXiv 2007.13657) and d'Ascoli, Sagun, Bruna and Biroli 2019 (arXiv
1906.06766) found that locality is most of their advantage over fully connected layers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import Array, InputError, check_name, check_number, echo
from neuralnet.nn.initialization import INITIALIZERS, Floats, Initializer
from neuralnet.nn.optimizers import AdamW

# A field ends at this many radii, where its Gaussian has fallen to 1/23.
REACH = 2.5
# Factor of weight decay beyond. Seven times as much, or cutting those weights off, gave the same
# error on held-out digits (docs/measurements.md).
FAR_DECAY = 60.0
# Places keep this fraction of the side away from the edge, where images have little to see.
_MARGIN = 1 / 7


@dataclass(frozen=True)
class ReceptiveFields:
    """Receptive fields of the first hidden layers.

    Parameters
    ----------
    radii : sequence of float
        Radii in pixels, one for each of the first hidden layers.
    """

    radii: Sequence[float]

    def __post_init__(self) -> None:
        radii: object = self.radii
        if not isinstance(radii, Sequence | np.ndarray) or isinstance(radii, str) or not len(radii):
            raise InputError(f"radii is {echo(radii)}; it must be a list of radii: [1.5, 3, 5].")
        checked = tuple(check_number(r, f"radii[{i}]", above=0) for i, r in enumerate(radii))
        object.__setattr__(self, "radii", checked)

    def initializers(
        self, sizes: Sequence[int], initial_weights: str = "he_normal"
    ) -> list[Initializer | None]:
        """Return one initializer per layer, for `NeuralNetMLP(initial_weights=...)`.

        Layers without receptive fields get None, the default of their activation.

        Parameters
        ----------
        sizes : sequence of int
            Pixels of the image, and units of each layer after it, the outputs included.
        initial_weights : str
            Name of the initializer whose weights are made local.

        Raises
        ------
        InputError
            If the pixels are not a square, or there are more radii than hidden layers.
        """
        self._check(sizes)
        base = INITIALIZERS[check_name(initial_weights, INITIALIZERS, "initial_weights")]
        local = [
            LocalInitializer(base, tuple(sizes), layer, radius)
            for layer, radius in enumerate(self.radii)
        ]
        return [*local, *[None] * (len(sizes) - 1 - len(local))]

    def decay_factors(self, sizes: Sequence[int]) -> NDArray[np.float32]:
        """Return the factor of weight decay of each weight, in the order of `Parameters`."""
        self._check(sizes)
        factors = []
        for layer, shape in enumerate(itertools.pairwise(sizes)):
            factor = np.ones(shape, np.float32)
            if layer < len(self.radii):
                factor[distances(sizes, layer) > REACH * self.radii[layer]] = FAR_DECAY
            factors.append(factor.ravel())
        return np.concatenate(factors)

    def _check(self, sizes: Sequence[int]) -> None:
        if math.isqrt(sizes[0]) ** 2 != sizes[0]:
            raise InputError(
                f"Receptive fields need square images, and the network has {sizes[0]:,} inputs, "
                f"which is not the square of a whole number. Leave them out."
            )
        if len(self.radii) > len(sizes) - 2:
            raise InputError(
                f"radii has {len(self.radii)} entries for {len(sizes) - 2} hidden layer(s); give "
                f"at most one for each."
            )


@dataclass(frozen=True)
class LocalInitializer(Initializer):
    """Weights of another initializer, multiplied by a Gaussian of the distance.

    Parameters
    ----------
    base : Initializer
        Draws the weights.
    sizes : tuple of int
        Pixels of the image, and units of each layer after it.
    layer : int
        Number of the layer, from 0.
    radius : float
        Standard deviation of the Gaussian, in pixels. The norm of each unit's weights is preserved.
    """

    base: Initializer
    sizes: tuple[int, ...]
    layer: int
    radius: float

    def draw(self, num_inputs: int, num_outputs: int, rng: np.random.Generator) -> Floats:
        """Return weights of shape (num_inputs, num_outputs)."""
        weights = self.base.draw(num_inputs, num_outputs, rng)
        norms = np.linalg.norm(weights, axis=0)
        weights *= np.exp(-(distances(self.sizes, self.layer) ** 2) / (2 * self.radius**2))
        weights *= norms / np.linalg.norm(weights, axis=0)
        return weights


@dataclass(eq=False)
class LocalAdamW(AdamW):
    """AdamW with a factor of weight decay for each weight.

    Parameters
    ----------
    decay_factors : ndarray, shape (number of weights,)
        As returned by `ReceptiveFields.decay_factors`.
    """

    decay_factors: Array = field(kw_only=True, repr=False)

    def decay(self, w: Array, fraction: float, block: slice, scratch: Array) -> None:
        """Shrink each weight of a block by its fraction, in place."""
        kept = np.multiply(self.decay_factors[block], -fraction, out=scratch)
        kept += 1
        np.maximum(kept, 0, out=kept)  # a weight does not change its sign
        w[block] *= kept


def places(num_units: int, side: int) -> NDArray[np.float64]:
    """Return the place of each unit in an image of `side` by `side` pixels, shape (num_units, 2).

    The additive recurrence of the plastic number spreads any number of points evenly (Roberts 2018,
    "The unreasonable effectiveness of quasirandom sequences").
    """
    plastic = 1.324717957244746  # the root of x³ = x + 1
    steps = np.arange(num_units)[:, np.newaxis] / np.array([plastic, plastic**2])
    spread: NDArray[np.float64] = (0.5 + steps) % 1
    return (side - 1) * (_MARGIN + (1 - 2 * _MARGIN) * spread)


def distances(sizes: Sequence[int], layer: int) -> NDArray[np.float64]:
    """Return the distance in pixels from each input of a layer to each of its units, (D, K).

    Parameters
    ----------
    sizes : sequence of int
        Pixels of the image, and units of each layer after it.
    layer : int
        Number of the layer, from 0.
    """
    side = math.isqrt(sizes[0])
    inputs = places(sizes[layer], side)
    if layer == 0:
        inputs = np.indices((side, side)).reshape(2, -1).T.astype(float)
    away = inputs[:, np.newaxis] - places(sizes[layer + 1], side)  # (D, K, 2)
    return np.hypot(away[..., 0], away[..., 1])
