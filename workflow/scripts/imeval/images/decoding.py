"""Decode images to RGB, or check that they decode."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError, features

from imeval.base.errors import UserError, mistake
from imeval.images import jpeg

# Some builds of Pillow lack AVIF, and asking them for it would fail.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", *(("AVIF",) if features.check("avif") else ()))

_ZERO_FILLING = bytes(64)
"""The end of a file whose missing bytes were filled with zeros."""

_SAMPLE_BYTES = 512
_SAMPLE_ROWS = 8
"""A trial decode reads this many bytes of the scan, and one row of blocks of 8 by 8 pixels."""


def decode(data: bytes, name: object) -> Image.Image:
    """Decode an image of any colour mode to RGB.

    The pixels are those that timm and torchvision load: alpha is dropped, and the EXIF orientation is ignored.
    16-bit greyscale keeps its high byte, as Pillow does for 16-bit colour; Pillow's own conversion of greyscale
    would turn every value above 255 white. The content decides the format; the extension of the name does not.

    Raises:
        UserError: not an image, cut short or otherwise broken, or larger than Pillow's limit; the message has `name`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image, name)
            return _to_rgb(image, name)
    except UserError:
        raise
    except UnidentifiedImageError as error:
        expected = f"an image ({', '.join(_FORMATS)})"
        raise mistake(name, "image", expected, f"{len(data)} bytes of no such format", "replace the file") from error
    # Pillow's decoders raise whatever they stumble on: OSError, SyntaxError, ValueError, struct.error, ...
    except Exception as error:
        raise mistake(name, "image", "a whole image", f"({error})", "replace the file") from error


def verified_size(data: bytes, name: object) -> tuple[int, int]:
    """Check that an image decodes; return its size.

    The size is the stored width and height in pixels. Decoding costs twenty times as much as hashing, so ordinary
    JPEGs are checked without it. libjpeg repairs damage inside a scan and only warns. Pillow therefore fails for just
    three reasons: headers that it cannot use, a marker in the wrong place, and a file that ends early. For a baseline
    JPEG it is enough that its one scan reaches the end marker, and that its headers are plain or that Pillow decodes a
    first row of blocks. Every other file is decoded.

    Raises:
        UserError: as `decode`, or a JPEG whose missing end was filled with zeros (Pillow would decode it).
    """
    headers = jpeg.headers(data)
    if headers is not None:
        end = jpeg.marker_after_scan(data, headers.segments[-1].end)
        if end is None and data.endswith(_ZERO_FILLING):
            raise mistake(name, "image", "a whole image", "zeros in place of its end", "replace the file")
        if end == jpeg.END_OF_IMAGE and _are_usable(headers, data):
            return headers.width, headers.height
    return decode(data, name).size


def _are_usable(headers: jpeg.Headers, data: bytes) -> bool:
    """Return whether Pillow can certainly use these headers."""
    pixels = headers.width * headers.height
    if pixels > (Image.MAX_IMAGE_PIXELS or pixels):
        return False
    return jpeg.are_plain(headers) or (0 < headers.height <= jpeg.LARGEST_SIDE and _decodes_first_rows(headers, data))


def _decodes_first_rows(headers: jpeg.Headers, data: bytes) -> bool:
    """Return whether Pillow decodes a JPEG's first rows."""
    frame, scan = headers.frame.start, headers.segments[-1].end
    # Replace the height (2 bytes, after the frame's marker, length and precision) and end the file after a piece of the
    # scan. Pillow then reads all headers, but decodes only one row of blocks.
    sample = b"".join(
        (data[: frame + 5], _SAMPLE_ROWS.to_bytes(2), data[frame + 7 : scan + _SAMPLE_BYTES], b"\xff\xd9")
    )
    try:
        with Image.open(io.BytesIO(sample), formats=("JPEG",)) as image:
            # The smallest scale that libjpeg offers, in grey, is the cheapest to decode.
            image.draft("L", (1, 1))
            image.load()
    except Exception:
        return False
    return True


def _to_rgb(image: Image.Image, name: object) -> Image.Image:
    """Convert CMYK, greyscale, palette, alpha or 16 bits to RGB."""
    if image.mode.startswith("I;16"):
        high = np.asarray(image).astype(np.uint16) >> 8
        return Image.fromarray(high.astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        found = "32-bit values, whose range is unknown"
        raise mistake(name, "image", "8 or 16 bits a channel", found, "convert the file")
    # Pillow warns about a palette with transparency unless it passes through RGBA; the colours are the same.
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    # CMYK JPEGs become RGB here, by Pillow's plain formula without a colour profile, as in timm and torchvision.
    return image.convert("RGB")


def _check_size(image: Image.Image, name: object) -> None:
    # Pillow refuses only images of twice its limit, and warns about smaller ones.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        found = f"{image.width} x {image.height}"
        raise mistake(name, "image", f"at most {limit} pixels", found, "replace the file with a smaller one")
