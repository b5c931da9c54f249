import gzip
import json
import tracemalloc
import zlib
from dataclasses import replace

import pytest
from imeval.base.errors import UserError
from imeval.models.api import clients, endpoint
from imeval.models.api.openai import Settings
from models.api.api_jobs import ask, outcome
from models.openai_server import Reply, Server, completion

KEY = "sk-test-3f1c0d9be2"


def test_a_redirect_is_not_followed(server: Server, settings: Settings) -> None:
    server.faults.append(Reply("", 307, {"Location": "http://198.51.100.1/v1/chat/completions"}))
    assert outcome(settings)[0] == "error"


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
        "export it, and never write the key into a file or on a command line"
    )


def test_both_clients_send_each_request_once_and_check_the_address(settings: Settings) -> None:
    for made in (clients.client(settings), clients.async_client(settings)):
        assert (made.max_retries, made.timeout, made.api_key) == (0, settings.timeout, "none")
    unsafe = replace(settings, base_url="http://gpu-node-7:8000/v1")
    for make in (clients.client, clients.async_client):
        with pytest.raises(UserError, match="base_url: expected an https or a loopback address"):
            make(unsafe)


def packed(text: str, size: int) -> bytes:
    """A completion of this text, filled up with white space to this size, and packed."""
    return gzip.compress(json.dumps(completion(text).body).encode().ljust(size))


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (Reply(packed("hen", 0), headers={"Content-Encoding": "gzip"}), "ok"),
        (Reply(zlib.compress(gzip.decompress(packed("hen", 0))), headers={"Content-Encoding": "deflate"}), "ok"),
        (Reply(packed("hen", 90_000), headers={"Content-Encoding": "gzip"}), "ok"),
        (Reply(packed("hen", 110_000), headers={"Content-Encoding": "gzip"}), "error"),
        (Reply(packed("hen", 50_000_000), headers={"Content-Encoding": "gzip"}), "error"),
        (Reply(gzip.decompress(packed("hen", 90_000))), "ok"),
        (Reply(gzip.decompress(packed("hen", 110_000))), "error"),
        (Reply(gzip.decompress(packed("hen", 110_000)), 400), "error"),
        (Reply(b"not packed", headers={"Content-Encoding": "gzip"}), "error"),
        (Reply(packed("hen", 0)), "error"),
        (Reply(packed("hen", 0), headers={"Content-Encoding": "br"}), "error"),
    ],
    ids=["gzip", "deflate", "fits", "too large", "bomb", "plain fits", "plain too large", "error too large",
         "not packed", "not named", "not asked for"],
)  # fmt: skip
def test_a_reply_is_bounded_also_when_it_is_unpacked(
    server: Server, settings: Settings, reply: Reply, status: str
) -> None:
    server.answers = lambda body: reply
    assert outcome(replace(settings, max_response_megabytes=0.1, max_attempts=2))[0] == status


def test_a_reply_that_is_too_large_is_paid_for_twice_at_most_and_takes_little_memory(
    server: Server, settings: Settings
) -> None:
    large = Reply(packed("hen", 100_000_000), headers={"Content-Encoding": "gzip"})
    server.answers = lambda body: large
    tracemalloc.start()
    (response,) = ask(replace(settings, max_attempts=5))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (response.status, response.attempts) == ("error", 2)
    assert "a reply of more than 10 MB" in str(response.error)
    assert most < 40_000_000
