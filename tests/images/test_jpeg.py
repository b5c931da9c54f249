import pytest
from imeval.images import decoding, jpeg
from pictures import encoded, noise
from PIL import Image

PLAIN = {
    "colour": noise("JPEG", size=(17, 9)),
    "own codes": noise("JPEG", size=(9, 17), optimize=True, subsampling=0),
    "restart markers": noise("JPEG", size=(33, 8), restart_marker_blocks=2),
    "greyscale with a comment": encoded(Image.new("L", (30, 9), 77), "JPEG", comment=b"\xff\xd9 in a comment"),
    "colour profile": noise("JPEG", size=(8, 8), icc_profile=bytes(200)),
}


def are_plain(data: bytes) -> bool:
    headers = jpeg.headers(data)
    return headers is not None and jpeg.are_plain(headers)


@pytest.mark.parametrize("kind", PLAIN)
def test_the_headers_of_most_photographs_are_plain(kind: str) -> None:
    headers = jpeg.headers(PLAIN[kind])
    assert headers is not None
    assert jpeg.are_plain(headers)
    assert (headers.width, headers.height) == decoding.decode(PLAIN[kind], "a").size


@pytest.mark.parametrize(
    "data",
    [
        noise("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x00\0"),
        noise("JPEG", progressive=True),
        encoded(Image.new("CMYK", (8, 8)), "JPEG"),
        noise("PNG"),
        b"",
    ],
)
def test_other_headers_are_left_to_pillow(data: bytes) -> None:
    assert not are_plain(data)


@pytest.mark.parametrize("kind", PLAIN)
def test_whatever_stands_in_plain_headers_the_image_decodes(kind: str) -> None:
    data = PLAIN[kind]
    headers = jpeg.headers(data)
    assert headers is not None
    judged = []
    for place in range(2, headers.segments[-1].end):
        for value in {0, 1, 2, 3, 17, 255, data[place] ^ 1, data[place] ^ 16} - {data[place]}:
            changed = data[:place] + bytes([value]) + data[place + 1 :]
            found = jpeg.headers(changed)
            # Sizes of many pixels take long to decode, and their bytes are like any other's.
            judged.append(found is not None and jpeg.are_plain(found) and found.width * found.height < 10_000)
            if found is not None and judged[-1] and jpeg.marker_after_scan(changed, found.segments[-1].end) == 0xD9:
                assert decoding.decode(changed, "a").size == (found.width, found.height)
    assert set(judged) == {True, False}


@pytest.mark.parametrize(
    ("scan", "marker"),
    [
        (b"ab\xff\x00\xff\xd9", 0xD9),
        (b"ab\xff\xd0c\xff\xff\xd9", 0xD9),
        (b"ab\xff\xd0c\xff\xdd\xff\xd9", 0xDD),
        (b"ab\xff\x00\xd9", None),
        (b"ab\xff\xd0\xd9\xff", None),
        (b"\xd9", None),
        (b"", None),
    ],
)
def test_a_scan_ends_at_the_first_marker_but_a_restart(scan: bytes, marker: int | None) -> None:
    assert jpeg.marker_after_scan(b"headers" + scan, 7) == marker


def test_sides_beyond_what_libjpeg_takes_are_refused() -> None:
    data = noise("JPEG", size=(8, 8))
    headers = jpeg.headers(data)
    assert headers is not None
    start = headers.frame.start + 5
    tall = data[:start] + (65_501).to_bytes(2) + data[start + 2 :]
    assert not are_plain(tall)
    with pytest.raises(decoding.UserError, match="a: image: expected a whole image"):
        decoding.verified_size(tall, "a")
