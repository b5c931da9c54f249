"""Pictures without the border that their distributor drew around them."""

import io

from PIL import Image

from imeval.base.errors import UserError
from imeval.images.decoding import decode


def without_border(data: bytes, name: object, border: int) -> bytes:
    """Return a picture as PNG without some pixels at each side.

    A picture that cannot be decoded, or is no larger than its border, is returned as it is.
    """
    try:
        picture = decode(data, name)
    except UserError:
        return data
    width, height = picture.size
    if min(width, height) <= 2 * border:
        return data
    return png(picture.crop((border, border, width - border, height - border)))


def png(picture: Image.Image) -> bytes:
    """Return a picture as PNG, which keeps every pixel."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
