import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.images import decoding
from pictures import encoded, noise
from PIL import Image, features


def png_of_16_bits(pixels: np.ndarray, colour_type: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.jpg: image: expected an image \(JPEG, .*found 0 bytes of no such format"),
        (b"<html>not found</html>", r"a\.jpg: image: expected an image \(JPEG, .*found 22 bytes of no such format"),
        (noise("JPEG")[:-500], r"a\.jpg: image: expected a whole image, found \(.*truncated"),
        (noise("JPEG")[:-500] + bytes(500), r"a\.jpg: image: expected a whole image, found zeros in place of its end"),
        (noise("PNG")[:-500], r"a\.jpg: image: expected a whole image, found \(.*truncated"),
    ],
)
def test_a_file_that_is_no_whole_image_is_named(content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        decoding.verified_size(content, "a.jpg")


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "GIF"]), st.floats(0, 0.99))
def test_an_image_cut_short_anywhere_is_refused(file_format: str, kept: float) -> None:
    data = noise(file_format)
    for read in (decoding.decode, decoding.verified_size):
        with pytest.raises(UserError, match=r"^a\.jpg: image: expected an? "):
            read(data[: int(kept * len(data))], "a.jpg")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for start in (b"BM", b"\xff\xd8\xff"):
        for read in (decoding.decode, decoding.verified_size):
            with pytest.raises(UserError, match=r"^a\.jpg: image: "):
                read(start + data, "a.jpg")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_the_format_comes_from_the_content_not_from_the_name(file_format: str) -> None:
    assert decoding.verified_size(noise(file_format), "a.JPEG") == (48, 32)
    expected = Image.open(io.BytesIO(noise(file_format))).convert("RGB")
    assert decoding.decode(noise(file_format), "a.JPEG").tobytes() == expected.tobytes()


@pytest.mark.skipif(not features.check("avif"), reason="this build of Pillow lacks AVIF")
def test_avif_is_decoded_where_pillow_has_it() -> None:
    data = noise("AVIF", size=(48, 32))
    assert decoding.decode(data, "a.avif").size == decoding.verified_size(data, "a.avif") == (48, 32)
    with pytest.raises(UserError, match=r"^a\.avif: image: expected a"):
        decoding.verified_size(data[:-100], "a.avif")


def test_heic_of_a_phone_is_decoded_and_refused_if_cut_short() -> None:
    data = noise("HEIF", size=(48, 32))
    assert decoding.decode(data, "a.heic").size == decoding.verified_size(data, "a.heic") == (48, 32)
    for kept in range(0, len(data), 50):
        with pytest.raises(UserError, match=r"^a\.heic: image: expected a"):
            decoding.verified_size(data[:kept], "a.heic")


@pytest.mark.parametrize(
    ("image", "file_format", "options", "pixel"),
    [
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", {"quality": 100}, (255, 0, 0)),
        (Image.new("L", (8, 8), 77), "JPEG", {"quality": 100}, (77, 77, 77)),
        (Image.new("1", (8, 8), 1), "PNG", {}, (255, 255, 255)),
        (Image.new("LA", (8, 8), (77, 0)), "PNG", {}, (77, 77, 77)),
        (Image.new("RGBA", (8, 8), (1, 2, 3, 0)), "PNG", {}, (1, 2, 3)),
        (Image.new("RGBA", (8, 8), (10, 20, 30, 0)), "HEIF", {"quality": -1}, (10, 20, 30)),
    ],
)
def test_every_colour_space_becomes_rgb(image: Image.Image, file_format: str, options, pixel) -> None:
    decoded = decoding.decode(encoded(image, file_format, **options), "a")
    assert decoded.mode == "RGB"
    assert decoded.getpixel((3, 3)) == pixel


@pytest.mark.filterwarnings("error")
def test_a_transparent_palette_keeps_its_colours_without_a_warning() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert decoding.decode(encoded(image, "PNG", transparency=bytes([0, 7])), "a").getpixel((0, 0)) == (10, 20, 30)


def test_16_bit_greyscale_keeps_its_high_byte_as_16_bit_colour_does() -> None:
    grey = np.array([[0, 255, 256, 30_000, 65_535]], dtype=np.uint16)
    of_grey = decoding.decode(png_of_16_bits(grey, 0), "a")
    of_colour = decoding.decode(png_of_16_bits(np.stack([grey] * 3, axis=-1), 2), "a")
    assert np.asarray(of_grey)[0, :, 0].tolist() == [0, 0, 1, 117, 255]
    assert of_grey.tobytes() == of_colour.tobytes()


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bit_greyscale_reads_in_either_byte_order(order: str) -> None:
    image = Image.fromarray(np.full((4, 4), 30_000, dtype=order))
    assert decoding.decode(encoded(image, "TIFF"), "a").getpixel((0, 0)) == (117, 117, 117)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_32_bit_greyscale_has_no_range_and_is_refused(kind) -> None:
    image = Image.fromarray(np.full((4, 4), 30_000, dtype=kind))
    with pytest.raises(UserError, match=r"a\.tif: image: expected 8 or 16 bits a channel, found 32-bit values"):
        decoding.decode(encoded(image, "TIFF"), "a.tif")


def test_a_photograph_is_not_rotated_by_its_exif_note() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decoding.decode(encoded(Image.new("RGB", (30, 20)), "JPEG", exif=exif), "a").size == (30, 20)


@pytest.mark.parametrize("limit", [50, 599])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_beyond_pillows_limit_is_refused(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(UserError, match=r"^a\.png: image: .*(600 pixels|30 x 20)"):
        decoding.decode(encoded(Image.new("RGB", (30, 20)), "PNG"), "a.png")


JPEGS = [
    noise("JPEG"),
    noise("JPEG", size=(17, 9), optimize=True, subsampling=0),
    noise("JPEG", size=(40, 40), progressive=True),
    noise("JPEG", size=(1, 90), quality=20),
    noise("JPEG", size=(64, 24), restart_marker_blocks=2),
    encoded(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG"),
    encoded(Image.new("L", (30, 1), 77), "JPEG", comment=b"\xff\xd9 in a comment"),
]


@pytest.mark.parametrize("data", JPEGS)
def test_a_whole_jpeg_has_its_size(data: bytes) -> None:
    assert decoding.verified_size(data, "a") == Image.open(io.BytesIO(data)).size


def test_zeros_after_the_end_of_a_jpeg_do_no_harm() -> None:
    assert decoding.verified_size(noise("JPEG") + bytes(500), "a") == (48, 32)


def test_an_ordinary_jpeg_is_verified_without_being_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "decode", None)
    assert decoding.verified_size(noise("JPEG", size=(500, 375)), "a") == (500, 375)


damages = st.lists(
    st.tuples(st.integers(0, 3000), st.sampled_from([0, 1, 2, 40, 700]), st.binary(max_size=3)), min_size=1, max_size=3
)


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    Image.new("L", (64, 64)).save(file, "JPEG", progressive=True)
    whole = file.getvalue()
    assert decoding.verified_size(whole, "a") == (64, 64)
    last_scan = whole[whole.rindex(b"\xff\xda") : -2]
    monkeypatch.setattr(decoding, "decode", None)
    with pytest.raises(UserError, match=r"a: image: expected at most 100 scans, found \d+; replace the file"):
        decoding.verified_size(whole[:-2] + 2000 * last_scan + whole[-2:], "a")


@given(st.sampled_from(JPEGS), damages)
def test_a_damaged_jpeg_that_passes_for_whole_decodes(data: bytes, damage: list[tuple[int, int, bytes]]) -> None:
    for place, removed, inserted in damage:
        start = place % (len(data) or 1)
        data = data[:start] + inserted + data[start + removed :]
    try:
        size = decoding.verified_size(data, "a")
    except UserError:
        return
    assert decoding.decode(data, "a").size == size


ODDITIES = {
    "PNG": noise("PNG"),
    "CMYK": encoded(Image.linear_gradient("L").convert("CMYK"), "JPEG"),
    "greyscale": encoded(Image.linear_gradient("L"), "JPEG"),
    "alpha": encoded(Image.merge("RGBA", [Image.linear_gradient("L")] * 4), "PNG"),
    "palette": encoded(Image.linear_gradient("L").convert("P"), "PNG", transparency=3),
    "one pixel wide": noise("JPEG", size=(1, 50)),
    "one pixel high": noise("JPEG", size=(50, 1)),
    "one pixel": noise("JPEG", size=(1, 1)),
    "rotated by EXIF": noise("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
def test_the_oddities_of_imagenet_are_decoded_as_timm_and_torchvision_do(tmp_path: Path, oddity: str) -> None:
    from timm.data import ImageDataset
    from torchvision.datasets.folder import default_loader

    path = tmp_path / "n01440764" / "a.JPEG"
    path.parent.mkdir()
    path.write_bytes(ODDITIES[oddity])
    expected, _ = ImageDataset(str(tmp_path))[0]
    decoded = decoding.decode(ODDITIES[oddity], path)
    assert decoded.size == expected.size == decoding.verified_size(ODDITIES[oddity], path)
    assert decoded.tobytes() == expected.tobytes() == default_loader(str(path)).tobytes()
