"""What becomes of a call with an odd argument.

It either succeeds or raises an error of the package, or one of scikit-learn's own checks, in a
message of bounded length.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from unittest import mock

import numpy as np

from neuralnet import NeuralNetError
from tests.robustness.arguments import CALLS, Case, Material
from tests.robustness.odd_values import ODD_VALUES

MAX_MESSAGE = 1_500  # characters of an error; each value that it quotes has at most 80
MAX_SECONDS = 5.0


class Outcome(NamedTuple):
    """How a call ended: whether it was accepted, and what is wrong with that, if anything."""

    accepted: bool
    problem: str | None


def outcome_of(case: Case, material: Material) -> Outcome:
    """Make a call with an odd value."""
    call = CALLS[case.call](material)
    arguments = call.arguments | {case.parameter: ODD_VALUES[case.odd]()}
    began = time.process_time()
    accepted, problem = False, None
    try:
        with sandbox(material.folder):
            call.function(**arguments)
        accepted = True
    except NeuralNetError as error:
        problem = _problem_with_message(error)
    except Exception as error:
        if not _raised_by_scikit_learn(error.__traceback__):
            problem = f"{type(error).__name__}: {_first_line(error)}"
    seconds = time.process_time() - began
    if problem is None and seconds > MAX_SECONDS:
        problem = f"it took {seconds:.1f} s"
    return Outcome(accepted, problem)


def _problem_with_message(error: NeuralNetError) -> str | None:
    text = str(error)
    if len(text) > MAX_MESSAGE or "x" * 100 in text or "z" * 100 in text:
        return f"a message of {len(text):,} characters: {_first_line(error)}"
    if any(ord(letter) < 32 and letter != "\n" for letter in text):
        return f"control characters in a message: {text!r:.200}"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"a message that cannot be printed: {text!r:.200}"
    return None


def _first_line(error: Exception) -> str:
    try:
        return f"{error!s:.200}".partition("\n")[0]
    except Exception:  # the text of an error may be odd, too
        return "?"


def _raised_by_scikit_learn(trace: TracebackType | None) -> bool:
    """Return whether the innermost frame of this package or scikit-learn is scikit-learn's."""
    last = ""
    while trace is not None:
        name = trace.tb_frame.f_globals.get("__name__", "").partition(".")[0]
        if name in ("neuralnet", "sklearn"):
            last = name
        trace = trace.tb_next
    return last == "sklearn"


@contextlib.contextmanager
def sandbox(folder: Path) -> Iterator[None]:
    """Work in a folder of its own, without warnings, output, and the network."""
    place = folder / "place"
    place.mkdir(exist_ok=True)
    before = Path.cwd()
    os.chdir(place)
    refused = OSError("no network in tests")
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            contextlib.redirect_stdout(io.StringIO()),
            mock.patch.object(urllib.request, "urlopen", side_effect=refused),
            mock.patch("socket.create_connection", side_effect=refused),
            mock.patch("neuralnet.plots._animation._GRID", 3),  # points per axis, to be quick
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        os.chdir(before)
