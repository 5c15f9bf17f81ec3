"""What a network says of prepared digits, and how sure it stays when they are moved a little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, InputError, describe
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.doubt import digit_shares
from neuralnet.reading.finding import Blob
from neuralnet.reading.preparation import SIDE, prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUM_DIGITS = 10
# A writer may as well have put it a pixel further, or turned it by this many degrees.
_SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
_TURNS = (-7.0, 7.0)


class Recognizer:
    """A network that is asked about prepared pictures.

    Parameters
    ----------
    model : NeuralNetMLP
        Takes MNIST's pictures, 784 pixels, and has 10 classes, the digits.

    Raises
    ------
    InputError
        If it is no such network.
    """

    def __init__(self, model: NeuralNetMLP) -> None:
        if not isinstance(model, NeuralNetMLP):
            raise InputError(
                f"model is {describe(model)}; it must be a NeuralNetMLP, or the path of one."
            )
        if (model.num_features, model.num_classes) != (SIDE * SIDE, NUM_DIGITS):
            raise InputError(
                f"model has {model.num_features} features and {model.num_classes} classes; to read "
                f"digits it must have {SIDE * SIDE} and {NUM_DIGITS}. Train it on MNIST."
            )
        self._model = model

    def at_a_glance(self, blobs: Sequence[Blob]) -> Array:
        """Return each blob's probabilities, shape (N, 10), from one look at each."""
        return self._probabilities(prepared(blobs))

    def with_care(self, pictures: NDArray[np.uint8]) -> tuple[Array, Array]:
        """Look at prepared pictures several times; say which digit each is, and whether it is one.

        What is a digit stays the same digit when it is moved a pixel or turned a little. Of noise,
        letters and half digits, the network thinks one thing here and another there, and the mean
        is less sure.

        Parameters
        ----------
        pictures : ndarray of uint8, shape (N, 28, 28)

        Returns
        -------
        probabilities : ndarray, shape (N, 10)
            Of each digit, if it is a digit.
        digit_shares : ndarray, shape (N,)
            How probable that is, where digits are as many as other things.
        """
        if not len(pictures):
            return np.zeros((0, NUM_DIGITS), np.float32), np.zeros(0, np.float32)
        looks = _looks(pictures)  # (V, N, 28, 28)
        flat = looks.reshape(-1, SIDE, SIDE)
        shape = (len(looks), len(pictures))
        probabilities = self._probabilities(flat).reshape(*shape, NUM_DIGITS).mean(axis=0)
        return probabilities, digit_shares(flat).reshape(shape).mean(axis=0)

    def sureness(self, blobs: Sequence[Blob]) -> Array:
        """Return how sure it is, after several looks, that each blob is one certain digit.

        Parts of digits and of letters are as many as digits here: the odds are left at one.
        """
        probabilities, shares = self.with_care(prepared(blobs))
        return np.asarray(probabilities.max(axis=1, initial=0) * shares)

    def _probabilities(self, pictures: NDArray[np.uint8]) -> Array:
        """Ask the network; nothing is asked of no pictures."""
        if not len(pictures):
            return np.zeros((0, NUM_DIGITS), np.float32)
        return self._model.predict_proba(pictures.reshape(len(pictures), -1))


def prepared(blobs: Sequence[Blob]) -> NDArray[np.uint8]:
    """Return each blob as MNIST's own picture, shape (N, 28, 28)."""
    pictures = np.zeros((len(blobs), SIDE, SIDE), np.uint8)
    for picture, blob in zip(pictures, blobs, strict=True):
        picture[...] = prepare(blob.ink)
    return pictures


def _looks(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the pictures as they are, moved and turned, shape (V, N, 28, 28)."""
    from scipy import ndimage

    looks = [np.roll(pictures, shift, axis=(1, 2)) for shift in _SHIFTS]
    looks += [
        ndimage.rotate(pictures, angle, axes=(1, 2), reshape=False, order=1) for angle in _TURNS
    ]
    return np.stack(looks)
