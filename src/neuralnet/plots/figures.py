"""What all pictures share: palette, sizes, the figure with its head, and how it is saved.

The figures are built without pyplot, so no window opens, no state is kept, and a server can make
them. Sizes are in inches, because that is what text needs: a figure grows with what it shows, and
nothing overlaps: a figure's body is placed from the lower left, its head stands above. The colours
can be told apart by colour-blind readers too.
"""

from __future__ import annotations

import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import InputError, describe
from neuralnet.files import written_whole

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, MUTED, FAINT, WHITE = "#222222", "#666666", "#DDDDDD", "#FFFFFF"
BLUE, ORANGE = "#0072B2", "#D55E00"  # from Okabe and Ito's palette
PALE_BLUE = "#D6E6F2"
WIDTH = 8.0  # the column of a README, at 100 pixels an inch
LEFT = 0.25  # where heads, and the grids below them, begin
LETTER = 0.62 / 72  # a letter's width for each point of its size, on the broad side
_LONGEST_NAME = 14  # letters; longer class names are cut


def save_figure(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure as a PNG file, whole or not at all.

    The file holds no date and no version, so the same figure gives the same bytes.

    Parameters
    ----------
    figure : Figure
        What one of the other functions here returned.
    path : path
        Where the file is to stand; its name ends in `.png`.

    Raises
    ------
    InputError
        If `figure` is no figure, or the name has another ending.
    FileError
        If the file cannot be written.
    """
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        raise InputError(f"figure is {describe(figure)}; it must be a Matplotlib figure.")
    if Path(path).suffix.lower() != ".png":
        raise InputError(f"path is {str(path)!r}; pictures are PNG files, so it must end in .png.")
    with written_whole(path) as file:
        figure.savefig(file, format="png", dpi=150, metadata={"Software": None})


def new_figure(width: float, body: float, title: str | None, summary: str | None) -> Figure:
    """Return a figure with its head written, `body` inches below it free."""
    from matplotlib.figure import Figure

    # Bold letters are the broader ones, and a title may be all capitals.
    bold = (title, 0.76, 12, {"weight": "bold", "color": INK})
    plain = (summary, 0.56, 9, {"weight": "normal", "color": MUTED})
    lines: list[tuple[str, float, dict[str, Any]]] = [
        (line, 1.5 * size / 72, {"size": size, **style})
        for text, letter, size, style in (bold, plain)
        for line in textwrap.wrap(text or "", int((width - 0.5) / (letter * size / 72)))
    ]
    total = body + sum(height for _, height, _ in lines) + 0.2
    figure = Figure(figsize=(width, total), facecolor=WHITE)
    top = total - 0.15
    for line, height, style in lines:
        figure.text(LEFT / width, top / total, line, va="top", parse_math=False, **style)
        top -= height
    return figure


def add_panel(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Add a panel whose place and size are in inches."""
    across, up = figure.get_size_inches()
    place = (left / across, bottom / up, width / across, height / up)
    axes = figure.add_axes(place, facecolor=WHITE)
    # Said here, because a style that the caller has set may say otherwise.
    axes.grid(visible=False)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[:].set_color(FAINT)
    return axes


def percent(share: float) -> str:
    """Write a share in %, never rounded to a "100.0 %" or a "0.0 %" that it is not."""
    if 0.9995 <= share < 1:
        return "> 99.9 %"
    return "< 0.1 %" if 0 < share < 0.0005 else f"{100 * share:.1f} %"


def check_shape(shape: tuple[int, ...] | None, num_pixels: int, name: str) -> tuple[int, int]:
    """Return the height and width of pictures of `num_pixels`; squares if no shape is given."""
    if shape is None:
        shape = (math.isqrt(num_pixels),) * 2
    if len(shape) != 2 or min(shape) < 1 or math.prod(shape) != num_pixels:
        raise InputError(
            f"{name} has {num_pixels} pixels a picture, which do not make a picture of shape "
            f"{shape}; give the right height and width as image_shape."
        )
    return shape[0], shape[1]


def check_classes(classes: Iterable[object]) -> list[str]:
    """Return the names of the classes, each on one line and no longer than can be shown."""
    if isinstance(classes, str) or not np.iterable(classes):
        raise InputError(f"classes is {describe(classes)}; give a name for each class.")
    names = [" ".join(str(name).split()) for name in classes]
    if not names:
        raise InputError("classes is empty; give a name for each class.")
    return [n if len(n) <= _LONGEST_NAME else f"{n[: _LONGEST_NAME - 1]}…" for n in names]
