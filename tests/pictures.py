"""The same few pictures in every form that ImageNet comes in."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from imeval.labels.classes import synsets
from PIL import Image


def encoded(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def noise(file_format: str, seed: int = 0, size: tuple[int, int] = (48, 32), **options: object) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return encoded(Image.fromarray(pixels), file_format, **options)


LABELS = {
    "ILSVRC2012_val_00000001": 65,
    "ILSVRC2012_val_00000002": 970,
    "ILSVRC2012_val_00000003": 230,
    "ILSVRC2012_val_00000004": 809,
    "ILSVRC2012_val_00000005": 516,
}
"""Validation images and their original labels."""

PICTURES = {
    "ILSVRC2012_val_00000001": noise("JPEG", 1),
    "ILSVRC2012_val_00000002": noise("PNG", 2),
    "ILSVRC2012_val_00000003": encoded(Image.new("CMYK", (8, 9), (0, 255, 255, 0)), "JPEG"),
    "ILSVRC2012_val_00000004": noise("JPEG", 4, progressive=True),
    "ILSVRC2012_val_00000005": noise("JPEG", 5, (1, 40)),
}


def write_tar(path: Path, members: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def write_parquet(path: Path, pictures: list[tuple[str, bytes, int]], **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {
            "image": pa.array([{"bytes": data, "path": name} for name, data, _ in pictures]),
            "label": pa.array([label for _, _, label in pictures], pa.int64()),
        }
    )
    pq.write_table(table, path, **options)
    return path


def write_files(folder: Path, files: dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def as_folder(folder: Path) -> Path:
    return write_files(folder, {f"{name}.JPEG": data for name, data in PICTURES.items()})


def as_class_folders(folder: Path) -> Path:
    return write_files(folder, {f"{synsets()[LABELS[name]]}/{name}.JPEG": data for name, data in PICTURES.items()})


def as_official_tar(folder: Path) -> Path:
    """ILSVRC2012_img_val.tar: names without folders, in no particular order."""
    shuffled = dict(reversed(PICTURES.items()))
    return write_tar(folder / "ILSVRC2012_img_val.tar", {f"{name}.JPEG": data for name, data in shuffled.items()})


def as_parquet(folder: Path) -> Path:
    """Hugging Face's ILSVRC/imagenet-1k: shards of shuffled pictures, whose names end in the synset."""
    rows = [(f"{name}_{synsets()[LABELS[name]]}.JPEG", PICTURES[name], LABELS[name]) for name in reversed(PICTURES)]
    write_parquet(folder / "data/validation-00000-of-00002.parquet", rows[:3], row_group_size=2)
    write_parquet(folder / "data/validation-00001-of-00002.parquet", rows[3:])
    write_parquet(folder / "data/train-00000-of-00001.parquet", [("n01440764_18.JPEG", noise("JPEG"), 0)])
    return folder


def as_webdataset(folder: Path) -> Path:
    """timm/imagenet-1k-wds: .jpg, .cls and .json of one key in a row; and shards that have the one or the other."""
    first, *others = PICTURES
    described = {"filename": f"{first}.JPEG", "label": LABELS[first], "width": 48, "height": 32}
    numbered = {"0000.jpg": PICTURES[first], "0000.json": json.dumps(described).encode()}
    write_tar(folder / "imagenet1k-validation-00.tar", numbered)
    members = {}
    for name in reversed(others):
        members[f"{name}.cls"] = str(LABELS[name]).encode()
        members[f"{name}.jpeg"] = PICTURES[name]
    write_tar(folder / "imagenet1k-validation-01.tar", members)
    return folder
