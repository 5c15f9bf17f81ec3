"""Teaching a network one drawing: a few gentle steps on it, deformed copies and known digits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuralnet.checks import Array
from neuralnet.data.augmentation import Augmentation
from neuralnet.lab.digits import LabDigits
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.training.loop import train
from neuralnet.training.run import Callback

# Of the 128 examples in a lesson, a quarter is the drawing, so that each batch of 32 holds about 8
# of its copies and 24 digits that keep the rest from being forgotten.
COPIES, KNOWN, BATCH, EPOCHS = 32, 96, 32, 5
# A step of Adam moves each weight by at most about this.
RATE = 5e-4
DEFORMATION = Augmentation(rotation=8, scale=0.08, shear=0.1, shift=1, alpha=20)


def teach(
    model: NeuralNetMLP,
    picture: Array,
    label: int,
    digits: LabDigits,
    callbacks: Sequence[Callback],
) -> None:
    """Train a network on one drawing, with `train`.

    Parameters
    ----------
    model : NeuralNetMLP
        The network, which changes in place.
    picture : ndarray of uint8, shape (784,)
        The prepared drawing.
    label : int
        The digit that it shows.
    digits : LabDigits
        Source of the known digits.
    callbacks : sequence of Callback
        Called after each step.
    """
    copies = np.repeat(picture[np.newaxis], COPIES, axis=0)
    copies[1:] = DEFORMATION(copies[1:], seed=0)
    known = np.random.default_rng(0).choice(len(digits.y_train), KNOWN, replace=False)
    train(
        model,
        np.concatenate([copies, digits.X_train[known]]),
        np.concatenate([np.full(COPIES, label), digits.y_train[known]]),
        num_epochs=EPOCHS,
        learning_rate=RATE,
        minibatch_size=BATCH,
        optimizer="adam",
        running_loss=True,
        callbacks=callbacks,
    )
