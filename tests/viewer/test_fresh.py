import os
from pathlib import Path

from imeval.viewer.fresh import Fresh


def test_a_value_is_read_again_when_its_file_is_replaced(tmp_path: Path) -> None:
    path, fresh, reads = tmp_path / "file", Fresh[str](), []

    def value() -> str:
        return fresh.get("key", [str(path)], lambda: reads.append(1) or path.read_text())

    path.write_text("first")
    assert [value(), value()] == ["first", "first"]
    (tmp_path / "other").write_text("other")
    os.utime(tmp_path / "other", ns=(path.stat().st_mtime_ns,) * 2)
    (tmp_path / "other").replace(path)
    assert value() == "other"
    assert len(reads) == 2


def test_a_value_is_read_once_its_file_exists(tmp_path: Path) -> None:
    path, fresh = tmp_path / "file", Fresh[bool]()
    assert not fresh.get("key", [str(path)], path.exists)
    path.touch()
    assert fresh.get("key", [str(path)], path.exists)
