"""Open whatever shows a digit, and make one grey picture of it.

A path, bytes, a Pillow image or an array becomes an array of grey levels, upright, with colour and
transparency resolved so that what can be seen in the picture can be seen in the grey.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError, describe
from neuralnet.files import FileError, FileFormatError, read_bytes
from neuralnet.reading.levels import to_bytes, to_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

Picture = Any  # a path, bytes, a Pillow image or an array: told apart at the door, in `open_grey`

# Formats that Pillow decodes itself. EPS and its like would start other programs.
_FORMATS = (
    *("AVIF", "BMP", "DIB", "GIF", "ICO", "JPEG", "JPEG2000", "PCX", "PNG", "PPM"),
    *("TGA", "TIFF", "WEBP"),
)
# A large JPEG is decoded at a part of its size, and Pillow begins none beyond this. Other formats
# are decoded whole, and 64 megapixels is what that does within a few seconds.
_MOST_JPEG_PIXELS = 178_000_000
_MOST_PIXELS = 64_000_000
_MOST_BYTES = 1 << 28
# Beyond this, digits are large enough to be found on a reduced copy, in a fraction of the time.
_WORKING_PIXELS = 16_000_000
# A digit needs five rows for its strokes to be told apart; so a picture needs them, too.
_SMALLEST_SIDE = 5


@dataclass(frozen=True)
class Grey:
    """A picture as grey levels.

    Attributes
    ----------
    levels : ndarray of uint8, shape (height, width)
        From 0, black, to 255, white.
    size : tuple of int
        Height and width of the picture as it was given, upright.
    shrunk : int
        How many of its pixels, along each side, became one of `levels`.
    notes : tuple of str
        What the user should be told, each a sentence.
    """

    levels: NDArray[np.uint8]
    size: tuple[int, int]
    shrunk: int = 1
    notes: tuple[str, ...] = ()

    def no_larger_than(self, longest: int) -> Grey:
        """Return it with whole blocks of pixels averaged, until its longer side has so many."""
        from PIL import Image

        block = -(-max(self.levels.shape) // longest)
        if block == 1:
            return self
        levels = np.asarray(Image.fromarray(self.levels).reduce(block))
        return replace(self, levels=levels, shrunk=block * self.shrunk)


def open_grey(picture: Picture) -> Grey:
    """Make a grey picture of a path, bytes, a Pillow image or an array.

    Parameters
    ----------
    picture : path, bytes, PIL.Image.Image, or array_like
        An array has the shape (height, width), or (height, width, channels) with 1 (grey), 2 (grey
        and opacity), 3 (red, green, blue) or 4 channels (and opacity). Its entries are booleans;
        whole numbers from 0 to 255 or, where some are larger, to 65,535; or floating point in
        [0, 1], in [-1, 1] where some are negative, or in [0, 255] where some are larger than 1.

    Raises
    ------
    InputError
        If it is none of these, or too small or too large to be a picture of digits.
    FileFormatError
        If a file is no picture, or is damaged.
    FileError
        If a file cannot be read.
    """
    from PIL.Image import Image

    if isinstance(picture, str | os.PathLike | bytes | bytearray):
        with _opened(picture) as (image, name):
            return _from_image(image, name)
    if isinstance(picture, Image):
        return _from_image(picture, "the picture")
    return _from_array(picture)


def open_colours(picture: Picture) -> Image:
    """Return a picture as a Pillow image in colour, upright, for showing it.

    Parameters
    ----------
    picture : path, bytes, PIL.Image.Image, or array_like
        As for `open_grey`, which has taken it already.

    Raises
    ------
    InputError, FileFormatError, FileError
        As `open_grey` does.
    """
    from PIL import Image, ImageOps

    if isinstance(picture, str | os.PathLike | bytes | bytearray):
        with _opened(picture) as (image, _):
            return _on_white(ImageOps.exif_transpose(image))
    if isinstance(picture, Image.Image):
        return _on_white(ImageOps.exif_transpose(picture))
    return _on_white(Image.fromarray(to_bytes(_check_array(picture))))


def _on_white(image: Image) -> Image:
    """Lay an image on white, if parts of it are transparent; make it one of colours."""
    from PIL import Image

    if image.mode[0] in "IF":
        image = Image.fromarray(to_bytes(np.asarray(image)))
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _read(path: Path) -> bytes:
    """Read a file, and nothing that would keep us waiting."""
    if path.is_dir():
        raise FileError(f"Cannot read {path}: it is a folder. Give the pictures in it: {path}/*.")
    if path.exists() and not path.is_file():
        raise FileError(f"Cannot read {path}: it is a device or a pipe, not a file.")
    return read_bytes(path, at_most=_MOST_BYTES, what="a picture")


@contextlib.contextmanager
def _opened(picture: str | os.PathLike[str] | bytes | bytearray) -> Iterator[tuple[Image, str]]:
    """Open a file, or its bytes, as a Pillow image; give what it is called in errors as well."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(picture, bytes | bytearray):
        name, content = "the picture", bytes(picture)
    else:
        name, content = str(picture), _read(Path(picture))
    if not content:
        raise FileFormatError(f"{name} is empty: it has 0 bytes. Is it the right file?")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of what is checked or repaired here
            Image.init()
            formats = [name for name in _FORMATS if name in Image.OPEN]  # as Pillow was built
            with Image.open(io.BytesIO(content), formats=formats) as image:
                yield image, name
    except UnidentifiedImageError as error:
        raise FileFormatError(
            f"{name} is not a picture that can be read: it begins with {content[:8]!r}. Give a "
            f"PNG, JPEG, GIF, BMP, TIFF or WebP file."
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error).split(" exceeds")[0]) from error
    except NeuralNetError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # a damaged file fails anywhere in a decoder, with any error
        raise FileFormatError(
            f"{name} is damaged or cut short: {error}. Get the file again."
        ) from error


def _from_image(image: Image, name: str) -> Grey:
    """Take a Pillow image: its first frame, upright, reduced where it is very large."""
    from PIL import ImageOps

    width, height = image.size
    jpeg = image.format in {"JPEG", "MPO"}
    if width * height > (_MOST_JPEG_PIXELS if jpeg else _MOST_PIXELS):
        raise _too_large(name, f"{width:,} x {height:,} pixels")
    _check_size(height, width, name)
    notes = _frames(image, name)
    if jpeg:  # decodes a half, a quarter or an eighth in a fraction of the time
        image.draft(None, _drafted(width, height))
    image = ImageOps.exif_transpose(image)
    channels = _channels(image, name)
    upright = (width, height) if _same_turn(image.size, (width, height)) else (height, width)
    return _finished(channels, (upright[1], upright[0]), notes)


def _same_turn(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether two sizes are both broad, or both tall."""
    return (one[0] >= one[1]) == (other[0] >= other[1])


def _drafted(width: int, height: int) -> tuple[int, int]:
    """Give the smallest size that a JPEG may be decoded at."""
    shrink = max(1, int((width * height / _WORKING_PIXELS) ** 0.5))
    return max(1, width // shrink), max(1, height // shrink)


def _frames(image: Image, name: str) -> tuple[str, ...]:
    """Choose the first frame, and say so where there are more."""
    several = getattr(image, "is_animated", False) and image.format != "MPO"
    if not several:
        return ()
    image.seek(0)
    return (f"{name} has several frames or pages; only the first one was read.",)


def _channels(image: Image, name: str) -> Array:
    """Decode an image; return its channels as `to_levels` takes them."""
    if image.mode[0] in "IF":  # 16 or 32 bits of grey
        return to_bytes(np.asarray(image), name)
    transparent = image.has_transparency_data
    if image.mode in {"1", "L"} and not transparent:
        return np.asarray(image.convert("L"))
    if image.mode in {"LA", "La"}:
        return np.asarray(image.convert("LA"))
    return np.asarray(image.convert("RGBA" if transparent else "RGB"))


def _from_array(picture: object) -> Grey:
    """Take an array, or what can be made one."""
    array = _check_array(picture)
    _check_size(array.shape[0], array.shape[1], "image")
    if array.shape[0] * array.shape[1] > _MOST_PIXELS:
        raise _too_large("image", f"the shape {array.shape}")
    return _finished(to_bytes(array), (array.shape[0], array.shape[1]), ())


def _check_array(picture: object) -> Array:
    """Return what was given as an array in the shape of a picture."""
    try:
        array = np.asarray(picture)
    except (TypeError, ValueError) as error:
        raise InputError(f"image is {describe(picture)}, not a picture: {error}.") from error
    if array.dtype.kind not in "biuf":
        raise InputError(
            f"image is {describe(picture)}; it must be a path, a Pillow image, or an array of grey "
            f"levels or colours."
        )
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in {2, 3, 4}):
        hint = " For a flat MNIST image, give image.reshape(28, 28)." if array.size == 784 else ""
        raise InputError(
            f"image has the shape {array.shape}; it must be (height, width), or (height, width, "
            f"channels) with 1, 2, 3 or 4 channels.{hint}"
        )
    return array


def _finished(channels: Array, size: tuple[int, int], notes: tuple[str, ...]) -> Grey:
    """Reduce what is still very large, and make grey levels of the channels."""
    from PIL import Image

    shrink = int(np.ceil((channels.shape[0] * channels.shape[1] / _WORKING_PIXELS) ** 0.5))
    if shrink > 1:
        channels = np.asarray(Image.fromarray(np.ascontiguousarray(channels)).reduce(shrink))
    levels = to_levels(channels)
    across = round(max(size) / max(levels.shape))  # a JPEG may have been decoded at a part of it
    return Grey(levels, size, max(1, across), notes)


def _check_size(height: int, width: int, name: str) -> None:
    """Raise unless a digit could be told in a picture of this size."""
    if min(height, width) < _SMALLEST_SIDE:
        raise InputError(
            f"{name} has {width} x {height} pixels; a digit cannot be told in fewer than "
            f"{_SMALLEST_SIDE} x {_SMALLEST_SIDE}. Give a larger picture."
        )


def _too_large(name: str, size: str) -> InputError:
    """Word the refusal of a picture that would take too long or too much memory."""
    return InputError(
        f"{name} is too large ({size}); at most {_MOST_PIXELS // 10**6} megapixels are read, or "
        f"{_MOST_JPEG_PIXELS // 10**6} of a JPEG. Make it smaller first."
    )
