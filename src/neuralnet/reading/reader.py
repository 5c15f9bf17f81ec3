"""Read the digits of a picture: find them, prepare each, and ask a network."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from neuralnet.checks import Array, check_number
from neuralnet.nn.network import NeuralNetMLP
from neuralnet.reading.components import MOST_PIECES
from neuralnet.reading.doubt import with_odds
from neuralnet.reading.finding import find_digits
from neuralnet.reading.pictures import Grey, Picture, open_grey
from neuralnet.reading.pretrained import load_pretrained
from neuralnet.reading.recognition import Recognizer, prepared
from neuralnet.reading.rows import Box, in_rows
from neuralnet.reading.segmentation import settle
from neuralnet.reading.sheet import Sheet, find_sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray


# This many digits, and so large a share of them ones, are more often a pattern than a number.
_FENCE, _BARS = 12, 0.7
# A sheet alone says as much as the whole picture if its digits of at least this confidence come to
# this share of the whole's.
_CERTAIN, _AS_MUCH = 0.5, 0.9
# The whole is looked at on a copy no larger than this, in pixels along its longer side.
_OVERVIEW = 1600
_INCOMPLETE = (
    f"There are more than {MOST_PIECES:,} pieces of ink; only the largest were looked at. Is it a "
    f"page of digits? If so, read it in parts."
)


@dataclass(frozen=True)
class Digit:
    """A digit that was read.

    Attributes
    ----------
    box : tuple of int
        Top, left, bottom and right in the picture, in pixels; the last two are the first row and
        the first column beyond it.
    label : int
        What it most probably is.
    confidence : float
        How probable that is, from 0 to 1: that it is a digit, and this one.
    runner_up : int
        Which digit it is otherwise.
    probabilities : ndarray of float32, shape (10,)
        Of each digit, if it is one.
    picture : ndarray of uint8, shape (28, 28)
        What the network saw.
    sure : bool
        Whether the confidence reaches what was asked for.
    """

    box: Box
    label: int
    confidence: float
    runner_up: int
    probabilities: NDArray[np.float32]
    picture: NDArray[np.uint8]
    sure: bool = True

    def __str__(self) -> str:
        """Write the digit, or "?" if the network is unsure."""
        return str(self.label) if self.sure else "?"


@dataclass(frozen=True)
class Reading:
    """What a picture says, row by row; as a string, the digits of a row on a line.

    Attributes
    ----------
    rows : tuple of tuple of Digit
        From top to bottom, each from left to right.
    size : tuple of int
        Height and width of the picture.
    notes : tuple of str
        What the user should be told, each a sentence: that it was an animation, say.
    """

    rows: tuple[tuple[Digit, ...], ...]
    size: tuple[int, int]
    notes: tuple[str, ...] = ()

    @property
    def digits(self) -> tuple[Digit, ...]:
        """All digits, in reading order."""
        return tuple(digit for row in self.rows for digit in row)

    def __str__(self) -> str:
        """Write the digits, a row on a line, "?" for those that the network is unsure of."""
        return "\n".join("".join(map(str, row)) for row in self.rows)


def read_digits(
    image: Picture,
    *,
    model: NeuralNetMLP | str | os.PathLike[str] | None = None,
    min_confidence: float = 0.0,
) -> Reading:
    """Read the handwritten digits in any picture.

    Parameters
    ----------
    image : path, bytes, PIL.Image.Image, or array_like
        A photograph, a scan, a drawing. An array has the shape (height, width) or (height, width,
        channels) with 1 to 4 channels; whole numbers from 0 to 255 (or 65,535), booleans, or
        floating point in [0, 1] (or in [-1, 1], or [0, 255]).
    model : NeuralNetMLP or path, optional
        The network that says which digit each one is, or where one is saved; the bundled one if
        not given. It takes 784 pixels and has 10 classes.
    min_confidence : float
        From 0 to 1: a digit that is less probable than that is written as "?".

    Returns
    -------
    Reading
        Rows of digits. A picture without digits has no rows.

    Raises
    ------
    InputError
        If an argument cannot be used.
    FileFormatError
        If a file is no picture, or is damaged.
    FileError
        If a file cannot be read.
    """
    min_confidence = check_number(min_confidence, "min_confidence", minimum=0, maximum=1)
    recognizer = Recognizer(network(model))
    grey = open_grey(image)
    digits: list[Digit] = []
    complete = found = False
    sheet = find_sheet(grey.levels)
    if sheet is not None:
        digits, complete = _read(sheet.levels, sheet.corner, grey, recognizer, min_confidence)
        overview = grey.no_larger_than(_OVERVIEW)
        everywhere, _ = _read(overview.levels, (0, 0), overview, recognizer, min_confidence)
        found = _is_all_there(digits, everywhere, sheet, grey.size)
    if not found:
        digits, complete = _read(grey.levels, (0, 0), grey, recognizer, min_confidence)
    rows = in_rows([digit.box for digit in digits])
    notes = grey.notes if complete else (*grey.notes, _INCOMPLETE)
    return Reading(tuple(tuple(digits[i] for i in row) for row in rows), grey.size, notes)


def _read(
    levels: NDArray[np.uint8],
    corner: tuple[int, int],
    grey: Grey,
    recognizer: Recognizer,
    least: float,
) -> tuple[list[Digit], bool]:
    """Read the digits of a picture's part; say as well whether every piece of ink was looked at.

    `corner` is the row and the column of the grey picture where the part begins.
    """
    found = find_digits(levels)
    blobs = settle(found, recognizer)
    pictures = prepared(blobs)
    probabilities, shares = recognizer.with_care(pictures)
    shares = with_odds(shares) * _handwriting_share(probabilities.argmax(axis=1))
    digits = [
        _digit(_in_picture(blob.box, corner, grey), each, float(share), picture, least)
        for blob, each, share, picture in zip(blobs, probabilities, shares, pictures, strict=True)
    ]
    return digits, found.complete


def _is_all_there(
    on_sheet: list[Digit], digits: list[Digit], sheet: Sheet, size: tuple[int, int]
) -> bool:
    """Return whether a sheet by itself says something, and as much as the whole picture.

    A line or a corner across the sheet's edge, a 1 or a 7, does not count: it is the edge. Where
    the sheet is but the lit part of a page, digits in the shadow are lacking.
    """
    whole = [
        digit
        for digit in digits
        if digit.label not in {1, 7} or not sheet.edge_crosses(digit.box, size)
    ]
    said, by_all = (
        sum(digit.confidence for digit in read if digit.confidence >= _CERTAIN)
        for read in (on_sheet, whole)
    )
    return said > 0 and said >= _AS_MUCH * by_all


def _handwriting_share(labels: Array) -> float:
    """Return how probable it is that so many digits were written, given which ones they are.

    A wall, a fence or a bar code is many upright bars, each of which could be a 1.
    """
    is_fence = len(labels) >= _FENCE and float((labels == 1).mean()) >= _BARS
    return 0.5 if is_fence else 1.0


def _digit(
    box: Box, probabilities: Array, share: float, picture: NDArray[np.uint8], least: float
) -> Digit:
    """Put together what is known of a digit; `share` is how probable it is one at all."""
    probabilities = np.asarray(probabilities, np.float32)
    runner_up, label = (int(i) for i in np.argsort(probabilities, kind="stable")[-2:])
    confidence = share * float(probabilities[label])
    return Digit(box, label, confidence, runner_up, probabilities, picture, confidence >= least)


def _in_picture(box: Box, corner: tuple[int, int], grey: Grey) -> Box:
    """Return a part's box in the pixels of the picture as it was given."""
    sides = zip(box, corner * 2, strict=True)
    top, left, bottom, right = ((side + start) * grey.shrunk for side, start in sides)
    return top, left, min(bottom, grey.size[0]), min(right, grey.size[1])


def network(model: object) -> NeuralNetMLP:
    """Return the network to ask: the one given, the one saved at a path, or the bundled one."""
    if model is None:
        return _bundled()
    if isinstance(model, str | os.PathLike):
        from neuralnet.storage import load

        return load(model)
    return model  # type: ignore[return-value]  # the recognizer says what is wrong with others


@lru_cache(maxsize=1)
def _bundled() -> NeuralNetMLP:
    """Load the network that comes with the package, once."""
    return load_pretrained()
