from dataclasses import replace

import pytest
from imeval.base.errors import UserError
from imeval.models.api import clients, endpoint
from imeval.models.api.openai import Settings
from models.api.api_jobs import ask, outcome
from models.openai_server import Reply, Server

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
