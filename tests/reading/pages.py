"""Generated pages of digits under many conditions, with the box and label of each digit."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from tests.reading.strokes import PENS, Coverage, drawn

Box = tuple[int, int, int, int]
Grey = NDArray[np.float32]
Hand = Callable[[int, float, np.random.Generator], Coverage]


@dataclass
class Page:
    """Page image, with the box and label of each digit in reading order."""

    picture: NDArray[np.uint8]
    boxes: list[Box]
    labels: list[int]


@dataclass
class Style:
    """Settings for generating a page; each condition changes some of them."""

    height: tuple[float, float] = (40, 120)
    pen: tuple[float, float] = (0.05, 0.12)
    pens: tuple[str, ...] = tuple(PENS)
    rows: tuple[int, int] = (1, 2)
    a_row: tuple[int, int] = (1, 5)
    ink: tuple[float, float] = (0.6, 0.95)
    turn: float = 0.0
    gap: tuple[float, float] = (0.25, 0.6)
    after: tuple[Callable[[Grey, np.random.Generator], Grey], ...] = ()
    jpeg: tuple[int, int] | None = None
    rules: bool = False
    underlined: bool = False
    tint: bool = False
    inverted: bool = False
    desk: bool = False
    digits: Hand | None = None


def make_page(style: Style, generator: np.random.Generator) -> Page:
    """Generate a page in the given style."""
    height = float(np.exp(generator.uniform(*np.log(style.height))))
    pen = max(1.0, height * float(np.exp(generator.uniform(*np.log(style.pen)))))
    kind = str(generator.choice(style.pens))
    turn = float(generator.uniform(-style.turn, style.turn))
    rows = int(generator.integers(style.rows[0], style.rows[1] + 1))
    lines = []
    for _ in range(rows):
        count = int(generator.integers(style.a_row[0], style.a_row[1] + 1))
        line = []
        for _ in range(count):
            digit = int(generator.integers(10))
            tall = height * generator.uniform(0.85, 1.15)
            if style.digits is not None:
                line.append((digit, style.digits(digit, tall, generator)))
            else:
                line.append((digit, drawn(digit, tall, pen, kind, generator, turn)))
        lines.append(line)
    coverage, boxes, labels = _lay_out(lines, height, pen, turn, style, generator)
    if style.underlined:
        ends = np.cumsum([len(line) for line in lines])
        for start, end in itertools.pairwise([0, *map(int, ends)]):
            _underline(coverage, boxes[start:end], pen, generator)
    around = np.zeros(coverage.shape, np.float32)
    if style.desk:
        coverage, around, boxes = _on_desk(coverage, boxes, generator)
    return Page(_render(coverage, around, style, generator), boxes, labels)


def _lay_out(
    lines: list[list[tuple[int, Coverage]]],
    height: float,
    pen: float,
    turn: float,
    style: Style,
    generator: np.random.Generator,
) -> tuple[Grey, list[Box], list[int]]:
    """Arrange digits in rows that run at an angle; return the page, the boxes and the labels."""
    slope = -np.tan(np.deg2rad(turn))
    margin = height * generator.uniform(0.3, 0.8) + 3
    places, across_most = [], 0.0
    for number, line in enumerate(lines):
        across = margin
        for digit, ink in line:
            down = (
                margin
                + number * 1.7 * height
                + slope * across
                + generator.uniform(-0.05, 0.05) * height
            )
            places.append((digit, ink, down + (height - ink.shape[0]) / 2, across))
            across += ink.shape[1] + max(3.0, pen, height * generator.uniform(*style.gap))
        across_most = max(across_most, across)
    highest = min(p[2] for p in places)
    shift = max(0.0, 3 - highest) if highest < 3 else 0.0
    lowest = max(p[2] + p[1].shape[0] for p in places) + shift
    page = np.zeros((int(lowest + margin), int(across_most + margin)), np.float32)
    boxes, labels = [], []
    for digit, ink, down, across in places:
        top, left = int(down + shift), int(across)
        rows, columns = ink.shape
        part = page[top : top + rows, left : left + columns]
        np.maximum(part, ink, out=part)
        boxes.append((top, left, top + rows, left + columns))
        labels.append(digit)
    return page, boxes, labels


def _underline(page: Grey, row: list[Box], pen: float, generator: np.random.Generator) -> None:
    """Draw a slightly tilted line below a row of digits, which may stay above it or cross it."""
    height = float(np.median([bottom - top for top, _, bottom, _ in row]))
    width = max(1.0, pen * generator.uniform(0.4, 1))
    left = max(1.0, row[0][1] - height * generator.uniform(0, 0.3))
    right = min(page.shape[1] - 2.0, row[-1][3] + height * generator.uniform(0, 0.3))
    level = np.median([box[2] for box in row]) + height * generator.uniform(-0.08, 0.12)
    y, x = np.indices(page.shape, dtype=np.float32)
    away = np.abs(y - level - generator.uniform(-0.01, 0.01) * (x - left))
    line = np.clip((width + 1) / 2 - away, 0, 1) * ((x >= left) & (x <= right))
    np.maximum(page, line, out=page)


def _on_desk(
    page: Grey, boxes: list[Box], generator: np.random.Generator
) -> tuple[Grey, Grey, list[Box]]:
    """Place a page on a desk, in slight perspective.

    The page may extend beyond the image on some sides. Returns the page, the darkness of the desk
    (0 on the page) and the boxes.
    """
    height, width = page.shape
    side = min(page.shape)
    margins = np.maximum(generator.uniform(-0.15, 1, 4) * side, 0).astype(int)
    top, left, bottom, right = (int(margin) for margin in margins)
    shape = (height + top + bottom, width + left + right)
    corners = np.array([(0, 0), (0, width), (height, width), (height, 0)])
    corners += np.array([top, left])
    sheet = Image.new("L", shape[::-1])
    askew = corners + generator.uniform(-0.03, 0.03, (4, 2)) * side
    ImageDraw.Draw(sheet).polygon([(float(x), float(y)) for y, x in askew], fill=255)
    grain = np.cumsum(generator.normal(0, 0.02, shape[0]))[:, None] % 0.2
    grain = grain + generator.normal(0, 0.02, shape)
    dark = generator.uniform(0.35, 0.9) + 0.5 * grain
    around = np.where(np.asarray(sheet) > 0, 0, np.clip(dark, 0.2, 0.97)).astype(np.float32)
    moved = [(a + top, b + left, c + top, d + left) for a, b, c, d in boxes]
    return np.pad(page, ((top, bottom), (left, right))), around, moved


def _render(
    coverage: Grey, around: Grey, style: Style, generator: np.random.Generator
) -> NDArray[np.uint8]:
    """Render ink on paper; `around` is the darkness of the desk, 0 on the paper."""
    paper = float(generator.uniform(0.75, 1.0)) if style.tint else 1.0
    dark = float(generator.uniform(*style.ink))
    if style.rules:
        coverage = np.maximum(coverage, _rules(coverage.shape, generator))
    page = np.where(around > 0, 1 - around, paper * (1 - dark * coverage)).astype(np.float32)
    for change in style.after:
        page = change(page, generator)
    if style.inverted:
        page = 1 - page
    levels = np.asarray(np.clip(np.rint(255 * page), 0, 255), np.uint8)
    if style.tint:
        tint = np.array([1.0, generator.uniform(0.9, 1), generator.uniform(0.7, 0.95)])
        levels = np.asarray(levels[:, :, None] * tint, np.uint8)
    if style.jpeg:
        file = io.BytesIO()
        Image.fromarray(levels).save(file, "JPEG", quality=int(generator.integers(*style.jpeg)))
        levels = np.asarray(Image.open(file))
    return levels


def _rules(shape: tuple[int, ...], generator: np.random.Generator) -> Grey:
    """Draw ruled lines across a page, at a slight angle and lighter than the ink."""
    rules = np.zeros(shape, np.float32)
    every = max(12.0, shape[0] * generator.uniform(0.12, 0.3))
    thick = max(1, round(max(shape) * generator.uniform(0.001, 0.004)))
    slope = np.tan(np.deg2rad(generator.uniform(-2, 2)))
    strength = generator.uniform(0.25, 0.7)
    columns = np.arange(shape[1])
    for start in np.arange(generator.uniform(0, every) - shape[0], 2 * shape[0], every):
        for line in range(thick):
            rows = np.rint(start + slope * columns).astype(int) + line
            inside = (rows >= 0) & (rows < shape[0])
            rules[rows[inside], columns[inside]] = strength
    return rules


def dim(page: Grey, generator: np.random.Generator) -> Grey:
    """Dim the light gradually, to 65 % or more on one side, as a lamp does."""
    return lit(page, generator, (0.65, 1.0))


def gradient(page: Grey, generator: np.random.Generator) -> Grey:
    """Dim the light gradually, to between 35 and 60 % on one side."""
    return lit(page, generator, (0.35, 0.6))


def lit(page: Grey, generator: np.random.Generator, least_light: tuple[float, float]) -> Grey:
    """Dim the light linearly from one side to the other, to a fraction in `least_light`."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in page.shape), indexing="ij")
    angle = generator.uniform(0, 2 * np.pi)
    along = (np.cos(angle) * x + np.sin(angle) * y) / 2 + 0.5
    least = generator.uniform(*least_light)
    return np.asarray(page * (least + (1 - least) * np.clip(along, 0, 1)), np.float32)


def shadow(page: Grey, generator: np.random.Generator) -> Grey:
    """Darken a half-plane with a soft edge, like the shadow of a hand."""
    y, x = np.meshgrid(*(np.linspace(-1, 1, n) for n in page.shape), indexing="ij")
    angle = generator.uniform(0, 2 * np.pi)
    away = np.cos(angle) * x + np.sin(angle) * y - generator.uniform(-0.5, 0.5)
    soft = generator.uniform(0.03, 0.3)
    depth = generator.uniform(0.3, 0.55)
    return np.asarray(page * (1 - depth / (1 + np.exp(np.clip(-away / soft, -50, 50)))), np.float32)


def noise(page: Grey, generator: np.random.Generator) -> Grey:
    """Add the noise of a sensor in dim light."""
    sigma = generator.uniform(0.02, 0.07)
    return np.asarray(page + generator.standard_normal(page.shape) * sigma, np.float32)


def blur(page: Grey, generator: np.random.Generator) -> Grey:
    """Blur as a lens out of focus does: a box filter applied twice, which is about a triangle."""
    size = max(1, int(0.012 * min(page.shape)))
    kernel = np.ones(size) / size
    for _ in range(2):
        for axis in (0, 1):
            page = np.apply_along_axis(
                np.convolve, axis, np.pad(page, size, mode="edge"), kernel, "same"
            )
            page = page[size:-size, size:-size]
    return np.asarray(page, np.float32)


def specks(page: Grey, generator: np.random.Generator) -> Grey:
    """Add salt-and-pepper noise, like dust."""
    spots = generator.random(page.shape)
    page = np.where(spots < 0.002, 0.2, page)
    return np.asarray(np.where(spots > 0.998, 1.0, page), np.float32)


# Conditions that are reported separately.
CONDITIONS: dict[str, Style] = {
    "plain": Style(),
    "20 to 32 pixels": Style(height=(20, 32), pen=(0.06, 0.12)),
    "300 to 1000 pixels": Style(height=(300, 1000), rows=(1, 1), a_row=(1, 2)),
    "thin pen, 1/100": Style(
        height=(100, 400), pen=(0.01, 0.02), pens=("round", "mouse", "nib"), rows=(1, 1)
    ),
    "one-pixel lines": Style(
        height=(60, 280), pen=(0.001, 0.002), pens=("mouse",), rows=(1, 1), ink=(0.9, 1)
    ),
    "thick pen, 1/5": Style(pen=(0.17, 0.2), pens=("round", "brush", "mouse")),
    "tinted paper": Style(tint=True),
    "light from one side": Style(tint=True, after=(gradient,)),
    "shadow": Style(tint=True, after=(shadow,)),
    "noise": Style(after=(noise,)),
    "specks": Style(after=(specks,), height=(60, 120)),
    "blur": Style(after=(blur,)),
    "faint pencil": Style(
        pens=("pencil",),
        pen=(0.03, 0.06),
        ink=(0.3, 0.5),
        after=(gradient, noise),
        height=(60, 150),
    ),
    "ruled paper": Style(rules=True, height=(50, 150), rows=(1, 3)),
    "underlined": Style(underlined=True, a_row=(2, 6), pen=(0.05, 0.1)),
    "JPEG": Style(jpeg=(25, 70), tint=True),
    "turned to 10 degrees": Style(turn=10),
    "several rows": Style(rows=(3, 6), a_row=(2, 7)),
    "close together": Style(gap=(0.08, 0.16), a_row=(4, 8)),
    "light on dark": Style(inverted=True),
    "on a desk": Style(desk=True, tint=True, after=(dim, blur, noise), turn=4),
    "photograph": Style(
        tint=True,
        after=(gradient, shadow, blur, noise),
        jpeg=(50, 85),
        rules=True,
        height=(60, 150),
        turn=4,
    ),
}


def pasted(images: NDArray[np.uint8], by_digit: list[NDArray[np.intp]]) -> Hand:
    """Return a hand that draws MNIST digits, scaled to the requested height."""

    def take(digit: int, height: float, generator: np.random.Generator) -> Coverage:
        picture = images[int(generator.choice(by_digit[digit]))]
        rows, columns = np.flatnonzero(picture.any(axis=1)), np.flatnonzero(picture.any(axis=0))
        picture = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        scale = height / max(picture.shape)
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        image = Image.fromarray(picture).resize(size, Image.Resampling.BICUBIC)
        return np.asarray(image, np.float32) / np.float32(255)

    return take


def pages(name: str, style: Style, count: int, seed: int = 0) -> Iterator[Page]:
    """Yield pages in one style; the name and the seed determine which ones."""
    for number in range(count):
        generator = np.random.default_rng((seed, number, *name.encode()))
        yield make_page(style, generator)
