from pathlib import Path

import pytest
from imeval.images.places import Picture, Place, Source, archive_name, archive_path


@pytest.mark.parametrize(
    ("name", "archive", "path", "description"),
    [
        ("n01440764/a.JPEG", None, ("n01440764", "a"), "n01440764/a.JPEG"),
        ("./val/a.jpg", "0.tar", ("0", "val", "a"), "./val/a.jpg in 0.tar"),
        ("a.jpg", "data/test.parquet", ("data", "test", "a"), "a.jpg in data/test.parquet"),
    ],
)
def test_a_picture_lies_in_folders_and_archives(name, archive, path, description) -> None:
    picture = Picture(name, Place(name, archive, None, None))
    assert picture.path == path
    assert picture.place.description == description


def test_an_archive_is_found_by_its_name(tmp_path: Path) -> None:
    file = tmp_path / "data" / "0.tar"
    file.parent.mkdir()
    file.touch()
    for source, name in ((Source("tar", tmp_path), "data/0.tar"), (Source("tar", file), "0.tar")):
        assert archive_name(source, file) == name
        assert archive_path(source, name) == file
