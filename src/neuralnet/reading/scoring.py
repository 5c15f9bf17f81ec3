"""Scores of candidates: which digit each one shows, and the probability that it shows one digit.

The reader has ten classes and assigns a letter or a box side to one of them. A second network, the
detector, was trained on the candidates of drawn pages (tools/train_candidate_detector.py); it sees
the pixels and the features of a candidate. A small prefilter on the features alone leaves out the
many candidates that are not worth preparing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.reading import constants as c
from neuralnet.reading.digit_detector import digit_probabilities
from neuralnet.reading.features import (
    NUM_CONTEXT,
    NUM_OWN,
    PREFILTER_ODDS,
    SOFT_EDGE,
    context_features,
    dilated,
    intersection_over_union,
    own_features,
)  # fmt: skip
from neuralnet.reading.preparation import SIDE, prepare
from neuralnet.reading.proposals import Candidate
from neuralnet.storage import load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from neuralnet.nn.network import NeuralNetMLP

DETECTOR = Path(__file__).with_name("candidate_detector.safetensors")
PREFILTER = Path(__file__).with_name("candidate_prefilter.safetensors")


@dataclass(frozen=True)
class Scores:
    """Candidates worth scoring, with their scores.

    Attributes
    ----------
    candidates : list of Candidate
        The N candidates that the prefilter left.
    boxes : ndarray of float32, shape (N, 4)
        Their boxes (top, left, bottom, right).
    pictures : ndarray of uint8, shape (N, 28, 28)
        Their images in the format of MNIST.
    features : ndarray of float32, shape (N, F)
        Their features.
    likely : ndarray of float32, shape (N,)
        Probability of a digit according to the prefilter, from shape, size and surroundings,
        times the one of the digit detector for drawings, which sees the pixels alone.
    digits : ndarray of float32, shape (N,)
        Probability that each is one digit, according to the detector.
    alone : ndarray of float32, shape (N,)
        The same by the pixels alone, according to the digit detector for drawings, at the class
        balance of its training.
    """

    candidates: list[Candidate]
    boxes: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    features: NDArray[np.float32]
    likely: NDArray[np.float32]
    digits: NDArray[np.float32]
    alone: NDArray[np.float32]


def score(candidates: Sequence[Candidate], shape: tuple[int, ...]) -> Scores:
    """Score the candidates of a page.

    Parameters
    ----------
    candidates : sequence of Candidate
        Proposals.
    shape : tuple of int
        Height and width of the page, in pixels.
    """
    own = own_features(candidates, shape)
    scored = prepare_likely(candidates, own, _digit_probability(PREFILTER, own))
    digits = _digit_probability(DETECTOR, detector_inputs(scored.pictures, scored.features))
    if not len(digits):
        return scored
    # The prefilter misjudges whole pages that are unlike those of its training. The detector sees
    # the pixels, so the neighbours are counted again with its scores.
    again = scored.features.copy()
    neighbours = slice(NUM_OWN, NUM_OWN + NUM_CONTEXT)
    likely = np.maximum(scored.likely, digits)
    again[:, neighbours] = context_features(again[:, :NUM_OWN], scored.boxes, likely)
    again[:, PREFILTER_ODDS] = scored.features[:, PREFILTER_ODDS]
    digits = _digit_probability(DETECTOR, detector_inputs(scored.pictures, again))
    return replace(scored, digits=digits)


def prepare_likely(
    candidates: Sequence[Candidate], own: NDArray[np.float32], likely: NDArray[np.float32]
) -> Scores:
    """Prepare the candidates that the prefilter finds likely; its scores stand for the detector's.

    Parameters
    ----------
    candidates : sequence of Candidate
        Proposals.
    own : ndarray of float32, shape (N, NUM_OWN)
        Their features.
    likely : ndarray of float32, shape (N,)
        Probability of a digit according to the prefilter.
    """
    least = 1 / (1 + np.exp(-c.PREFILTER_LEAST))
    order = _varied(np.array([x.box for x in candidates], np.float32).reshape(-1, 4), likely)
    order = order[(likely[order] >= least) | (np.arange(len(order)) < c.MIN_SCORED)]
    chosen = [candidates[i] for i in order]
    boxes = np.array([candidate.box for candidate in chosen], np.float32).reshape(-1, 4)
    pictures = np.zeros((len(chosen), SIDE, SIDE), np.uint8)
    for picture, candidate in zip(pictures, chosen, strict=True):
        picture[...] = prepare(extract(candidate))
    own = own[order]
    alone = digit_probabilities(pictures) if len(order) else np.zeros(0, np.float32)
    context = np.zeros((0, NUM_CONTEXT), np.float32)
    if len(order):
        context = context_features(own, boxes, likely[order] * alone)
    odds = np.log(alone + np.float32(1e-4)) - np.log(1 - alone + np.float32(1e-4))
    features = np.concatenate([own, context, odds[:, None]], axis=1)
    likely = likely[order] * alone
    return Scores(chosen, boxes, pictures, features, likely, likely, alone)


def _varied(boxes: NDArray[np.float32], likely: NDArray[np.float32]) -> NDArray[np.intp]:
    """Return the likeliest candidates, likeliest first, without too many near-duplicates."""
    order = np.argsort(-likely, kind="stable")
    if len(order) <= c.MAX_SCORED:
        return order
    compared = order[: c.MAX_COMPARED]
    alike = np.tril(intersection_over_union(boxes[compared], boxes[compared]), -1)
    repeated = (alike > c.NEAR_DUPLICATE).sum(axis=1) >= c.MAX_DUPLICATES
    taken = np.concatenate([compared[~repeated], compared[repeated]])[: c.MAX_SCORED]
    return taken[np.argsort(-likely[taken], kind="stable")]


def detector_inputs(
    pictures: NDArray[np.uint8], features: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return pixels in [-1, 1] and features side by side, shape (N, 784 + F)."""
    pixels = pictures.reshape(-1, SIDE * SIDE).astype(np.float32) / np.float32(127.5) - 1
    return np.concatenate([pixels, features], axis=1)


def extract(candidate: Candidate) -> NDArray[np.float32]:
    """Return the ink of a candidate from 0 to 1, with its soft edges and without its neighbours."""
    top, left, bottom, right = candidate.box
    above, beside = max(0, top - SOFT_EDGE), max(0, left - SOFT_EDGE)
    darkness = candidate.ink.darkness[above : bottom + SOFT_EDGE, beside : right + SOFT_EDGE]
    mask = np.zeros(darkness.shape, bool)
    mask[top - above : bottom - above, left - beside : right - beside] = candidate.mask
    dark = darkness[mask]
    level = float(np.partition(dark, -1 - len(dark) // 50)[-1 - len(dark) // 50])
    near = dilated(mask, SOFT_EDGE)
    paper = darkness[~near]
    paper = paper[paper < candidate.threshold]
    ground = max(0.0, float(np.median(paper))) if len(paper) > 8 else 0.0
    ground = ground if ground > 0.1 * level else 0.0
    floor = ground + max(3 * candidate.ink.noise, 0.03 * level)
    values = np.where(near, (darkness - floor) / max(level - floor, 1e-3), 0)
    values = np.clip(values, 0, 1).astype(np.float32)
    return values if values.any() else mask.astype(np.float32)


def _digit_probability(file: Path, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the probability of a digit according to a bundled network, shape (N,)."""
    if not len(inputs):
        return np.zeros(0, np.float32)
    return np.asarray(_network(file).predict_proba(inputs)[:, 1], np.float32)


@lru_cache(maxsize=2)
def _network(file: Path) -> NeuralNetMLP:
    """Return a bundled network; each file is loaded once."""
    return load(file)


NUM_FEATURES = NUM_OWN + NUM_CONTEXT + 1
