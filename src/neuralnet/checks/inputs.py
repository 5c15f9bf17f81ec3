"""Notes of a network about the inputs it was trained on, and a warning for other inputs."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from neuralnet.checks.arrays import Rows
from neuralnet.checks.conversion import Array
from neuralnet.errors import InputWarning

NOT_FINITE = (
    "Some outputs of the network are NaN or infinite: its weights are not finite (did the training "
    "diverge?), or the inputs are too large for it."
)

# Names of the notes: the kind of inputs, which is "pixels" for uint8 pixels that the network scales
# and "features" for floating-point numbers that it takes as they are; and the smallest and the
# largest of those numbers.
KIND_NOTE, VALUES_NOTE = "input", "input_values"

SAMPLED_ROWS = 100  # examples that are examined: enough for the range, few enough to cost nothing
# How far the ends of two ranges may lie apart, as a fraction of the pixels' range. Pixels divided
# by 255 lie half a range away from pixels scaled to [-1, 1].
TOLERANCE = 0.25
# How many times as large as in training an input may be. Standardized features stay well below;
# pixels that were divided by 255 in training only are 255 times as large.
GROWTH = 50.0

# Packages between the user's call and the place where a warning is raised.
_LIBRARIES = ("neuralnet", "sklearn")


def note_inputs(notes: dict[str, str], X: Array) -> None:
    """Write what these examples are into the notes of the network that is trained on them."""
    notes.pop(VALUES_NOTE, None)
    notes |= notes_of_inputs(X)


def notes_of_inputs(X: Array) -> dict[str, str]:
    """Return the notes of a network that is trained on these examples."""
    if X.dtype == np.uint8:
        return {KIND_NOTE: "pixels"}
    if isinstance(X, Rows):
        return {KIND_NOTE: "features"}
    import json

    return {KIND_NOTE: "features", VALUES_NOTE: json.dumps(_range_of(X))}


def warn_of_other_inputs(
    X: Array, notes: Mapping[str, str], input_range: tuple[float, float]
) -> None:
    """Warn if examples are not what a network was trained on.

    Parameters
    ----------
    X : ndarray, shape (N, D)
        Examples.
    notes : mapping of str to str
        Notes of the network. Without those of `notes_of_inputs`, nothing is compared.
    input_range : (float, float)
        Range that the network scales pixels to.

    Warns
    -----
    InputWarning
        If they are of another kind; the message gives both ranges.
    """
    if KIND_NOTE not in notes or isinstance(X, Rows):
        return
    low, high = input_range
    allowed = TOLERANCE * (high - low)
    if notes[KIND_NOTE] == "pixels":
        if X.dtype == np.uint8:
            return
        first, last = _range_of(X)
        if first > low + allowed or last > high + allowed:
            warn(
                f"X holds floating-point numbers from {first:.4g} to {last:.4g}, but this network "
                f"was trained on pixels, scaled to numbers from {low:g} to {high:g}. Pass the "
                f"pixels as uint8, from 0 to 255; the network scales them itself.",
                InputWarning,
            )
        return
    import json

    try:
        first, last = map(float, json.loads(notes[VALUES_NOTE]))
    except (KeyError, ValueError, TypeError):  # a note may be missing, or be somebody's own text
        return
    if X.dtype == np.uint8:
        if max(abs(first - low), abs(last - high)) > allowed:
            warn(
                f"X holds uint8 pixels, which this network scales to numbers from {low:g} to "
                f"{high:g}, but it was trained on floating-point numbers from {first:.4g} to "
                f"{last:.4g}. Scale X as the training set was scaled.",
                InputWarning,
            )
        return
    smallest, largest = _range_of(X)
    if max(-smallest, largest) > (GROWTH * max(abs(first), abs(last)) or math.inf):
        warn(
            f"X holds numbers from {smallest:.4g} to {largest:.4g}, but this network was trained "
            f"on numbers from {first:.4g} to {last:.4g}. Scale X as the training set was scaled.",
            InputWarning,
        )


def warn(sentence: str, category: type[Warning]) -> None:
    """Warn at the user's call: at the first place outside this package and scikit-learn."""
    frame, level = inspect.currentframe(), 1  # this function is level 1, its caller level 2
    while frame and frame.f_globals.get("__name__", "").partition(".")[0] in _LIBRARIES:
        frame, level = frame.f_back, level + 1
    warnings.warn(sentence, category, stacklevel=level)


def _range_of(X: Any) -> tuple[float, float]:
    some = np.asarray(X[:: max(1, len(X) // SAMPLED_ROWS)])
    return float(some.min()), float(some.max())
