import logging
from dataclasses import replace
from pathlib import Path

import openai
import pytest
from imeval.asking.loop import answer_all
from imeval.asking.store import open_store
from imeval.base.errors import UserError
from imeval.models.api import clients, failures
from imeval.models.api.failures import Problem
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


@pytest.mark.parametrize(
    ("status", "error", "reason"),
    [
        (400, {"code": "content_filter"}, "content_filter"),
        (400, {"code": "content_policy_violation"}, "content_policy_violation"),
        (400, {"code": "invalid_prompt", "message": "flagged as potentially violating"}, "invalid_prompt"),
        (400, {"type": "content_filter", "code": 400}, "content_filter"),
        (400, {"code": "ResponsibleAIPolicyViolation"}, "ResponsibleAIPolicyViolation"),
        (400, {"code": "x", "innererror": {"content_filter_result": {"hate": {"filtered": True}}}}, "moderation"),
        (400, {"code": "data_inspection_failed"}, "data_inspection_failed"),
        (403, {"code": 403, "metadata": {"reasons": ["violence"], "flagged_input": "..."}}, "moderation"),
        (403, {"code": "moderation_blocked"}, "moderation_blocked"),
        (403, {"code": 403, "metadata": {"reasons": [], "provider_name": "x"}}, None),
        (403, {"code": "permission_denied"}, None),
        (403, {"code": ["a"], "type": {"b": 1}, "metadata": "violence"}, None),
        (400, "content_filter", None),
    ],
)
def test_a_request_that_a_filter_held_back_is_refused(
    settings: Settings, status: int, error: object, reason: str | None
) -> None:
    for body in (error, {"error": error}):
        response = failures.not_answered(settings, "k", Problem.read(status, body), "flagged")
        assert (response.status, response.stop_reason) == (("refused", reason) if reason else ("error", None))


@pytest.mark.parametrize("body", [None, [], 5, "<html>", {}, {"error": None}, {"error": [1]}, {"error": {"code": {}}}])
def test_an_error_of_any_shape_is_read(body: object) -> None:
    assert Problem.read(500, body) == Problem(500, "", None, body)


FLAGGED = Reply({"error": {"code": 403, "message": "input flagged", "metadata": {"reasons": ["violence"]}}}, 403)


def test_a_moderated_picture_is_refused_and_the_others_are_answered(server: Server, settings: Settings) -> None:
    server.faults += [completion("hen"), FLAGGED]
    responses = ask(replace(settings, concurrency=1), *map(request, range(4)))
    assert [response.status for response in responses] == ["ok", "refused", "ok", "ok"]


def test_a_key_without_permission_stops_at_the_first_answer(server: Server, settings: Settings) -> None:
    server.answers = lambda body: failure(403, "permission_denied")
    with pytest.raises(UserError, match=r"OPENAI_API_KEY: key: .* found HTTP 403"):
        ask(replace(settings, concurrency=1), *map(request, range(4)))
    assert len(server.asked) == 1


def test_what_a_key_was_accepted_for_before_is_forbidden_to_one_picture_alone(
    server: Server, settings: Settings
) -> None:
    server.faults += [completion("hen"), Reply("<html>blocked by a firewall</html>", 403)]
    responses = ask(replace(settings, concurrency=1), *map(request, range(3)))
    assert [response.status for response in responses] == ["ok", "error", "ok"]


@pytest.mark.parametrize(
    "fault",
    [
        failure(400, "context_length_exceeded", "the maximum context length is 8192 tokens, you requested 9000"),
        failure(400, "invalid_image", "cannot read the image"),
        failure(413),
        failure(415),
        failure(422),
        Reply("<html>too large</html>", 413),
        Reply({"detail": [{"loc": ["body", "messages", 1], "msg": "too many images"}]}, 422),
        Reply({"error": {"message": None, "code": {"odd": 1}, "type": [], "param": 7}}, 400),
        Reply({"error": {"message": "x" * 9999}}, 400),
        Reply("[" * 20_000, 400),
    ],
    ids=["context", "picture", "413", "415", "422", "page", "detail", "odd error", "long", "nested"],
)
def test_what_one_picture_meets_is_its_error(server: Server, settings: Settings, fault: Reply) -> None:
    server.faults += [completion("hen"), fault]
    responses = ask(replace(settings, concurrency=1), *map(request, range(3)))
    assert [response.status for response in responses] == ["ok", "error", "ok"]
    assert len(server.asked) == 3


def test_an_empty_account_stops(server: Server, settings: Settings) -> None:
    server.faults += [completion("hen"), failure(402, "payment_required")]
    with pytest.raises(UserError, match=r"account: expected credit, found none \(HTTP 402\); add credit"):
        ask(replace(settings, concurrency=1), *map(request, range(3)))


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
