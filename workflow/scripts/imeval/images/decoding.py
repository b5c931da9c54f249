"""Encoded pictures: decoded as the classifiers' pipelines do, and verified whole at little cost."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from imeval.base.errors import UserError, mistake
from imeval.images import jpeg

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

_FILLING = bytes(64)
_SAMPLE_BYTES = 512
_SAMPLE_ROWS = 8


def decode(data: bytes, name: object) -> Image.Image:
    """Decode an encoded image to RGB as timm and torchvision load it: alpha dropped, no rotation by EXIF.

    16-bit greyscale keeps its high byte, as Pillow reads 16-bit colour; Pillow's own conversion would turn
    everything above 255 white. The format is told by the content, not by the name's extension.

    Raises:
        UserError: no image, cut short or otherwise broken, larger than Pillow's limit; names `name`.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check_size(image, name)
            return _rgb(image, name)
    except UserError:
        raise
    except UnidentifiedImageError as error:
        expected = f"an image ({', '.join(_FORMATS)})"
        raise mistake(name, "image", expected, f"{len(data)} bytes of no such format", "replace the file") from error
    # Pillow's decoders raise whatever they stumble on: OSError, SyntaxError, ValueError, struct.error, ...
    except Exception as error:
        raise mistake(name, "image", "a whole image", f"({error})", "replace the file") from error


def whole_size(data: bytes, name: object) -> tuple[int, int]:
    """Return width and height in pixels, as stored, of an image that `decode` decodes.

    Decoding costs twenty times what hashing costs. But libjpeg repairs damage within a scan with a warning, and Pillow
    fails for three reasons alone: headers it cannot use, a marker where none may stand, an end before the end. So for a
    baseline JPEG it is enough that its one scan runs to the end marker and that its headers are plain or, where they
    are not, that Pillow decodes a first row of blocks.

    Raises:
        UserError: as `decode`, or a JPEG that was filled up with zeros in place of what is missing, which decodes.
    """
    headers = jpeg.headers(data)
    if headers is not None:
        end = jpeg.marker_after_scan(data, headers.segments[-1].end)
        if end is None and data.endswith(_FILLING):
            raise mistake(name, "image", "a whole image", "zeros in place of its end", "replace the file")
        if end == jpeg.END_OF_IMAGE and _are_usable(headers, data):
            return headers.width, headers.height
    return decode(data, name).size


def _are_usable(headers: jpeg.Headers, data: bytes) -> bool:
    """Return whether Pillow can use the headers of a baseline JPEG; False where only decoding can tell."""
    pixels = headers.width * headers.height
    if pixels > (Image.MAX_IMAGE_PIXELS or pixels):
        return False
    return jpeg.are_plain(headers) or (0 < headers.height <= jpeg.LARGEST_SIDE and _decodes_first_rows(headers, data))


def _decodes_first_rows(headers: jpeg.Headers, data: bytes) -> bool:
    start, scan = headers.frame.start, headers.segments[-1].end
    sample = b"".join(
        (data[: start + 5], _SAMPLE_ROWS.to_bytes(2), data[start + 7 : scan + _SAMPLE_BYTES], b"\xff\xd9")
    )
    try:
        with Image.open(io.BytesIO(sample), formats=("JPEG",)) as image:
            image.draft("L", (1, 1))
            image.load()
    except Exception:
        return False
    return True


def _rgb(image: Image.Image, name: object) -> Image.Image:
    if image.mode.startswith("I;16"):
        high = np.asarray(image).astype(np.uint16) >> 8
        return Image.fromarray(high.astype(np.uint8)).convert("RGB")
    if image.mode in ("I", "F"):
        found = "32-bit values, whose range is not told"
        raise mistake(name, "image", "8 or 16 bits a channel", found, "convert the file")
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


def _check_size(image: Image.Image, name: object) -> None:
    # Pillow itself only warns up to twice its limit.
    limit = Image.MAX_IMAGE_PIXELS
    if limit is not None and image.width * image.height > limit:
        found = f"{image.width} x {image.height}"
        raise mistake(name, "image", f"at most {limit} pixels", found, "replace the file with a smaller one")
