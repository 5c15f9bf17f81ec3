"""Image loading: open a path, bytes, a Pillow image or an array as an upright greyscale image.

Colour and transparency are converted so that ink that is visible in the image stays visible in the
grey levels.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import stat
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neuralnet.checks import Array, InputError, NeuralNetError, describe
from neuralnet.data.picture_formats import supported_formats
from neuralnet.files import FileError, FileFormatError, check_path, file_status, read_bytes
from neuralnet.reading.content import MAX_BYTES, content_of
from neuralnet.reading.levels import to_bytes, to_levels

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

Picture = Any  # a path, bytes, a Pillow image or an array; `open_grey` checks which

# First bytes, after the length, of the images that iPhones take.
_HEIC = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc", b"ftypmsf1", b"ftypheim")
# A large JPEG is decoded at reduced size, up to the limit at which Pillow refuses an image. Other
# formats are decoded at full size, which takes a few seconds for 64 megapixels.
_MAX_JPEG_PIXELS = 178_000_000
_MAX_PIXELS = 64_000_000
# Larger images are reduced; their digits are large enough to be found, in a fraction of the time.
_WORKING_PIXELS = 16_000_000
# Minimum height and width, in pixels; strokes cannot be distinguished in fewer than five rows.
_SMALLEST_SIDE = 5


@dataclass(frozen=True)
class Grey:
    """Greyscale image.

    Attributes
    ----------
    levels : ndarray of uint8, shape (height, width)
        Grey levels from 0 (black) to 255 (white).
    size : tuple of int
        Height and width of the original image, upright, in pixels.
    reduction : int
        Factor by which each side of the original image was reduced.
    notes : tuple of str
        Messages for the user, each a sentence.
    """

    levels: NDArray[np.uint8]
    size: tuple[int, int]
    reduction: int = 1
    notes: tuple[str, ...] = ()

    def reduced_to(self, longest: int) -> Grey:
        """Return the image reduced by block averaging to at most `longest` pixels per side."""
        from PIL import Image

        block = -(-max(self.levels.shape) // longest)
        if block == 1:
            return self
        levels = np.asarray(Image.fromarray(self.levels).reduce(block))
        return replace(self, levels=levels, reduction=block * self.reduction)

    def reduced_to_pixels(self, pixels: int) -> Grey:
        """Return the image reduced by block averaging to about `pixels` pixels at most."""
        block = max(1, round((self.levels.size / pixels) ** 0.5 + 0.3))
        return self.reduced_to(-(-max(self.levels.shape) // block))


def open_grey(picture: Picture) -> Grey:
    """Open a path, bytes, a Pillow image or an array as a greyscale image.

    Parameters
    ----------
    picture : path, bytes, binary file, data URL, PIL.Image.Image, or array_like
        An array has the shape (height, width) or (height, width, channels), where the channels are
        grey; grey and opacity; red, green and blue; or red, green, blue and opacity. Its values are
        booleans; integers in [0, 255], or in [0, 65535] if some are larger; or floating point in
        [0, 1], in [-1, 1] if some are negative, or in [0, 255] if some are larger than 1.

    Returns
    -------
    Grey
        Grey levels and the size of the original image.

    Raises
    ------
    InputError
        If the argument is of none of these kinds, or if the image is too small or too large.
    FileFormatError
        If a file is not an image or is damaged.
    FileError
        If a file cannot be read.
    """
    from PIL.Image import Image

    picture = content_of(picture)
    if isinstance(picture, str | os.PathLike | bytes | bytearray):
        with _opened(picture) as (image, name):
            return _from_image(image, name)
    if isinstance(picture, Image):
        return _from_image(picture, "the image")
    return _from_array(picture)


def open_colours(picture: Picture) -> Image:
    """Open an image in colour, upright, for display.

    Parameters
    ----------
    picture : path, bytes, PIL.Image.Image, or array_like
        An image that `open_grey` has accepted.

    Returns
    -------
    PIL.Image.Image
        RGB image.

    Raises
    ------
    InputError, FileFormatError, FileError
        Under the same conditions as in `open_grey`.
    """
    from PIL import Image, ImageOps

    picture = content_of(picture)
    if isinstance(picture, str | os.PathLike | bytes | bytearray):
        with _opened(picture) as (image, _):
            return _on_white(ImageOps.exif_transpose(image))
    if isinstance(picture, Image.Image):
        return _on_white(ImageOps.exif_transpose(picture))
    array = _check_array(picture)
    _check_size(array.shape[0], array.shape[1], "image")
    return _on_white(Image.fromarray(to_bytes(array)))


def _on_white(image: Image) -> Image:
    """Convert an image to RGB, with a white background behind transparent parts."""
    from PIL import Image

    if image.mode[0] in "IF":
        image = Image.fromarray(to_bytes(np.asarray(image)))
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    ground = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(ground, image).convert("RGB")


def _read(path: Path) -> bytes:
    """Read a regular file; reading a pipe or a device might never end."""
    status = file_status(path)
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise FileError(f"Cannot read {path}: it is a folder. Give the images in it: {path}/*.")
    return read_bytes(path, at_most=MAX_BYTES, what="an image")


@contextlib.contextmanager
def _opened(picture: str | os.PathLike[str] | bytes | bytearray) -> Iterator[tuple[Image, str]]:
    """Open a file or its bytes; yield the Pillow image and its name for error messages."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(picture, bytes | bytearray):
        name, content = "the image", bytes(picture)
    else:
        name, content = str(picture), _read(check_path(picture))
    if not content:
        raise FileFormatError(f"{name} is empty: it has 0 bytes. Is it the right file?")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about what is checked or repaired here
            with Image.open(io.BytesIO(content), formats=supported_formats()) as image:
                yield image, name
    except UnidentifiedImageError as error:
        if content[4:12] in _HEIC:
            raise FileFormatError(
                f"{name} is a HEIC image, which is not supported. Export it as JPEG or PNG; on an "
                f"iPhone, choose Settings > Camera > Formats > Most Compatible."
            ) from error
        raise FileFormatError(
            f"{name} is not an image in a supported format: it begins with {content[:8]!r}. Give a "
            f"PNG, JPEG, GIF, BMP, TIFF or WebP file."
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_large(name, str(error).split(" exceeds")[0]) from error
    except NeuralNetError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # decoders raise errors of many types on a damaged file
        raise FileFormatError(
            f"{name} is damaged or truncated: {error}. Get a new copy of the file."
        ) from error


def _from_image(image: Image, name: str) -> Grey:
    """Convert the first frame of a Pillow image, upright, and reduced if it is very large."""
    from PIL import ImageOps

    width, height = image.size
    jpeg = image.format in {"JPEG", "MPO"}
    if width * height > (_MAX_JPEG_PIXELS if jpeg else _MAX_PIXELS):
        raise _too_large(name, f"{width:,} x {height:,} pixels")
    _check_size(height, width, name)
    notes = _frames(image, name)
    if jpeg:  # decoding at a half, a quarter or an eighth of the size is much faster
        image.draft(None, _draft_size(width, height))
    image = ImageOps.exif_transpose(_reduced(image))
    channels = _channels(image, name)
    upright = (width, height) if _same_orientation(image.size, (width, height)) else (height, width)
    return _to_grey(channels, (upright[1], upright[0]), notes)


def _reduced(image: Image) -> Image:
    """Reduce an image that is very large before it is copied, where that changes nothing else.

    A palette cannot be averaged, nor a colour that stands for transparency, and Pillow loses the
    orientation of a TIFF file. Such an image is reduced when its channels are known.
    """
    shrink = _reduction(image.size)
    plain = image.mode in {"L", "RGB", "RGBA"} and "transparency" not in image.info
    return image.reduce(shrink) if shrink > 1 and plain and image.format != "TIFF" else image


def _reduction(size: tuple[int, ...]) -> int:
    """Return the factor by which an image of this size is reduced; 1 for most images."""
    return max(1, math.ceil(math.sqrt(size[0] * size[1] / _WORKING_PIXELS)))


def _same_orientation(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether two sizes are both landscape or both portrait."""
    return (one[0] >= one[1]) == (other[0] >= other[1])


def _draft_size(width: int, height: int) -> tuple[int, int]:
    """Return the minimum size at which a JPEG may be decoded."""
    shrink = max(1, int((width * height / _WORKING_PIXELS) ** 0.5))
    return max(1, width // shrink), max(1, height // shrink)


def _frames(image: Image, name: str) -> tuple[str, ...]:
    """Select the first frame; return a note for the user if there are more."""
    several = getattr(image, "is_animated", False) and image.format != "MPO"
    if not several:
        return ()
    image.seek(0)
    return (f"{name} has several frames or pages; only the first was read.",)


def _channels(image: Image, name: str) -> Array:
    """Decode an image into channels in the layout that `to_levels` takes."""
    if image.mode[0] in "IF":  # 16 or 32 bits of grey
        return to_bytes(np.asarray(image), name)
    transparent = image.has_transparency_data
    if image.mode in {"1", "L"} and not transparent:
        return np.asarray(image.convert("L"))
    if image.mode in {"LA", "La"}:
        return np.asarray(image.convert("LA"))
    return np.asarray(image.convert("RGBA" if transparent else "RGB"))


def _from_array(picture: object) -> Grey:
    """Convert an array or array-like."""
    array = _check_array(picture)
    _check_size(array.shape[0], array.shape[1], "image")
    if array.shape[0] * array.shape[1] > _MAX_PIXELS:
        raise _too_large("image", f"the shape {array.shape}")
    return _to_grey(to_bytes(array), (array.shape[0], array.shape[1]), ())


def _check_array(picture: object) -> Array:
    """Return the argument as an array with the shape of an image, or raise `InputError`."""
    try:
        array = np.asarray(picture)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"image is {describe(picture)}; it cannot be converted to an array: {error}. Give a "
            f"path, a Pillow image, or an array of grey levels or colours."
        ) from error
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


def _to_grey(channels: Array, size: tuple[int, int], notes: tuple[str, ...]) -> Grey:
    """Reduce channels that are still very large and convert them to grey levels."""
    from PIL import Image

    shrink = _reduction(channels.shape)
    if shrink > 1:
        channels = np.asarray(Image.fromarray(np.ascontiguousarray(channels)).reduce(shrink))
    levels = to_levels(channels)
    across = round(max(size) / max(levels.shape))  # a JPEG may be decoded smaller
    return Grey(levels, size, max(1, across), notes)


def _check_size(height: int, width: int, name: str) -> None:
    """Raise `InputError` if an image of this size is too small for a digit."""
    if min(height, width) < _SMALLEST_SIDE:
        raise InputError(
            f"{name} has {width} x {height} pixels; it must have at least {_SMALLEST_SIDE} x "
            f"{_SMALLEST_SIDE} to show a digit. Give a larger image."
        )


def _too_large(name: str, size: str) -> InputError:
    """Return the error for an image that would take too much time or memory."""
    return InputError(
        f"{name} is too large ({size}); the limit is {_MAX_PIXELS // 10**6} megapixels, or "
        f"{_MAX_JPEG_PIXELS // 10**6} for a JPEG. Reduce the image first."
    )
