"""The search for digits on a page and on its quarter turns: propose, score, choose, classify."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c
from neuralnet.reading.choice import choose, without_parts
from neuralnet.reading.classification import NUM_DIGITS, classify, classify_augmented
from neuralnet.reading.ink import Ink, find_ink
from neuralnet.reading.proposals import propose
from neuralnet.reading.scoring import Scores, score

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.nn.network import NeuralNetMLP


@dataclass(frozen=True)
class Found:
    """Chosen candidates of a page in one orientation, with the class probabilities of each."""

    scores: Scores
    chosen: list[int]
    probabilities: NDArray[np.float32]
    complete: bool

    @property
    def confidences(self) -> NDArray[np.float32]:
        """Probability that each chosen candidate is a digit and that its label is correct."""
        best = self.probabilities.max(axis=1, initial=0)
        return np.asarray(self.scores.digits[self.chosen] * best, np.float32)


def search_page(levels: NDArray[np.uint8], network: NeuralNetMLP) -> tuple[Found, int]:
    """Read a page upright, or turned if its marks are doubtful upright and digits turned.

    Returns what was found and the number of counterclockwise quarter turns.
    """
    inks = find_ink(levels)
    upright = find(inks, network)
    marks = upright.confidences
    if len(marks) < c.TURN_MARKS or marks.mean() > c.FLIP_DOUBT:
        return upright, 0
    best, turn = upright, 0
    # Upside down, most digits look like digits; on their side, few do.
    for quarter in (2,) if marks.mean() > c.TURN_DOUBT else (1, 2, 3):
        other = find([ink.turned(quarter) for ink in inks], network)
        turned = other.confidences
        if _evidence(turned) > _evidence(best.confidences) and _is_clearer(turned, marks):
            best, turn = other, quarter
    return best, turn


def _is_clearer(turned: NDArray[np.float32], upright: NDArray[np.float32]) -> bool:
    """Return whether the confidences of a turned page are clearly better than those upright."""
    least = _evidence(upright)
    if _evidence(turned) > c.TURN_GAIN * least + 1:
        return True
    doubt = 1 - float(turned.mean()) if len(turned) else 1.0
    certain = doubt < c.FLIP_DOUBT_LEFT * (1 - float(upright.mean()))
    return certain and _evidence(turned) > least + c.FLIP_GAIN


def _evidence(confidences: NDArray[np.float32]) -> float:
    """Return the sum of the confidences of sure digits."""
    return float(confidences[confidences >= c.TURN_SURE].sum())


def find(inks: list[Ink], network: NeuralNetMLP) -> Found:
    """Propose, score, choose and classify."""
    candidates, complete = propose(inks)
    scores = score(candidates, inks[0].darkness.shape)
    possible = np.flatnonzero(scores.digits >= c.LEAST_CHOSEN)
    probabilities = np.zeros((len(scores.digits), NUM_DIGITS), np.float32)
    probabilities[possible] = classify(network, scores.pictures[possible])
    # Of near-duplicates, the one counts that the reader classifies most clearly.
    inked = np.array([np.count_nonzero(one.mask) for one in scores.candidates], np.intp)
    gains = scores.digits * probabilities.max(axis=1, initial=0)
    chosen = choose(scores.boxes, gains * without_parts(scores.boxes, inked, scores.digits))
    probabilities = classify_augmented(network, scores.pictures[chosen])
    return Found(scores, chosen, probabilities, complete)
