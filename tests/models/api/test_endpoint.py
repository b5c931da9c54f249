from dataclasses import dataclass

import pytest
from imeval.base.errors import UserError
from imeval.models.api import endpoint


@dataclass(frozen=True)
class Address:
    base_url: str
    allow_insecure_base_url: str | None = None
    api_key_env: str = "MY_KEY"


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
    base_url: str, allowed: str | None, safe: bool
) -> None:
    address = Address(base_url, allowed)
    if safe:
        endpoint.require_safe(address)
    else:
        with pytest.raises(UserError, match="base_url") as caught:
            endpoint.require_safe(address)
        assert "password@" not in str(caught.value)


def test_the_key_comes_from_the_environment() -> None:
    assert endpoint.api_key(Address("https://vllm.example/v1"), {"MY_KEY": "sk-1"}) == "sk-1"
    with pytest.raises(UserError, match="environment: MY_KEY: expected the key of"):
        endpoint.api_key(Address("https://vllm.example/v1"), {})


def test_a_server_on_this_machine_needs_no_key() -> None:
    assert endpoint.api_key(Address("http://localhost:8000/v1"), {}) == ""


@pytest.mark.parametrize(
    ("key", "odd"), [("sk-secret\r", r"'\\r'"), ("sk-sec ret", "' '"), ("sk-secret\u200b", r"'\\u200b'")]
)
@pytest.mark.parametrize("url", ["https://vllm.example/v1", "http://localhost:8000/v1"])
def test_a_key_that_no_request_can_carry_is_refused_and_not_repeated(url: str, key: str, odd: str) -> None:
    with pytest.raises(
        UserError, match=f"environment: MY_KEY: expected a key of visible ASCII .* found {odd};"
    ) as caught:
        endpoint.api_key(Address(url), {"MY_KEY": key})
    assert "sec" not in str(caught.value)
