"""Reading a page by late decisions: open, propose, score, choose, report.

Every mark of the page is proposed in several ways, two networks score all proposals, and the best
set that does not overlap is reported. `read_digits` does not use this yet: on plain drawn pages, it
is one point worse than the rules so far (docs/journal).
"""

from __future__ import annotations

import os

import numpy as np

from neuralnet.checks import check_number
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading import constants as c
from neuralnet.reading.classification import check_model
from neuralnet.reading.digit_detector import with_prior_odds
from neuralnet.reading.pictures import Grey, Picture, open_grey
from neuralnet.reading.reader import Digit, Reading, load_model
from neuralnet.reading.rows import Box, group_into_rows
from neuralnet.reading.search import Found, search_page

# Longest side of the copy of the image that a reading keeps, in pixels.
_PAGE = 800
_INCOMPLETE = (
    f"The image has more pieces of ink than the {c.MAX_PIECES:,} largest, which were read. If it "
    f"is a page of digits, read it in parts."
)
_TURNED = "The page was read turned {} degrees counterclockwise, as more digits are upright then."


def read_candidates(
    image: Picture,
    *,
    model: NeuralNetMLP | str | os.PathLike[str] | None = None,
    min_confidence: float | None = None,
) -> Reading:
    """Read the handwritten digits in an image.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image, or array_like
        A photograph, a scan or a drawing. An array has the shape (height, width) or (height, width,
        channels) with 1 to 4 channels. Its values are integers in [0, 255] (or [0, 65535]),
        booleans, or floating point in [0, 1] (or [-1, 1], or [0, 255]).
    model : NeuralNetMLP or path, optional
        Network that classifies each digit, or the path of a saved one, with 784 features and 10
        classes. The default is the bundled network.
    min_confidence : float, optional
        Confidence, from 0 to 1, below which a digit is written as "?". With a value below 0.5, the
        rows also hold the marks that are less likely a digit than not, down to this probability;
        without a value, these are in `Reading.unsure`.

    Returns
    -------
    Reading
        Rows of digits. An image without digits has no rows.

    Raises
    ------
    InputError
        If an argument is invalid.
    FileFormatError
        If a file is not an image or a saved network, or is damaged.
    FileError
        If a file cannot be read.
    """
    if min_confidence is not None:
        min_confidence = check_number(min_confidence, "min_confidence", minimum=0, maximum=1)
    network = check_model(load_model(model))
    grey = open_grey(image)
    page = grey.reduced_to_pixels(c.WORKING_PIXELS)
    found, turn = search_page(page.levels, network)
    digits = _digits(found, page, turn, min_confidence or 0.0)
    least = c.LEAST_PRINTED if min_confidence is None else min(min_confidence, c.LEAST_PRINTED)
    printed = [digit for digit, p in digits if p >= least]
    unsure = tuple(digit for digit, p in digits if p < least)
    notes = list(grey.notes)
    if not found.complete:
        notes.append(_INCOMPLETE)
    if turn:
        notes.append(_TURNED.format(90 * turn))
    rows = group_into_rows([_turned_box(digit.box, grey.size, turn) for digit in printed])
    copy = grey.reduced_to(_PAGE).levels.copy()
    lines = tuple(tuple(printed[i] for i in row) for row in rows)
    return Reading(lines, grey.size, tuple(notes), copy, unsure)


def _digits(
    found: Found, page: Grey, turn: int, min_confidence: float
) -> list[tuple[Digit, float]]:
    """Return the chosen digits with the probability that each is one."""
    size = (-(-page.size[0] // page.reduction), -(-page.size[1] // page.reduction))
    digits = []
    drawn = with_prior_odds(found.scores.alone)
    for index, probabilities in zip(found.chosen, found.probabilities, strict=True):
        picture = found.scores.pictures[index]
        runner_up, label = (int(i) for i in np.argsort(probabilities, kind="stable")[-2:])
        probability = float(found.scores.digits[index])
        # A letter on a page of letters looks like a digit to the detector, but not by its pixels.
        confidence = probability * float(probabilities[label] * drawn[index])
        top, left, bottom, right = found.scores.candidates[index].box
        box = _turned_box((top, left, bottom, right), size[:: -1 if turn % 2 else 1], -turn)
        digit = Digit(
            _in_picture(box, page), label, confidence, runner_up, probabilities, picture,
            confidence >= min_confidence,
        )  # fmt: skip
        digits.append((digit, probability))
    return digits


def _turned_box(box: Box, size: tuple[int, ...], turn: int) -> Box:
    """Turn a box with its page, of a given height and width, by counterclockwise quarter turns."""
    for _ in range(turn % 4):
        top, left, bottom, right = box
        box = size[1] - right, top, size[1] - left, bottom
        size = size[1], size[0]
    return box


def _in_picture(box: Box, page: Grey) -> Box:
    """Convert a box in a reduced image to pixels of the original image."""
    top, left, bottom, right = (side * page.reduction for side in box)
    return max(0, top), max(0, left), min(bottom, page.size[0]), min(right, page.size[1])
