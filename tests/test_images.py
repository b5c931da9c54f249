import hashlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval import images, labels, schemas
from imeval.errors import UserError
from PIL import Image


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def noise(file_format: str) -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), file_format)


def png_of_16_bits(pixels: np.ndarray, colour_type: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def image_index(number: int, selected: int) -> pl.DataFrame:
    originals = pl.DataFrame(
        {"image_id": [f"{place:04d}" for place in range(number)], "imgt": [0] * selected + [1] * (number - selected)},
        schema={"image_id": pl.String, "imgt": pl.Int16},
    )
    return labels.index("x", originals, None, frozenset({0}), None)


def test_photographs_are_found_in_all_subfolders_in_order(tmp_path: Path) -> None:
    for name in ("b/2.JPEG", "b/c/3.png", "1.jpg", "note.txt", ".hidden.jpg", ".trash/4.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert list(images.photographs(tmp_path, "*").items()) == [("1", "1.jpg"), ("2", "b/2.JPEG"), ("3", "b/c/3.png")]


def test_a_pattern_narrows_the_photographs_by_file_name(tmp_path: Path) -> None:
    for name in ("imagenet_00_243.jpg", "mnist_00_7.png", "IMAGENET_01_559.JPG"):
        (tmp_path / name).touch()
    assert list(images.photographs(tmp_path, "imagenet_*.jpg")) == ["IMAGENET_01_559", "imagenet_00_243"]


def test_two_files_of_one_image_id_are_both_named(tmp_path: Path) -> None:
    for name in ("train/a.jpg", "val/a.JPEG"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=r"image a: expected one file, found train/a\.jpg and val/a\.JPEG"):
        images.photographs(tmp_path, "*")


@pytest.mark.parametrize("target", ["secret.jpg", "secrets"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "photographs").mkdir()
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secret.jpg").touch()
    os.symlink(tmp_path / target, tmp_path / "photographs" / "link.jpg")
    with pytest.raises(UserError, match=rf"link\.jpg: photographs: expected no symbolic link .*found /.*{target}"):
        images.photographs(tmp_path / "photographs", "*")


def test_a_link_within_the_folder_is_followed_to_a_file_alone(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.jpg").touch()
    os.symlink("a/1.jpg", tmp_path / "2.jpg")
    os.symlink("../a", tmp_path / "a" / "again")
    assert images.photographs(tmp_path, "*") == {"2": "2.jpg", "1": "a/1.jpg"}


@pytest.mark.parametrize(
    ("folder", "message"),
    [("none", "none: folder: expected a readable folder"), (".", r"photographs: expected files like '\*\.jpg'")],
)
def test_a_folder_without_photographs_is_refused(tmp_path: Path, folder: str, message: str) -> None:
    (tmp_path / "a.txt").touch()
    with pytest.raises(UserError, match=message):
        images.photographs(tmp_path / folder, "*.jpg")


def test_a_photograph_keeps_its_bytes(tmp_path: Path) -> None:
    data = noise("JPEG")
    (tmp_path / "a.jpg").write_bytes(data)
    assert images.read_image(tmp_path / "a.jpg") == images.Photograph(48, 32, hashlib.sha256(data).hexdigest(), data)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.jpg: image: expected an image \(JPEG, .*found 0 bytes of no such format"),
        (b"<html>not found</html>", r"a\.jpg: image: expected an image \(JPEG, .*found 22 bytes of no such format"),
        (noise("JPEG")[:-500], r"a\.jpg: image: expected a whole image, found \(.*truncated"),
        (noise("PNG")[:-500], r"a\.jpg: image: expected a whole image, found \(.*truncated"),
    ],
)
def test_a_file_that_is_no_whole_image_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.jpg").write_bytes(content)
    with pytest.raises(UserError, match=message):
        images.read_image(tmp_path / "a.jpg")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.jpg: image: expected a readable file"):
        images.read_image(tmp_path / "a.jpg")


@given(st.sampled_from(["JPEG", "PNG", "WEBP", "BMP", "GIF"]), st.floats(0, 0.99))
def test_an_image_cut_short_anywhere_is_refused(file_format: str, kept: float) -> None:
    data = noise(file_format)
    with pytest.raises(UserError, match=r"^a\.jpg: image: expected an? "):
        images.decode(data[: int(kept * len(data))], "a.jpg")


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(UserError, match=r"^a\.jpg: image: "):
        images.decode(b"BM" + data, "a.jpg")


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_the_content_tells_the_format_and_the_name_does_not(tmp_path: Path, file_format: str) -> None:
    (tmp_path / "a.JPEG").write_bytes(noise(file_format))
    assert images.read_image(tmp_path / "a.JPEG").width == 48
    expected = Image.open(io.BytesIO(noise(file_format))).convert("RGB")
    assert images.decode(noise(file_format), "a.JPEG").tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("image", "file_format", "options", "pixel"),
    [
        (Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "JPEG", {"quality": 100}, (255, 0, 0)),
        (Image.new("L", (8, 8), 77), "JPEG", {"quality": 100}, (77, 77, 77)),
        (Image.new("1", (8, 8), 1), "PNG", {}, (255, 255, 255)),
        (Image.new("LA", (8, 8), (77, 0)), "PNG", {}, (77, 77, 77)),
        (Image.new("RGBA", (8, 8), (1, 2, 3, 0)), "PNG", {}, (1, 2, 3)),
    ],
)
def test_every_colour_space_becomes_rgb(image: Image.Image, file_format: str, options, pixel) -> None:
    decoded = images.decode(encoded(image, file_format, **options), "a")
    assert decoded.mode == "RGB"
    assert decoded.getpixel((3, 3)) == pixel


@pytest.mark.filterwarnings("error")
def test_a_transparent_palette_keeps_its_colours_without_a_warning() -> None:
    image = Image.new("P", (8, 8), 1)
    image.putpalette([0, 0, 0, 10, 20, 30])
    assert images.decode(encoded(image, "PNG", transparency=bytes([0, 7])), "a").getpixel((0, 0)) == (10, 20, 30)


def test_16_bit_greyscale_keeps_its_high_byte_as_16_bit_colour_does() -> None:
    grey = np.array([[0, 255, 256, 30_000, 65_535]], dtype=np.uint16)
    of_grey = images.decode(png_of_16_bits(grey, 0), "a")
    of_colour = images.decode(png_of_16_bits(np.stack([grey] * 3, axis=-1), 2), "a")
    assert np.asarray(of_grey)[0, :, 0].tolist() == [0, 0, 1, 117, 255]
    assert of_grey.tobytes() == of_colour.tobytes()


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bit_greyscale_reads_in_either_byte_order(order: str) -> None:
    image = Image.fromarray(np.full((4, 4), 30_000, dtype=order))
    assert images.decode(encoded(image, "TIFF"), "a").getpixel((0, 0)) == (117, 117, 117)


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_32_bit_greyscale_has_no_range_and_is_refused(kind) -> None:
    image = Image.fromarray(np.full((4, 4), 30_000, dtype=kind))
    with pytest.raises(UserError, match=r"a\.tif: image: expected 8 or 16 bits a channel, found 32-bit values"):
        images.decode(encoded(image, "TIFF"), "a.tif")


def test_a_photograph_is_not_rotated_by_its_exif_note() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert images.decode(encoded(Image.new("RGB", (30, 20)), "JPEG", exif=exif), "a").size == (30, 20)


@pytest.mark.parametrize("limit", [50, 599])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_beyond_pillows_limit_is_refused(monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(UserError, match=r"^a\.png: image: .*(600 pixels|30 x 20)"):
        images.decode(encoded(Image.new("RGB", (30, 20)), "PNG"), "a.png")


@given(st.integers(0, 40), st.integers(1, 40), st.integers(1, 50))
def test_shards_part_the_selected_images_in_order(others: int, selected: int, shards: int) -> None:
    index = image_index(selected + others, selected)
    parts = [images.shard_rows(index, shard, shards) for shard in range(shards)]
    assert pl.concat(parts).equals(index.filter("selected"))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_shard_of_photographs_keeps_its_contract(tmp_path: Path) -> None:
    (tmp_path / "v").mkdir()
    for name in ("b_2.png", "v/a_1.JPEG"):
        (tmp_path / name).write_bytes(noise("PNG"))
    found = images.photographs(tmp_path, "*")
    originals = labels.original_labels_from_names(found, r"_(\d+)$")
    index = labels.index("x", originals, found, None, 2)
    frame = images.extract(tmp_path, images.shard_rows(index, 0, 1))
    schemas.write(tmp_path / "images.parquet", schemas.Images, frame)
    sha256 = hashlib.sha256(noise("PNG")).hexdigest()
    assert schemas.read(tmp_path / "images.parquet", schemas.Images).rows() == [
        ("a_1", 1, 48, 32, sha256, noise("PNG")),
        ("b_2", 2, 48, 32, sha256, noise("PNG")),
    ]


def test_a_shard_without_images_keeps_its_contract(tmp_path: Path) -> None:
    frame = images.extract(tmp_path, images.shard_rows(image_index(1, 1), 0, 2))
    assert schemas.Images.validate(frame).is_empty()


def test_an_image_set_without_photographs_has_nothing_to_extract(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="image 0000: photograph: expected a file, found none"):
        images.extract(tmp_path, image_index(2, 1))
