"""Batches of an API, against a local server with its protocol."""

import json
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from imeval.asking.exchange import Response
from imeval.asking.loop import answer_all
from imeval.asking.prices import prices_of
from imeval.asking.spending import spent
from imeval.asking.store import open_store
from imeval.base.errors import UserError
from imeval.models.api import batch_queue, batches
from imeval.models.api.batch_journal import Entry, Journal
from imeval.models.api.openai import Settings, load
from models.api.api_jobs import ANSWER_USD, PRICED, job, photograph, request, run_here, wait_until
from models.openai_server import RESET, BatchPlan, Handler, Json, Reply, Server, completion, failure, hang


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, batch=True, batch_poll=0.02)


def ask(settings: Settings, count: int) -> dict[str, Response]:
    """The responses by the request's key, kept in the store as a job keeps them."""
    requests = [request(number) for number in range(count)]
    with open_store(settings.store, "cw") as store:
        answer_all(load(settings), requests, store)
        return {asked.request_key: store[asked.request_key] for asked in requests}


def statuses(responses: dict[str, Response]) -> list[tuple[str, int]]:
    return [(response.status, response.attempts) for response in responses.values()]


def test_a_batch_answers_what_the_api_would_answer_directly(server: Server, settings: Settings, tmp_path: Path) -> None:
    batched = ask(settings, 4)
    direct = ask(replace(settings, batch=False, store=str(tmp_path / "direct")), 4)
    assert [asdict(response) | {"batched": False, "batch": None} for response in batched.values()] == [
        asdict(response) for response in direct.values()
    ]
    assert {(response.batched, response.batch) for response in batched.values()} == {(True, "batch-0")}
    assert len(server.batches) == 1


def test_a_batch_line_is_the_request_as_it_would_be_sent(server: Server, settings: Settings) -> None:
    ask(settings, 1)
    ask(replace(settings, batch=False, store=settings.store + "/direct"), 1)
    (line,) = map(json.loads, server.files["file-0"].splitlines())
    assert line == {
        "custom_id": request(0).request_key,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": server.asked[0],
    }


def test_requests_are_split_over_batches_by_number_and_size(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_queue, "MOST_REQUESTS", 3)
    assert len(ask(settings, 7)) == 7
    assert [len(file.splitlines()) for name, file in server.files.items() if b'"method"' in file] == [3, 3, 1]
    size = len(server.files["file-0"]) / 3
    server.files.clear()
    server.batches.clear()
    ask(replace(settings, store=settings.store + "/small", max_batch_megabytes=2.5 * size / 1e6), 5)
    assert [len(file.splitlines()) for name, file in server.files.items() if b'"method"' in file] == [2, 2, 1]


def test_an_expired_batch_is_completed_by_another(server: Server, settings: Settings) -> None:
    server.plans.append(BatchPlan("expired", runs=3))
    assert statuses(ask(settings, 5)) == [("ok", 1)] * 3 + [("ok", 2)] * 2
    assert sorted(server.submitted().values()) == [1, 1, 1, 2, 2]


def test_a_partly_failed_batch_is_completed_by_another(server: Server, settings: Settings) -> None:
    server.plans.append(BatchPlan(failing={0: failure(500), 2: failure(429)}))
    assert statuses(ask(settings, 4)) == [("ok", 2), ("ok", 1), ("ok", 2), ("ok", 1)]
    assert sorted(server.submitted().values()) == [1, 1, 2, 2]


def test_what_no_batch_answers_is_an_error_in_the_end(server: Server, settings: Settings) -> None:
    server.plans += [BatchPlan("expired", runs=1)] + [BatchPlan("expired", runs=0)] * 2
    assert statuses(ask(settings, 2)) == [("ok", 1), ("error", 3)]
    assert len(server.batches) == 3


def test_each_run_submits_anew_what_no_batch_answered(server: Server, settings: Settings) -> None:
    once = replace(settings, max_attempts=1)
    server.plans += [BatchPlan("expired", runs=1), BatchPlan("expired", runs=1)]
    assert statuses(ask(once, 3)) == [("ok", 1), ("error", 1), ("error", 1)]
    assert statuses(ask(once, 3)) == [("ok", 1), ("ok", 2), ("error", 1)]
    assert statuses(ask(once, 3)) == [("ok", 1), ("ok", 2), ("ok", 3)]
    assert sorted(server.submitted().values()) == [1, 2, 3]


def test_refusals_and_refused_requests_have_their_status_and_are_not_submitted_again(
    server: Server, settings: Settings
) -> None:
    server.plans.append(
        BatchPlan(
            failing={
                0: completion(None, refusal="no"),
                1: completion("hen", "length"),
                2: failure(400, "invalid_image", "cannot read the image"),
                3: failure(400, "content_policy_violation"),
            }
        )
    )
    responses = list(ask(settings, 5).values())
    assert [response.status for response in responses] == ["refused", "truncated", "error", "refused", "ok"]
    assert "cannot read the image" in str(responses[2].error)
    assert len(server.batches) == 1


def test_an_error_is_asked_again_by_the_next_run_and_an_answer_is_not(server: Server, settings: Settings) -> None:
    server.plans.append(BatchPlan(failing={1: failure(400, "invalid_image")}))
    assert [status for status, _ in statuses(ask(settings, 3))] == ["ok", "error", "ok"]
    assert [status for status, _ in statuses(ask(settings, 3))] == ["ok", "ok", "ok"]
    assert server.submitted() == {
        request(0).request_key: 1,
        request(1).request_key: 2,
        request(2).request_key: 1,
    }


@pytest.mark.parametrize("ends", ["failed", "cancelled"])
def test_a_batch_that_failed_as_a_whole_stops_the_job_and_the_next_run_asks_again(
    server: Server, settings: Settings, ends: str
) -> None:
    server.plans.append(BatchPlan(ends, runs=1))
    with pytest.raises(UserError, match=f"batch-0: status: expected completed or expired, found {ends}"):
        ask(settings, 3)
    assert [status for status, _ in statuses(ask(settings, 3))] == ["ok"] * 3
    assert len(server.batches) == 2
    assert server.submitted()[request(0).request_key] == (2 if ends == "failed" else 1)


FULL = BatchPlan("failed", polls=0, code="token_limit_exceeded")


@pytest.fixture
def room(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Lets the API hold so many batches at once, with so many requests in all."""

    def limit(most_batches: int, most_requests: int) -> None:
        create = Handler._create

        def limited(self: Handler, body: Json) -> Reply:
            size = lambda batch: len(server.files[batch["input_file_id"]].splitlines())  # noqa: E731
            busy = [size(batch) for batch in server.batches.values() if batch["status"] not in ("completed", "failed")]
            fits = len(busy) < most_batches and sum(busy) + size(body) <= most_requests
            server.plans.append(BatchPlan(polls=2) if fits else FULL)
            return create(self, body)

        monkeypatch.setattr(Handler, "_create", limited)

    return limit


def test_batches_that_do_not_fit_into_the_queue_are_submitted_when_others_have_ended(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, room: Callable[[int, int], None]
) -> None:
    monkeypatch.setattr(batch_queue, "MOST_REQUESTS", 2)
    room(1, 2)
    assert statuses(ask(replace(settings, max_attempts=2), 8)) == [("ok", 1)] * 8
    assert set(server.submitted().values()) <= {1, 2, 3}


def test_a_batch_that_is_larger_than_the_queue_is_cut(
    server: Server, settings: Settings, room: Callable[[int, int], None]
) -> None:
    room(5, 3)
    assert statuses(ask(replace(settings, max_attempts=1), 8)) == [("ok", 1)] * 8


def test_a_queue_that_others_fill_is_waited_for_two_days_at_most(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, room: Callable[[int, int], None]
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(batch_queue, "time", SimpleNamespace(sleep=pauses.append))
    room(0, 0)
    with pytest.raises(UserError, match=r"batch: expected room in the API's queue of batches, found none for two days"):
        ask(settings, 2)
    assert pauses[:3] == [0.02, 0.04, 0.08]
    assert 48 * 3600 <= sum(pauses) < 50 * 3600
    assert max(pauses) == 3600


def test_a_refused_parameter_is_named_after_the_first_batch(server: Server, settings: Settings) -> None:
    server.answers = lambda body: failure(400, "unsupported_value", "Unsupported value: 'temperature' is not supported")
    with pytest.raises(
        UserError, match=r"temperature: expected a parameter that the model takes.*set temperature: null"
    ):
        ask(settings, 3)
    assert len(server.batches) == 1
    server.answers = lambda body: completion("hen")
    assert statuses(ask(settings, 3)) == [("ok", 2)] * 3


def test_an_odd_line_is_the_error_of_its_request_and_the_others_are_kept(server: Server, settings: Settings) -> None:
    server.plans.append(BatchPlan(failing={1: completion(207), 2: Reply({"choices": "none"})}))  # type: ignore[arg-type]
    responses = list(ask(settings, 4).values())
    # What is no completion may pass; an answer of another shape would be paid for again.
    assert [response.status for response in responses] == ["ok", "error", "ok", "ok"]
    assert sorted(server.submitted().values()) == [1, 1, 1, 2]


@pytest.mark.parametrize("body", ["<html>", "[]", "null", '{"id": 7, "status": {}}'])
def test_what_is_no_batch_is_one_message(server: Server, settings: Settings, body: str) -> None:
    server.batch_faults += [Reply(body)] * 2
    with pytest.raises(UserError, match="batch: expected an API for files and batches"):
        ask(replace(settings, max_attempts=1), 1)


@pytest.mark.parametrize("fault", [RESET, hang(1.5)], ids=["reset", "hang"])
def test_a_submission_whose_reply_is_lost_is_found_and_not_repeated(
    server: Server, settings: Settings, fault: object
) -> None:
    server.batch_faults.append(fault)  # type: ignore[arg-type]
    assert len(ask(replace(settings, timeout=0.5), 3)) == 3
    assert len(server.batches) == 1


def test_a_submission_that_fails_is_tried_again(server: Server, settings: Settings) -> None:
    server.batch_faults += [failure(503), failure(429)]
    assert statuses(ask(settings, 2)) == [("ok", 1)] * 2
    assert len(server.batches) == 1


def test_a_server_without_batches_fails_with_one_message(server: Server, settings: Settings) -> None:
    server.batch_faults.append(failure(404))
    with pytest.raises(UserError, match="expected an API for files and batches, found NotFoundError"):
        ask(settings, 1)


def test_an_expired_key_stops_at_once(server: Server, settings: Settings) -> None:
    server.batch_faults.append(failure(401))
    with pytest.raises(UserError, match=r"OPENAI_API_KEY: key: .* found HTTP 401"):
        ask(settings, 1)


def test_when_all_is_answered_nothing_is_asked_and_no_key_needed(server: Server, settings: Settings) -> None:
    ask(settings, 2)
    ask(replace(settings, base_url="https://api.openai.com/v1"), 2)
    assert len(server.batches) == 1


def test_a_batch_that_could_pass_max_usd_is_not_submitted(server: Server, settings: Settings) -> None:
    usd = ((3 + 255) * 2.5e-6 + 100 * 10e-6) / 2
    priced = replace(settings, **PRICED, max_new_tokens=100)
    with pytest.raises(UserError, match="max_usd: expected at most"):
        ask(replace(priced, max_usd=3.9 * usd), 4)
    assert len(server.batches) == 0
    assert len(ask(replace(priced, max_usd=4.1 * usd), 4)) == 4


def test_a_batch_under_way_counts_towards_max_usd(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_queue, "MOST_REQUESTS", 2)
    usd = ((3 + 255) * 2.5e-6 + 100 * 10e-6) / 2
    with pytest.raises(UserError, match="max_usd: expected at most"):
        ask(replace(settings, **PRICED, max_new_tokens=100, max_usd=3.9 * usd), 4)
    assert [len(keys.splitlines()) for name, keys in server.files.items() if b'"method"' in keys] == [2]
    with open_store(settings.store, "cw") as store:
        assert request(0).request_key in store


def submitted_and_killed(server: Server, store: Path, submitted: bool) -> None:
    running = job(server, store, batch=True, batch_poll=0.02)
    known = lambda: any(entry.batch_id for entry in Journal(store).entries())  # noqa: E731
    wait_until(known if submitted else lambda: bool(server.batches))
    os.kill(running.pid, signal.SIGKILL)
    running.wait()


@pytest.mark.parametrize("moment", ["while it polls", "between the submission and its entry in the journal"])
def test_a_killed_job_goes_on_with_its_batch_and_never_submits_twice(
    server: Server, tmp_path: Path, moment: str
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_here(server.url, whole, batch=True, batch_poll=0.02)
    server.batches.clear()
    polls = moment == "while it polls"
    server.plans.append(BatchPlan(polls=10**6 if polls else 1))
    server.batch_faults += [] if polls else [hang(60)]
    submitted_and_killed(server, killed, submitted=polls)
    server.plan_of["batch-0"] = BatchPlan()
    server.batches["batch-0"]["polls"] = 0
    run_here(server.url, killed, batch=True, batch_poll=0.02)
    assert len(server.batches) == 1
    assert set(server.submitted().values()) == {1}
    assert pl.read_parquet(killed / "responses.parquet").equals(pl.read_parquet(whole / "responses.parquet"))


def test_a_job_killed_before_its_submission_submits_once(server: Server, settings: Settings) -> None:
    keys = (request(0).request_key, request(1).request_key)
    Journal(settings.store).write(Entry("tag", keys, 0.0, 0.0))
    assert statuses(ask(settings, 2)) == [("ok", 1)] * 2
    assert len(server.batches) == 1


def test_after_a_change_of_the_shards_each_job_waits_for_the_batch_that_holds_its_requests(
    server: Server, settings: Settings
) -> None:
    server.plans.append(BatchPlan(polls=10**6))
    submitted_and_killed(server, Path(settings.store), submitted=True)
    server.plan_of["batch-0"] = BatchPlan()
    server.batches["batch-0"]["polls"] = 0
    for shard in (0, 1):
        asked = [request(number) for number in range(10 * shard, 10 * shard + 10)]
        with open_store(settings.store, f"cw-0000{shard}-of-00002") as store:
            answer_all(load(replace(settings, api_model="m")), asked, store)
            assert {store[one.request_key].status for one in asked} == {"ok"}
    assert len(server.batches) == 1


def test_a_submission_is_found_whatever_the_clocks_and_however_many_came_after(
    server: Server, settings: Settings
) -> None:
    # The API's clock is two hours behind, and the batch of the killed job is on the third page of the list.
    server.seconds_behind, server.batches_a_page = 7200, 2
    ask(settings, 3)
    journal = Journal(settings.store)
    (entry,) = journal.entries()
    journal.write(replace(entry, batch_id=None, status=None, written=time.time()))
    batch = server.batches["batch-0"]
    server.batches |= {f"other-{number}": batch | {"id": f"other-{number}", "metadata": None} for number in range(5)}
    Path(settings.store, "cw.jsonl").unlink()
    assert statuses(ask(settings, 3)) == [("ok", 1)] * 3
    assert set(server.submitted()) == {request(number).request_key for number in range(3)}
    assert list(server.batches) == ["batch-0", *(f"other-{number}" for number in range(5))]


def test_a_batch_that_the_api_gets_a_moment_after_its_job_was_killed_is_found(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(settings, 2)
    journal = Journal(settings.store)
    journal.write(replace(journal.entries()[0], batch_id=None, status=None))
    Path(settings.store, "cw.jsonl").unlink()
    late, server.batches = server.batches, {}
    monkeypatch.setattr(batches.time, "sleep", lambda _: server.batches.update(late))
    assert statuses(ask(settings, 2)) == [("ok", 1)] * 2
    assert len(server.batches) == 1


@pytest.mark.parametrize("damage", [b"", b'{"tag": "'])
def test_a_batch_whose_entry_is_damaged_is_found_by_its_tag_and_not_submitted_again(
    server: Server, settings: Settings, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    priced = replace(settings, **PRICED)
    ask(priced, 3)
    journal = Journal(settings.store)
    (entry,) = journal.entries()
    journal.path(entry).write_bytes(damage)
    Path(settings.store, "cw.jsonl").unlink()
    assert statuses(ask(priced, 4)) == [("ok", 1)] * 4
    assert set(server.submitted().values()) == {1}
    assert f"{journal.path(entry)}: damaged" in caplog.text
    restored = next(found for found in journal.entries() if found.tag == entry.tag)
    assert restored == replace(entry, written=0.0, status="completed")


def at_once(settings: Settings, asked: dict[str, list[int]]) -> dict[str, str]:
    """Ask these requests in a job a writer, all at once; return what each came to."""

    def run(writer: str) -> str:
        with open_store(settings.store, writer) as store:
            try:
                frame = answer_all(load(settings), map(request, asked[writer]), store)
            except UserError as error:
                return str(error)
        return ",".join(sorted(set(frame["status"])))

    with ThreadPoolExecutor(len(asked)) as pool:
        return dict(zip(asked, pool.map(run, asked), strict=True))


def test_jobs_at_once_do_not_pass_max_usd_together(server: Server, settings: Settings) -> None:
    usd = ((3 + 255) * 2.5e-6 + 100 * 10e-6) / 2
    # While a batch is uploaded the others look at what was spent, and nothing was yet.
    server.upload_latency = 0.3
    priced = replace(settings, **PRICED, max_new_tokens=100, max_usd=3 * usd)
    ended = at_once(priced, {f"cw-{shard}": [2 * shard, 2 * shard + 1] for shard in range(4)})
    assert len(server.batches) == 1
    assert sorted(text[:40] for text in ended.values()) == ["model gpt-4o-2024-08-06: max_usd: expect"] * 3 + ["ok"]


def test_jobs_that_ask_the_same_submit_it_once_and_pay_once(server: Server, settings: Settings) -> None:
    server.upload_latency = 0.3
    priced = replace(settings, **PRICED)
    assert set(at_once(priced, {"cw": [0, 1, 2], "cw.batch_1": [0, 1, 2, 3]}).values()) == {"ok"}
    assert server.submitted() == {request(number).request_key: 1 for number in range(4)}
    bills = spent(settings.store, prices_of(priced.prices))
    assert sum(bill["answers"] or 0 for bill in bills.values()) == 4
    assert sum(bill["usd"] or 0 for bill in bills.values()) == pytest.approx(4 * ANSWER_USD / 2)


def test_what_an_expired_batch_of_two_jobs_left_open_is_submitted_again_once(
    server: Server, settings: Settings
) -> None:
    server.upload_latency = 0.3
    server.plans.append(BatchPlan("expired", runs=1))
    assert set(at_once(settings, {"cw": [0, 1, 2], "cw.batch_1": [0, 1, 2]}).values()) == {"ok"}
    assert sorted(server.submitted().values()) == [1, 2, 2]


def test_a_failed_batch_does_not_show_the_key(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-123")
    server.plans.append(BatchPlan("failed", reason="no access with sk-123"))
    with pytest.raises(UserError, match=r"found failed \(no access with \[key\]\)"):
        ask(settings, 1)


@pytest.fixture
def left(server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings to ask directly, after a batch of four requests was submitted and its job ended before it did."""

    class Interrupted:
        time = staticmethod(time.time)

        def sleep(self, _: float) -> None:
            raise KeyboardInterrupt

    server.plans.append(BatchPlan(polls=10**6))
    with monkeypatch.context() as patched:
        patched.setattr(batches, "time", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            ask(settings, 4)
    return replace(settings, batch=False)


def test_what_a_running_batch_holds_is_not_asked_directly_as_well(server: Server, left: Settings) -> None:
    message = "model gpt-4o-2024-08-06: batch: expected true, found false while batch batch-0 is in_progress with 4 req"
    with pytest.raises(UserError, match=message):
        ask(left, 4)
    assert server.asked == []
    server.plan_of["batch-0"] = BatchPlan(polls=0)
    assert statuses(ask(replace(left, batch=True), 4)) == [("ok", 1)] * 4
    assert len(server.batches) == 1


def test_what_an_ended_batch_answered_is_collected_and_only_the_rest_asked_directly(
    server: Server, left: Settings
) -> None:
    server.plan_of["batch-0"] = BatchPlan("expired", polls=0, runs=3, failing={1: failure(500)})
    responses = list(ask(left, 6).values())
    assert [response.batched for response in responses] == [True, False, True, False, False, False]
    assert {response.status for response in responses} == {"ok"}
    assert (len(server.asked), len(server.batches)) == (4, 1)


@pytest.mark.parametrize("exists", [True, False])
def test_a_batch_of_which_only_the_tag_is_known_is_looked_for(server: Server, left: Settings, exists: bool) -> None:
    journal = Journal(left.store)
    (entry,) = journal.entries()
    journal.write(replace(entry, batch_id=None, written=time.time()))
    if exists:
        with pytest.raises(UserError, match="batch: expected true, found false while batch batch-0"):
            ask(left, 4)
        assert server.asked == []
    else:
        server.batches.clear()
        assert statuses(ask(left, 4)) == [("ok", 1)] * 4


def test_a_batch_that_an_api_does_not_know_is_not_paid_for_again_unless_it_is_known_to_have_ended(
    server: Server, left: Settings
) -> None:
    server.batches.clear()
    with pytest.raises(UserError, match=r"\.json: batch: expected the API that has this batch, found http://127"):
        ask(left, 4)
    assert server.asked == []
    journal = Journal(left.store)
    journal.write(replace(journal.entries()[0], status="expired"))
    assert statuses(ask(left, 4)) == [("ok", 1)] * 4


def test_a_batch_under_way_counts_towards_max_usd_of_what_is_asked_directly(server: Server, left: Settings) -> None:
    journal = Journal(left.store)
    journal.write(replace(journal.entries()[0], usd=0.99))
    # Two at a time: one is answered before the next is weighed. Of many, the bound may be met before one was sent.
    priced = replace(left, **PRICED, max_new_tokens=100, max_usd=1.0, concurrency=1)
    others = [request(number) for number in range(10, 30)]
    with open_store(left.store, "ow") as store, pytest.raises(UserError, match="max_usd: expected at most"):
        answer_all(load(priced), others, store)
    assert 0 < len(server.asked) < 20


def test_nothing_of_the_requests_stays_on_the_disk(settings: Settings, tmp_path: Path) -> None:
    ask(settings, 3)
    left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert {name.rpartition(".")[2] for name in left} == {"index", "jsonl", "json", "tags"}
    assert all(photograph(0).image_id not in path.read_text() for path in tmp_path.rglob("*.json*"))
