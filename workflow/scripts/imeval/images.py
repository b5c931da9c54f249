"""Encoded pictures: decoded as the classifiers' pipelines do, and verified whole at little cost."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from imeval.errors import UserError, mistake

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")

_BASELINE_FRAMES = (0xC0, 0xC1)
_START_OF_SCAN = 0xDA
_END_OF_IMAGE = 0xD9
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
    baseline JPEG it is enough that Pillow decodes a first row of blocks and that the one scan runs to the end marker.

    Raises:
        UserError: as `decode`, or a JPEG that was filled up with zeros in place of what is missing, which decodes.
    """
    headers = _headers(data)
    if headers is not None:
        frame, scan = headers
        end = _marker_after_scan(data, scan)
        if end is None and data.endswith(_FILLING):
            raise mistake(name, "image", "a whole image", "zeros in place of its end", "replace the file")
        if end == _END_OF_IMAGE and (size := _size_if_usable(data, frame, scan)):
            return size
    return decode(data, name).size


def _size_if_usable(data: bytes, frame: int, scan: int) -> tuple[int, int] | None:
    """Return the size in the headers of a baseline JPEG if Pillow can use them; None where only decoding can tell."""
    height, width = int.from_bytes(data[frame + 5 : frame + 7]), int.from_bytes(data[frame + 7 : frame + 9])
    if not height or width * height > (Image.MAX_IMAGE_PIXELS or width * height):
        return None
    sample = b"".join(
        (data[: frame + 5], _SAMPLE_ROWS.to_bytes(2), data[frame + 7 : scan + _SAMPLE_BYTES], b"\xff\xd9")
    )
    try:
        with Image.open(io.BytesIO(sample), formats=("JPEG",)) as image:
            image.draft("L", (1, 1))
            image.load()
    except Exception:
        return None
    return width, height


def _headers(data: bytes) -> tuple[int, int] | None:
    """Return where the frame header of a baseline JPEG and its scan data start; None for any other file."""
    frame = None
    start = 2
    while data[:2] == b"\xff\xd8" and data[start : start + 1] == b"\xff" and start + 10 < len(data):
        marker = data[start + 1]
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4])
        if marker in _BASELINE_FRAMES and frame is None:
            frame = start
        elif marker == _START_OF_SCAN:
            # All components in one scan, so that no header follows it.
            one_scan = frame is not None and data[start + 4] == data[frame + 9]
            return (frame, end) if frame is not None and one_scan else None
        elif 0xC0 <= marker <= 0xCF and marker != 0xC4:
            return None
        start = end
    return None


def _marker_after_scan(data: bytes, scan: int) -> int | None:
    """Return the first marker that ends scan data; None where the file ends before."""
    values = np.frombuffer(data, np.uint8)[scan:]
    following = values[np.flatnonzero(values[:-1] == 0xFF) + 1]
    # Within a scan 0xFF is followed by a stuffed zero or a restart marker; before a marker it may be repeated.
    ending = following[(following != 0) & (following != 0xFF) & (following & 0xF8 != 0xD0)]
    return int(ending[0]) if len(ending) else None


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
