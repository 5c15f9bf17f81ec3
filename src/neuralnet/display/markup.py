"""HTML and inline SVG from plain data.

Text and axes take the colour of the page that they are shown on, and the other colours have enough
contrast on white and on black, so that everything is legible in light and in dark themes.
"""

from __future__ import annotations

import base64
import math
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from neuralnet.checks import Array, InputError, describe

# From the palette of Okabe and Ito, which is distinguishable with colour blindness.
BLUE, ORANGE = "#0072B2", "#D55E00"
Cell = str | int | float
Box = tuple[int, int, int, int]  # top, left, bottom, right

# Size of a chart, and of the margins around its axes, in pixels.
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 360, 220, 52, 12, 44, 36
# Number of epochs up to which each is marked with a dot.
_FEW = 30
# Height of an image in a grid, and the least and the greatest width of a picture, in pixels.
_IMAGE_HEIGHT, _MIN_PICTURE, _MAX_PICTURE = 56, 240, 640
_GREY = "rgba(128,128,128,0.5)"


def escape(text: object) -> str:
    """Return text that HTML shows as it is."""
    import html  # its table of entities takes 1 ms to load

    return html.escape(str(text))


def panel(title: str, *parts: str) -> str:
    """Put HTML parts, of which some may be empty, under a line of text."""
    shown = "".join(f"<div>{part}</div>" for part in parts if part)
    return (
        f'<div style="font-family:sans-serif;font-size:13px"><p style="margin:4px 0">'
        f'{escape(title)}</p><div style="display:flex;flex-wrap:wrap;gap:16px">{shown}</div></div>'
    )


def bullets(sentences: Sequence[str]) -> str:
    """Return an HTML list of sentences; an empty string if there are none."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul style="margin:4px 0;padding-left:20px;max-width:48em">{items}</ul>' * bool(items)


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]], *, total: bool = False) -> str:
    """Return an HTML table; numbers are aligned to the right.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    rows : sequence of sequence of str, int or float
        Cells by row, as many as the header has.
    total : bool
        Whether the last row holds totals.
    """
    columns = zip(*rows, strict=True)
    numeric = [any(not isinstance(cell, str) for cell in column) for column in columns]
    sides = ["right" if one else "left" for one in numeric] or ["left"] * len(header)
    last = len(rows) if total else -1
    lines = []
    for number, row in enumerate([header, *rows]):
        kind = "th" if number in {0, last} else "td"
        line = f"border-top:1px solid {_GREY};" if number in {1, last} else ""
        cells = (
            f'<{kind} style="text-align:{side};padding:2px 10px;{line}">{escape(_text(cell))}'
            f"</{kind}>"
            for cell, side in zip(row, sides, strict=True)
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table style="border-collapse:collapse;margin:4px 0">{"".join(lines)}</table>'


def text_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return aligned lines of text: a header and the rows; numbers are aligned to the right."""
    columns = []
    for column in zip(header, *rows, strict=True):
        align = str.ljust if all(isinstance(cell, str) for cell in column) else str.rjust
        texts = [_text(cell) for cell in column]
        columns.append([align(text, max(map(len, texts))) for text in texts])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _text(cell: Cell) -> str:
    """Return the text of a cell: whole numbers in groups of three digits, others in four digits."""
    if isinstance(cell, str):
        return cell
    return f"{cell:,}" if isinstance(cell, int | np.integer) else f"{cell:.4g}"


def chart(
    title: str,
    curves: Mapping[str, Sequence[float]],
    *,
    mark: int | None = None,
    from_zero: bool = False,
) -> str:
    """Draw quantities per epoch as lines, in SVG.

    Parameters
    ----------
    title : str
        Name of the quantity.
    curves : mapping of str to sequence of float
        At most two curves by name, each with one value per epoch. NaN and infinite values leave a
        gap.
    mark : int, optional
        Epoch, counted from 1, at which a vertical line is drawn.
    from_zero : bool
        Whether the vertical axis begins at 0.

    Returns
    -------
    str
        The SVG, or an empty string if no value is finite.
    """
    curves = {name: values for name, values in curves.items() if len(values)}
    finite = [value for values in curves.values() for value in values if math.isfinite(value)]
    if not finite:
        return ""
    low, high = _widened(min([*finite, 0.0] if from_zero else finite), max(finite))
    num_epochs = max(map(len, curves.values()))
    across, down = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def x(epoch: float) -> float:
        return _LEFT + across * (epoch - 0.5) / num_epochs

    def y(value: float) -> float:
        return _TOP + down * (high - value) / (high - low)

    bottom, right = _HEIGHT - _BOTTOM, _WIDTH - _RIGHT
    parts = [_svg_text(_LEFT, 14, title, weight="bold")]
    for tick, label in _ticks(low, high):
        parts.append(_line(_LEFT, y(tick), right, y(tick), _GREY))
        parts.append(_svg_text(_LEFT - 6, y(tick) + 4, label, anchor="end"))
    for tick, label in _ticks(1, num_epochs, least=1):
        parts.append(_line(x(tick), bottom, x(tick), bottom + 4, _GREY))
        parts.append(_svg_text(x(tick), bottom + 17, label, anchor="middle"))
    parts.append(_svg_text(_LEFT + across / 2, _HEIGHT - 4, "Epoch", anchor="middle"))
    if mark is not None:
        parts.append(_line(x(mark), _TOP, x(mark), bottom, "currentColor", dashes="4 3"))
    for number, (name, values) in enumerate(curves.items()):
        colour, left = (BLUE, ORANGE)[number], _LEFT + 100 * number
        parts.append(_line(left, 28, left + 18, 28, colour, width=2))
        parts.append(_svg_text(left + 24, 32, name))
        parts.extend(_curve(values, colour, x, y))
    label = f"{title} per epoch: {', '.join(curves)}"
    return _svg(_WIDTH, _HEIGHT, _WIDTH, label, parts)


def _curve(
    values: Sequence[float], colour: str, x: Callable[[float], float], y: Callable[[float], float]
) -> list[str]:
    """Draw a line through the finite values, with dots where there are few or it would not show."""
    finite = [False, *map(math.isfinite, values), False]
    commands, dots = [], []
    for epoch, value in enumerate(values, 1):
        if finite[epoch]:
            across, down = f"{x(epoch):.1f}", f"{y(value):.1f}"
            commands.append(f"{'L' if finite[epoch - 1] else 'M'}{across},{down}")
            if len(values) <= _FEW or not (finite[epoch - 1] or finite[epoch + 1]):
                dots.append(f'<circle cx="{across}" cy="{down}" r="2.5" fill="{colour}"/>')
    path = f'<path d="{"".join(commands)}" fill="none" stroke="{colour}" stroke-width="2"/>'
    return [path, *dots]


def _widened(low: float, high: float) -> tuple[float, float]:
    """Return a range that is not empty to rounding."""
    size = max(abs(low), abs(high))
    if high - low <= 1e-9 * max(size, 1e-200):
        room = 0.1 * size if size > 1e-200 else 1.0
        return low - room, high + room
    return low, high


def _ticks(low: float, high: float, least: float = 0.0) -> list[tuple[float, str]]:
    """Return at most six round numbers in a range, at least `least` apart, with their labels."""
    rough = max((high - low) / 5, least)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * round_ for round_ in (1, 2, 5, 10) if power * round_ >= rough * (1 - 1e-9))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    ticks = [number * step for number in range(first, last + 1)]
    plain = decimals <= 4 and step < 1e6
    return [(tick, f"{tick:.{decimals}f}" if plain else f"{tick:.3g}") for tick in ticks]


def png(image: Array) -> str:
    """Return a grey image as a PNG file in a data URI.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).

    Raises
    ------
    InputError
        If it is not such an array.
    """
    if image.dtype != np.uint8 or image.ndim != 2:
        raise InputError(f"image is {describe(image)}; it must be a 2-D array of uint8.")
    height, width = image.shape
    rows = np.zeros((height, width + 1), np.uint8)  # each row begins with its filter, 0 for none
    rows[:, 1:] = image
    content = b"\x89PNG\r\n\x1a\n"
    for name, data in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),  # 8 bits of grey
        (b"IDAT", zlib.compress(rows.tobytes())),
        (b"IEND", b""),
    ):
        content += struct.pack(">I", len(data)) + name + data
        content += struct.pack(">I", zlib.crc32(name + data))
    return f"data:image/png;base64,{base64.b64encode(content).decode('ascii')}"


def image_grid(images: Sequence[Array], captions: Sequence[object]) -> str:
    """Return small grey images in rows, each with a caption below.

    Parameters
    ----------
    images : sequence of ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).
    captions : sequence of object
        Caption of each image.
    """
    figures = (
        f'<figure style="margin:0;text-align:center"><img src="{png(image)}" alt="'
        f'{escape(caption)}" style="height:{_IMAGE_HEIGHT}px;border:1px solid {_GREY};'
        f'image-rendering:pixelated"/><figcaption>{escape(caption)}</figcaption></figure>'
        for image, caption in zip(images, captions, strict=True)
    )
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:6px;max-width:{_MAX_PICTURE}px">'
        f"{''.join(figures)}</div>"
    )


def boxed_picture(
    picture: Array, size: tuple[int, int], boxes: Sequence[tuple[Box, str, bool]]
) -> str:
    """Draw boxes with text onto a grey picture, in SVG.

    Parameters
    ----------
    picture : ndarray of uint8, shape (height, width)
        Grey levels; it may be smaller than `size`.
    size : (int, int)
        Height and width of the original image, in whose pixels the boxes are given.
    boxes : sequence of ((top, left, bottom, right), str, bool)
        Each box with the text above it; True draws it in blue, False in orange.
    """
    height, width = size
    shown = min(max(width, _MIN_PICTURE), _MAX_PICTURE)
    pixel = width / shown  # a pixel of the screen, in pixels of the image
    parts = [f'<image href="{png(picture)}" width="{width}" height="{height}" '
             f'preserveAspectRatio="none"/>']  # fmt: skip
    for (top, left, bottom, right), text, sure in boxes:
        colour = BLUE if sure else ORANGE
        parts.append(
            f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" '
            f'fill="none" stroke="{colour}" stroke-width="{1.5 * pixel:.3g}"/>'
        )
        # A white outline separates the text from the ink; at the upper border there is no room
        # above the box.
        parts.append(
            f'<text x="{left}" y="{max(top - 3 * pixel, 13 * pixel):.1f}" fill="{colour}" '
            f'stroke="white" stroke-width="{3 * pixel:.3g}" paint-order="stroke" '
            f'font-size="{14 * pixel:.3g}" font-weight="bold">{escape(text)}</text>'
        )
    label = f"Picture with {len(boxes)} boxes: {' '.join(text for _, text, _ in boxes)}"
    return _svg(width, height, shown, label, parts)


def _svg(width: int, height: int, shown: int, label: str, parts: Sequence[str]) -> str:
    """Return an SVG image that is at most `shown` pixels wide on the screen."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{shown}" '
        f'style="max-width:100%;height:auto" font-family="sans-serif" font-size="12" role="img" '
        f'aria-label="{escape(label)}">{"".join(parts)}</svg>'
    )


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1, dashes: str = ""
) -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"{dashed}/>'
    )


def _svg_text(
    x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="currentColor" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )
