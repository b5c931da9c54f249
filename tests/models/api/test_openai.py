"""The API client against a real server on loopback that misbehaves by a script."""

import os
import signal
import time
import tracemalloc
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Timer

import polars as pl
import pytest
from imeval import models
from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.base.errors import UserError
from imeval.base.progress import Progress
from imeval.models.api import openai
from imeval.models.api.openai import Settings, load
from models.api.api_jobs import ANSWER_USD, PRICED, ask, job, outcome, photograph, request, run_here, wait_until
from models.openai_server import Server, completion, failure, hang, image_of


def test_a_request_is_sent_with_temperature_seed_and_the_photograph_inlined(server: Server, settings: Settings) -> None:
    assert outcome(replace(settings, seed=7)) == ("ok", f"answer {photograph(0).sha256[:8]}", "stop", 1)
    (sent,) = server.asked
    (url,) = [part["image_url"]["url"] for part in sent["messages"][0]["content"] if part["type"] == "image_url"]
    assert url.startswith("data:image/png;base64,")
    assert [part["type"] for part in sent["messages"][0]["content"]] == ["text", "image_url"]
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_completion_tokens"]) == (
        "gpt-4o-2024-08-06", 0, 7, 512,
    )  # fmt: skip


def test_the_reported_usage_is_kept(server: Server, settings: Settings) -> None:
    server.faults.append(completion("hen", cached_tokens=768))
    (response,) = ask(settings)
    assert (response.input_tokens, response.output_tokens, response.cached_tokens, response.batched) == (
        1000, 10, 768, False,
    )  # fmt: skip


def test_a_request_that_the_server_refuses_is_an_error_at_once_and_the_others_go_on(
    server: Server, settings: Settings
) -> None:
    server.faults.append(failure(400, "invalid_image", "cannot read the image"))
    first, second = ask(replace(settings, concurrency=1), request(0), request(1))
    assert (first.status, first.attempts) == ("error", 1)
    assert "cannot read the image" in str(first.error)
    assert second.status == "ok"


def test_an_odd_answer_is_the_error_of_its_request_and_what_is_under_way_is_kept(
    server: Server, settings: Settings
) -> None:
    odd = photograph(3).sha256
    server.answers = lambda body: completion([5] if image_of(body) == odd else "hen")  # type: ignore[arg-type]
    server.latency = 0.05
    responses = ask(replace(settings, concurrency=4), *map(request, range(12)))
    assert sorted(response.status for response in responses) == ["error"] + ["ok"] * 11
    # The odd one was paid for twice, not `max_attempts` times.
    assert (len(server.asked), server.asked_about()[odd]) == (13, 2)


def test_a_picture_that_cannot_be_sent_is_the_error_of_its_request(server: Server, settings: Settings) -> None:
    broken = Request("model", 0, (Message("user", (ImagePart("broken", "0" * 64, b"no picture"),)),))
    first, second = sorted(ask(replace(settings, **PRICED), broken, request(1)), key=lambda response: response.status)
    assert (first.status, first.attempts) == ("error", 0)
    assert "broken: image: expected an image (JPEG, " in first.error
    assert second.status == "ok"
    assert len(server.asked) == 1


def test_what_is_under_way_when_the_next_request_cannot_be_made_is_kept(server: Server, settings: Settings) -> None:
    def source() -> Iterator[Request]:
        yield from map(request, range(3))
        wait_until(lambda: len(server.asked) == 3)
        raise OSError("the disk is gone")

    kept: list[Response] = []
    with pytest.raises(OSError, match="gone"):
        kept.extend(load(settings).answer(source()))
    assert [response.status for response in kept] == ["ok"] * 3


def test_a_server_that_never_answers_is_given_up_after_a_hundred_errors_in_a_row(
    server: Server, settings: Settings
) -> None:
    server.answers = lambda body: failure(500)
    with pytest.raises(UserError, match="expected answers, found 100 errors in a row, last InternalServerError"):
        ask(replace(settings, max_attempts=1, concurrency=4), *map(request, range(1000)))
    assert len(server.asked) <= 100 + 2 * 4


def test_requests_go_out_side_by_side_and_no_more_than_concurrency(server: Server, settings: Settings) -> None:
    server.latency = 0.1
    assert len(ask(replace(settings, concurrency=8), *map(request, range(40)))) == 40
    assert server.most_under_way == 8


def test_no_more_requests_are_taken_from_the_source_than_twice_concurrency(server: Server, settings: Settings) -> None:
    taken = 0

    def source() -> Iterator[Request]:
        nonlocal taken
        for number in range(50):
            taken += 1
            yield request(number)

    for answered, _ in enumerate(load(replace(settings, concurrency=4)).answer(source()), start=1):
        assert taken <= answered + 2 * 4 - 1
    assert taken == 50


def test_too_many_errors_fail_the_job_with_every_answer_kept(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    answers = iter([completion("hen")] * 18)
    server.answers = lambda body: next(answers, failure(500))
    asked = [request(number) for number in range(20)]
    with open_store(tmp_path, "cw") as store:
        frame = answer_all(load(replace(settings, max_attempts=1)), asked, store)
    require_answers(frame, 0.1)
    with pytest.raises(UserError) as caught:
        require_answers(frame, 0.09)
    assert str(caught.value).startswith(
        "responses: max_error_share: expected a share of errors of at most 0.09, found errors in 2 of 20 "
        "responses, first InternalServerError"
    )
    with open_store(tmp_path, "cw") as store:
        assert sum(one.request_key in store for one in asked) == 18


def test_memory_stays_flat(server: Server, settings: Settings) -> None:
    data = os.urandom(200_000)
    png = photograph(0).data

    def source(count: int) -> Iterator[Request]:
        for number in range(count):
            image = ImagePart(str(number), str(number), png + data)
            yield Request("model", 0, (Message("user", (image,)),))

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in load(replace(settings, concurrency=4)).answer(source(count)):
            server.asked.clear()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(8)
    assert peak(160) < 1.3 * peak(40)


def test_a_job_stops_before_it_passes_max_usd(server: Server, settings: Settings, tmp_path: Path) -> None:
    server.answers = lambda body: completion("hen")
    # An estimate far above the reported usage: 3 tokens of text, 255 of image and as much output as there may be.
    next_usd = (3 + 255) * 2.5e-6 + 100 * 10e-6
    limited = replace(settings, **PRICED, max_new_tokens=100, concurrency=1, max_usd=5 * ANSWER_USD + 1.9 * next_usd)
    with pytest.raises(UserError) as caught, open_store(tmp_path, "cw-00000-of-00001") as store:
        answer_all(load(limited), map(request, range(20)), store)
    assert "model gpt-4o-2024-08-06: max_usd: expected at most $" in str(caught.value)
    assert "raise max_usd to go on; every answer so far is kept" in str(caught.value)
    spent = len(server.asked) * ANSWER_USD
    assert limited.max_usd is not None
    assert limited.max_usd - 2 * next_usd - ANSWER_USD < spent <= limited.max_usd
    assert lines(tmp_path, "cw-00000-of-00001") == len(server.asked)


def test_what_other_jobs_of_the_model_spent_counts_towards_max_usd(
    server: Server, settings: Settings, tmp_path: Path
) -> None:
    with open_store(tmp_path, "ow-00000-of-00002") as store:
        answer_all(load(settings), [request(0)], store)
    with pytest.raises(UserError, match=r"found \$0.0026 spent, \$0.0000 under way"):
        ask(replace(settings, **PRICED, max_usd=ANSWER_USD), request(1))
    assert len(server.asked) == 1


def test_requests_under_way_count_towards_max_usd(server: Server, settings: Settings) -> None:
    server.latency = 0.2
    next_usd = (3 + 255) * 2.5e-6 + 100 * 10e-6
    with pytest.raises(UserError, match=r"\$0.0000 spent, \$0.0049 under way and up to \$0.0016 for the next"):
        ask(replace(settings, **PRICED, max_new_tokens=100, max_usd=3.5 * next_usd), *map(request, range(20)))
    assert len(server.asked) <= 3


def test_the_registry_knows_the_backend() -> None:
    assert models.backend("openai").load is load


def lines(store: Path, writer: str = "cw") -> int:
    path = store / f"{writer}.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_job_that_is_stopped_sends_no_more_and_stores_what_is_under_way(
    server: Server, tmp_path: Path, number: signal.Signals
) -> None:
    server.latency = 1.0
    running = job(server, tmp_path)
    wait_until(lambda: len(server.asked) == 8)
    running.send_signal(number)
    assert running.wait(20) == 1
    assert lines(tmp_path) == len(server.asked) == 8
    assert f"stopped by {number.name}" in (tmp_path / "job.log").read_text()


@pytest.mark.parametrize("asked_twice", [False, True])
def test_a_job_that_is_stopped_does_not_wait_for_long(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, asked_twice: bool
) -> None:
    monkeypatch.setattr(openai, "LAST_SECONDS", 60.0 if asked_twice else 0.2)
    server.answers = lambda body: completion("hen") if image_of(body) == photograph(0).sha256 else hang(60)
    answers = load(replace(settings, timeout=90, concurrency=3)).answer(map(request, range(20)))
    assert isinstance(answers, Generator)
    assert next(answers).status == "ok"
    start = time.monotonic()
    if asked_twice:
        Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    # The answer that this caller did not store comes again.
    assert answers.throw(SystemExit("stopped")).status == "ok"
    with pytest.raises(KeyboardInterrupt if asked_twice else SystemExit):
        next(answers)
    assert time.monotonic() - start < 40


def test_an_answer_that_breaks_the_job_throws_away_no_other(server: Server, settings: Settings, tmp_path: Path) -> None:
    class Breaking(Progress):
        def add(self, count: int = 1, *, found: bool = False) -> None:
            if len(server.asked) > 9:
                raise RecursionError("an odd answer")

    server.latency = 0.2
    asked = [request(number) for number in range(30)]
    with pytest.raises(RecursionError, match="odd"), open_store(tmp_path, "cw") as store:
        answer_all(load(replace(settings, concurrency=4)), asked, store, progress=Breaking("answers", 30))
    assert lines(tmp_path) == len(server.asked) < 20


def test_after_kill_9_no_answered_request_is_repeated_and_the_result_is_that_of_an_uninterrupted_run(
    server: Server, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    run_here(server.url, whole)
    server.asked.clear()
    server.answer_limit = 11
    running = job(server, killed)
    wait_until(lambda: lines(killed) == 11)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    answered = {image_of(body) for body in server.asked[:11]}
    server.answer_limit = None
    run_here(server.url, killed)
    times = server.asked_about()
    assert len(times) == 20
    assert {times[image] for image in answered} == {1}
    assert pl.read_parquet(killed / "responses.parquet").equals(pl.read_parquet(whole / "responses.parquet"))
