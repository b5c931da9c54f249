"""Settings that would run code or send secrets, and are refused.

A configuration may come from somebody else. SECURITY.md has what it can and cannot do.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from imeval.models.api import endpoint
from imeval.plan.backends import BACKENDS
from imeval.plan.explanations import Keys, Problem
from imeval.plan.schema import Config
from imeval.serving.servers import RUNS_CODE

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]*", re.ASCII)
_KEY_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*_API_KEY")

_NOT_REPEATED = "something else, which is not repeated here as it may be the key itself"


def trust_problems(config: Config) -> Iterator[Problem]:
    """Yield settings that run code, leave a folder or send secrets."""
    for registry in ("models", "encoders"):
        for name, entry in config[registry].items():
            for key, value in entry.items():
                if isinstance(value, dict) and "hub" in value:
                    yield from _repository_problems((registry, name, key), value)
    for name, model in config["models"].items():
        if BACKENDS[model["backend"]].paid:
            yield from _key_problems(name, model)
        yield from _code_problems(name, model)


def _repository_problems(keys: Keys, weights: Config) -> Iterator[Problem]:
    for key, form, example in (("hub", _REPOSITORY, "owner/name"), ("revision", _REVISION, "a commit")):
        value = str(weights.get(key, "main"))
        # Both become parts of a path in the cache of the hub.
        if not form.fullmatch(value) or ".." in value:
            yield Problem((*keys, key), f"one of the model hub, such as {example}", f"'{value}'", "correct it")


def _key_problems(name: str, model: Config) -> Iterator[Problem]:
    keys = ("models", name, "api_key_env")
    variable = model.get("api_key_env", endpoint.KEY_VARIABLE)
    if not _KEY_VARIABLE.fullmatch(variable):
        # No other secret of the environment may go to an address that a configuration names.
        remedy = "write the variable's name, never the key, and export the key"
        yield Problem(keys, "a variable whose name ends in _API_KEY", _NOT_REPEATED, remedy)
    address = model.get("base_url", endpoint.OPENAI)
    host = urlsplit(address).hostname
    elsewhere = host != urlsplit(endpoint.OPENAI).hostname and not endpoint.is_loopback(host)
    if elsewhere and "api_key_env" not in model:
        remedy = "name it, so that OpenAI's key is not sent to another server by default"
        yield Problem(keys, "the variable with the key of this base_url", "none", remedy)


def _code_problems(name: str, model: Config) -> Iterator[Problem]:
    for key in ("arguments", "hardware"):
        for option in sorted(RUNS_CODE & set(model.get(key, {}))):
            expected, remedy = "an option that runs no code of others", "leave it out"
            yield Problem(("models", name, key, option), expected, f"'{option}'", remedy)
