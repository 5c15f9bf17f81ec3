"""Several networks asked together, and each of them more than once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, InputError, check_integer
from neuralnet.nn.network import NeuralNetMLP

if TYPE_CHECKING:
    from neuralnet.data.augmentation import Augmentation


def committee_probabilities(
    models: Sequence[NeuralNetMLP],
    images: Array,
    augmentation: Augmentation | None = None,
    num_views: int = 1,
    seed: int | np.random.Generator | None = 0,
) -> Array:
    """Average the probabilities that several networks give, each after several looks.

    A digit that is deformed a little is the same digit. Where a network thinks one thing of it and
    another of what it could as well have been, the mean is right more often than a single look
    (Krizhevsky, Sutskever and Hinton 2012, section 4.1, average over crops in this way).

    Parameters
    ----------
    models : sequence of NeuralNetMLP
        The networks, at least one; all of the same classes.
    images : ndarray, shape (N, D)
        As for `predict_proba`; uint8 pixels where there is an augmentation.
    augmentation : Augmentation, optional
        How the images are deformed at each look but the first, which sees them as they are. All
        networks see the same deformed images.
    num_views : int
        How many looks, at least 1; more than one needs an augmentation.
    seed : int, numpy.random.Generator or None
        What the deformations are drawn from.

    Returns
    -------
    ndarray, shape (N, K)
        Rows that sum to one.

    Raises
    ------
    InputError
        If an argument cannot be used.
    """
    if not models:
        raise InputError("models is empty; a committee has at least one network.")
    check_integer(num_views, "num_views", minimum=1)
    if num_views > 1 and augmentation is None:
        raise InputError(
            f"num_views is {num_views} without an augmentation; all looks would see the same. Give "
            f"one, or look once."
        )
    generator = np.random.default_rng(seed)
    total: Array = np.zeros((len(images), models[0].num_classes))
    for view in range(num_views):
        seen = images if augmentation is None or view == 0 else augmentation(images, generator)
        for model in models:
            total += model.predict_proba(seen)
    return total / (num_views * len(models))
