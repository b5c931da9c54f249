import json
from dataclasses import replace
from pathlib import Path

import pytest
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
    }  # fmt: skip


def test_an_entry_replaces_the_one_with_its_tag(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.write(FIRST)
    journal.write(replace(FIRST, batch_id="batch-1"))
    assert [entry.batch_id for entry in journal.entries()] == ["batch-1"]


@pytest.mark.parametrize(
    ("batch_id", "status", "under_way"),
    [
        (None, None, False),
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
