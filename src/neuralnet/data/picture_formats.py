"""The picture formats that are opened, wherever a picture comes from.

Pillow recognizes a format by the content of a file, not by its name, and for formats such as EPS it
starts another program. Every function of the package that opens a picture passes this list.
"""

from __future__ import annotations

# Formats that Pillow decodes itself.
PICTURE_FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM"),
    *("TGA", "TIFF", "WEBP"),
)


def supported_formats() -> list[str]:
    """Return the formats of the list that this build of Pillow can open."""
    from PIL import Image

    Image.init()
    return [name for name in PICTURE_FORMATS if name in Image.OPEN]
