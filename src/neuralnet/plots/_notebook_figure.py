"""Figures that notebooks display. Importing this module imports Matplotlib."""

from __future__ import annotations

import io

from matplotlib.figure import Figure


class NotebookFigure(Figure):
    """Matplotlib figure that a notebook displays at the end of a cell.

    Notebooks call `_repr_png_` unless Matplotlib's inline backend is active. That backend displays
    every `Figure` at the end of a cell, and each figure of pyplot. These figures are unknown to
    pyplot, so they are displayed once in either case.
    """

    def _repr_png_(self) -> bytes:
        """Return the figure as a PNG image, at its own resolution."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi)
        return buffer.getvalue()
