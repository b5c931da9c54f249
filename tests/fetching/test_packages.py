import hashlib
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.fetching.packages import fetch, unpack, verify

RECORD = """photographs/a.txt,sha256=oknofh5hE9qBzdihVMIiKD-8zv9t03J6Y7-X7uVi37M,12
photographs-1.0.dist-info/RECORD,,
"""


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that pip takes for the only registry, with one wheel in it."""
    return registry_in(tmp_path / "registry", monkeypatch)


def registry_in(folder: Path, environment: pytest.MonkeyPatch) -> Path:
    folder.mkdir()
    with zipfile.ZipFile(folder / "photographs-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("photographs/a.txt", "a photograph")
        wheel.writestr("photographs-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: photographs\nVersion: 1.0\n")
        wheel.writestr(
            "photographs-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr("photographs-1.0.dist-info/RECORD", RECORD)
    environment.setenv("PIP_NO_INDEX", "1")
    environment.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def sha256(registry: Path) -> str:
    return hashlib.sha256((registry / "photographs-1.0-py3-none-any.whl").read_bytes()).hexdigest()


def test_a_package_is_unpacked_and_not_installed(registry: Path, tmp_path: Path) -> None:
    fetch("photographs", "1.0", sha256(registry), tmp_path / "downloads" / "photographs")
    assert (tmp_path / "downloads/photographs/photographs/a.txt").read_text() == "a photograph"
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["photographs"]


def test_an_altered_package_is_named_with_both_hashes_and_leaves_nothing(registry: Path, tmp_path: Path) -> None:
    found = sha256(registry)
    with pytest.raises(UserError, match=f"photographs-1.0.*sha256: expected {'0' * 64}, found {found}"):
        fetch("photographs", "1.0", "0" * 64, tmp_path / "downloads" / "photographs")
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_package_that_the_registry_lacks_is_named_with_its_version(registry: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"downloads\.photographs: version: expected a wheel of 2\.0, found ERROR"):
        fetch("photographs", "2.0", sha256(registry), tmp_path / "downloads" / "photographs")
    assert list((tmp_path / "downloads").iterdir()) == []


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "b/../../a.txt", "..\\a.txt", "C:/a.txt"])
def test_an_entry_that_leaves_the_folder_is_refused_before_anything_is_unpacked(tmp_path: Path, name: str) -> None:
    archive = tmp_path / "bad.whl"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("good.txt", "good")
        file.writestr(name, "bad")
    with pytest.raises(UserError, match=r"bad\.whl: entry .*a\.txt"):
        unpack(archive, tmp_path / "unpacked")
    assert not (tmp_path / "unpacked").exists()


def test_a_link_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "bad.whl"
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(UserError, match="entry 'link'"):
        unpack(archive, tmp_path / "unpacked")


def test_an_archive_cut_short_is_named(registry: Path, tmp_path: Path) -> None:
    wheel = registry / "photographs-1.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes()[:100])
    with pytest.raises(UserError, match=r"photographs-1\.0.*archive: expected a whole zip file"):
        unpack(wheel, tmp_path / "unpacked")


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fetched")
    with pytest.MonkeyPatch.context() as environment:
        registry = registry_in(folder / "registry", environment)
        fetch("photographs", "1.0", sha256(registry), folder / "photographs")
    return folder / "photographs"


@pytest.fixture
def unpacked(fetched: Path, tmp_path: Path) -> Path:
    """A fetched package that a test may change."""
    return shutil.copytree(fetched, tmp_path / "downloads" / "photographs")


def test_an_untouched_package_verifies(unpacked: Path) -> None:
    verify([str(unpacked)])


def test_an_altered_file_of_a_package_is_named_with_what_to_do(unpacked: Path) -> None:
    (unpacked / "photographs/a.txt").write_text("another photograph")
    with pytest.raises(
        UserError, match=r"photographs: photographs/a\.txt: expected sha256 .*, found .*; delete .* again"
    ):
        verify([str(unpacked)])


def test_a_missing_file_of_a_package_is_named(unpacked: Path) -> None:
    (unpacked / "photographs/a.txt").unlink()
    with pytest.raises(UserError, match=r"photographs/a\.txt: expected the file, found none"):
        verify([str(unpacked)])


def test_a_package_that_is_gone_is_named(unpacked: Path) -> None:
    with pytest.raises(UserError, match="RECORD: expected the package's list of its files, found none"):
        verify([str(unpacked.parent / "other")])
