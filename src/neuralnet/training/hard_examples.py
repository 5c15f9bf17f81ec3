"""Which examples an epoch shows: the ones that are still hard oftener than those long learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neuralnet.checks import Array, InputError, check_number, describe
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.nn.workspace import Workspace


@dataclass(frozen=True)
class HardExamples:
    """How much oftener an epoch shows hard examples than easy ones.

    How hard an example is stands between 0 and 1: what separates the output that is farthest from
    its target from it, averaged over the times that the example was shown, the latest counting
    most. Its share of an epoch grows with that in proportion, from `floor` for one that is answered
    as it should be, to 1 where it is as hard as `saturation` or harder; the shares are then scaled
    so that an epoch is as long as without.

    Parameters
    ----------
    floor : float
        Share of an easy example beside a hard one's 1; above 0, at most 1, which shows all alike.
    saturation : float
        From where on an example is shown no oftener, above 0 and at most 1: a wrong label is as
        hard as can be, and forever.
    memory : float
        How much of what was known of an example is kept when it is shown again, at least 0 and
        below 1.

    Raises
    ------
    InputError
        If a setting cannot be used.

    Notes
    -----
    Loshchilov and Hutter (2015, arXiv 1511.06343) draw examples by the rank of their loss;
    Katharopoulos and Fleuret (2018, arXiv 1803.00942) by the norm of the gradient at the last
    layer, which for softmax and cross-entropy is that of outputs minus targets. The latter weight
    the steps back; here, as in the former, they are not: examples count as often as they are shown.
    """

    floor: float = 0.05
    saturation: float = 0.5
    memory: float = 0.5

    def __post_init__(self) -> None:
        floor = check_number(self.floor, "floor", above=0, maximum=1)
        saturation = check_number(self.saturation, "saturation", above=0, maximum=1)
        memory = check_number(self.memory, "memory", minimum=0, below=1)
        for name, value in (("floor", floor), ("saturation", saturation), ("memory", memory)):
            object.__setattr__(self, name, value)


class HardExampleOrder:
    """Draws the order of each epoch, and takes note of how hard its examples were.

    Parameters
    ----------
    settings : HardExamples
        How much oftener hard examples are shown.
    num_examples : int
        N.
    dtype : dtype
        What the network computes in.

    Attributes
    ----------
    difficulty : ndarray, shape (N,)
        How hard each example is as far as is known, from 0 to 1; 1 before it was shown.
    """

    def __init__(
        self, settings: HardExamples, num_examples: int, dtype: DTypeLike = np.float32
    ) -> None:
        self.settings = settings
        self.difficulty: Array = np.ones(num_examples, dtype)

    def draw(self, generator: np.random.Generator) -> NDArray[np.intp]:
        """Return N numbers of examples, the hard ones several times, in a random order.

        An example whose share of the epoch is 2.3 stands in it two or three times: the shares are
        laid end to end, and what lies at N evenly spaced places is taken (systematic sampling).
        """
        floor, saturation = self.settings.floor, self.settings.saturation
        num_examples = len(self.difficulty)
        hardness = np.minimum(1, self.difficulty.astype(np.float64) / saturation)
        ends = np.cumsum(floor + (1 - floor) * hardness)
        places = (np.arange(num_examples) + generator.random()) * (ends[-1] / num_examples)
        # Rounding may put the last place at the very end.
        drawn = np.minimum(np.searchsorted(ends, places, side="right"), num_examples - 1)
        return generator.permutation(drawn)

    def note(self, rows: NDArray[np.intp], workspace: Workspace) -> None:
        """Take note of how hard a batch's examples were, after its forward pass."""
        distances = abs(workspace.a - workspace.targets).max(axis=1)  # (N,)
        memory = self.settings.memory
        # Of an example that stands in the batch twice the last time counts.
        known = memory * self.difficulty[rows]
        self.difficulty[rows] = known + (1 - memory) * workspace.network.to_numpy(distances)


def check_hard_examples(hard_examples: object, model: NeuralNetMLP, *, shuffle: bool) -> None:
    """Raise unless hard examples can be told from easy ones, and shown oftener.

    Raises
    ------
    InputError
        If it is no `HardExamples`, or the training is one that has no use for it.
    """
    if not isinstance(hard_examples, HardExamples):
        raise InputError(f"hard_examples is {describe(hard_examples)}; it must be HardExamples().")
    if model.output_activation.name == "identity":
        raise InputError(
            "hard_examples was given for a network with identity outputs; how hard an example is "
            "can be told of outputs between 0 and 1: softmax or sigmoid. Leave it out."
        )
    if not shuffle:
        raise InputError(
            "hard_examples was given and shuffle is False; which examples an epoch shows is drawn "
            "anew each time. Leave out one of the two."
        )
