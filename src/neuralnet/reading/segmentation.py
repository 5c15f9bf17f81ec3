"""What is one digit and what is several, where the ink alone does not say: the network is asked.

Neighbouring pieces are joined if the network is sure of them together and not of each; a broad
piece is cut where little ink is in the way if it is sure of the parts and not of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from neuralnet.reading.cutting import cuts, parts
from neuralnet.reading.finding import Blob, Found, joined
from neuralnet.reading.recognition import Recognizer

# What is broader than this, as a share of its height, may be several digits...
_BROAD = 0.8
# ...and this broad, it is never one, but a dash.
_TOO_BROAD = 2.3
# How sure the network must be of every part, and how much surer than of the whole.
_SURE = 0.75
_SURER = 0.15
# How much ink a cut may cross, in pens: where digits touch it is one stroke, across a 0 it is two.
_CONTACT = 1.6
# Asking takes time: on a page with more doubtful places than this, the others stay as they are.
_MOST_QUESTIONS = 60
_MOST_PIECES = 1500


def settle(found: Found, recognizer: Recognizer) -> list[Blob]:
    """Decide what is a digit among what was found.

    Parameters
    ----------
    found : Found
        Blobs, and the scraps that only count where they complete one.
    recognizer : Recognizer
        Whom to ask.

    Returns
    -------
    list of Blob
        One a digit.
    """
    whole = _join(found, recognizer)
    doubtful = [blob for blob in whole if blob.width > _BROAD * blob.height][:_MOST_QUESTIONS]
    settled = [blob for blob in whole if not any(blob is other for other in doubtful)]
    for blob in doubtful:
        settled += _split(blob, recognizer)
    return [blob for blob in settled if blob.width <= _TOO_BROAD * blob.height]


def _join(found: Found, recognizer: Recognizer) -> list[Blob]:
    """Join neighbours that the network takes for one digit, the surest pairs first."""
    pieces = [*found.blobs, *found.scraps]
    pairs = _neighbours(pieces, len(found.blobs))[:_MOST_QUESTIONS]
    if not pairs:
        return list(found.blobs)
    together = [joined(pieces[one], pieces[other]) for one, other in pairs]
    asked = sorted({index for pair in pairs for index in pair})
    sure = np.zeros(len(pieces))
    sure[asked] = recognizer.sureness([pieces[index] for index in asked])
    sure[len(found.blobs) :] = 0  # a scrap is nothing by itself
    joint = recognizer.sureness(together)
    result: list[Blob | None] = [*found.blobs, *[None] * len(found.scraps)]
    taken: set[int] = set()
    for place in np.argsort(-joint, kind="stable").tolist():
        one, other = pairs[place]
        if taken & {one, other}:
            continue
        if joint[place] > _needed(pieces[one], pieces[other], sure[one], sure[other]):
            taken |= {one, other}
            result[one], result[other] = together[place], None
    return [blob for blob in result if blob is not None]


def _needed(one: Blob, other: Blob, sure_one: float, sure_other: float) -> float:
    """Return how sure the network must be of two pieces together."""
    if not sure_other:  # a scrap: without it, there is just the other piece
        return max(_SURE, sure_one)
    shared = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    tall = min(one.height, other.height) >= 0.6 * max(one.height, other.height)
    if tall and shared < 0.2 * min(one.width, other.width):  # two digits beside each other?
        return max(0.9, min(sure_one, sure_other) + 2 * _SURER)
    return max(_SURE, min(sure_one, sure_other) + _SURER)


def _neighbours(pieces: Sequence[Blob], num_blobs: int) -> list[tuple[int, int]]:
    """Give the pairs, a blob first, that are near and together have a digit's shape."""
    if not num_blobs or len(pieces) > _MOST_PIECES:
        return []
    boxes = np.array([piece.box for piece in pieces], float)
    top, left, bottom, right = boxes.T
    height = bottom - top
    tallest = np.maximum(height[:, None], height)
    typical = float(np.median(height[:num_blobs]))
    down = np.maximum(top[:, None] - bottom, top - bottom[:, None])
    across = np.maximum(left[:, None] - right, left - right[:, None])
    tall = np.maximum(bottom[:, None], bottom) - np.minimum(top[:, None], top)
    broad = np.maximum(right[:, None], right) - np.minimum(left[:, None], left)
    near = (np.maximum(down, across) <= 0.3 * tallest) & (broad <= 1.1 * tall)
    near &= tall <= 1.35 * np.maximum(tallest, typical)
    one, other = np.nonzero(np.triu(near, 1))
    order = np.argsort(np.maximum(down, across)[one, other], kind="stable")
    pairs = zip(one[order].tolist(), other[order].tolist(), strict=True)
    return [pair for pair in pairs if pair[0] < num_blobs]


def _split(blob: Blob, recognizer: Recognizer) -> list[Blob]:
    """Cut a broad blob into digits, or leave it whole."""
    too_broad = blob.width > _TOO_BROAD * blob.height
    seams = cuts(blob.ink, _CONTACT if not too_broad else 2 * _CONTACT)
    if not seams:
        return [blob]
    pieces = parts(blob, seams)
    sure = recognizer.at_a_glance([piece for _, _, piece in pieces]).max(axis=1)
    scores = {(a, b): float(p) for (a, b, _), p in zip(pieces, sure, strict=True)}
    path = _best_path(scores, len(seams) + 1)
    chosen = [piece for a, b, piece in pieces if (a, b) in path]
    if len(chosen) < 2:
        return [blob]
    weakest = float(recognizer.sureness(chosen).min())
    whole = float(recognizer.sureness([blob])[0])
    surer = weakest >= (0.4 if too_broad else max(_SURE, whole + _SURER))
    return chosen if surer else [blob]


def _best_path(scores: dict[tuple[int, int], float], last: int) -> list[tuple[int, int]]:
    """Return the parts, end to end from 0 to `last`, whose probabilities' product is largest."""
    best: dict[int, tuple[float, list[tuple[int, int]]]] = {0: (0.0, [])}
    for end in range(1, last + 1):
        for start in range(end):
            if start not in best or (start, end) not in scores:
                continue
            value = best[start][0] + math.log(max(scores[start, end], 1e-9))
            if end not in best or value > best[end][0]:
                best[end] = (value, [*best[start][1], (start, end)])
    return best.get(last, (0.0, []))[1]
