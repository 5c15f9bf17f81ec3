"""Generated images without digits: noise, textures and letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]

# Letters whose shape is also that of a digit are left out: O and o, I and l, Z, S and s.
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYabcdefghijkmnpqrtuvwxy&@#%?"


def _bytes(values: NDArray[np.float64]) -> Picture:
    low, high = values.min(), values.max()
    return np.asarray(255 * (values - low) / max(high - low, 1e-9), np.uint8)


def white_noise(generator: np.random.Generator) -> Picture:
    """Draw white noise, independent at each pixel."""
    return np.asarray(generator.integers(0, 256, (240, 320)), np.uint8)


def clouds(generator: np.random.Generator) -> Picture:
    """Draw noise on one scale: random values on a grid, interpolated smoothly."""
    cells = int(generator.integers(6, 40))
    grid = Image.fromarray(generator.random((cells, cells)).astype(np.float32))
    return _bytes(np.asarray(grid.resize((320, 240), Image.Resampling.BICUBIC), np.float64))


def fractal(generator: np.random.Generator) -> Picture:
    """Draw noise on many scales, similar to fur and foliage."""
    total = np.zeros((240, 320))
    for cells in (4, 8, 16, 32, 64):
        grid = Image.fromarray(generator.random((cells, cells)).astype(np.float32))
        total += (
            np.asarray(grid.resize((320, 240), Image.Resampling.BICUBIC), np.float64) / cells**0.5
        )
    return _bytes(total)


def weave(generator: np.random.Generator) -> Picture:
    """Draw a texture like cloth: two gratings and some noise."""
    y, x = np.mgrid[0:240, 0:320]
    period, angle = generator.uniform(6, 40), generator.uniform(0, np.pi)
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    waves = np.sin(2 * np.pi * along / period) + np.sin(2 * np.pi * across / period)
    return _bytes(waves + 0.4 * generator.standard_normal(waves.shape))


def bricks(generator: np.random.Generator) -> Picture:
    """Draw a wall of bricks in many shades of grey, with mortar between them."""
    wall = np.full((240, 320), 0.9)
    high, broad = int(generator.integers(14, 30)), int(generator.integers(30, 70))
    for number, top in enumerate(range(0, 240, high)):
        for left in range(-broad + number % 2 * broad // 2, 320, broad):
            wall[top + 2 : top + high, max(0, left + 2) : max(0, left + broad)] = generator.uniform(
                0.2, 0.6
            )
    return _bytes(wall + 0.05 * generator.standard_normal(wall.shape))


def scribble(generator: np.random.Generator) -> Picture:
    """Draw the strokes of a pen that moves at random."""
    image = Image.new("L", (320, 240), 255)
    draw = ImageDraw.Draw(image)
    for _ in range(int(generator.integers(3, 9))):
        start = generator.uniform(30, 210, 2)
        steps = np.cumsum(generator.normal(0, 14, (int(generator.integers(6, 25)), 2)), axis=0)
        draw.line(
            [tuple(p) for p in (start + steps).tolist()],
            fill=20,
            width=int(generator.integers(2, 8)),
        )
    return np.asarray(image)


def letters(generator: np.random.Generator) -> Picture:
    """Draw rows of letters in one typeface."""
    image = Image.new("L", (420, 260), 255)
    draw = ImageDraw.Draw(image)
    size = int(generator.integers(28, 60))
    font = ImageFont.load_default(size)
    for top in range(10, 260 - size, int(1.5 * size)):
        for left in range(10, 420 - size, int(1.2 * size)):
            draw.text((left, top), str(generator.choice(list(LETTERS))), fill=30, font=font)
    return np.asarray(image)


KINDS: dict[str, Callable[[np.random.Generator], Picture]] = {
    "noise": white_noise, "clouds": clouds, "fractal": fractal, "weave": weave, "bricks": bricks,
    "scribble": scribble, "letters": letters,
}  # fmt: skip


def non_digits(kind: str, count: int) -> Iterator[Picture]:
    """Yield images of one kind; every call yields the same ones."""
    for number in range(count):
        yield KINDS[kind](np.random.default_rng((number, *kind.encode())))
