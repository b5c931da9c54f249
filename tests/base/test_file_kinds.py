import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest
from imeval.base.file_kinds import kind_of
from PIL import Image


def test_a_file_of_another_kind_is_called_what_it_is(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "gzip", "wt") as file:
        file.write("image_id,labels\n")
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("sheet.xml", "")
    pl.DataFrame({"image_id": ["a"]}).write_parquet(tmp_path / "parquet")
    for name in ("JPEG", "PNG"):
        Image.new("RGB", (2, 2)).save(tmp_path / name, name)
    (tmp_path / "utf16").write_text("image_id,labels\n", encoding="utf-16")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "csv").write_text("image_id,labels\n")
    assert {path.name: kind_of(path) for path in tmp_path.iterdir()} == {
        "gzip": "a file compressed by gzip",
        "zip": "a zip file or a spreadsheet (.xlsx)",
        "parquet": "a Parquet file",
        "JPEG": "a JPEG picture",
        "PNG": "a PNG picture",
        "utf16": "text in UTF-16",
        "empty": "an empty file",
        "folder": "a folder",
        "csv": None,
    }


@pytest.mark.parametrize("path", ["no such file", "archive.tar, sample 3", "a\0b"])
def test_what_is_not_there_is_of_no_kind(path: str) -> None:
    assert kind_of(path) is None
