"""Classification of prepared digits, averaged over small shifts and rotations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.classification import NUM_DIGITS, check_model
from neuralnet.reading.digit_detector import digit_probabilities
from neuralnet.reading.finding import Blob
from neuralnet.reading.preparation import SIDE, prepare

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Test-time augmentation: shifts in pixels (rows, columns) and rotations in degrees that a digit of
# the same writer could have had.
_SHIFTS = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))
_TURNS = (-7.0, 7.0)


class Recognizer:
    """Classifier of prepared digits that combines a digit network with the digit detector.

    Parameters
    ----------
    model : NeuralNetMLP
        Network with 784 features, the pixels of an image in the format of MNIST, and 10 classes,
        the digits.

    Raises
    ------
    InputError
        If the argument is not such a network.
    """

    def __init__(self, model: NeuralNetMLP) -> None:
        self._model = check_model(model)

    def predict_proba(self, blobs: Sequence[Blob]) -> Array:
        """Return the class probabilities of each blob without augmentation, shape (N, 10)."""
        return self._probabilities(prepared(blobs))

    def predict_augmented(self, pictures: NDArray[np.uint8]) -> tuple[Array, Array]:
        """Predict with test-time augmentation which digit each image shows, and if it shows one.

        The probabilities are averaged over shifted and rotated copies. For a real digit, the
        predictions for the copies agree. For noise, letters and half digits they vary, and the mean
        is less confident.

        Parameters
        ----------
        pictures : ndarray of uint8, shape (N, 28, 28)
            Images in the format of MNIST.

        Returns
        -------
        probabilities : ndarray, shape (N, 10)
            Probability of each class, given that the image shows a digit.
        digit_probabilities : ndarray, shape (N,)
            Probability that the image shows a digit, at the class balance of training.
        """
        if not len(pictures):
            return np.zeros((0, NUM_DIGITS), np.float32), np.zeros(0, np.float32)
        views = _augmented(pictures)  # (V, N, 28, 28), with V views of each image
        flat = views.reshape(-1, SIDE, SIDE)
        shape = (len(views), len(pictures))
        probabilities = self._probabilities(flat).reshape(*shape, NUM_DIGITS).mean(axis=0)
        return probabilities, digit_probabilities(flat).reshape(shape).mean(axis=0)

    def confidence(self, blobs: Sequence[Blob]) -> Array:
        """Return the confidence, with augmentation, that each blob is one digit, shape (N,).

        The prior odds stay at one, because during segmentation parts of digits and of letters are
        as frequent as digits.
        """
        probabilities, digits = self.predict_augmented(prepared(blobs))
        return np.asarray(probabilities.max(axis=1, initial=0) * digits)

    def _probabilities(self, pictures: NDArray[np.uint8]) -> Array:
        """Return the class probabilities of prepared images, of which there may be none."""
        if not len(pictures):
            return np.zeros((0, NUM_DIGITS), np.float32)
        return self._model.predict_proba(pictures.reshape(len(pictures), -1))


def prepared(blobs: Sequence[Blob]) -> NDArray[np.uint8]:
    """Convert each blob to an image in the format of MNIST, shape (N, 28, 28)."""
    pictures = np.zeros((len(blobs), SIDE, SIDE), np.uint8)
    for picture, blob in zip(pictures, blobs, strict=True):
        picture[...] = prepare(blob.ink)
    return pictures


def _augmented(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the images and their shifted and rotated copies, shape (V, N, 28, 28)."""
    from scipy import ndimage

    views = [np.roll(pictures, shift, axis=(1, 2)) for shift in _SHIFTS]
    views += [
        ndimage.rotate(pictures, angle, axes=(1, 2), reshape=False, order=1) for angle in _TURNS
    ]
    return np.stack(views)
