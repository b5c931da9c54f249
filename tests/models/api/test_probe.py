"""One question to a model, which names all that it refuses."""

from dataclasses import replace
from typing import Any

import pytest
from imeval.base.errors import UserError
from imeval.models.api.openai import Settings
from imeval.models.api.probe import Probed, probe
from models.api.api_jobs import PRICED
from models.openai_server import Reply, Server, completion, failure


def test_a_model_that_takes_everything_answers_for_a_price(server: Server, settings: Settings) -> None:
    server.answers = lambda body: completion("orange")
    # The server counts 1000 tokens in and 10 out.
    assert probe(replace(settings, **PRICED)) == Probed("answers (ok), 1000 tokens in, 10 out, $0.0026", (), True)
    assert probe(settings).found == "answers (ok), 1000 tokens in, 10 out, dollars unknown without prices"
    assert len(server.asked) == 2


def test_all_that_a_model_refuses_is_named_with_the_keys_to_set(server: Server, settings: Settings) -> None:
    def strict(body: dict[str, Any]) -> Reply:
        for name in ("temperature", "seed", "max_completion_tokens", "response_format", "top_k"):
            if name in body:
                return failure(400, message=f"Unsupported parameter: '{name}' is not supported with this model.")
        if body["messages"][0]["role"] == "system":
            return failure(400, message="System role not supported")
        return completion("orange")

    server.answers = strict
    chosen = replace(settings, answer_format="json", extra_body={"top_k": 1})
    probed = probe(chosen)
    assert probed.answered
    assert probed.remedies == (
        "temperature: null", "seed: null", "max_tokens_parameter: max_tokens", "structured_output: false",
        "another top_k, or none", "system_text: user",
    )  # fmt: skip
    assert probed.found.startswith(
        "refuses temperature, seed, max_completion_tokens, response_format, top_k, system; without: answers (ok)"
    )


@pytest.mark.parametrize(
    ("model", "end"),
    [
        ({"expiration_date": "2027-01-14"}, "; the API stops it on 2027-01-14"),
        ({"deprecation": "2027-01-14T00:00:00Z"}, "; the API stops it on 2027-01-14"),
        ({"deprecation": {"inference": 1799884800, "fine_tune": None}}, "; the API stops it on 2027-01-14"),
        ({"deprecation": None, "created": 1799884800}, ""),
        ({"expires_at": {"a": {"b": 1}}, "retires_at": "soon", "sunset_date": True}, ""),
    ],
)
def test_the_day_on_which_a_model_ends_is_given(
    server: Server, settings: Settings, model: dict[str, Any], end: str
) -> None:
    server.answers = lambda body: completion("orange")
    server.models = {"data": [{"id": "another"}, None, {"id": settings.api_model} | model]}
    assert probe(settings).found == f"answers (ok), 1000 tokens in, 10 out, dollars unknown without prices{end}"


def test_what_is_no_answer_is_named(server: Server, settings: Settings) -> None:
    server.faults.append(Reply("<html>"))
    assert probe(settings) == Probed("Malformed: no JSON: b'<html>'", (), False)
    server.faults.append(failure(401))
    with pytest.raises(UserError, match="OPENAI_API_KEY: key"):
        probe(settings)
    server.faults.append(failure(400, "invalid_image", "cannot read the image"))
    with pytest.raises(UserError, match="cannot read the image"):
        probe(settings)
