"""Draw a reading onto a copy of the image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neuralnet.checks import InputError, describe
from neuralnet.reading.pictures import Picture, open_colours
from neuralnet.reading.reader import Reading

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from neuralnet.reading.reader import Digit

Colour = tuple[int, int, int]

# Colours of a box and its label, and of the text on the label. From the Okabe-Ito palette, which is
# safe for colour-blind readers; the contrast of text and label is at least 5 to 1.
_SURE = ((0, 114, 178), (255, 255, 255))
_UNSURE = ((213, 94, 0), (0, 0, 0))
# Longest side of the copy, in pixels; larger copies show no more and are slow to write.
_LARGEST = 3000
# Height of a digit's box, in pixels, below which the copy is enlarged so that its label fits.
_SMALLEST_BOX = 40
_SMALLEST_TEXT = 11  # size of the font in pixels; smaller digits are hard to read


def annotate(picture: Picture, reading: Reading) -> Image:
    """Return a copy of an image with the box, the label and the confidence of each digit.

    Parameters
    ----------
    picture : path, bytes, PIL.Image.Image, or array_like
        The image that was read.
    reading : Reading
        Result of `read_digits` for that image.

    Returns
    -------
    PIL.Image.Image
        RGB image, at most 3,000 pixels on its longer side, and a white strip above it if a label
        would not fit otherwise. It is larger than the image that was read if that shows small
        digits.

    Raises
    ------
    InputError, FileFormatError, FileError
        Under the same conditions as in `read_digits`.
    """
    from PIL import ImageOps
    from PIL.ImageDraw import Draw

    if not isinstance(reading, Reading):
        raise InputError(
            f"reading is {describe(reading)}; it must be what read_digits returned for the picture."
        )
    image = open_colours(picture)
    image = _scaled(image, reading)
    scale = image.height / reading.size[0]
    line = max(1, round(max(image.size) / 600))
    placed = [
        (digit, tuple(scale * side for side in digit.box), scale * limit)
        for row in reading.rows
        for digit, limit in zip(
            row, [*(digit.box[1] for digit in row[1:]), reading.size[1]], strict=True
        )
    ]
    labels = [_label(digit, box, limit, line, image.width) for digit, box, limit in placed]
    # Digits at the upper border leave no space for their labels, so the copy gets a strip above.
    strip = math.ceil(max([0.0, *(-label.top for label in labels)]))
    image = ImageOps.expand(image, (0, strip, 0, 0), fill="white")
    draw = Draw(image)
    room = 2 * line
    for (_, (top, left, bottom, right), _), label in zip(placed, labels, strict=True):
        corners = (left - room, strip + top - room, right + room, strip + bottom + room)
        draw.rectangle(corners, outline=label.background, width=line)
    for label in labels:  # over the boxes
        label.draw(draw, strip)
    return image


def _scaled(image: Image, reading: Reading) -> Image:
    """Return the image in the size of the copy: large enough for the labels, and not too large."""
    heights = sorted(digit.box[2] - digit.box[0] for digit in reading.digits)
    largest = _LARGEST / max(image.size)
    scale = min(1.0, largest)
    if heights:
        median = heights[len(heights) // 2] * image.height / reading.size[0]
        scale = max(scale, min(_SMALLEST_BOX / median, largest))
    width, height = (max(1, round(scale * side)) for side in image.size)
    return image if scale == 1 else image.resize((width, height))


@dataclass(frozen=True)
class _Label:
    """Text on a background of one colour; lengths are in pixels of the copy."""

    text: str
    left: float
    top: float
    width: float
    height: float
    font: Any
    background: Colour
    colour: Colour

    def draw(self, draw: ImageDraw, strip: int) -> None:
        """Draw the label, moved down by the height of the strip above the image."""
        top, right, bottom = strip + self.top, self.left + self.width, self.top + self.height
        draw.rectangle((self.left, top, right, strip + bottom), fill=self.background)
        place = ((self.left + right) / 2, top + self.height / 2)
        draw.text(place, self.text, fill=self.colour, font=self.font, anchor="mm")


def _label(
    digit: Digit, box: tuple[float, ...], limit: float, line: int, image_width: int
) -> _Label:
    """Return the label of a digit, above its box and within the image.

    The text is about as wide as the box, unless that would make it too small to read. If it would
    then reach `limit`, where the next digit begins, the confidence is left out.
    """
    from PIL import ImageFont

    top, left, bottom, right = box
    room = 2 * line
    points = max(_SMALLEST_TEXT, min(36 * line, 0.3 * (bottom - top), 0.42 * (right - left)))
    font = ImageFont.load_default(points)
    text = f"{digit} {digit.confidence:.0%}"
    if left + font.getlength(text) + room > limit - room:
        text = str(digit)
    width = max(font.getlength(text) + room, right - left + 2 * room)
    height = 1.25 * points
    left = max(0.0, min(left - room, image_width - width))
    background, colour = _SURE if digit.confident else _UNSURE
    return _Label(text, left, top - room - height, width, height, font, background, colour)
