import json
import logging
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from imeval.base.sealed import sealed
from imeval.models.api.batch_journal import Entry, Journal

FIRST = Entry("tag1", ("a", "b"), usd=0.5, written=10.0)
SECOND = Entry("tag2", ("b", "c"), usd=0.25, written=20.0, batch_id="batch-2", status="in_progress")


def test_entries_come_back_as_they_were_written_the_oldest_first(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(SECOND)
    journal.write(FIRST)
    assert journal.entries() == [FIRST, SECOND]
    assert json.loads((tmp_path / "batches" / "tag1.json").read_text()) == {
        "tag": "tag1", "request_keys": ["a", "b"], "usd": 0.5, "written": 10.0, "batch_id": None, "status": None,
        "crc32": "7cc2c283",
    }  # fmt: skip


def test_an_entry_replaces_the_one_with_its_tag(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(FIRST)
    journal.write(replace(FIRST, batch_id="batch-1"))
    assert [entry.batch_id for entry in journal.entries()] == ["batch-1"]


@pytest.mark.parametrize(
    ("batch_id", "status", "under_way"),
    [
        # It is being submitted, which may take minutes.
        (None, None, True),
        (None, "absent", False),
        ("b", None, True),
        ("b", "in_progress", True),
        ("b", "completed", False),
        ("b", "expired", False),
        ("b", "cancelled", False),
        ("b", "failed", False),
    ],
)
def test_a_batch_is_under_way_from_its_submission_to_its_end(
    tmp_path: Path, batch_id: str | None, status: str | None, under_way: bool
) -> None:
    entry = replace(FIRST, batch_id=batch_id, status=status)
    Journal(tmp_path).write(entry)
    assert entry.under_way == under_way
    assert Journal(tmp_path).usd_under_way() == (0.5 if under_way else 0.0)


def test_only_submitted_batches_count_as_submissions_of_a_request(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for entry in (FIRST, SECOND, replace(SECOND, tag="tag3", status="expired")):
        journal.write(entry)
    assert journal.submissions() == {"b": 2, "c": 2}


@pytest.mark.parametrize("place", [0, 9, 30, -40, -3])
@pytest.mark.parametrize("damage", ["a flipped bit", "cut short", "empty"])
def test_of_a_damaged_entry_the_tag_is_left_and_the_others_are_whole(
    tmp_path: Path, damage: str, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path)
    journal.write(FIRST)
    journal.write(SECOND)
    content = bytearray(journal.path(FIRST).read_bytes())
    content[place] ^= 1
    damaged = {"a flipped bit": bytes(content), "cut short": bytes(content)[:place], "empty": b""}[damage]
    journal.path(FIRST).write_bytes(damaged)
    assert journal.entries() == [Entry("tag1", (), 0.0, 0.0), SECOND]
    assert f"{journal.path(FIRST)}: damaged (" in caplog.text


@pytest.mark.parametrize(
    "content", ["null", "[]", "{}", '{"tag": 5}', '{"tag": "tag1", "request_keys": 7}', "[" * 10_000]
)
def test_an_entry_of_another_kind_is_damaged(tmp_path: Path, content: str) -> None:
    journal = Journal(tmp_path)
    journal.write(FIRST)
    journal.path(FIRST).write_text(content)
    assert journal.entries() == [Entry("tag1", (), 0.0, 0.0)]


def test_entries_of_earlier_and_of_later_versions_are_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal(tmp_path)
    journal.write(FIRST)
    journal.write(SECOND)
    journal.path(FIRST).write_text(json.dumps(asdict(FIRST)))
    journal.path(SECOND).write_bytes(sealed(asdict(SECOND) | {"region": "eu"}))
    with caplog.at_level(logging.WARNING):
        assert journal.entries() == [FIRST, SECOND]
    assert caplog.text == ""


def test_an_entry_is_found_though_the_listing_of_its_folder_is_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path)
    with journal.locked():
        journal.add(FIRST)
    with open(tmp_path / "batches" / "tags", "ab") as file:
        file.write(b"../cut")
    with journal.locked():
        journal.add(SECOND)
    # As another machine sees a folder on NFS for up to a minute.
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    assert journal.entries() == [FIRST, SECOND]
    journal.path(FIRST).unlink()
    assert journal.entries() == [SECOND]
