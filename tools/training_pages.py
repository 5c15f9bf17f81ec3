"""Generated pages of digits and of other marks, with the box and label of every digit.

Each page combines a layout (rows, a grid, boxes, a sum, one large digit, letters, marks) with a
ground (ruled, squared, plain), with what lies around the page (a desk, a dark block, a sliver at
the border), with light (a gradient, a shadow, glare) and with a camera (tilt, blur, noise, JPEG).
The digits are MNIST's training digits and digits drawn from the strokes below. Nothing is shared
with the pages in `tests/reading`, on which the reader is measured.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

Coverage = NDArray[np.float32]
Box = tuple[int, int, int, int]

# Strokes as polylines "xy xy ...", coordinates in twentieths of the digit's width and height.
SHAPES: dict[int, list[str]] = {
    0: ["10,0 3,3 0,10 3,17 10,20 17,17 20,10 17,3 10,0", "4,1 0,8 1,17 8,20 17,18 20,10 16,1 3,1",
        "0,0 20,0 20,20 0,20 0,0", "14,2 6,0 0,9 4,19 14,20 20,11 15,2 9,1"],
    1: ["10,0 10,20", "12,0 8,20", "9,0 11,20", "2,6 11,0 10,20", "4,4 10,0 10,20",
        "2,5 10,0 10,20|3,20 17,20"],
    2: ["1,5 5,0 15,0 19,5 16,10 0,20 20,20", "0,3 8,0 18,3 18,8 1,19 7,17 13,20 20,18",
        "1,0 19,0 19,9 1,10 1,20 20,20", "2,4 10,0 17,4 12,12 2,20 19,19"],
    3: ["1,2 10,0 18,4 9,9 19,14 11,20 0,18", "0,0 18,0 8,8 19,13 14,20 1,19",
        "2,3 11,0 17,5 8,10 18,10 19,16 10,20 1,17", "0,0 19,0 19,20 0,20|4,10 19,10"],
    4: ["7,0 0,13 20,13|14,6 13,20", "15,0 0,14 20,14|15,0 15,20", "1,0 1,9 17,10|17,0 16,20",
        "3,0 1,11 20,11|13,4 12,20", "16,20 16,0 0,13 20,12"],
    5: ["18,0 4,0 2,9 12,8 19,13 13,20 1,18", "3,0 3,9 13,8 18,14 10,20 0,18|3,1 19,0",
        "20,0 0,0 0,9 20,9 20,20 0,20", "4,2 3,9 15,9 17,17 8,20 0,17|5,1 20,1"],
    6: ["14,0 5,6 1,14 6,20 16,18 17,12 10,10 2,14", "18,0 0,0 0,20 20,20 20,9 0,9",
        "10,0 2,9 1,17 9,20 18,16 13,10 3,13", "1,0 0,20 20,20 20,10 1,11"],
    7: ["0,1 20,0 8,20", "1,0 19,0 12,9 10,20|4,10 17,9", "0,4 2,0 20,1 10,20",
        "0,0 20,0 19,20", "1,2 18,0 5,20|3,11 15,11"],
    8: ["10,10 3,5 9,0 16,4 10,10 2,16 9,20 18,15 10,10",
    "17,2 7,0 3,6 17,13 13,20 3,18 4,12 17,5 16,1",
        "0,0 20,0 20,20 0,20 0,0|0,10 20,10", "10,9 4,4 10,0 16,5 9,9 3,14 10,20 17,14 11,9"],
    9: ["17,3 10,0 3,5 9,10 17,4 16,11 12,20", "20,10 0,10 0,0 20,0 20,20",
    "18,5 10,0 2,5 8,11 18,6 18,20",
        "16,2 5,1 2,8 14,9 17,2 15,20 3,19", "15,9 3,8 3,1 15,0 16,20"],
}  # fmt: skip
OPERATORS = {
    "+": "10,0 10,20|0,10 20,10", "-": "0,10 20,10", "x": "0,0 20,20|0,20 20,0",
    "=": "0,6 20,6|0,14 20,14",
    "/": "18,0 2,20", ",": "12,0 8,8", ".": "9,9 11,10", ":": "9,4 11,5|9,14 11,15",
    "(": "14,0 7,10 14,20",
    ")": "6,0 13,10 6,20", "<": "18,2 2,10 18,18", ">": "2,2 18,10 2,18",
    "?": "3,4 10,0 16,5 10,11 10,14|10,18 10,19",
    "v": "0,0 10,20 20,0", "A": "0,20 10,0 20,20|4,12 16,12", "H": "0,0 0,20|20,0 20,20|0,10 20,10",
    "E": "18,0 0,0 0,20 18,20|0,10 14,10", "T": "0,0 20,0|10,0 10,20",
    "K": "0,0 0,20|18,0 0,11 18,20",
    "M": "0,20 2,0 10,12 18,0 20,20", "W": "0,0 5,20 10,6 15,20 20,0", "N": "0,20 0,0 20,20 20,0",
    "X": "0,0 20,20|18,0 2,20", "F": "18,0 0,0 0,20|0,9 14,9", "R": "0,20 0,0 14,2 14,9 0,11 16,20",
    "u": "0,0 1,16 9,20 18,15 19,0 20,20", "h": "0,0 0,20|0,10 10,6 16,10 16,20",
    "~": "0,12 6,8 13,12 20,8",
}  # fmt: skip


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


class PageGenerator:
    """Generator of pages.

    Parameters
    ----------
    images, labels : ndarray of uint8, shapes (N, 784) and (N,)
        MNIST digits.
    seed : int
        Seed of the random numbers; the page with a number is the same in every run.
    without : tuple of str
        Layouts that are not drawn, in order to measure the reader on kinds it was not trained on.
    """

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        seed: int,
        without: tuple[str, ...] = (),
    ) -> None:
        self.images, self.mnist_labels = images.reshape(-1, 28, 28), labels
        self.seed = seed
        self.layouts = [(n, w) for n, w in LAYOUTS if n not in without]
        self.fonts = [ImageFont.truetype(path, 48) for path in _font_files()]

    def page(self, number: int) -> Page:
        """Return the page with a number."""
        self.rng = np.random.default_rng((self.seed, number))
        names, weights = zip(*self.layouts, strict=True)
        kind = str(self.rng.choice(names, p=np.array(weights) / sum(weights)))
        self.hand = self.rng.choice(["mnist", "strokes"], p=[0.55, 0.45])
        self.pen = float(np.exp(self.rng.uniform(np.log(0.02), np.log(0.2))))
        self.smooth = self.rng.random() < 0.5
        self.shaky = float(self.rng.uniform(0.1, 1.0))
        self.aspect = float(np.exp(self.rng.uniform(np.log(0.45), np.log(0.95))))
        self.dark = float(self.rng.uniform(0.3, 0.95))
        self.broken = float(self.rng.choice([0.0, 0.3], p=[0.9, 0.1]))
        if kind in {"raw", "texture"}:
            page: Page = getattr(self, "_" + kind)()
            return page
        sheet: Sheet = getattr(self, "_" + kind)()
        return self._photographed(sheet, kind)

    # --- glyphs -----------------------------------------------------------------------------------

    def _digit(self, height: float, digit: int | None = None) -> tuple[Coverage, int]:
        """Return a digit about `height` pixels tall, and its label."""
        if self.hand == "mnist" and height < 250 and self.rng.random() < 0.97:
            index = int(self.rng.integers(len(self.images)))
            if digit is not None:
                while self.mnist_labels[index] != digit:
                    index = int(self.rng.integers(len(self.images)))
            glyph = self._pasted(self.images[index], height)
            return self._with_gaps(glyph), int(self.mnist_labels[index])
        digit = int(self.rng.integers(10)) if digit is None else digit
        shapes = SHAPES[digit]
        glyph = self._drawn(shapes[int(self.rng.integers(len(shapes)))], height)
        return self._with_gaps(glyph), digit

    def _with_gaps(self, glyph: Coverage) -> Coverage:
        """Interrupt the strokes of some digits of a page, as a pen does that lifts too early."""
        if self.rng.random() >= self.broken:
            return glyph
        y, x = np.indices(glyph.shape)
        angle, at = self.rng.uniform(0, np.pi), self.rng.uniform(0.2, 0.8, 2) * glyph.shape
        away = np.abs(np.sin(angle) * (y - at[0]) + np.cos(angle) * (x - at[1]))
        gap = self.rng.uniform(0.015, 0.06) * max(glyph.shape)
        return np.asarray(np.where(away < gap, 0, glyph), np.float32)

    def _pasted(self, image: NDArray[np.uint8], height: float) -> Coverage:
        """Enlarge an MNIST digit, with sharp edges, thinner or thicker."""
        ink = _cropped(image.astype(np.float32) / 255)
        scale = height / max(ink.shape)
        size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
        large = np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BICUBIC), np.float32)
        soft = max(1.0, scale * 0.8)
        level = self.rng.uniform(0.3, 0.65)
        return _cropped(np.clip((large - level) * soft + 0.5, 0, 1))

    def _drawn(self, shape: str, height: float, aspect: float | None = None) -> Coverage:
        """Draw strokes with jitter, slant and the page's pen."""
        aspect = aspect or self.aspect * float(np.exp(self.rng.normal(0, 0.12)))
        pen = max(1.0, self.pen * height * float(np.exp(self.rng.normal(0, 0.08))))
        detail = 3 if height < 100 else 1
        slant = self.rng.normal(0.05, 0.12)
        margin = pen + 3
        size = np.ceil(np.array([height * (aspect + 0.9), height * 1.3]) + 2 * margin).astype(int)
        image = Image.new("L", (int(size[0] * detail), int(size[1] * detail)))
        draw = ImageDraw.Draw(image)
        for stroke in shape.split("|"):
            points = np.array([[float(v) for v in p.split(",")] for p in stroke.split()]) / 20
            points += self.rng.normal(0, 0.035 * self.shaky, points.shape)
            if self.smooth and len(points) > 2:
                points = _rounded(points)
            x = points[:, 0] * aspect + slant * (1 - points[:, 1])
            xy = np.stack([x + 0.4, points[:, 1] + 0.12], axis=1) * (height - pen) + margin
            path = [tuple(p) for p in (detail * xy).tolist()]
            width = max(1, round(detail * pen))
            draw.line(path, fill=255, width=width, joint="curve")
            for px, py in path if width > 3 else ():
                draw.ellipse(
                    (px - width / 2, py - width / 2, px + width / 2, py + width / 2), fill=255
                )
        if detail > 1:
            image = image.reduce(detail)
        return _cropped(np.asarray(image, np.float32) / 255)

    def _mark(self, height: float) -> Coverage:
        """Return an operator, a letter or a scribble."""
        kind = self.rng.random()
        if kind < 0.45:
            text = OPERATORS[str(self.rng.choice(list(OPERATORS)))]
            return self._drawn(text, height, float(self.rng.uniform(0.6, 1.1)))
        if kind < 0.75:
            return self._letter(height)
        if kind < 0.88:
            points = self.rng.uniform(0, 20, (int(self.rng.integers(3, 9)), 2))
            return self._drawn(" ".join(f"{x:.1f},{y:.1f}" for x, y in points), height, 1.0)
        noise = ndimage.gaussian_filter(self.rng.standard_normal((48, 48)), self.rng.uniform(2, 7))
        blot = Image.fromarray(
            (noise > np.quantile(noise, self.rng.uniform(0.5, 0.85))).astype(np.float32)
        )
        side = max(3, round(height))
        return _cropped(
            np.asarray(blot.resize((side, side), Image.Resampling.BILINEAR), np.float32)
        )

    def _letter(self, height: float) -> Coverage:
        """Return a letter of a typeface."""
        font = self.fonts[int(self.rng.integers(len(self.fonts)))]
        image = Image.new("L", (100, 100))
        letter = str(self.rng.choice(list("ABCDEFGHJKLMNPQRTUVWXYabcdefghjkmnpqrtuvwxy&@#%?!*")))
        ImageDraw.Draw(image).text((20, 15), letter, fill=255, font=font)
        ink = _cropped(np.asarray(image, np.float32) / 255)
        scale = height / max(ink.shape)
        size = (max(2, round(ink.shape[1] * scale)), max(2, round(ink.shape[0] * scale)))
        return np.asarray(Image.fromarray(ink).resize(size, Image.Resampling.BILINEAR), np.float32)

    # --- layouts ----------------------------------------------------------------------------------

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
            glyph, label = (self._mark(tall), None) if mark else self._digit(tall)
            if left + glyph.shape[1] > sheet.ink.shape[1]:
                break
            sheet.stamp(
                glyph, top + (height - glyph.shape[0]) * self.rng.random(), left, self.dark, label
            )
            left += glyph.shape[1] + max(gap * height, gap * height + 1)
        return left

    def _size(self) -> tuple[int, int]:
        """Return a page size."""
        width = int(np.exp(self.rng.uniform(np.log(260), np.log(900))))
        return int(width * self.rng.uniform(0.4, 1.3)) + 60, width

    def _rows(self) -> Sheet:
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

    def _marks(self) -> Sheet:
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

    def _sums(self) -> Sheet:
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
                    mark = self._drawn(OPERATORS[text], tall, float(self.rng.uniform(0.7, 1.1)))
                    at = top + (height * 0.85 if text in ",." else (height - mark.shape[0]) / 2)
                    sheet.stamp(mark, at, left, self.dark, None)
                    left += mark.shape[1] + self.rng.uniform(0.15, 0.6) * height
                left = self._write(sheet, top, left, int(self.rng.integers(1, 3)), height, 0.2)
                left += self.rng.uniform(0.1, 0.5) * height
            top += self.rng.uniform(1.3, 2.5) * height
        self._ground(sheet, height)
        return sheet

    def _single(self) -> Sheet:
        """Draw one digit, of any proportions and pen."""
        side = int(np.exp(self.rng.uniform(np.log(36), np.log(700))))
        sheet = Sheet(side, int(side * self.rng.uniform(0.8, 1.4)))
        height = side * self.rng.uniform(0.35, 0.85)
        self.pen = float(np.exp(self.rng.uniform(np.log(0.004), np.log(0.2))))
        if self.rng.random() < 0.4:
            self.aspect = float(np.exp(self.rng.uniform(np.log(0.3), np.log(1.7))))
        digit = 1 if self.rng.random() < 0.2 else None
        glyph, label = self._digit(min(height, sheet.ink.shape[1] / 1.8), digit)
        room = np.subtract(sheet.ink.shape, glyph.shape)
        sheet.stamp(glyph, *(room * self.rng.uniform(0.1, 0.9, 2)), self.dark, label)
        return sheet

    def _large(self) -> Sheet:
        """Draw one to three digits that fill the page."""
        height = float(np.exp(self.rng.uniform(np.log(120), np.log(420))))
        count = int(self.rng.integers(1, 4))
        self.pen = float(np.exp(self.rng.uniform(np.log(0.006), np.log(0.2))))
        sheet = Sheet(int(height * self.rng.uniform(1.2, 1.9)), int(height * (0.9 * count + 0.6)))
        top = self.rng.uniform(0.05, 0.95) * (sheet.ink.shape[0] - 1.12 * height)
        gap = self.rng.uniform(0.05, 0.4)
        self._write(sheet, top, self.rng.uniform(0.05, 0.3) * height, count, height, gap)
        if self.rng.random() < 0.2:
            self._ground(sheet, height)
        return sheet

    def _raw(self) -> Page:
        """Return an MNIST image as it is, or inverted, enlarged and with a margin."""
        index = int(self.rng.integers(len(self.images)))
        image, margin = self.images[index], 0
        if self.rng.random() < 0.5:
            side = int(28 * np.exp(self.rng.uniform(0, np.log(8))))
            image = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))
            margin = int(self.rng.uniform(0, 1.0) * side)
        levels = np.pad(image, margin)
        rows, columns = (np.flatnonzero((levels > 60).any(axis=axis)) for axis in (1, 0))
        box = int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
        levels = 255 - levels if self.rng.random() < 0.4 else levels
        return Page(np.ascontiguousarray(levels), [box], [int(self.mnist_labels[index])], "raw")

    def _texture(self) -> Page:
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

    def _grid(self) -> Sheet:
        """Draw a table of cells with digits in many of them."""
        rows, columns = (int(v) for v in self.rng.integers(1, 10, 2))
        cell = np.array([self.rng.uniform(34, 95), self.rng.uniform(0.8, 1.9)])
        cell[1] *= cell[0]
        shrink = min(1.0, 820 / max(rows * cell[0], columns * cell[1]))
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

    def _boxes(self) -> Sheet:
        """Draw rows of boxes, some of them filled, some digits touching or crossing them."""
        count, side = int(self.rng.integers(2, 13)), float(self.rng.uniform(36, 120))
        side = min(side, 1000 / count)
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
                    glyph, label = self._digit(height)
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

    # --- light and camera -------------------------------------------------------------------------

    def _photographed(self, sheet: Sheet, kind: str) -> Page:
        """Return the page as a camera sees it."""
        rng, ink, owner = self.rng, sheet.ink, sheet.owner
        if rng.random() < 0.12:  # chalk, or a pen that runs dry
            holes = rng.random((ink.shape[0] // 2 + 1, ink.shape[1] // 2 + 1)) < rng.uniform(
                0.1, 0.35
            )
            holes = holes.repeat(2, axis=0).repeat(2, axis=1)[: ink.shape[0], : ink.shape[1]]
            ink = ink * (1 - rng.uniform(0.3, 0.7) * holes).astype(np.float32)
        paper = rng.uniform(0.45, 1.0)
        page = (paper * (1 - ink)).astype(np.float32)
        page, owner = self._around(page, owner, paper)
        tilt = rng.normal(0, 2) if rng.random() < 0.5 else 0.0
        if abs(tilt) > 0.2:
            fill = float(np.median(page))
            page = np.asarray(
                Image.fromarray(page).rotate(tilt, Image.Resampling.BICUBIC, fillcolor=fill)
            )
            owner = np.asarray(Image.fromarray(owner).rotate(tilt, Image.Resampling.NEAREST))
        page = self._lit(page)
        turn = int(rng.integers(1, 4)) if rng.random() < 0.08 else 0
        page, owner = np.rot90(page, turn), np.rot90(owner, turn)
        tall = [s[0].stop - s[0].start for s in ndimage.find_objects(owner) if s]
        if rng.random() < 0.3 and tall and min(tall) > 12:  # a small picture
            scale = max(9 / min(tall), rng.uniform(0.15, 0.8))
            if scale < 1 and min(page.shape) * scale > 20:
                size = (max(1, round(page.shape[1] * scale)), max(1, round(page.shape[0] * scale)))
                page = np.asarray(
                    Image.fromarray(page).resize(size, Image.Resampling.LANCZOS, reducing_gap=None)
                )
                owner = np.asarray(Image.fromarray(owner).resize(size, Image.Resampling.NEAREST))
                tall = [scale * t for t in tall]
        if rng.random() < 0.75:
            most = min(0.04 * float(np.median(tall)) if tall else 1.5, 4)
            page = ndimage.gaussian_filter(page, rng.uniform(0.2, max(0.3, most)))
        if rng.random() < 0.8:
            sigma = np.exp(rng.uniform(np.log(0.002), np.log(0.07)))
            page = page + rng.standard_normal(page.shape) * sigma
        levels = np.asarray(np.clip(np.rint(255 * page), 0, 255), np.uint8)
        if rng.random() < 0.12:
            levels = 255 - levels
        if rng.random() < 0.25:
            file = io.BytesIO()
            Image.fromarray(levels).save(file, "JPEG", quality=int(rng.integers(30, 90)))
            levels = np.asarray(Image.open(file))
        return _page(levels, owner, sheet.labels, kind, turn)

    def _around(
        self, page: Coverage, owner: NDArray[np.uint8], paper: float
    ) -> tuple[Coverage, NDArray[np.uint8]]:
        """Put the page on a desk, beside a dark block, or with a sliver at a border."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.15:
            most = min(300, max(3, int(rng.choice([0.25, 0.8]) * min(page.shape))))
            margins = rng.integers(0, most, (2, 2))
            desk = float(np.clip(paper + rng.choice([-1, -1, 1]) * rng.uniform(0.12, 0.6), 0.05, 1))
            page = np.pad(page, margins, constant_values=-1)
            owner = np.pad(owner, margins)
            grain = np.zeros(page.shape)
            if rng.random() < 0.6:
                streaks = rng.standard_normal((page.shape[0], 1)) + 0.5 * rng.standard_normal(
                    page.shape
                )
                grain = rng.uniform(0.02, 0.3) * ndimage.gaussian_filter(streaks, rng.uniform(0, 4))
            page = np.where(page < 0, np.clip(desk + grain, 0, 1), page).astype(np.float32)
        elif kind < 0.25:
            side = int(rng.integers(4))
            depth = int(rng.uniform(0.03, 0.3) * page.shape[1])
            page, owner = np.rot90(page, side), np.rot90(owner, side)
            page, owner = np.pad(page, ((0, 0), (depth, 0))), np.pad(owner, ((0, 0), (depth, 0)))
            page[:, :depth] = rng.uniform(0.05, 0.9)
            half = int(rng.integers(page.shape[0]))
            page[half:, :depth] = rng.uniform(0.05, 0.9)
            page, owner = np.rot90(page, -side), np.rot90(owner, -side)
        elif kind < 0.38:
            side = int(rng.integers(4))
            page, owner = np.rot90(page, side).copy(), np.rot90(owner, side)
            knots = rng.uniform(-4, 7, int(rng.integers(2, 12)))
            depth = np.interp(
                np.linspace(0, len(knots) - 1, page.shape[0]), np.arange(len(knots)), knots
            )
            page[np.arange(page.shape[1]) < depth[:, None]] = rng.uniform(0.1, 0.7)
            page, owner = np.rot90(page, -side), np.rot90(owner, -side)
        return page, owner

    def _lit(self, page: Coverage) -> Coverage:
        """Light the page unevenly."""
        rng = self.rng
        y, x = np.meshgrid(
            *(np.linspace(-1, 1, n, dtype=np.float32) for n in page.shape), indexing="ij"
        )
        if rng.random() < 0.35:
            angle = rng.uniform(0, 2 * np.pi)
            along = (np.cos(angle) * x + np.sin(angle) * y) / 2.8 + 0.5
            page = page * (1 - rng.uniform(0.1, 0.6) * along)
        if rng.random() < 0.22:
            angle = rng.uniform(0, 2 * np.pi)
            away = np.cos(angle) * x + np.sin(angle) * y - rng.uniform(-0.7, 0.7)
            soft = float(np.exp(rng.uniform(np.log(0.003), np.log(0.3))))
            shadow = 1 / (1 + np.exp(np.clip(-away / soft, -50, 50)))
            page = page * (1 - rng.uniform(0.2, 0.7) * shadow)
        if rng.random() < 0.12:
            middle, radius = rng.uniform(-0.9, 0.9, 2), rng.uniform(0.1, 0.5)
            away = np.hypot(y - middle[0], x - middle[1]) - radius
            soft = float(np.exp(rng.uniform(np.log(0.01), np.log(0.2))))
            glare = 1 / (1 + np.exp(np.clip(away / soft, -50, 50)))
            page = page + glare * rng.uniform(0.3, 1.0) * (1 - page)
        return np.asarray(page, np.float32)


LAYOUTS = (
    ("rows", 0.28), ("grid", 0.13), ("boxes", 0.09), ("single", 0.13), ("sums", 0.07),
    ("marks", 0.14), ("large", 0.05), ("raw", 0.15), ("texture", 0.03),
)  # fmt: skip


def _page(
    levels: NDArray[np.uint8], owner: NDArray[np.uint8], labels: list[int], kind: str, turn: int
) -> Page:
    """Return a page with the boxes of the digits; digits on their side are not digits."""
    page = Page(np.ascontiguousarray(levels), [], [], kind)
    for place, label in zip(ndimage.find_objects(owner), labels, strict=False):
        if place is None:
            continue
        box = (place[0].start, place[1].start, place[0].stop, place[1].stop)
        if turn == 0 or (turn == 2 and label in {0, 1, 8}):
            page.boxes.append(box)
            page.labels.append(label)
        elif label in {0, 1, 8, 6, 9} or (turn == 2 and label in {2, 5}):
            page.ambiguous.append(box)
    return page


def _cropped(ink: Coverage) -> Coverage:
    """Return ink without the empty rows and columns around it."""
    rows, columns = np.flatnonzero((ink > 0.2).any(axis=1)), np.flatnonzero((ink > 0.2).any(axis=0))
    if not len(rows):
        return np.ones((2, 2), np.float32)
    return np.asarray(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], np.float32)


def _rounded(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round the corners of a polyline (Chaikin 1974), three times."""
    for _ in range(3):
        a, b = points[:-1], points[1:]
        inner = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], axis=1).reshape(-1, 2)
        points = np.vstack([points[:1], inner[1:-1], points[-1:]])
    return points


def _font_files() -> list[str]:
    """Return the typefaces bundled with Matplotlib."""
    import matplotlib

    fonts = Path(matplotlib.get_data_path()) / "fonts/ttf"
    chosen = [
        *fonts.glob("DejaVu*.ttf"),
        *fonts.glob("STIXGeneral*.ttf"),
        *fonts.glob("cm[brst]*10.ttf"),
    ]
    return sorted(str(f) for f in chosen if "sy" not in f.name)
