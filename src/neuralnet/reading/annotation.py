"""Draw a reading onto a copy of the image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralnet.reading.pictures import Picture, open_colours

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from neuralnet.reading.reader import Digit, Reading

# From the Okabe-Ito palette, which is safe for colour-blind readers.
_SURE = (0, 114, 178)
_UNSURE = (213, 94, 0)
# Longest side of the copy, in pixels; larger copies show no more and are slow to write.
_LARGEST = 3000


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
        RGB image, at most 3,000 pixels on its longer side.

    Raises
    ------
    InputError, FileFormatError, FileError
        Under the same conditions as in `read_digits`.
    """
    from PIL.ImageDraw import Draw

    image = open_colours(picture)
    image.thumbnail((_LARGEST, _LARGEST))
    scale = image.height / reading.size[0]
    draw = Draw(image)
    line = max(1, round(max(image.size) / 600))
    for digit in reading.digits:
        _draw(draw, digit, scale, line)
    return image


def _draw(draw: ImageDraw, digit: Digit, scale: float, line: int) -> None:
    """Draw the box of a digit, with its label and confidence above."""
    from PIL import ImageFont

    colour = _SURE if digit.confident else _UNSURE
    top, left, bottom, right = (scale * side for side in digit.box)
    room = 2 * line
    draw.rectangle(
        (left - room, top - room, right + room, bottom + room), outline=colour, width=line
    )
    # The text is about as wide as the box, so that neighbouring texts do not overlap, unless that
    # would make it too small to read.
    size = max(10, min(36 * line, 0.3 * (bottom - top), 0.42 * (right - left)))
    text = f"{digit} {digit.confidence:.0%}"
    # A box at the upper border of the image leaves no space above it.
    above = max(0.0, top - room - 1.15 * size)
    draw.text((left - room, above), text, fill=colour, font=ImageFont.load_default(size))
