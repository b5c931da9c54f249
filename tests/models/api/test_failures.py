import logging
from dataclasses import replace
from pathlib import Path

import openai
import pytest
from imeval.asking.loop import answer_all
from imeval.asking.store import open_store
from imeval.base.errors import UserError
from imeval.models.api import clients, failures
from imeval.models.api.openai import Settings, load
from models.api.api_jobs import ask, request
from models.openai_server import Reply, Server, completion, failure

KEY = "sk-test-3f1c0d9be2"


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
            "models: {url}: api_model: expected a model of this API, found 'gpt-4o-2024-08-06' (HTTP 404); "
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


@pytest.mark.parametrize("code", ["content_filter", "content_policy_violation"])
def test_a_filtered_request_is_refused_and_no_error(settings: Settings, code: str) -> None:
    response = failures.not_answered(settings, "k", code, "filtered")
    assert (response.status, response.stop_reason, response.error) == ("refused", code, None)


def test_an_error_is_one_short_line(settings: Settings) -> None:
    response = failures.failed(settings, "k", ValueError("first\nsecond " + "x" * 400))
    assert response.status == "error"
    assert str(response.error).startswith("ValueError: first second xxx")
    assert len(str(response.error)) == 300


@pytest.mark.parametrize("error", [ValueError("odd"), TimeoutError()])
def test_an_error_of_one_request_is_not_fatal(settings: Settings, error: Exception) -> None:
    assert failures.fatal(settings, error) is None


def test_a_missing_batch_is_no_missing_model(server: Server, settings: Settings) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        clients.client(settings).batches.retrieve("batch-7")
    assert "api_model: expected a model of this API" in str(failures.fatal(settings, caught.value))
    message = str(failures.batch_failure(settings, caught.value))
    assert message.startswith(
        f"models: {server.url}: batch: expected an API for files and batches, found NotFoundError"
    )
    assert message.endswith(
        "run again to continue the batches in the journal, or set batch: false if the API has no batches"
    )
