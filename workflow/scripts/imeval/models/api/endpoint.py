"""The address and key of an API, checked before use."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Protocol
from urllib.parse import urlsplit

from imeval.base.errors import mistake, some

OPENAI = "https://api.openai.com/v1"
KEY_VARIABLE = "OPENAI_API_KEY"


class Endpoint(Protocol):
    """The settings that locate an API."""

    @property
    def base_url(self) -> str:
        """The address of the API, up to its version."""

    @property
    def api_key_env(self) -> str:
        """The environment variable that holds the key."""

    @property
    def allow_insecure_base_url(self) -> str | None:
        """The host that may be asked without encryption."""


def require_safe(endpoint: Endpoint) -> None:
    """Raise if others could read what is sent.

    Raises:
        UserError: the address is neither https nor loopback nor allowed by name, or it holds a password.
    """
    address = urlsplit(endpoint.base_url)
    if "@" in address.netloc:
        # Leave out the address: it would put the password in a log.
        remedy = f"put the key in the environment variable {endpoint.api_key_env}"
        raise mistake("models", "base_url", "an address without user and password", "one with them", remedy)
    if address.scheme == "https" or (address.scheme == "http" and _unencrypted_allowed(endpoint, address.hostname)):
        return
    remedy = f"use https, or set allow_insecure_base_url: {address.hostname} if you trust the network in between"
    raise mistake("models", "base_url", "an https or a loopback address", endpoint.base_url, remedy)


def api_key(endpoint: Endpoint, environment: Mapping[str, str] = os.environ) -> str:
    """Return the key from the environment.

    Without one the key of a server on this machine is "".

    Raises:
        UserError: the variable is not set, or its value has characters that no key has.
    """
    key = environment.get(endpoint.api_key_env, "")
    if odd := sorted({ascii(character) for character in key if not "!" <= character <= "~"}):
        # Without the value: it is a secret. A header would not take it, and the library's message would repeat it.
        remedy = "export the key without it; a file with Windows line ends adds '\\r'"
        raise mistake("environment", endpoint.api_key_env, "a key of visible ASCII characters", some(odd), remedy)
    if key or is_loopback(urlsplit(endpoint.base_url).hostname):
        return key
    remedy = "export it, and never write the key into a file or on a command line"
    raise mistake("environment", endpoint.api_key_env, f"the key of {endpoint.base_url}", "none", remedy)


def without_key(endpoint: Endpoint, text: str) -> str:
    """Return a server's text with "[key]" for the key."""
    key = api_key(endpoint)
    return text.replace(key, "[key]") if key else text


def is_loopback(host: str | None) -> bool:
    """Return whether a host is this machine."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        # A name, which may resolve to any address.
        return False


def _unencrypted_allowed(endpoint: Endpoint, host: str | None) -> bool:
    return is_loopback(host) or (host is not None and host == endpoint.allow_insecure_base_url)
