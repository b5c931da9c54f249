"""What the client does after a failure, against a server on loopback that fails by a script."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace

import pytest
from imeval.asking.loop import answer_all
from imeval.asking.store import open_store
from imeval.base.errors import UserError
from imeval.models.api import retries
from imeval.models.api.openai import Settings, load
from models.api.api_jobs import PRICED, ask, outcome, photograph, request
from models.openai_server import RESET, Json, Reply, Server, completion, failure, hang
from tenacity import RetryCallState


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


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each attempt was told to wait; on a busy machine more pass."""
    seconds: list[float] = []
    compute = retries._seconds_to_wait

    def noted(state: RetryCallState) -> float:
        seconds.append(compute(state))
        return seconds[-1]

    monkeypatch.setattr(retries, "_seconds_to_wait", noted)
    return seconds


def assert_waited(server: Server, waits: list[float]) -> None:
    passed = [later - sooner for sooner, later in pairwise(server.times)]
    assert all(one >= wait for one, wait in zip(passed, waits, strict=True)), (passed, waits)


def test_the_wait_doubles_with_each_attempt(
    server: Server, settings: Settings, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_WAIT", 0.1)
    server.faults += [failure(429)] * 2
    ask(settings)
    first, second = waits
    assert 0.1 <= first <= 0.15
    assert 0.2 <= second <= 0.3
    assert_waited(server, waits)


@pytest.mark.parametrize(
    ("fault", "lost"), [(hang(1), 1), (RESET, 1), (Reply({"object": "error"}), 1), (failure(504), 1), (failure(500), 0)]
)
def test_an_attempt_that_may_be_billed_without_an_answer_is_counted(
    server: Server, settings: Settings, fault: Reply, lost: int
) -> None:
    next_usd = (3 + 255) * 2.5e-6 + 100 * 10e-6
    server.faults.append(fault)
    (response,) = ask(replace(settings, **PRICED, max_new_tokens=100, timeout=0.4))
    assert (response.status, response.attempts) == ("ok", 2)
    assert response.lost_usd == pytest.approx(lost * next_usd)


def test_no_attempt_is_made_again_that_could_pass_max_usd_and_the_message_has_the_lost_ones(
    server: Server, settings: Settings
) -> None:
    next_usd = (3 + 255) * 2.5e-6 + 100 * 10e-6
    server.faults += [hang(1)] * 9
    priced = replace(settings, **PRICED, max_new_tokens=100, timeout=0.4, max_attempts=9, max_usd=2.5 * next_usd)
    with open_store(settings.store, "cw") as store:
        answer_all(load(priced), [request(0)], store)
        assert store[request(0).request_key].lost_usd == pytest.approx(2 * next_usd)
    assert len(server.asked) == 2
    with pytest.raises(
        UserError, match=r"\$0.0000 spent, up to \$0.0033 for attempts that may be billed without an answer"
    ):
        ask(priced)
    assert len(server.asked) == 2


def test_retry_after_is_waited_for_in_seconds(server: Server, settings: Settings, waits: list[float]) -> None:
    server.faults.append(failure(429, Retry_After="1"))
    assert outcome(settings)[3] == 2
    assert 1.0 <= waits[0] <= 1.25
    assert_waited(server, waits)


def test_retry_after_is_waited_for_until_a_date(
    server: Server, settings: Settings, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
    monkeypatch.setattr(retries, "time", SimpleNamespace(time=now.timestamp))
    server.faults.append(failure(429, Retry_After="Tue, 24 Nov 2026 08:00:01 GMT"))
    assert outcome(settings)[3] == 2
    assert 1.0 <= waits[0] <= 1.25
    assert_waited(server, waits)


@pytest.mark.parametrize("header", ["0.02", "soon", "", "\u00b2", "9" * 400, "Thu, 01 Jan 1970 00:00:00 GMT", "nan"])
def test_an_odd_retry_after_is_no_obstacle(
    server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch, header: str
) -> None:
    monkeypatch.setattr(retries, "_LONGEST_RETRY_AFTER", 0.05)
    server.faults.append(failure(429, Retry_After=header))
    assert outcome(settings)[0] == "ok"


@pytest.mark.parametrize(
    ("extra", "status"),
    [({"n": float("nan")}, "ok"), ({"choices": None}, "error"), ({"usage": None}, "ok"), ({"object": 7}, "ok")],
)
def test_unknown_or_odd_keys_beside_an_answer_do_not_matter(
    server: Server, settings: Settings, extra: Json, status: str
) -> None:
    whole = completion("hen").body
    assert isinstance(whole, dict)
    server.answers = lambda body: Reply({**whole, **extra})
    assert outcome(settings)[0] == status


def test_the_first_of_several_choices_counts(server: Server, settings: Settings) -> None:
    choices = [choice for text in ("hen", "cock") for choice in completion(text).body["choices"]]  # type: ignore[index]
    server.faults.append(Reply({"choices": choices}))
    assert outcome(settings)[:2] == ("ok", "hen")


@pytest.mark.parametrize(("status", "passes"), [(400, False), (401, False), (404, False), (408, True), (409, True),
                                                (429, True), (500, True), (503, True)])  # fmt: skip
def test_time_outs_conflicts_rate_limits_and_failures_of_the_server_may_pass(status: int, passes: bool) -> None:
    assert retries.may_pass(status) == passes


def test_no_credit_is_no_rate_limit(server: Server, settings: Settings) -> None:
    server.faults.append(failure(429, "insufficient_quota"))
    with pytest.raises(UserError, match="account: expected credit, found none"):
        ask(settings)
    assert len(server.asked) == 1


def test_a_retry_that_waits_is_given_up_when_the_job_stops(server: Server, settings: Settings) -> None:
    server.faults += [failure(429, Retry_After="60"), failure(401)]
    start = time.monotonic()
    with pytest.raises(UserError, match="HTTP 401"):
        ask(replace(settings, concurrency=2), request(0), request(1))
    assert time.monotonic() - start < 50
    assert len(server.asked) == 2
