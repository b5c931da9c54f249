from dataclasses import replace

import pytest
from imeval.models.api import batch_queue
from imeval.models.api.batch_journal import Entry
from imeval.models.api.batch_queue import Queue, is_full
from imeval.models.api.openai import Settings
from openai.types import Batch


@pytest.mark.parametrize(
    ("status", "codes", "full"),
    [
        ("failed", ["token_limit_exceeded"], True),
        ("failed", ["other", "token_limit_exceeded"], True),
        ("failed", ["invalid_json_line"], False),
        ("failed", [None], False),
        ("completed", ["token_limit_exceeded"], False),
    ],
)
def test_a_batch_without_room_is_told_from_one_that_is_wrong(status: str, codes: list[str | None], full: bool) -> None:
    errors = {"object": "list", "data": [{"code": code} for code in codes]}
    assert not is_full(Batch.construct(id="b", status=status))
    batch = Batch.construct(id="b", status=status, errors=errors)
    assert is_full(batch) == full


def test_a_queue_takes_what_it_has_shown_that_it_takes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(batch_queue.time, "sleep", slept.append)
    queue = Queue(replace(settings, batch_poll=10))
    entry = Entry("tag", tuple("abcdefgh"), 0.0, 0.0)
    assert (queue.batches, queue.requests) == (None, 50_000)
    queue.note(3, [entry])
    assert (queue.batches, queue.requests, slept) == (3, 50_000, [])
    queue.note(0, [entry])
    queue.note(0, [replace(entry, request_keys=("a",))])
    assert (queue.batches, queue.requests, slept) == (1, 1, [10, 20])
    queue.note(1, [])
    assert queue.batches == 2
