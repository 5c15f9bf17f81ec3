"""Whether a prepared picture is a digit at all.

A network that knows ten digits takes a letter or a blotch for one of them, and is often sure of it.
So a second, small network was taught digits against letters, scribbles, blotches, halves and pairs
(tools/train_doubt.py); what the first says counts as far as the second takes it for a digit.
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

FILE = Path(__file__).with_name("doubt.safetensors")
_DIGIT = 1
# The network saw as many digits as other things; whoever asks for digits to be read shows more
# digits than that. With these odds, 96 % of MNIST's test digits are claimed with a
# confidence of 0.9; docs/reading.md has the letters.
_ODDS = 20.0


def digit_shares(pictures: NDArray[np.uint8]) -> Array:
    """Return how probable it is that each picture is a digit, whichever one.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (N, 28, 28)
        Prepared as MNIST's own; at least one.

    Returns
    -------
    ndarray of float32, shape (N,)
    """
    shares: Array = _network().predict_proba(pictures.reshape(len(pictures), -1))[:, _DIGIT]
    return shares


def with_odds(shares: Array) -> Array:
    """Return the probabilities that the pictures are digits, where most that are read are."""
    return _ODDS * shares / (_ODDS * shares + 1 - shares)


@lru_cache(maxsize=1)
def _network() -> NeuralNetMLP:
    """Load the network that comes with the package, once."""
    return load(FILE)
