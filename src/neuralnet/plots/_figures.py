"""Shared parts of all plots: palette, sizes, the figure with its heading, and saving.

Figures are created without pyplot, so no window opens, there is no global state, and they work on a
server. Sizes are in inches because text has a fixed size: a figure grows with its content, so that
nothing overlaps. Panels are positioned from the lower left, and the heading is at the top. The
colours are distinguishable with colour blindness.
"""

from __future__ import annotations

import functools
import os
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, describe, echo
from neuralnet.files import atomic_write

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, FAINT, WHITE = "#222222", "#666666", "#DDDDDD", "#FFFFFF"
BLUE, ORANGE = "#0072B2", "#D55E00"  # from the palette of Okabe and Ito
PALE_BLUE = "#D6E6F2"
WIDTH = 8.0  # width of a README at 100 pixels per inch
LEFT = 0.25  # left margin of headings and of image grids
LETTER = 0.62 / 72  # width of a letter in inches, per point of font size; capitals are wider
_MOST_CLASSES = 10_000  # the width of each name is measured
_LONGEST_TITLE = 1_000  # characters; each line of a figure takes time
_LONGEST_NAME = 14  # letters; longer class names are truncated

# Metadata that differ between equal figures, by the file's ending.
_METADATA: dict[str, dict[str, Any]] = {
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a PNG, SVG or PDF file atomically.

    The file contains no date and no version number, so equal figures give identical bytes.

    Parameters
    ----------
    figure : Figure
        Figure returned by one of the plotting functions.
    path : path
        File to write. Its ending, `.png`, `.svg` or `.pdf`, chooses the format.

    Raises
    ------
    InputError
        If `figure` is not a Matplotlib figure, or `path` has another ending.
    FileError
        If the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        raise InputError(f"figure is {describe(figure)}; it must be a Matplotlib figure.")
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"path is {describe(path)}; it must be the path of a file.")
    ending = Path(path).suffix.lower()
    if ending not in _METADATA:
        raise InputError(
            f"path is {echo(str(path))}; it must end in .png, .svg or .pdf, which chooses the "
            f"format."
        )
    # Without a salt, the identifiers within an SVG file are random.
    with mpl.rc_context({"svg.hashsalt": "neuralnet"}), atomic_write(path) as file:
        figure.savefig(file, format=ending[1:], dpi=150, metadata=_METADATA[ending])


def new_figure(width: float, body: float, title: str | None, summary: str | None) -> Figure:
    """Return a figure with a heading and `body` inches of free space below it."""
    from neuralnet.plots._notebook_figure import NotebookFigure

    given: object = title
    if not isinstance(given, str | None) or len(given or "") > _LONGEST_TITLE:
        raise InputError(
            f"title is {describe(title)}; it must be None, or text of at most "
            f"{_LONGEST_TITLE:,} characters."
        )
    title = None if title is None else _drawable(title)
    # Widths of a letter per point of size: bold is wider, and a title may be all capitals.
    bold = (title, 0.76, 12, {"weight": "bold", "color": INK})
    plain = (summary, 0.56, 9, {"weight": "normal", "color": MUTED})
    lines: list[tuple[str, float, dict[str, Any]]] = [
        (line, 1.5 * size / 72, {"size": size, **style})
        for text, letter, size, style in (bold, plain)
        for line in textwrap.wrap(text or "", int((width - 0.5) / (letter * size / 72)))
    ]
    total = body + sum(height for _, height, _ in lines) + 0.2
    figure = NotebookFigure(figsize=(width, total), facecolor=WHITE)
    top = total - 0.15
    for line, height, style in lines:
        figure.text(LEFT / width, top / total, line, va="top", parse_math=False, **style)
        top -= height
    return figure


def add_panel(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add axes whose position and size are given in inches."""
    across, up = figure.get_size_inches()
    place = (left / across, bottom / up, width / across, height / up)
    axes = figure.add_axes(place, facecolor=WHITE)
    # Set explicitly, because the caller may have chosen a style with other defaults.
    axes.grid(visible=False)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[:].set_color(FAINT)
    return axes


def text_width(text: str, size: float) -> float:
    """Return the width of a line of text in inches, at a font size in points."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=size)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def percent(fraction: float) -> str:
    """Format a fraction in %; only exactly 1 and 0 become "100.0 %" and "0.0 %"."""
    if 0.9995 <= fraction < 1:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < fraction < 0.0005 else f"{100 * fraction:.1f} %"


def check_classes(classes: Iterable[object]) -> list[str]:
    """Return the names of the classes, each on a single line and truncated if long."""
    if isinstance(classes, str) or not np.iterable(classes):
        raise InputError(f"classes is {describe(classes)}; pass one name per class.")
    given = list(classes)
    if not given:
        raise InputError("classes is empty; pass one name per class.")
    if len(given) > _MOST_CLASSES:
        raise InputError(
            f"classes has {len(given):,} names; a figure has at most {_MOST_CLASSES:,} classes."
        )
    try:
        names = [" ".join(_drawable(str(name)).split()) for name in given]
    except Exception as error:  # an object may have no text
        raise InputError(
            f"classes is {echo(given)}; a name must be text or a number: {error!s:.200}."
        ) from error
    return [_truncated(name) for name in names]


def _drawable(text: str) -> str:
    """Return a text with escape sequences for lone surrogates, which no font has."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@functools.lru_cache(maxsize=_MOST_CLASSES)
def _truncated(name: str) -> str:
    """Shorten a name to 14 letters, or to their width if its letters are wide."""
    size = 9
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    while text_width(short, size) > _LONGEST_NAME * LETTER * size:
        short = f"{short.removesuffix('…')[:-1]}…"
    return short
