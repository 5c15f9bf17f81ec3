"""Receptive fields: units that begin by looking at one place of an image each.

A fully-connected layer does not know that pixels have neighbours; it has to learn it. Here every
unit of the first layers is given a place in the image, and its weights begin the larger, the nearer
what they come from is to that place. Nothing is fixed: all weights are there and all of them learn.
Weight decay pulls those from far away back to 0 more strongly, so that they grow where the data
insist. Convolutions share such fields between places (LeCun et al. 1989, "Backpropagation applied
to handwritten zip code recognition"); that their locality is worth most of what they have over
fully-connected layers is what Neyshabur 2020 (arXiv 2007.13657) and d'Ascoli, Sagun, Bruna and
Biroli 2019 (arXiv 1906.06766) found.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neuralnet.checks import InputError, check_number

# A field ends where its Gaussian has fallen to 1/23, at so many radii.
REACH = 2.5
# How many times as strong weight decay is beyond. Seven times as much, or those weights cut off,
# came to the same on held-out digits (docs/results.md).
FAR_DECAY = 60.0
# Places keep so large a part of the side away from the edge, where images have little to see.
_MARGIN = 1 / 7


def field_radii(radii: object, num_features: int, num_layers: int) -> tuple[float, ...]:
    """Return the radii of a network's receptive fields, checked.

    Parameters
    ----------
    radii : sequence of float
        In pixels, of the first hidden layers in turn; empty for none.
    num_features : int
        The pixels of an image, which has to be a square.
    num_layers : int
        How many hidden layers there are.

    Raises
    ------
    InputError
        If they cannot be used.
    """
    if not isinstance(radii, Sequence | np.ndarray) or isinstance(radii, str):
        raise InputError(f"receptive_fields is {radii!r}; it must be a list of radii: [1.5, 3, 5].")
    if not len(radii):
        return ()
    if math.isqrt(num_features) ** 2 != num_features:
        raise InputError(
            f"receptive_fields is {list(radii)}, and the network has {num_features:,} inputs, "
            f"which are no square image; such a network takes no receptive fields."
        )
    if len(radii) > num_layers:
        raise InputError(
            f"receptive_fields has {len(radii)} radii for {num_layers} hidden layer(s); give at "
            f"most one for each."
        )
    names = (f"receptive_fields[{i}]" for i in itertools.count())
    return tuple(check_number(r, name, above=0) for r, name in zip(radii, names, strict=False))


def places(num_units: int, side: int) -> NDArray[np.float64]:
    """Give each unit its place in an image of `side` by `side` pixels, shape (num_units, 2).

    The additive recurrence of the plastic number, which spreads any number of points evenly
    (Roberts 2018, "The unreasonable effectiveness of quasirandom sequences").
    """
    plastic = 1.324717957244746  # the root of x³ = x + 1
    steps = np.arange(num_units)[:, np.newaxis] / np.array([plastic, plastic**2])
    spread: NDArray[np.float64] = (0.5 + steps) % 1
    return (side - 1) * (_MARGIN + (1 - 2 * _MARGIN) * spread)


def distances(sizes: Sequence[int], layer: int) -> NDArray[np.float64]:
    """Give the distance in pixels from each input of a layer to each of its units, shape (D, K).

    Parameters
    ----------
    sizes : sequence of int
        Pixels of the image, and units of each layer after it.
    layer : int
        Which layer, from 0.
    """
    side = math.isqrt(sizes[0])
    inputs = places(sizes[layer], side)
    if layer == 0:
        inputs = np.indices((side, side)).reshape(2, -1).T.astype(float)
    away = inputs[:, np.newaxis] - places(sizes[layer + 1], side)  # (D, K, 2)
    return np.hypot(away[..., 0], away[..., 1])


def fade(weights: NDArray[np.float64], distance: NDArray[np.float64], radius: float) -> None:
    """Make the weights (D, K) of each unit smaller with distance, in place, and keep their norm.

    They are multiplied by a Gaussian whose standard deviation is `radius`.
    """
    norms = np.linalg.norm(weights, axis=0)
    weights *= np.exp(-(distance**2) / (2 * radius**2))
    weights *= norms / np.linalg.norm(weights, axis=0)


def decay_factors(
    sizes: Sequence[int], radii: Sequence[float], dtype: np.dtype[np.floating]
) -> NDArray[np.floating] | None:
    """Give how strong weight decay is for each weight of a network, against what was asked for.

    Parameters
    ----------
    sizes : sequence of int
        Pixels of the image, and units of each layer after it.
    radii : sequence of float
        Of the receptive fields of the first layers; empty for none.
    dtype : dtype
        Of the result.

    Returns
    -------
    ndarray, shape (number of weights,), or None
        Layer by layer, as the weights lie in `Parameters`; None where all are alike.
    """
    if not radii:
        return None
    factors = []
    for layer, (num_inputs, num_units) in enumerate(itertools.pairwise(sizes)):
        factor = np.ones((num_inputs, num_units), dtype)
        if layer < len(radii):
            factor[distances(sizes, layer) > REACH * radii[layer]] = FAR_DECAY
        factors.append(factor.ravel())
    return np.concatenate(factors)
