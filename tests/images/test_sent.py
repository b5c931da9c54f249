import io

import numpy as np
import pytest
from imeval.base.errors import UserError
from imeval.images import decoding
from imeval.images.sent import as_sent
from pictures import encoded, noise
from PIL import Image, ImageOps, features

TAKEN = ("image/jpeg", "image/png", "image/webp")
PIXELS = Image.open(io.BytesIO(noise("PNG", size=(32, 24))))
SMALL = PIXELS.resize((8, 6))


def turned(value: int, kind: str = "exif") -> dict[str, object]:
    """Options that note an orientation in a picture's EXIF or XMP."""
    if kind == "xmp":
        return {"xmp": f'<x:xmpmeta><rdf:Description tiff:Orientation="{value}"/></x:xmpmeta>'.encode()}
    exif = Image.Exif()
    exif[0x0112] = value
    return {"exif": exif}


def grey_of_16_bits() -> Image.Image:
    return Image.fromarray(np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) * 80)


STAY = {
    "JPEG": noise("JPEG"),
    "progressive JPEG": noise("JPEG", progressive=True),
    "grey JPEG": encoded(PIXELS.convert("L"), "JPEG"),
    "JPEG with a colour profile": encoded(PIXELS, "JPEG", icc_profile=b"profile" * 9),
    "JPEG that is noted to be upright": encoded(PIXELS, "JPEG", **turned(1)),
    "PNG": noise("PNG"),
    "grey PNG": encoded(PIXELS.convert("L"), "PNG"),
    "PNG of a palette": encoded(PIXELS.convert("P"), "PNG"),
    "WebP": noise("WEBP"),
}
OTHERS = [PIXELS.rotate(90), PIXELS.rotate(180)]
CHANGE = {
    "turned JPEG": encoded(PIXELS, "JPEG", **turned(6)),
    "mirrored JPEG": encoded(PIXELS, "JPEG", **turned(2)),
    "JPEG turned by XMP": encoded(PIXELS, "JPEG", **turned(8, "xmp")),
    "turned progressive JPEG": encoded(PIXELS, "JPEG", progressive=True, **turned(3)),
    "MPO": encoded(PIXELS, "MPO", save_all=True, append_images=[SMALL]),
    "turned MPO": encoded(PIXELS, "MPO", save_all=True, append_images=[SMALL], **turned(6)),
    "CMYK JPEG": encoded(PIXELS.convert("CMYK"), "JPEG"),
    "turned CMYK JPEG": encoded(PIXELS.convert("CMYK"), "JPEG", **turned(6)),
    "turned PNG": encoded(PIXELS, "PNG", **turned(6)),
    "PNG with alpha": encoded(Image.merge("RGBA", [*PIXELS.split(), PIXELS.convert("L")]), "PNG"),
    "grey PNG with alpha": encoded(Image.merge("LA", [PIXELS.convert("L")] * 2), "PNG"),
    "PNG with a transparent colour": encoded(PIXELS.convert("P"), "PNG", transparency=3),
    "moving PNG": encoded(PIXELS, "PNG", save_all=True, append_images=OTHERS),
    "PNG of 16 bits": encoded(grey_of_16_bits(), "PNG"),
    "WebP with alpha": encoded(Image.merge("RGBA", [*PIXELS.split(), PIXELS.convert("L")]), "WEBP", lossless=True),
    "moving WebP": encoded(PIXELS, "WEBP", save_all=True, append_images=OTHERS),
    "turned WebP": encoded(PIXELS, "WEBP", **turned(6)),
    "GIF": encoded(PIXELS.convert("P"), "GIF"),
    "moving GIF": encoded(PIXELS.convert("P"), "GIF", save_all=True, append_images=OTHERS),
    "BMP": noise("BMP"),
    "TIFF": noise("TIFF"),
    "HEIC": noise("HEIF"),
    "TIFF of several pages": encoded(PIXELS, "TIFF", save_all=True, append_images=OTHERS),
    "TIFF of 16 bits": encoded(grey_of_16_bits(), "TIFF"),
    "turned TIFF": encoded(PIXELS, "TIFF", **turned(6)),
    "turned HEIC": encoded(PIXELS, "HEIF", **turned(6)),
    "HEIC of several pictures": encoded(PIXELS, "HEIF", save_all=True, append_images=OTHERS),
} | ({"AVIF": noise("AVIF")} if features.check("avif") else {})


@pytest.mark.parametrize("picture", STAY)
def test_a_picture_that_all_decoders_read_alike_is_sent_byte_for_byte(picture: str) -> None:
    assert as_sent(STAY[picture], "a").data == STAY[picture]


@pytest.mark.parametrize("picture", [*STAY, *CHANGE])
def test_a_server_that_heeds_every_note_gets_the_pixels_that_local_models_see(picture: str) -> None:
    data = (STAY | CHANGE)[picture]
    sent = as_sent(data, "a")
    with Image.open(io.BytesIO(sent.data)) as received:
        assert (Image.MIME[received.format], getattr(received, "n_frames", 1)) == (sent.media_type, 1)
        assert sent.media_type in TAKEN
        pixels = ImageOps.exif_transpose(received).convert("RGB")
    expected = decoding.decode(data, "a")
    assert pixels.size == expected.size
    assert pixels.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    "picture", ["turned JPEG", "JPEG turned by XMP", "turned progressive JPEG", "MPO", "turned MPO"]
)
def test_a_jpeg_loses_a_note_and_not_its_compression(picture: str) -> None:
    sent = as_sent(CHANGE[picture], "a")
    assert sent.media_type == "image/jpeg"
    # All bytes are the picture's own.
    assert sent.data[-1000:] == CHANGE[picture][-1000:]


@pytest.mark.parametrize("picture", ["CMYK JPEG", "GIF", "BMP", "TIFF", "HEIC", "moving WebP"])
def test_other_pictures_are_sent_without_loss(picture: str) -> None:
    assert as_sent(CHANGE[picture], "a").media_type == "image/png"


@pytest.mark.parametrize("data", [b"", b"<html>", CHANGE["turned JPEG"][:-300], b"\xff\xd8\xff"])
def test_what_is_no_whole_picture_is_refused(data: bytes) -> None:
    with pytest.raises(UserError, match=r"^a\.jpg: image: expected "):
        as_sent(data, "a.jpg")
