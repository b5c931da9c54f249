import base64
import hashlib
import os
import re
import shutil
import stat
import zipfile
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.fetching import packages
from imeval.fetching.packages import PINNED, fetch, pinned, unpack, verify

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


def test_a_package_that_is_too_large_is_named_and_does_not_fill_the_disk(
    registry: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "_LARGEST_WHEEL", 100)
    with pytest.raises(UserError, match=r"photographs: version: expected a wheel of 1\.0, found OSError: .*too large"):
        fetch("photographs", "1.0", sha256(registry), tmp_path / "downloads" / "photographs")
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
def unpacked(fetched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fetched package that a test may change, and whose wheel is pinned."""
    pin(fetched, monkeypatch)
    return shutil.copytree(fetched, tmp_path / "downloads" / "photographs")


def pin(folder: Path, environment: pytest.MonkeyPatch) -> None:
    environment.setenv(PINNED, pinned({"photographs": {"sha256": sha256(folder)}}))


def test_an_untouched_package_verifies_and_its_files_are_read_once(
    unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify([str(unpacked)])
    monkeypatch.setattr(packages, "sha256", None)
    monkeypatch.setattr(packages, "_same", None)
    verify([str(unpacked)])


@pytest.mark.parametrize("time", ["now", "as before"])
def test_an_altered_file_is_named_though_its_record_was_altered_too(unpacked: Path, time: str) -> None:
    verify([str(unpacked)])
    altered = unpacked / "photographs/a.txt"
    before = altered.stat()
    other = unpacked.parent / "a.txt"
    other.write_text("b photograph")
    if time == "as before":
        os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(altered)
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"b photograph").digest()).rstrip(b"=").decode()
    record = unpacked / "photographs-1.0.dist-info/RECORD"
    record.write_text(RECORD.replace("oknofh5hE9qBzdihVMIiKD-8zv9t03J6Y7-X7uVi37M", digest))
    expected = (
        r"photographs: photographs/a\.txt: expected the file of the wheel, found another content; delete .* again"
    )
    with pytest.raises(UserError, match=expected):
        verify([str(unpacked)])


def test_a_missing_file_of_a_package_is_named(unpacked: Path) -> None:
    (unpacked / "photographs/a.txt").unlink()
    with pytest.raises(UserError, match=r"photographs/a\.txt: expected the file, found none"):
        verify([str(unpacked)])


def test_a_file_that_the_wheel_lacks_is_named_unless_it_is_hidden(unpacked: Path) -> None:
    (unpacked / ".snakemake_timestamp").touch()
    verify([str(unpacked)])
    (unpacked / "photographs/model.safetensors").touch()
    with pytest.raises(UserError, match=r"expected only those of the wheel, found photographs/model\.safetensors"):
        verify([str(unpacked)])


def test_another_wheel_than_the_pinned_one_is_named(
    unpacked: Path, registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify([str(unpacked)])
    with zipfile.ZipFile(registry / "photographs-1.0-py3-none-any.whl", "a") as wheel:
        wheel.comment = b"another"
    found = sha256(unpacked)
    pin(registry, monkeypatch)
    expected = f"photographs: photographs-1.0-py3-none-any.whl: expected sha256 {sha256(registry)}, found {found}"
    with pytest.raises(UserError, match=re.escape(expected)):
        verify([str(unpacked)])


def test_a_package_without_its_wheel_is_named(unpacked: Path) -> None:
    with pytest.raises(UserError, match="wheel: expected the package's wheel beside its files, found none"):
        verify([str(unpacked.parent / "other")])
