"""The API client against a real server on loopback that misbehaves on script."""

import hashlib
import io
import json
import logging
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from pathlib import Path

import polars as pl
import pytest
from imeval import models
from imeval.asking.exchange import Request, Response
from imeval.asking.loop import answer_all, require_answers
from imeval.asking.prompts import ImagePart, Message
from imeval.asking.store import open_store
from imeval.base.errors import UserError
from imeval.models.api import endpoint, openai_api
from imeval.models.api.openai import Settings, load
from models.openai_server import RESET, Reply, Server, completion, failure, hang, image_of, serving
from PIL import Image
from projects import ROOT

KEY = "sk-test-3f1c0d9be2"


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_api, "FIRST_WAIT", 0.01)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> Settings:
    return Settings("gpt-4o-2024-08-06", store=str(tmp_path), base_url=server.url, max_attempts=3, timeout=5)


def photograph(number: int, size: tuple[int, int] = (8, 8)) -> ImagePart:
    buffer = io.BytesIO()
    Image.new("RGB", size, (number % 256, number // 256, 0)).save(buffer, "PNG")
    data = buffer.getvalue()
    return ImagePart(f"image{number:03d}", hashlib.sha256(data).hexdigest(), data)


def request(number: int = 0) -> Request:
    return Request("model", 0, (Message("user", ("Name it.", photograph(number), "")),))


def ask(settings: Settings, *requests: Request) -> list[Response]:
    return list(load(settings).answer(requests or [request()]))


def outcome(settings: Settings) -> tuple[str, str | None, str | None, int]:
    (response,) = ask(settings)
    return response.status, response.text, response.stop_reason, response.attempts


def test_a_request_is_sent_with_temperature_seed_and_the_photograph_inlined(server: Server, settings: Settings) -> None:
    assert outcome(replace(settings, seed=7)) == ("ok", f"answer {photograph(0).sha256[:8]}", "stop", 1)
    (sent,) = server.asked
    (url,) = [part["image_url"]["url"] for part in sent["messages"][0]["content"] if part["type"] == "image_url"]
    assert url.startswith("data:image/png;base64,")
    assert [part["type"] for part in sent["messages"][0]["content"]] == ["text", "image_url"]
    assert (sent["model"], sent["temperature"], sent["seed"], sent["max_completion_tokens"]) == (
        "gpt-4o-2024-08-06", 0, 7, 512,
    )  # fmt: skip


def test_a_json_schema_enforces_one_name_a_photograph_where_the_prompt_asks_for_json(
    server: Server, settings: Settings
) -> None:
    two = Request("model", 0, (Message("user", ("Name them.", photograph(0), photograph(1))),))
    ask(replace(settings, answer_format="json"), two)
    ask(settings, two)
    ask(replace(settings, answer_format="json", structured_output=False), two)
    formats = [sent.get("response_format") for sent in server.asked]
    assert formats == [
        {
            "type": "json_schema",
            "json_schema": {
                "name": "names",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"1": {"type": "string"}, "2": {"type": "string"}},
                    "required": ["1", "2"],
                    "additionalProperties": False,
                },
            },
        },
        None,
        None,
    ]


def test_a_person_can_read_what_is_sent(settings: Settings) -> None:
    messages = (Message("system", ("You name things.",)), Message("user", ("Name it.", photograph(3))))
    assert json.loads(load(settings).rendered(messages)) == [
        {"role": "system", "content": "You name things."},
        {"role": "user", "content": "Name it.[image003]"},
    ]


def test_the_reported_usage_is_kept(server: Server, settings: Settings) -> None:
    server.faults.append(completion("hen", cached_tokens=768))
    (response,) = ask(settings)
    assert (response.input_tokens, response.output_tokens, response.cached_tokens, response.batched) == (
        1000, 10, 768, False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    [
        failure(429, "rate_limit_exceeded"),
        failure(500),
        failure(503),
        RESET,
        Reply("<html>a proxy's page</html>"),
        Reply({"object": "error"}),
    ],
    ids=["429", "500", "503", "reset", "no JSON", "no completion"],
)
def test_a_failure_that_may_pass_is_met_with_another_attempt(server: Server, settings: Settings, fault: Reply) -> None:
    server.faults += [fault, fault]
    assert outcome(settings) == ("ok", f"answer {photograph(0).sha256[:8]}", "stop", 3)
    assert len(server.asked) == 3


@pytest.mark.parametrize(("fault", "error"), [(failure(503), "InternalServerError"), (RESET, "APIConnectionError")])
def test_after_the_last_attempt_it_is_an_error_without_a_text(
    server: Server, settings: Settings, fault: Reply, error: str
) -> None:
    server.faults += [fault] * 3
    (response,) = ask(settings)
    assert (response.status, response.text, response.attempts) == ("error", None, 3)
    assert str(response.error).startswith(error)
    assert len(server.asked) == 3


def test_a_hang_past_the_timeout_is_met_with_another_attempt(server: Server, settings: Settings) -> None:
    server.faults.append(hang(3))
    assert outcome(replace(settings, timeout=0.3)) == ("ok", f"answer {photograph(0).sha256[:8]}", "stop", 2)


def test_the_wait_doubles_with_each_attempt(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai_api, "FIRST_WAIT", 0.1)
    server.faults += [failure(429)] * 2
    ask(settings)
    first, second = (later - sooner for sooner, later in zip(server.times, server.times[1:], strict=False))
    assert 0.1 <= first < 0.3
    assert 0.2 <= second < 0.5


@pytest.mark.parametrize("header", ["seconds", "date"])
def test_retry_after_is_waited_for(server: Server, settings: Settings, header: str) -> None:
    # A date has whole seconds: two ahead is at least one.
    until = "1" if header == "seconds" else formatdate(time.time() + 2, usegmt=True)
    server.faults.append(failure(429, Retry_After=until))
    assert outcome(settings)[3] == 2
    assert 1.0 <= server.times[1] - server.times[0] < 2.5


@pytest.mark.parametrize(
    ("reply", "status", "text", "stop_reason"),
    [
        (completion(""), "empty", None, "stop"),
        (completion(None), "empty", None, "stop"),
        (completion(" \n"), "empty", None, "stop"),
        (completion(None, refusal="I cannot help with that."), "refused", None, "refusal"),
        (completion("half an ans", "content_filter"), "refused", None, "content_filter"),
        (failure(400, "content_policy_violation"), "refused", None, "content_policy_violation"),
        (completion("a very long ans", "length"), "truncated", "a very long ans", "length"),
        (completion("", "length"), "empty", None, "length"),
        (completion('{"1": "hen"'), "ok", '{"1": "hen"', "stop"),
        (completion('{"7": "hen"}'), "ok", '{"7": "hen"}', "stop"),
    ],
    ids=[
        "empty", "null", "white space", "refusal", "content filter", "filtered request", "cut off", "cut off at once",
        "invalid JSON", "another image's answer",
    ],
)  # fmt: skip
def test_whatever_else_a_model_does_becomes_a_status(
    server: Server, settings: Settings, reply: Reply, status: str, text: str | None, stop_reason: str
) -> None:
    server.faults.append(reply)
    assert outcome(settings) == (status, text, stop_reason, 1)
    assert len(server.asked) == 1


def test_a_request_that_the_server_refuses_is_an_error_at_once_and_the_others_go_on(
    server: Server, settings: Settings
) -> None:
    server.faults.append(failure(400, "invalid_image", "cannot read the image"))
    first, second = ask(replace(settings, concurrency=1), request(0), request(1))
    assert (first.status, first.attempts) == ("error", 1)
    assert "cannot read the image" in str(first.error)
    assert second.status == "ok"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            failure(401, "invalid_api_key", f"Incorrect API key provided: {KEY}"),
            "environment: OPENAI_API_KEY: key: expected one that {url} accepts, found HTTP 401; "
            "export one that is valid and may use the model",
        ),
        (
            failure(404, "model_not_found"),
            "models: {url}: api_model: expected a model that is there, found 'gpt-4o-2024-08-06' (HTTP 404); "
            "correct api_model or base_url",
        ),
        (
            failure(429, "insufficient_quota"),
            "models: {url}: account: expected credit, found none (HTTP 429); add credit",
        ),
    ],
    ids=["expired key", "no such model", "no credit"],
)
def test_what_every_request_would_meet_stops_at_once_with_one_message_and_every_answer_kept(
    server: Server, settings: Settings, tmp_path: Path, fault: Reply, message: str
) -> None:
    answers = iter([completion("hen")] * 5)
    server.answers = lambda body: next(answers, fault)
    with pytest.raises(UserError) as caught, open_store(tmp_path, "cw") as store:
        answer_all(load(replace(settings, concurrency=4)), map(request, range(100)), store)
    assert str(caught.value) == message.format(url=server.url)
    assert len(server.asked) <= 5 + 4
    with open_store(tmp_path, "cw") as store:
        assert sum(request(number).request_key in store for number in range(100)) == 5


def test_a_retry_that_waits_is_given_up_when_the_job_stops(server: Server, settings: Settings) -> None:
    server.faults += [failure(429, Retry_After="60"), failure(401)]
    start = time.monotonic()
    with pytest.raises(UserError, match="HTTP 401"):
        ask(replace(settings, concurrency=2), request(0), request(1))
    assert time.monotonic() - start < 5
    assert len(server.asked) == 2


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
        "responses: max_error_share: expected errors for at most 0.09 of them, found 2 of 20 images without an answer, "
        "first InternalServerError"
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


def test_the_key_comes_from_the_environment(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    ask(replace(settings, api_key_env="MY_KEY"))
    assert server.authorizations == {f"Bearer {KEY}"}


def test_without_a_key_nothing_is_asked(settings: Settings) -> None:
    with pytest.raises(UserError) as caught:
        ask(replace(settings, base_url=endpoint.OPENAI))
    assert str(caught.value) == (
        "environment: OPENAI_API_KEY: expected the key of https://api.openai.com/v1, found none; "
        "export it, and give the key in no file and on no command line"
    )


@pytest.mark.parametrize("before", [0, 230], ids=["whole", "cut off with the message"])
def test_a_key_that_the_server_repeats_stands_in_no_response(
    server: Server,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    before: int,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    caplog.set_level(logging.INFO)
    server.faults += [failure(400, message="x" * before + f"Bearer {KEY}")]
    (response,) = ask(settings)
    assert "Bearer [k" in str(response.error)
    assert KEY[:4] not in str(response.error)
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("base_url", "allowed", "safe"),
    [
        ("https://api.openai.com/v1", None, True),
        ("https://vllm.example/v1", None, True),
        ("http://127.0.0.1:8000/v1", None, True),
        ("http://[::1]:8000/v1", None, True),
        ("http://localhost:8000/v1", None, True),
        ("http://gpu-node-7:8000/v1", "gpu-node-7", True),
        ("http://gpu-node-7:8000/v1", None, False),
        ("http://gpu-node-7:8000/v1", "gpu-node-8", False),
        ("http://127.0.0.1.example/v1", None, False),
        ("http://localhost.example/v1", None, False),
        ("ftp://127.0.0.1/v1", None, False),
        ("https://user:password@vllm.example/v1", None, False),
    ],
)
def test_only_an_encrypted_or_local_or_allowed_address_is_spoken_to(
    settings: Settings, base_url: str, allowed: str | None, safe: bool
) -> None:
    changed = replace(settings, base_url=base_url, allow_insecure_base_url=allowed)
    if safe:
        endpoint.require_safe(changed)
    else:
        with pytest.raises(UserError, match="base_url") as caught:
            ask(changed)
        assert "password@" not in str(caught.value)


def test_a_redirect_is_not_followed(server: Server, settings: Settings) -> None:
    server.faults.append(Reply("", 307, {"Location": "http://198.51.100.1/v1/chat/completions"}))
    assert outcome(settings)[0] == "error"


def test_what_changes_no_answer_changes_no_key(settings: Settings) -> None:
    same = replace(
        settings, base_url="https://other.example/v1", concurrency=1, timeout=1.0, batch=True, max_usd=1.0,
        prices={"input": 1.0, "output": 1.0}, store="elsewhere",
    )  # fmt: skip
    assert load(same).identity == load(settings).identity


@pytest.mark.parametrize(
    "change",
    [
        {"api_model": "gpt-4o-mini"},
        {"revision": "b"},
        {"seed": 1},
        {"max_new_tokens": 9},
        {"image_detail": "low"},
        {"answer_format": "json"},
    ],
)
def test_what_changes_an_answer_changes_the_key(settings: Settings, change: dict[str, object]) -> None:
    assert load(replace(settings, **change)).identity != load(settings).identity  # type: ignore[arg-type]


def test_the_registry_knows_the_backend() -> None:
    assert models.backend("openai").load is load


PRICED = {"prices": {"input": 2.5, "output": 10.0, "cached_input": 1.25, "batch_discount": 0.5}}
ANSWER_USD = (1000 * 2.5 + 10 * 10) / 1e6
"""What the server's answer costs by the usage that it reports."""


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


def test_max_usd_without_prices_is_refused(settings: Settings) -> None:
    with pytest.raises(UserError, match="max_usd: expected prices beside it, found none"):
        load(replace(settings, max_usd=1.0))


PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
from dataclasses import replace
from imeval.models.api.openai import Settings, load
from imeval.asking.loop import answer_all
from imeval.asking.store import open_store
from models.api.test_openai import request
settings = Settings("m", store={store!r}, base_url={url!r}, concurrency=4, **{changes!r})
with open_store({store!r}, "cw") as store:
    frame = answer_all(load(settings), map(request, range(20)), store)
    frame.sort("image_id").write_parquet({store!r} + "/responses.parquet")
"""


def job(server: Server, store: Path, **changes: object) -> subprocess.Popen[bytes]:
    program = PROGRAM.format(tests=str(ROOT / "tests"), store=str(store), url=server.url, changes=changes)
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow/scripts")}
    return subprocess.Popen([sys.executable, "-c", program], env=environment)


def lines(store: Path, writer: str = "cw") -> int:
    path = store / f"{writer}.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def wait_until(condition: object, seconds: float = 20) -> None:
    start = time.monotonic()
    while not condition():  # type: ignore[operator]
        assert time.monotonic() - start < seconds
        time.sleep(0.01)


def test_after_kill_9_no_answered_request_is_repeated_and_the_result_is_that_of_an_uninterrupted_run(
    server: Server, tmp_path: Path
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    assert job(server, whole).wait() == 0
    server.asked.clear()
    server.answer_limit = 11
    running = job(server, killed)
    wait_until(lambda: lines(killed) == 11)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    answered = {image_of(body) for body in server.asked[:11]}
    server.answer_limit = None
    assert job(server, killed).wait() == 0
    times = server.asked_about()
    assert len(times) == 20
    assert {times[image] for image in answered} == {1}
    assert pl.read_parquet(killed / "responses.parquet").equals(pl.read_parquet(whole / "responses.parquet"))
