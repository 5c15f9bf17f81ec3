"""Pictures that are given as a file object or as a data URL."""

from __future__ import annotations

import base64
import io
from typing import Any

from neuralnet.errors import InputError

# Size of a file or an upload that is read at most.
MAX_BYTES = 1 << 28


def content_of(picture: Any) -> Any:
    """Return the bytes of a binary file object or of a data URL; return anything else unchanged."""
    if isinstance(picture, io.IOBase):
        content = picture.read(MAX_BYTES + 1)
        if not isinstance(content, bytes):
            raise InputError("image is a text file object; open the file in binary mode, 'rb'.")
        return content
    if not isinstance(picture, str) or not picture.startswith("data:"):
        return picture
    header, _, encoded = picture.partition(",")
    if not header.endswith(";base64"):
        raise InputError(
            f"image is a data URL that begins with {header[:40]!r}; it must be base64, as of a "
            f"canvas: data:image/png;base64,..."
        )
    try:
        return base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise InputError(
            f"image is a data URL of {len(encoded):,} characters that are not valid base64. Copy "
            f"the whole URL."
        ) from error
