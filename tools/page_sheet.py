"""A generated page with its truth, and the sheet on which its ink is drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Coverage = NDArray[np.float32]
Box = tuple[int, int, int, int]


@dataclass
class Page:
    """Generated page.

    Attributes
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels.
    boxes, labels : list
        Box (top, left, bottom, right) and label of each digit.
    ambiguous : list of tuple
        Boxes of marks that may or may not be called digits, such as a 0 on its side.
    kind : str
        Layout.
    """

    levels: NDArray[np.uint8]
    boxes: list[Box]
    labels: list[int]
    kind: str
    ambiguous: list[Box] = field(default_factory=list)


class Sheet:
    """Ink of a page while it is drawn, and the number of the digit that each pixel belongs to."""

    def __init__(self, height: int, width: int) -> None:
        self.ink = np.zeros((height, width), np.float32)
        self.owner = np.zeros((height, width), np.uint8)
        self.labels: list[int] = []

    def stamp(
        self, glyph: Coverage, top: float, left: float, dark: float, label: int | None
    ) -> None:
        """Draw a glyph, cut off at the page's border; marks that are no digits have no label."""
        top, left = round(top), round(left)
        height, width = self.ink.shape
        above, beside = max(0, -top), max(0, -left)
        glyph = glyph[above : max(0, height - top), beside : max(0, width - left)]
        top, left = max(0, top), max(0, left)
        if not glyph.size:
            return
        part = np.s_[top : top + glyph.shape[0], left : left + glyph.shape[1]]
        np.maximum(self.ink[part], glyph * np.float32(dark), out=self.ink[part])
        if label is not None and len(self.labels) < 250:
            self.labels.append(label)
            self.owner[part][glyph > 0.35] = len(self.labels)

    def line(self, points: list[tuple[float, float]], width: float, dark: float) -> None:
        """Draw a line of the ground, points as (x, y)."""
        image = Image.new("L", self.ink.shape[::-1])
        ImageDraw.Draw(image).line(points, fill=255, width=max(1, round(width)))
        np.maximum(self.ink, np.asarray(image, np.float32) * np.float32(dark / 255), out=self.ink)
