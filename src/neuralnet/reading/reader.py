"""Reading the digits of an image: detection, segmentation, preparation and classification."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, check_number
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.components import MAX_PIECES
from neuralnet.reading.digit_detector import with_prior_odds
from neuralnet.reading.finding import find_digits
from neuralnet.reading.pictures import Grey, Picture, open_grey
from neuralnet.reading.pretrained import load_pretrained
from neuralnet.reading.recognition import Recognizer, prepared
from neuralnet.reading.rows import Box, group_into_rows
from neuralnet.reading.segmentation import segment
from neuralnet.reading.sheet import Sheet, find_sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from neuralnet.display.markup import Cell

# Minimum number of digits, and minimum fraction of ones among them, at which the image is more
# likely to be a pattern than writing.
_FENCE_DIGITS, _FENCE_SHARE = 12, 0.7
# The sheet is read alone if its digits account for a sufficient fraction of the total confidence in
# the whole image. The first value is the minimum confidence of a digit that counts, the second the
# minimum fraction.
_COUNTED_CONFIDENCE, _SHEET_SHARE = 0.5, 0.9
# Longest side of the copy on which the whole image is read for that comparison, in pixels.
_OVERVIEW = 1600
# Longest side of the copy of the image that a reading keeps, in pixels.
_PAGE = 800
_INCOMPLETE = (
    f"The image has {MAX_PIECES:,} pieces of ink or more; only the largest were read. If it is a "
    f"page of digits, read it in parts."
)


@dataclass(frozen=True)
class Digit:
    """Digit read from an image.

    Attributes
    ----------
    box : tuple of int
        Bounding box (top, left, bottom, right) in the image, in pixels; bottom and right are
        exclusive.
    label : int
        Most probable digit.
    confidence : float
        Probability, from 0 to 1, that this is a digit and that the label is correct.
    runner_up : int
        Second most probable digit.
    probabilities : ndarray of float32, shape (10,)
        Probability of each class, given that this is a digit.
    picture : ndarray of uint8, shape (28, 28)
        Prepared image that the network classified.
    confident : bool
        Whether the confidence is at min_confidence `min_confidence`.
    """

    box: Box
    label: int
    confidence: float
    runner_up: int
    probabilities: NDArray[np.float32] = field(repr=False)
    picture: NDArray[np.uint8] = field(repr=False)
    confident: bool = True

    def __str__(self) -> str:
        """Return the label, or "?" if the confidence is too low."""
        return str(self.label) if self.confident else "?"


@dataclass(frozen=True)
class Reading:
    """Digits read from an image, in rows.

    `str(reading)` has one line per row.

    Attributes
    ----------
    rows : tuple of tuple of Digit
        Rows from top to bottom, and the digits of each row from left to right.
    size : tuple of int
        Height and width of the image, in pixels.
    notes : tuple of str
        Messages for the user, each a sentence; for example, that the image is an animation.
    page : ndarray of uint8 or None
        Reduced copy of the image in grey, which a notebook shows with the digits.
    unsure : tuple of Digit
        Marks that are less likely a digit than not, which are not in the rows.
    """

    rows: tuple[tuple[Digit, ...], ...]
    size: tuple[int, int]
    notes: tuple[str, ...] = ()
    page: NDArray[np.uint8] | None = field(default=None, compare=False)
    unsure: tuple[Digit, ...] = ()

    def __repr__(self) -> str:
        """Return the number of digits and rows, without the arrays."""
        height, width = self.size
        counts = f"{len(self.digits)} digits in {len(self.rows)} rows"
        return f"<Reading: {counts}, image of {width} x {height} pixels>"

    def _repr_html_(self) -> str:
        """Return the page with a box around each digit, or the rows of digits, for a notebook."""
        from neuralnet.display.markup import boxed_picture, panel, table

        rows: list[list[Cell]] = [
            [number, line] for number, line in enumerate(str(self).splitlines(), 1)
        ]
        shown = table(["Row", "Digits"], rows)
        if self.page is not None:
            boxes = [(digit.box, str(digit), digit.confident) for digit in self.digits]
            shown = boxed_picture(self.page, self.size, boxes)
        return panel(" ".join([repr(self).strip("<>") + ".", *self.notes]), shown)

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits in reading order."""
        return tuple(digit for row in self.rows for digit in row)

    def __str__(self) -> str:
        """Return the digits, one line per row, with "?" for those with too low a confidence."""
        return "\n".join("".join(map(str, row)) for row in self.rows)


def read_digits(
    image: Picture,
    *,
    model: NeuralNetMLP | str | os.PathLike[str] | None = None,
    min_confidence: float = 0.0,
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
    min_confidence : float
        Confidence, from 0 to 1, below which a digit is written as "?".

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
    min_confidence = check_number(min_confidence, "min_confidence", minimum=0, maximum=1)
    recognizer = Recognizer(load_model(model))
    grey = open_grey(image)
    digits: list[Digit] = []
    complete = found = False
    sheet = find_sheet(grey.levels)
    if sheet is not None:
        digits, complete = _read(sheet.levels, sheet.corner, grey, recognizer, min_confidence)
        overview = grey.reduced_to(_OVERVIEW)
        everywhere, _ = _read(overview.levels, (0, 0), overview, recognizer, min_confidence)
        found = _sheet_holds_all(digits, everywhere, sheet, grey.size)
    if not found:
        digits, complete = _read(grey.levels, (0, 0), grey, recognizer, min_confidence)
    rows = group_into_rows([digit.box for digit in digits])
    notes = grey.notes if complete else (*grey.notes, _INCOMPLETE)
    page = grey.reduced_to(_PAGE).levels.copy()
    return Reading(tuple(tuple(digits[i] for i in row) for row in rows), grey.size, notes, page)


def _read(
    levels: NDArray[np.uint8],
    corner: tuple[int, int],
    grey: Grey,
    recognizer: Recognizer,
    min_confidence: float,
) -> tuple[list[Digit], bool]:
    """Read the digits in a part of an image that begins at `corner`, a row and a column.

    The second result is False if the part had more pieces of ink than are examined.
    """
    found = find_digits(levels)
    blobs = segment(found, recognizer)
    pictures = prepared(blobs)
    probabilities, detected = recognizer.predict_augmented(pictures)
    detected = with_prior_odds(detected) * _handwriting_probability(probabilities.argmax(axis=1))
    digits = [
        _digit(_in_picture(blob.box, corner, grey), row, float(p), picture, min_confidence)
        for blob, row, p, picture in zip(blobs, probabilities, detected, pictures, strict=True)
    ]
    return digits, found.complete


def _sheet_holds_all(
    on_sheet: list[Digit], digits: list[Digit], sheet: Sheet, size: tuple[int, int]
) -> bool:
    """Return whether the sheet has digits and lacks no substantial part of those in the image.

    Digits are missing if the sheet is only the lit part of a page and the rest lies in shadow. In
    the whole image, a 1 or a 7 that crosses the edge of the sheet is ignored, because it is the
    edge itself.
    """
    whole = [
        digit
        for digit in digits
        if digit.label not in {1, 7} or not sheet.edge_crosses(digit.box, size)
    ]
    on_sheet_total, total = (
        sum(digit.confidence for digit in read if digit.confidence >= _COUNTED_CONFIDENCE)
        for read in (on_sheet, whole)
    )
    return on_sheet_total > 0 and on_sheet_total >= _SHEET_SHARE * total


def _handwriting_probability(labels: Array) -> float:
    """Return the probability that the digits are handwriting, given their labels.

    A wall, a fence or a bar code has many upright bars, each of which could be a 1.
    """
    is_fence = len(labels) >= _FENCE_DIGITS and float((labels == 1).mean()) >= _FENCE_SHARE
    return 0.5 if is_fence else 1.0


def _digit(
    box: Box,
    probabilities: Array,
    digit_probability: float,
    picture: NDArray[np.uint8],
    min_confidence: float,
) -> Digit:
    """Create a digit from its class probabilities and the probability that it is a digit."""
    probabilities = np.asarray(probabilities, np.float32)
    runner_up, label = (int(i) for i in np.argsort(probabilities, kind="stable")[-2:])
    confidence = digit_probability * float(probabilities[label])
    return Digit(
        box, label, confidence, runner_up, probabilities, picture, confidence >= min_confidence
    )


def _in_picture(box: Box, corner: tuple[int, int], grey: Grey) -> Box:
    """Convert a box in a part of a greyscale image to pixels of the original image."""
    sides = zip(box, corner * 2, strict=True)
    top, left, bottom, right = ((side + start) * grey.reduction for side, start in sides)
    return top, left, min(bottom, grey.size[0]), min(right, grey.size[1])


def load_model(model: object) -> NeuralNetMLP:
    """Return the given network, the network saved at a path, or the bundled one for None."""
    if model is None:
        return _bundled()
    if isinstance(model, str | os.PathLike):
        from neuralnet.storage import load

        return load(model)
    return model  # type: ignore[return-value]  # Recognizer checks the type


@lru_cache(maxsize=1)
def _bundled() -> NeuralNetMLP:
    """Return the bundled network; the file is loaded once."""
    return load_pretrained()
