"""Digit detector: the probability that a prepared image shows a digit at all.

A network with ten classes assigns a letter or a blotch to one of the digits, often with high
confidence. Therefore a second, small network was trained to distinguish digits from letters,
scribbles, blotches, half digits and pairs of digits (tools/train_digit_detector.py). The confidence
of the first network is multiplied by the probability from the second.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from neuralnet.checks import Array
from neuralnet.storage import load

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neuralnet.nn.network import NeuralNetMLP

FILE = Path(__file__).with_name("digit_detector.safetensors")
_DIGIT = 1
# Prior odds of a digit to a non-digit in the images that users read. In training the odds were
# about one. With the value below, 96 % of the MNIST test digits reach a confidence of 0.9;
# docs/reading.md states the figures for letters.
_PRIOR_ODDS = 20.0


def digit_probabilities(pictures: NDArray[np.uint8]) -> Array:
    """Return the probability that each image is a digit, at the class balance of training.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (N, 28, 28)
        Images in the format of MNIST, at least one.

    Returns
    -------
    ndarray of float32, shape (N,)
        Probability of a digit, from 0 to 1.
    """
    probabilities: Array = _network().predict_proba(pictures.reshape(len(pictures), -1))[:, _DIGIT]
    return probabilities


def with_prior_odds(probabilities: Array) -> Array:
    """Return the probabilities adjusted to the prior odds, since most images read are digits."""
    return _PRIOR_ODDS * probabilities / (_PRIOR_ODDS * probabilities + 1 - probabilities)


@lru_cache(maxsize=1)
def _network() -> NeuralNetMLP:
    """Return the bundled digit detector; the file is loaded once."""
    return load(FILE)
