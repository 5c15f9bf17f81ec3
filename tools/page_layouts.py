"""Layouts of pages: rows, grids, boxes, sums, single digits, and pages without digits."""

from __future__ import annotations

import numpy as np
from page_glyphs import Hand
from page_sheet import Page, Sheet
from page_strokes import OPERATORS
from PIL import Image
from scipy import ndimage

# Names of the methods of `Layouts` that draw a page, and how often each is drawn.
LAYOUTS = (
    ("rows", 0.26), ("grid", 0.08), ("boxes", 0.08), ("single", 0.2), ("sums", 0.05),
    ("marks", 0.1), ("large", 0.05), ("raw", 0.16), ("texture", 0.02),
)  # fmt: skip


class Layouts(Hand):
    """Writer that arranges its digits and marks on a sheet."""

    def _write(
        self,
        sheet: Sheet,
        top: float,
        left: float,
        count: int,
        height: float,
        gap: float,
        marks: float = 0.0,
    ) -> float:
        """Write a row of digits, some of them other marks; return where it ends."""
        for _ in range(count):
            tall = height * self.rng.uniform(0.85, 1.1)
            mark = self.rng.random() < marks
            glyph, label = (self.mark(tall), None) if mark else self.digit(tall)
            if left + glyph.shape[1] > sheet.ink.shape[1]:
                break
            sheet.stamp(
                glyph, top + (height - glyph.shape[0]) * self.rng.random(), left, self.dark, label
            )
            left += glyph.shape[1] + max(gap * height, gap * height + 1)
        return left

    def _size(self) -> tuple[int, int]:
        """Return a page size."""
        width = int(np.exp(self.rng.uniform(np.log(160), np.log(520))))
        return int(width * self.rng.uniform(0.4, 1.3)) + 60, width

    def rows(self) -> Sheet:
        """Draw rows of digits, some underlined or touching."""
        sheet = Sheet(*self._size())
        height = float(np.exp(self.rng.uniform(np.log(16), np.log(150))))
        height = min(height, sheet.ink.shape[0] / 1.6)
        gap = (
            self.rng.uniform(-0.1, 0.05)
            if self.rng.random() < 0.25
            else self.rng.uniform(0.05, 0.9)
        )
        top, down = self.rng.uniform(0.05, 0.5) * height, self.rng.uniform(1.15, 2.2)
        if self.rng.random() < 0.12:  # digits that touch those of the next row
            down = self.rng.uniform(0.92, 1.15)
        underlined = self.rng.random() < 0.12
        for _ in range(int(self.rng.integers(1, 6))):
            if top + height * 1.1 > sheet.ink.shape[0]:
                break
            left = self.rng.uniform(2, 0.3 * sheet.ink.shape[1])
            end = self._write(sheet, top, left, int(self.rng.integers(1, 10)), height, gap)
            if underlined:
                y = top + height * self.rng.uniform(0.9, 1.15)
                sheet.line(
                    [(left - 5, y), (end, y + self.rng.normal(0, 3))], self.pen * height, self.dark
                )
            top += down * height
        self._ground(sheet, height)
        return sheet

    def marks(self) -> Sheet:
        """Draw words, operators and blots, with few digits or none."""
        sheet = Sheet(*self._size())
        height = min(
            float(np.exp(self.rng.uniform(np.log(14), np.log(110)))), sheet.ink.shape[0] / 1.6
        )
        share = 1.0 if self.rng.random() < 0.6 else self.rng.uniform(0.5, 0.95)
        top = 0.3 * height
        while top + 1.1 * height < sheet.ink.shape[0] and len(sheet.labels) < 60:
            left = self.rng.uniform(2, 0.3 * sheet.ink.shape[1])
            self._write(
                sheet,
                top,
                left,
                int(self.rng.integers(1, 12)),
                height,
                self.rng.uniform(0.05, 0.5),
                share,
            )
            top += self.rng.uniform(1.3, 2.5) * height
        for _ in range(int(self.rng.integers(0, 5))):
            ends = [
                (float(self.rng.uniform(0, s)), float(self.rng.uniform(0, t)))
                for s, t in [sheet.ink.shape[::-1]] * 2
            ]
            sheet.line(ends, self.rng.uniform(1, 6), self.dark)
        self._ground(sheet, height)
        return sheet

    def sums(self) -> Sheet:
        """Draw digits with operators of their size between them."""
        sheet = Sheet(*self._size())
        height = min(
            float(np.exp(self.rng.uniform(np.log(24), np.log(120)))), sheet.ink.shape[0] / 1.6
        )
        top = 0.3 * height
        while top + 1.1 * height < sheet.ink.shape[0]:
            left = self.rng.uniform(5, 0.2 * sheet.ink.shape[1])
            for number in range(int(self.rng.integers(2, 6))):
                if number:
                    text = str(self.rng.choice(list("+-x=/,.:()<>")))
                    tall = height * self.rng.uniform(0.35, 0.75) if text not in "/()" else height
                    mark = self.drawn(OPERATORS[text], tall, float(self.rng.uniform(0.7, 1.1)))
                    at = top + (height * 0.85 if text in ",." else (height - mark.shape[0]) / 2)
                    sheet.stamp(mark, at, left, self.dark, None)
                    left += mark.shape[1] + self.rng.uniform(0.15, 0.6) * height
                left = self._write(sheet, top, left, int(self.rng.integers(1, 3)), height, 0.2)
                left += self.rng.uniform(0.1, 0.5) * height
            top += self.rng.uniform(1.3, 2.5) * height
        self._ground(sheet, height)
        return sheet

    def single(self) -> Sheet:
        """Draw one digit, of any proportions and pen."""
        side = int(np.exp(self.rng.uniform(np.log(36), np.log(400))))
        sheet = Sheet(side, int(side * self.rng.uniform(0.8, 1.4)))
        height = side * self.rng.uniform(0.35, 0.85)
        self.pen = float(np.exp(self.rng.uniform(np.log(0.004), np.log(0.2))))
        if self.rng.random() < 0.4:
            self.aspect = float(np.exp(self.rng.uniform(np.log(0.3), np.log(1.7))))
        digit = 1 if self.rng.random() < 0.2 else None
        glyph, label = self.digit(min(height, sheet.ink.shape[1] / 1.8), digit)
        room = np.subtract(sheet.ink.shape, glyph.shape)
        sheet.stamp(glyph, *(room * self.rng.uniform(0.1, 0.9, 2)), self.dark, label)
        return sheet

    def large(self) -> Sheet:
        """Draw one to three digits that fill the page."""
        height = float(np.exp(self.rng.uniform(np.log(110), np.log(300))))
        count = int(self.rng.integers(1, 4))
        self.pen = float(np.exp(self.rng.uniform(np.log(0.006), np.log(0.2))))
        sheet = Sheet(int(height * self.rng.uniform(1.2, 1.9)), int(height * (0.9 * count + 0.6)))
        top = self.rng.uniform(0.05, 0.95) * (sheet.ink.shape[0] - 1.12 * height)
        gap = self.rng.uniform(0.05, 0.4)
        self._write(sheet, top, self.rng.uniform(0.05, 0.3) * height, count, height, gap)
        if self.rng.random() < 0.2:
            self._ground(sheet, height)
        return sheet

    def raw(self) -> Page:
        """Return an MNIST image as it is, or inverted, enlarged and with a margin."""
        index = int(self.rng.integers(len(self.images)))
        image, margin = self.images[index], 0
        if self.rng.random() < 0.5:
            side = int(28 * np.exp(self.rng.uniform(0, np.log(8))))
            image = np.asarray(
                Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
            )
            margin = int(self.rng.uniform(0, 1.0) * side)
        levels = np.pad(image, margin)
        rows, columns = (np.flatnonzero((levels > 60).any(axis=axis)) for axis in (1, 0))
        box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
        levels = 255 - levels if self.rng.random() < 0.4 else levels
        return Page(np.ascontiguousarray(levels), [box], [int(self.mnist_labels[index])], "raw")

    def texture(self) -> Page:
        """Draw a page without marks: grain on several scales, gratings, or a mosaic."""
        rng = self.rng
        shape = tuple(int(v) for v in rng.integers(150, 360, 2))
        page = np.zeros(shape)
        y, x = np.indices(shape)
        for _ in range(int(rng.integers(1, 4))):
            kind, weight = rng.integers(3), rng.uniform(0.2, 1)
            if kind == 0:
                part = ndimage.gaussian_filter(rng.standard_normal(shape), rng.uniform(0.8, 14))
            elif kind == 1:
                angle, period = rng.uniform(0, np.pi), rng.uniform(7, 60)
                part = np.sin(2 * np.pi * (np.cos(angle) * x + np.sin(angle) * y) / period)
            else:
                tall, broad = rng.integers(12, 60, 2)
                shades = rng.standard_normal((shape[0] // tall + 1, shape[1] // broad + 2))
                part = shades[y // tall, (x + y // tall % 2 * broad // 2) // broad]
                if rng.random() < 0.6:
                    part = np.where((y % tall < 3) | (x % broad < 3), rng.choice([-3, 3]), part)
            page += weight * part / (part.std() + 1e-6)
        page = page + rng.uniform(0, 0.3) * rng.standard_normal(shape)
        low, high = page.min(), page.max()
        scale = rng.uniform(0.2, 1) * 255 / (high - low)
        return Page(((page - low) * scale).astype(np.uint8), [], [], "texture")

    def grid(self) -> Sheet:
        """Draw a table of cells with digits in many of them."""
        rows, columns = (int(v) for v in self.rng.integers(1, 7, 2))
        cell = np.array([self.rng.uniform(34, 95), self.rng.uniform(0.8, 1.9)])
        cell[1] *= cell[0]
        shrink = min(1.0, 560 / max(rows * cell[0], columns * cell[1]))
        cell *= shrink
        margin = self.rng.uniform(0, 60)
        sheet = Sheet(int(rows * cell[0] + 2 * margin) + 8, int(columns * cell[1] + 2 * margin) + 8)
        width = max(1.0, cell[0] * self.rng.uniform(0.01, 0.09))
        dark = self.dark * self.rng.uniform(0.5, 1.2)
        every = int(self.rng.choice([1, 3, 3, 100]))
        for i in range(rows + 1):
            y = margin + i * cell[0] + 3
            thick = width * (1 if i % every else self.rng.choice([1.0, 2.0]))
            sheet.line([(margin, y), (margin + columns * cell[1], y)], thick, min(dark, 0.97))
        for j in range(columns + 1):
            x = margin + j * cell[1] + 3
            thick = width * (1 if j % every else self.rng.choice([1.0, 2.0]))
            sheet.line([(x, margin), (x, margin + rows * cell[0])], thick, min(dark, 0.97))
        filled, tall = self.rng.uniform(0.3, 1.0), self.rng.uniform(0.45, 1.1)
        most = max(1, int(cell[1] / cell[0] / 0.55))
        marks = self.rng.choice([0.0, 0.0, 0.15])
        for i in range(rows):
            for j in range(columns):
                if self.rng.random() < filled:
                    top = margin + 3 + (i + (1 - tall) * self.rng.uniform(0.2, 0.9)) * cell[0]
                    left = margin + 3 + (j + self.rng.uniform(0.08, 0.35)) * cell[1]
                    count = int(self.rng.integers(1, most + 1))
                    self._write(
                        sheet, top, left, count, tall * cell[0], self.rng.uniform(0.0, 0.2), marks
                    )
        return sheet

    def boxes(self) -> Sheet:
        """Draw rows of boxes, some of them filled, some digits touching or crossing them."""
        count, side = int(self.rng.integers(2, 13)), float(self.rng.uniform(36, 120))
        side = min(side, 700 / count)
        apart = self.rng.choice([0.0, side * self.rng.uniform(0.05, 0.5)])
        rows = int(self.rng.integers(1, 4))
        tall = side * self.rng.uniform(0.9, 1.5)
        sheet = Sheet(int(rows * (tall * 1.5) + 40), int(count * (side + apart) + 50))
        width, dark = (
            max(1.0, side * self.rng.uniform(0.015, 0.08)),
            self.dark * self.rng.uniform(0.4, 1.0),
        )
        height = tall * self.rng.uniform(0.45, 0.9)
        spread = self.rng.uniform(0.0, 0.35)
        for i in range(rows):
            top = 20 + i * tall * 1.5
            filled = int(self.rng.integers(0, count + 1))
            for j in range(count):
                left = 20 + j * (side + apart)
                corners = [
                    (left, top),
                    (left + side, top),
                    (left + side, top + tall),
                    (left, top + tall),
                    (left, top),
                ]
                sheet.line(corners, width, dark)
                if j < filled:
                    glyph, label = self.digit(height)
                    x = (
                        left
                        + (side - glyph.shape[1]) / 2
                        + self.rng.uniform(-spread, spread) * side
                    )
                    y = (
                        top
                        + (tall - glyph.shape[0]) / 2
                        + self.rng.uniform(-spread, spread) * (tall - height)
                    )
                    sheet.stamp(glyph, y, x, self.dark, label)
        return sheet

    def _ground(self, sheet: Sheet, height: float) -> None:
        """Rule or square the paper, or leave it plain."""
        kind = self.rng.random()
        if kind > 0.4:
            return
        rows, columns = sheet.ink.shape
        dark = self.dark * self.rng.uniform(0.15, 1.0)
        width = max(1.0, height * self.rng.uniform(0.01, 0.07))
        step = height * self.rng.uniform(0.35, 2.2)
        for y in np.arange(self.rng.uniform(0, step), rows, max(step, 8)):
            sheet.line([(0, y), (columns, y)], width, dark)
        if kind < 0.22:
            step *= 1 if kind < 0.12 else self.rng.uniform(0.8, 3)
            for x in np.arange(self.rng.uniform(0, step), columns, max(step, 8)):
                sheet.line([(x, 0), (x, rows)], width, dark)
