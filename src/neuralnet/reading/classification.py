"""Classification of prepared images by a network with ten classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, InputError, describe
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading import constants as c
from neuralnet.reading.preparation import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUM_DIGITS = 10


def check_model(model: object) -> NeuralNetMLP:
    """Return a network that reads digits, or raise `InputError`."""
    if not isinstance(model, NeuralNetMLP):
        raise InputError(
            f"model is {describe(model)}; it must be a NeuralNetMLP or the path of a saved one."
        )
    if (model.num_features, model.num_classes) != (SIDE * SIDE, NUM_DIGITS):
        raise InputError(
            f"model has {model.num_features} features and {model.num_classes} classes; to read "
            f"digits, it must have {SIDE * SIDE} features and {NUM_DIGITS} classes. Use a "
            f"network trained on MNIST."
        )
    return model


def classify(model: NeuralNetMLP, pictures: NDArray[np.uint8]) -> Array:
    """Return the probability of each class for prepared images, shape (N, 10)."""
    if not len(pictures):
        return np.zeros((0, NUM_DIGITS), np.float32)
    return model.predict_proba(pictures.reshape(-1, SIDE * SIDE))


def classify_augmented(model: NeuralNetMLP, pictures: NDArray[np.uint8]) -> Array:
    """Return the class probabilities, shape (N, 10), averaged over shifted and rotated copies.

    For a clear digit, the predictions for the copies agree. For a doubtful one they vary, and the
    mean is less confident.
    """
    from scipy import ndimage

    if not len(pictures):
        return np.zeros((0, NUM_DIGITS), np.float32)
    views = [np.roll(pictures, shift, axis=(1, 2)) for shift in c.VIEW_SHIFTS]
    views += [
        ndimage.rotate(pictures, angle, axes=(1, 2), reshape=False, order=1)
        for angle in c.VIEW_TURNS
    ]
    found = classify(model, np.concatenate(views)).reshape(len(views), len(pictures), NUM_DIGITS)
    return np.asarray(found.mean(axis=0))
