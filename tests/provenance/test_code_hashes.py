import json
from pathlib import Path

import pytest
from imeval.provenance import code, code_hashes
from imeval.provenance.code import code_hash
from imeval.provenance.code_hashes import KEPT, CodeHashes


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two scripts, in a project where Snakemake has run."""
    folder = tmp_path / "scripts"
    (folder / "imeval").mkdir(parents=True)
    (folder / "imeval/__init__.py").touch()
    (folder / "imeval/steps.py").write_text("def step():\n    return 1\n")
    (folder / "a.py").write_text("from imeval.steps import step\nstep()\n")
    (folder / "b.py").write_text("print(2)\n")
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.chdir(tmp_path)
    return folder


def kept(scripts: Path, *names: str) -> dict[str, str]:
    """Return the hashes that a plan finds and keeps."""
    hashes = CodeHashes(scripts)
    found = {name: hashes.of(name) for name in names}
    hashes.keep()
    code_hash.cache_clear()
    return found


def test_hashes_are_found_again_while_no_file_changes(scripts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = kept(scripts, "a.py", "b.py")
    assert found["a.py"] == code_hash(scripts / "a.py")
    asked: list[str] = []
    monkeypatch.setattr(code_hashes, "code_hash", lambda path, _: asked.append(path.name) or "new")
    again = CodeHashes(scripts)
    assert {name: again.of(name) for name in ("a.py", "b.py")} == found
    assert again.of("a.py", ("steps",)) == "new"
    assert asked == ["a.py"]


def test_a_change_of_any_file_makes_all_hashes_anew(scripts: Path) -> None:
    before = kept(scripts, "a.py", "b.py")
    (scripts / "imeval/steps.py").write_text("def step():\n    return 2\n")
    code._reach.cache_clear()
    after = kept(scripts, "a.py", "b.py")
    assert before["a.py"] != after["a.py"]
    assert before["b.py"] == after["b.py"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"files": 1, "hashes": {}}'])
def test_a_damaged_file_of_hashes_is_made_anew(scripts: Path, content: str) -> None:
    found = kept(scripts, "a.py")
    KEPT.write_text(content)
    assert kept(scripts, "a.py") == found
    assert json.loads(KEPT.read_text())["hashes"] == found


def test_hashes_are_written_again_only_if_there_are_new_ones(scripts: Path) -> None:
    hashes = CodeHashes(scripts)
    hashes.of("a.py")
    hashes.keep()
    KEPT.unlink()
    hashes.keep()
    assert not KEPT.exists()
    hashes.of("b.py")
    hashes.keep()
    assert set(json.loads(KEPT.read_text())["hashes"]) == {"a.py", "b.py"}


def test_nothing_is_written_where_snakemake_has_no_folder(scripts: Path) -> None:
    Path(".snakemake").rmdir()
    kept(scripts, "a.py")
    assert not KEPT.parent.exists()
