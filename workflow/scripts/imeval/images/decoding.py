"""Decoding of images, and a fast check."""

import io

import numpy as np
import pillow_heif
from PIL import Image, UnidentifiedImageError, features

from imeval.base.errors import UserError, mistake
from imeval.images import jpeg

# The pictures of many phones, which Pillow alone does not read.
pillow_heif.register_heif_opener(thumbnails=False)

# Some builds of Pillow lack AVIF and would refuse a list with it.
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "HEIF", *(("AVIF",) if features.check("avif") else ()))

_ZERO_FILLING = bytes(64)
"""The end of a file whose missing bytes were filled with zeros."""

_MOST_SCANS = 100
"""A progressive JPEG has about ten scans. Each takes the time of all its pixels, however few bytes it has."""

# A trial decode reads this many bytes of the scan, and one row of blocks of 8 by 8 pixels.
_SAMPLE_BYTES = 512
_SAMPLE_ROWS = 8


def decode(data: bytes, name: object) -> Image.Image:
    """Decode an image of any colour mode to RGB.

    The pixels are those that timm and torchvision load: of the first frame, without alpha, and without regard to the
    EXIF orientation. Every model sees them; `sent` has the form in which an API does. An exception is 16-bit greyscale,
    which keeps its high byte as 16-bit colour does; Pillow would make every value above 255 white. The content decides
    the format, not the extension.

    Raises:
        UserError: not an image, a broken image, or one larger than Pillow's limit; the message names it by `name`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            _check_size(image, name)
            return _to_rgb(image, name)
    except UserError:
        raise
    except UnidentifiedImageError as error:
        expected = f"an image ({', '.join(FORMATS)})"
        raise mistake(name, "image", expected, f"{len(data)} bytes of no such format", "replace the file") from error
    # Pillow's decoders raise many kinds of exceptions: OSError, SyntaxError, ValueError, struct.error, ...
    except Exception as error:
        raise mistake(name, "image", "a whole image", f"({error})", "replace the file") from error


def stored_pixels(data: bytes) -> int:
    """Return the number of an image's pixels from its header.

    It is 0 if there is no such header: nothing can be decoded then.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return image.width * image.height
    # As in `decode`. A size beyond Pillow's limit is refused here as there.
    except Exception:
        return 0


def verified_size(data: bytes, name: object) -> tuple[int, int]:
    """Check that an image decodes; return its size.

    The size is width and height in pixels. Decoding takes twenty times as long as hashing, so ordinary JPEGs are not
    decoded. As libjpeg repairs damage inside a scan, Pillow fails for only three reasons: headers that it cannot use, a
    marker in a wrong place, or a file that ends early. It is therefore enough for a baseline JPEG that its only scan
    reaches the end marker, and that its headers are plain or Pillow decodes a first row of blocks. Every other file is
    decoded.

    Raises:
        UserError: as `decode`, a JPEG of more than 100 scans, or one whose missing end is filled with zeros, which
            Pillow would decode.
    """
    headers = jpeg.headers(data)
    if headers is not None:
        end = jpeg.marker_after_scan(data, headers.segments[-1].end)
        if end is None and data.endswith(_ZERO_FILLING):
            raise mistake(name, "image", "a whole image", "zeros in place of its end", "replace the file")
        if end == jpeg.END_OF_IMAGE and _are_usable(headers, data):
            return headers.width, headers.height
    # In a scan, no other byte than zero or the number of a restart follows 0xFF.
    elif data.startswith(b"\xff\xd8") and (scans := data.count(b"\xff\xda")) > _MOST_SCANS:
        raise mistake(name, "image", f"at most {_MOST_SCANS} scans", scans, "replace the file")
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
    # Replace the height (2 bytes after the frame's marker, length and precision), and end the file soon after the start
    # of the scan. Pillow then reads all headers, but decodes only one row of blocks.
    sample = b"".join(
        (data[: frame + 5], _SAMPLE_ROWS.to_bytes(2), data[frame + 7 : scan + _SAMPLE_BYTES], b"\xff\xd9")
    )
    try:
        with Image.open(io.BytesIO(sample), formats=("JPEG",)) as image:
            # libjpeg decodes fastest to grey and to its smallest scale.
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
    # By way of RGBA Pillow does not warn about the transparency; the colours are the same.
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    # CMYK JPEGs become RGB by Pillow's plain formula, without a colour profile, as in timm and torchvision.
    return image.convert("RGB")


def _check_size(image: Image.Image, name: object) -> None:
    # Pillow itself only warns, up to twice its limit.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        found = f"{image.width} x {image.height}"
        raise mistake(name, "image", f"at most {limit} pixels", found, "replace the file with a smaller one")
