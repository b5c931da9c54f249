import logging
from pathlib import Path

import pytest
from imeval.images import sources
from imeval.images.places import Source
from pictures import write_files, write_parquet


def test_files_beside_the_archives_and_those_outside_the_pattern_are_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_parquet(tmp_path / "data/validation-0.parquet", [("a.jpg", b"x", 0)])
    write_files(tmp_path, dict.fromkeys(("data/train-0.parquet", "README.md", ".gitattributes"), b"x"))
    with caplog.at_level(logging.INFO):
        found = sources.list_images(Source("parquet", tmp_path, "validation-*"))
    assert found["archive"].to_list() == ["data/validation-0.parquet"]
    assert [record.getMessage() for record in caplog.records] == [
        "Passed over files that are not .parquet: 1 (.md 1): README.md",
        "Passed over .parquet files whose names are not like 'validation-*': 1 (.parquet 1): data/train-0.parquet",
    ]
