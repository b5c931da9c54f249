"""Pictures as an API gets them: the pixels that local models see."""

import io
from dataclasses import dataclass
from typing import Literal

from PIL import ExifTags, Image

from imeval.base.errors import UserError
from imeval.images import decoding, jpeg

MediaType = Literal["image/jpeg", "image/png", "image/webp"]

_PLAIN_MODES = {"JPEG": ("RGB", "L"), "PNG": ("RGB", "L", "P", "1"), "WEBP": ("RGB",)}
"""The formats that every API takes, and the modes that have one meaning."""

_MEDIA_TYPES: dict[str, MediaType] = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}

_UPRIGHT = (None, 1)
_BIT_DEPTH = 24
"""The place of a PNG's bits a channel."""


@dataclass(frozen=True)
class Sent:
    """An encoded picture and its media type."""

    media_type: MediaType
    data: bytes


def as_sent(data: bytes, name: object) -> Sent:
    """Return a picture that decodes to the same pixels anywhere.

    A JPEG, PNG or WebP stays byte for byte if every decoder gets the pixels of `decoding.decode` from it. A JPEG with
    an EXIF orientation or with further pictures (a phone's MPO) loses the headers that say so and keeps its scan. All
    others are sent as PNG: BMP, TIFF, GIF, AVIF, HEIC, CMYK, alpha, 16 bits and moving pictures.

    Raises:
        UserError: as `decoding.decode`.
    """
    # Pillow raises whatever it stumbles on; `decoding.decode` has the words for it.
    try:
        with Image.open(io.BytesIO(data), formats=decoding.FORMATS) as image:
            media_type = _MEDIA_TYPES[image.format or ""] if _is_plain(image, data) else None
    except Exception:
        decoding.decode(data, name)
        raise
    if media_type is not None:
        return Sent(media_type, data)
    decoded = decoding.decode(data, name)
    stripped = jpeg.without_notes(data)
    if stripped is not None and _is_same(stripped, decoded):
        return Sent("image/jpeg", stripped)
    with io.BytesIO() as file:
        decoded.save(file, "PNG")
        return Sent("image/png", file.getvalue())


def _is_plain(image: Image.Image, data: bytes) -> bool:
    """Return whether all decoders get the same pixels from an image."""
    return (
        image.mode in _PLAIN_MODES.get(image.format or "", ())
        and "transparency" not in image.info
        and getattr(image, "n_frames", 1) == 1
        and image.getexif().get(ExifTags.Base.Orientation) in _UPRIGHT
        and not (image.format == "PNG" and data[_BIT_DEPTH] == 16)
    )


def _is_same(stripped: bytes, decoded: Image.Image) -> bool:
    """Return whether a JPEG is plain and has these pixels."""
    try:
        with Image.open(io.BytesIO(stripped), formats=("JPEG",)) as image:
            plain = _is_plain(image, stripped)
        return plain and decoding.decode(stripped, "").tobytes() == decoded.tobytes()
    except (UserError, OSError, SyntaxError, ValueError):
        return False
