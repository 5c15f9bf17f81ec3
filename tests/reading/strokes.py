"""Generated digits: the strokes of each digit, and the pens that draw them.

A digit consists of strokes, each a sequence of points in a box that is 1 high and about 0.6 wide.
The strokes vary at random, and a pen leaves ink along them. None of this code is shared with the
augmentation of training images.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = NDArray[np.float64]
Coverage = NDArray[np.float32]

# Ways to write each digit. A stroke is a list of points "x,y" joined by a smooth curve, or by
# straight lines if it starts with "!".
HANDS: dict[int, list[str]] = {
    0: [".3,0 .1,.15 .02,.5 .12,.88 .3,1 .5,.85 .58,.5 .48,.13 .28,0",
        ".4,.02 .18,.1 .05,.45 .1,.85 .32,1 .52,.82 .55,.4 .42,.06 .3,.03"],
    1: ["!.1,0 .1,1", ".2,0 .14,.5 .08,1", "!.0,.2 .22,0 .22,1", "!.05,.22 .25,0 .2,1",
        "!.0,.4 .28,0 .28,1", ".02,.32 .24,.0 .22,.5 .2,1"],
    2: [".05,.22 .15,.04 .35,0 .52,.14 .48,.38 .25,.7 .03,.97 | !.03,.97 .58,.95",
        ".04,.25 .2,.02 .42,.04 .52,.24 .4,.52 .15,.85 .05,.98 .2,.92 .4,.97 .6,.92"],
    3: [".05,.1 .25,0 .48,.08 .48,.33 .22,.46 .45,.55 .55,.78 .35,.98 .1,.97 0,.86",
        "!.03,.02 .5,.02 .22,.4 | .22,.4 .45,.45 .56,.7 .42,.95 .15,1 .0,.88"],
    4: ["!.3,0 .0,.62 .6,.62 | !.45,.3 .42,1", "!.45,0 .0,.66 .62,.66 | !.45,0 .45,1",
        ".05,.0 .03,.3 .1,.45 .3,.48 .5,.42 | !.52,.0 .48,1"],
    5: ["!.08,.02 .05,.44 | .05,.44 .25,.36 .5,.48 .55,.75 .38,.97 .12,1 .0,.9 | !.08,.02 .52,.0",
        "!.5,.0 .12,.02 .07,.42 | .07,.42 .32,.36 .55,.55 .5,.85 .28,1 .02,.93"],
    6: [".45,.0 .2,.2 .05,.55 .1,.88 .3,1 .5,.88 .52,.68 .35,.54 .15,.62 .07,.75",
        ".35,.0 .12,.3 .03,.65 .12,.95 .35,.99 .5,.8 .42,.58 .22,.56 .06,.72"],
    7: ["!.0,.04 .55,.02 .22,1", "!.02,.05 .56,.03 | .56,.03 .38,.4 .26,1 | !.15,.5 .52,.48",
        "!.0,.16 .03,.03 .55,.02 .3,.5 .2,1"],
    8: [".45,.1 .25,0 .07,.12 .1,.32 .3,.48 .5,.65 .5,.88 .28,1 .06,.88 .08,.66 "
        ".28,.5 .48,.32 .5,.14 .42,.06",
        ".28,.46 .08,.3 .12,.06 .32,0 .5,.14 .45,.36 .28,.47 .06,.65 .08,.9 .3,1 "
        ".52,.88 .5,.62 .28,.46"],
    9: [".5,.2 .35,.02 .12,.08 .05,.3 .18,.47 .4,.42 .5,.2 | .5,.2 .5,.6 .42,1",
        ".48,.12 .28,0 .08,.14 .08,.38 .26,.48 .45,.36 .5,.1 | .5,.1 .5,.5 .4,.85 .2,1 .06,.95"],
}  # fmt: skip


def written(digit: int, generator: np.random.Generator, tremble: float = 0.02) -> list[Points]:
    """Return the strokes of a digit, written in one of its ways with random slant and tremor."""
    hand = HANDS[digit][int(generator.integers(len(HANDS[digit])))]
    slant, breadth = generator.uniform(-0.12, 0.3), generator.uniform(0.85, 1.2)
    strokes = []
    for text in hand.split(" | "):
        sharp = text.startswith("!")
        points = np.array([tuple(map(float, p.split(","))) for p in text.lstrip("!").split()])
        points += generator.normal(0, tremble, points.shape)
        points = _straight(points) if sharp else _curve(points)
        points[:, 0] = breadth * points[:, 0] + slant * (0.5 - points[:, 1])
        strokes.append(points)
    return strokes


def _curve(points: Points) -> Points:
    """Interpolate points by a smooth curve (a Catmull-Rom spline)."""
    p = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, 16, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        pieces.append(
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2
                   + (3 * b - a - 3 * c + d) * t**3)
        )  # fmt: skip
    return np.vstack([*pieces, points[-1:]])


def _straight(points: Points) -> Points:
    """Interpolate points by straight lines."""
    t = np.linspace(0, 1, 24, endpoint=False)[:, None]
    pieces = [a + (b - a) * t for a, b in itertools.pairwise(points)]
    return np.vstack([*pieces, points[-1:]])


def turned(strokes: list[Points], degrees: float) -> list[Points]:
    """Rotate strokes about the point (0.5, 0.5)."""
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return [(s - 0.5) @ turn + 0.5 for s in strokes]


Pen = Callable[[list[Points], float, np.random.Generator], Image.Image]


def _canvas(strokes: list[Points], pen: float) -> tuple[list[Points], Image.Image]:
    """Return shifted strokes and an empty canvas that has room for all their ink."""
    everything = np.vstack(strokes)
    low, high = everything.min(axis=0) - pen - 2, everything.max(axis=0) + pen + 2
    size = np.ceil(high - low).astype(int)
    return [s - low for s in strokes], Image.new("L", (int(size[0]), int(size[1])))


def _stamp(draw: ImageDraw.ImageDraw, at: Points, across: float, down: float) -> None:
    draw.ellipse((at[0] - across, at[1] - down, at[0] + across, at[1] + down), fill=255)


def _dense(stroke: Points, step: float) -> Points:
    """Resample a stroke with points about `step` apart."""
    lengths = np.hypot(*np.diff(stroke, axis=0).T)
    along = np.concatenate([[0], np.cumsum(lengths)])
    wanted = np.linspace(0, along[-1], max(2, int(along[-1] / step) + 1))
    return np.stack([np.interp(wanted, along, stroke[:, axis]) for axis in (0, 1)], axis=1)


def round_pen(strokes: list[Points], pen: float, generator: np.random.Generator) -> Image.Image:
    """Draw with a felt-tip pen: a disc along each stroke."""
    strokes, image = _canvas(strokes, pen)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        for point in _dense(stroke, max(0.7, pen / 5)):
            _stamp(draw, point, pen / 2, pen / 2)
    return image


def broad_nib(strokes: list[Points], pen: float, generator: np.random.Generator) -> Image.Image:
    """Draw with a nib that is narrower across than down, so that stroke width varies."""
    strokes, image = _canvas(strokes, pen)
    draw = ImageDraw.Draw(image)
    flat = generator.uniform(0.45, 0.7)
    for stroke in strokes:
        for point in _dense(stroke, max(0.7, pen / 6)):
            _stamp(draw, point, pen / 2 * flat, pen / 2)
    return image


def brush(strokes: list[Points], pen: float, generator: np.random.Generator) -> Image.Image:
    """Draw with a brush whose pressure varies along the stroke and drops at both ends."""
    strokes, image = _canvas(strokes, pen)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = _dense(stroke, max(0.7, pen / 6))
        t = np.linspace(0, 1, len(points))
        press = 0.8 + 0.2 * np.sin(
            2 * np.pi * (t * generator.uniform(0.5, 1.5) + generator.random())
        )
        press *= np.clip(np.minimum(8 * t + 0.5, 6 * (1 - t) + 0.45), 0, 1)
        for point, share in zip(points, press, strict=True):
            _stamp(draw, point, pen / 2 * share, pen / 2 * share)
    return image


def pencil(strokes: list[Points], pen: float, generator: np.random.Generator) -> Image.Image:
    """Draw with a pencil, whose graphite is grainy on rough paper."""
    image = round_pen(strokes, pen, generator)
    grain = generator.random((image.height, image.width)) ** 0.4
    return Image.fromarray(np.asarray(np.asarray(image) * grain, np.uint8))


def mouse(strokes: list[Points], pen: float, generator: np.random.Generator) -> Image.Image:
    """Draw as in a paint program: straight lines between few points, without soft edges."""
    strokes, image = _canvas(strokes, pen)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        few = stroke[np.unique(np.linspace(0, len(stroke) - 1, 14).astype(int))]
        draw.line([tuple(p) for p in few.tolist()], fill=255, width=max(1, round(pen)))
    return image


PENS: dict[str, Pen] = {
    "round": round_pen, "nib": broad_nib, "brush": brush, "pencil": pencil, "mouse": mouse,
}  # fmt: skip


def drawn(
    digit: int,
    height: float,
    pen: float,
    kind: str,
    generator: np.random.Generator,
    turn: float = 0.0,
) -> Coverage:
    """Draw a digit about `height` pixels tall; return its ink from 0 to 1, cropped."""
    detail = 1 if kind == "mouse" or height > 250 else 4 if height < 80 else 2
    strokes = [detail * (height - pen) * s for s in turned(written(digit, generator), turn)]
    image = PENS[kind](strokes, detail * pen, generator)
    if detail > 1:
        image = image.resize(
            (-(-image.width // detail), -(-image.height // detail)), Image.Resampling.BOX
        )
    ink = np.asarray(image, np.float32) / np.float32(255)
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
