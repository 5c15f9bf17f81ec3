"""Segmentation of ambiguous blobs into digits, by the confidence of the network.

Neighbouring pieces are joined if the network is more confident in the union than in the pieces. A
wide blob is cut along paths with little ink if the network is more confident in the parts than in
the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from neuralnet.reading.cutting import cut_along, find_seams
from neuralnet.reading.finding import Blob, Candidates, joined
from neuralnet.reading.recognition import Recognizer

# Ratio of width to height above which a blob may be several digits.
_WIDE = 0.8
# Ratio of width to height above which a blob is not a single digit; uncut, it is a dash.
_TOO_WIDE = 2.3
# Minimum confidence of the network in a union or in every part, and minimum gain over the
# alternative.
_MIN_CONFIDENCE = 0.75
_MIN_GAIN = 0.15
# Maximum amount of ink that a cut may cross, in pen widths: touching digits share one stroke, and a
# cut through a 0 crosses two.
_MAX_PENS = 1.6
# Maximum number of pairs and of wide blobs per page for which the network is evaluated; the others
# are not changed.
_MAX_QUERIES = 60
_MAX_PIECES = 1500


def segment(candidates: Candidates, recognizer: Recognizer) -> list[Blob]:
    """Join and cut candidates so that each blob is one digit.

    Parameters
    ----------
    candidates : Candidates
        Blobs, and fragments that are used only if they complete a blob.
    recognizer : Recognizer
        Classifier that rates the blobs.

    Returns
    -------
    list of Blob
        One blob per digit.
    """
    whole = _join(candidates, recognizer)
    ambiguous = [blob for blob in whole if blob.width > _WIDE * blob.height][:_MAX_QUERIES]
    segmented = [blob for blob in whole if not any(blob is other for other in ambiguous)]
    for blob in ambiguous:
        segmented += _split(blob, recognizer)
    return [blob for blob in segmented if blob.width <= _TOO_WIDE * blob.height]


def _join(candidates: Candidates, recognizer: Recognizer) -> list[Blob]:
    """Join neighbours that the network classifies as one digit, most confident pairs first."""
    pieces = [*candidates.blobs, *candidates.fragments]
    pairs = _neighbours(pieces, len(candidates.blobs))[:_MAX_QUERIES]
    if not pairs:
        return list(candidates.blobs)
    together = [joined(pieces[one], pieces[other]) for one, other in pairs]
    asked = sorted({index for pair in pairs for index in pair})
    confidence = np.zeros(len(pieces))
    confidence[asked] = recognizer.confidence([pieces[index] for index in asked])
    confidence[len(candidates.blobs) :] = 0  # a fragment is never a digit by itself
    joint = recognizer.confidence(together)
    result: list[Blob | None] = [*candidates.blobs, *[None] * len(candidates.fragments)]
    taken: set[int] = set()
    for place in np.argsort(-joint, kind="stable").tolist():
        one, other = pairs[place]
        if taken & {one, other}:
            continue
        if joint[place] > _required_confidence(
            pieces[one], pieces[other], confidence[one], confidence[other]
        ):
            taken |= {one, other}
            result[one], result[other] = together[place], None
    return [blob for blob in result if blob is not None]


def _required_confidence(
    one: Blob, other: Blob, confidence_one: float, confidence_other: float
) -> float:
    """Return the confidence in the union that is required to join two pieces."""
    if not confidence_other:  # a fragment; without it, only the blob is left
        return max(_MIN_CONFIDENCE, confidence_one)
    shared = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    tall = min(one.height, other.height) >= 0.6 * max(one.height, other.height)
    if tall and shared < 0.2 * min(one.width, other.width):  # perhaps two digits
        return max(0.9, min(confidence_one, confidence_other) + 2 * _MIN_GAIN)
    return max(_MIN_CONFIDENCE, min(confidence_one, confidence_other) + _MIN_GAIN)


def _neighbours(pieces: Sequence[Blob], num_blobs: int) -> list[tuple[int, int]]:
    """Return the pairs, blob first, that are close together and jointly have a digit's shape."""
    if not num_blobs or len(pieces) > _MAX_PIECES:
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
    """Cut a wide blob into digits, or return it whole."""
    too_wide = blob.width > _TOO_WIDE * blob.height
    seams = find_seams(blob.ink, _MAX_PENS if not too_wide else 2 * _MAX_PENS)
    if not seams:
        return [blob]
    pieces = cut_along(blob, seams)
    confidence = recognizer.predict_proba([piece for _, _, piece in pieces]).max(axis=1)
    scores = {(a, b): float(p) for (a, b, _), p in zip(pieces, confidence, strict=True)}
    path = _best_path(scores, len(seams) + 1)
    chosen = [piece for a, b, piece in pieces if (a, b) in path]
    if len(chosen) < 2:
        return [blob]
    weakest = float(recognizer.confidence(chosen).min())
    whole = float(recognizer.confidence([blob])[0])
    better = weakest >= (0.4 if too_wide else max(_MIN_CONFIDENCE, whole + _MIN_GAIN))
    return chosen if better else [blob]


def _best_path(scores: dict[tuple[int, int], float], last: int) -> list[tuple[int, int]]:
    """Return the adjoining parts, from seam 0 to `last`, with the largest joint probability."""
    best: dict[int, tuple[float, list[tuple[int, int]]]] = {0: (0.0, [])}
    for end in range(1, last + 1):
        for start in range(end):
            if start not in best or (start, end) not in scores:
                continue
            value = best[start][0] + math.log(max(scores[start, end], 1e-9))
            if end not in best or value > best[end][0]:
                best[end] = (value, [*best[start][1], (start, end)])
    return best.get(last, (0.0, []))[1]
