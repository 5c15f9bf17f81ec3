"""The hand of a page: its digits, from MNIST or from strokes, and the other marks."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from page_sheet import Coverage
from page_strokes import OPERATORS, SHAPES
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage


class Hand:
    """Writer of digits and of other marks, with a pen and a style of its own.

    Parameters
    ----------
    images, labels : ndarray of uint8, shapes (N, 28, 28) and (N,)
        MNIST digits.
    rng : numpy.random.Generator
        Source of the style and of every glyph.
    """

    def __init__(
        self, images: NDArray[np.uint8], labels: NDArray[np.integer], rng: np.random.Generator
    ) -> None:
        self.images, self.mnist_labels, self.rng = images, labels, rng
        self.fonts = _fonts()
        self.hand = rng.choice(["mnist", "strokes"], p=[0.55, 0.45])
        self.pen = float(np.exp(rng.uniform(np.log(0.02), np.log(0.2))))
        self.smooth = rng.random() < 0.5
        self.shaky = float(rng.uniform(0.1, 1.0))
        self.aspect = float(np.exp(rng.uniform(np.log(0.45), np.log(0.95))))
        self.dark = float(rng.uniform(0.3, 0.95))
        self.broken = float(rng.choice([0.0, 0.3], p=[0.9, 0.1]))

    def digit(self, height: float, digit: int | None = None) -> tuple[Coverage, int]:
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
        glyph = self.drawn(shapes[int(self.rng.integers(len(shapes)))], height)
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

    def drawn(self, shape: str, height: float, aspect: float | None = None) -> Coverage:
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

    def mark(self, height: float) -> Coverage:
        """Return an operator, a letter or a scribble."""
        kind = self.rng.random()
        if kind < 0.45:
            text = OPERATORS[str(self.rng.choice(list(OPERATORS)))]
            return self.drawn(text, height, float(self.rng.uniform(0.6, 1.1)))
        if kind < 0.75:
            return self._letter(height)
        if kind < 0.88:
            points = self.rng.uniform(0, 20, (int(self.rng.integers(3, 9)), 2))
            return self.drawn(" ".join(f"{x:.1f},{y:.1f}" for x, y in points), height, 1.0)
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


@lru_cache(maxsize=1)
def _fonts() -> list[ImageFont.FreeTypeFont]:
    """Return the typefaces bundled with Matplotlib."""
    import matplotlib

    fonts = Path(matplotlib.get_data_path()) / "fonts/ttf"
    chosen = [
        *fonts.glob("DejaVu*.ttf"),
        *fonts.glob("STIXGeneral*.ttf"),
        *fonts.glob("cm[brst]*10.ttf"),
    ]
    files = sorted(str(f) for f in chosen if "sy" not in f.name)
    return [ImageFont.truetype(path, 48) for path in files]
