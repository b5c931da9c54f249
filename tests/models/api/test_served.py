"""A served model: stored answers depend on the settings that decide them, not on the server's address."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock

import pytest
from imeval.asking.exchange import Request
from imeval.asking.prompts import Message
from imeval.base import locks
from imeval.base.errors import UserError
from imeval.models.api import served
from imeval.models.api.served import Settings
from imeval.serving import server_file
from models.openai_server import RESET, Json, Reply, Server, completion, serving

SETTINGS = Settings("vllm", "somebody/large", "no/server.json", "store", "abc", {"max_model_len": 8192}, concurrency=2)


def request(identity: str, number: int = 0) -> Request:
    return Request(identity, 0, (Message("user", (f"What is number {number}?",)),))


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Settings]]:
    monkeypatch.setattr(locks.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(server_file, "_SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    file = str(tmp_path / "large.json")
    with serving() as running:
        running.answers = lambda body: completion("tench")
        server_file.write_state(file, base_url=running.url, key="kf3")
        yield running, replace(SETTINGS, server=file, max_attempts=2)


@pytest.mark.parametrize(
    "changes",
    [
        {"program": "transformers"},
        {"weights": "somebody/larger"},
        {"revision": "abd"},
        {"arguments": {"max_model_len": 4096}},
        {"seed": 1},
        {"max_new_tokens": 8},
        {"answer_format": "json"},
    ],
)
def test_what_decides_an_answer_is_in_its_key(changes: dict[str, object]) -> None:
    first, second = (served.load(settings).identity for settings in (SETTINGS, replace(SETTINGS, **changes)))
    assert request(first).request_key != request(second).request_key


def test_where_and_how_fast_a_server_is_asked_is_not_in_the_key() -> None:
    elsewhere = replace(SETTINGS, server="elsewhere.json", store="other", concurrency=9, timeout=1.0, max_attempts=1)
    assert served.load(elsewhere).identity == served.load(SETTINGS).identity


def test_the_identity_is_the_same_in_every_version() -> None:
    assert json.loads(served.load(SETTINGS).identity) == {
        "backend": "served",
        "program": "vllm",
        "weights": "somebody/large",
        "revision": "abc",
        "arguments": {"max_model_len": 8192},
        "seed": 0,
        "temperature": 0,
        "max_new_tokens": 512,
        "structured": False,
    }


def test_a_server_of_this_machine_is_asked_by_no_proxy_and_gets_its_own_key(
    server: tuple[Server, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    running, settings = server
    chat = served.load(settings)
    responses = list(chat.answer(request(chat.identity, number) for number in range(5)))
    assert [response.status for response in responses] == ["ok"] * 5
    assert running.asked[0]["model"] == "somebody/large"
    assert running.authorizations == {"Bearer kf3"}


def test_without_anything_to_ask_no_server_is_waited_for() -> None:
    assert list(served.load(SETTINGS).answer([])) == []


def test_a_server_that_ended_is_told_after_the_request_it_did_not_answer(server: tuple[Server, Settings]) -> None:
    running, settings = server
    # A server writes its state in one process; here two threads would write one temporary file.
    writing = Lock()

    def end(body: Json) -> Reply:
        with writing:
            server_file.write_state(
                settings.server, error="models.large: vllm serve: expected one that runs, found exit code 3"
            )
        return RESET

    running.answers = end
    chat = served.load(settings)
    with pytest.raises(UserError, match=r"models\.large: vllm serve: expected one that runs, found exit code 3"):
        list(chat.answer(request(chat.identity, number) for number in range(20)))
    assert len(running.asked) <= 2
