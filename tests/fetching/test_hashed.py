from pathlib import Path

import pytest
from imeval.fetching import hashed


def test_a_file_is_known_again_by_size_time_and_inode(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("abc")
    found = (tmp_path / "a").stat()
    assert hashed.state(tmp_path / "a") == [3, found.st_mtime_ns, found.st_ino]
    hashed.keep(tmp_path / "a.hashed", {"a": hashed.state(tmp_path / "a")})
    assert hashed.known(tmp_path / "a.hashed") == {"a": hashed.state(tmp_path / "a")}


@pytest.mark.parametrize("content", ["", "[1]", "{", "[" * 100_000])
def test_a_damaged_memory_knows_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.hashed").write_text(content)
    assert hashed.known(tmp_path / "a.hashed") == {}
    assert hashed.known(tmp_path / "none.hashed") == {}


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    hashed.keep(tmp_path / "file/a.hashed", {})
