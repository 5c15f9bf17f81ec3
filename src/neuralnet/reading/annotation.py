"""Draw what was read onto a copy of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuralnet.reading.pictures import Picture, open_colours

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

    from neuralnet.reading.reader import Digit, Reading

# Told apart by those who do not see red and green apart, too.
_SURE = (0, 114, 178)
_UNSURE = (213, 94, 0)
# Larger copies than this show no more, and take long to write.
_LARGEST = 3000


def annotated(picture: Picture, reading: Reading) -> Image:
    """Return a copy of a picture with each digit's box, what it was read as, and how surely.

    Parameters
    ----------
    picture : path, bytes, PIL.Image.Image, or array_like
        What was read.
    reading : Reading
        What `read_digits` returned for it.

    Returns
    -------
    PIL.Image.Image
        In colour, at most 3,000 pixels on its longer side.

    Raises
    ------
    InputError, FileFormatError, FileError
        As `read_digits` does.
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
    """Draw a digit's box, and above it what it was read as and how surely."""
    from PIL import ImageFont

    colour = _SURE if digit.sure else _UNSURE
    top, left, bottom, right = (scale * side for side in digit.box)
    room = 2 * line
    draw.rectangle(
        (left - room, top - room, right + room, bottom + room), outline=colour, width=line
    )
    # As broad as the box, so that neighbours' texts stay apart where they can be read so.
    size = max(10, min(36 * line, 0.3 * (bottom - top), 0.42 * (right - left)))
    text = f"{digit} {digit.confidence:.0%}"
    # Above the box; within the picture, where the box begins at its upper border.
    above = max(0.0, top - room - 1.15 * size)
    draw.text((left - room, above), text, fill=colour, font=ImageFont.load_default(size))
