"""A parameter that a model refuses stops the job at the first answer; what is about one picture does not."""

from dataclasses import replace
from typing import Any

import pytest
from imeval.base.errors import UserError
from imeval.models.api import refusals
from imeval.models.api.openai import Settings
from models.api.api_jobs import ask, request
from models.openai_server import Json, Reply, Server, completion, failure


def openai_error(message: str, param: str | None = None, code: str = "unsupported_value") -> Json:
    return {"error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}}


def forbidden(*place: str) -> Json:
    return {"detail": [{"type": "extra_forbidden", "loc": ["body", *place], "msg": "Extra inputs are not permitted"}]}


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (openai_error("Unsupported value: 'temperature' does not support 0 with this model.", "temperature"),
         ("temperature", "temperature: null")),
        (openai_error("`temperature` is deprecated for this model."), ("temperature", "temperature: null")),
        (openai_error("Unrecognized request argument supplied: seed"), ("seed", "seed: null")),
        (openai_error("property 'seed' is unsupported"), ("seed", "seed: null")),
        ({"message": "seed: Extra inputs are not permitted"}, ("seed", "seed: null")),
        ([{"error": {"message": 'Unknown name "seed": Cannot find field.'}}], ("seed", "seed: null")),
        (forbidden("max_completion_tokens"), ("max_completion_tokens", "max_tokens_parameter: max_tokens")),
        ({"object": "error", "message": forbidden("max_completion_tokens")},
         ("max_completion_tokens", "max_tokens_parameter: max_tokens")),
        (openai_error("max_completion_tokens is too large: 512. This model supports at most 256."),
         ("max_completion_tokens", "a smaller max_new_tokens")),
        (openai_error("Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model."),
         ("response_format", "structured_output: false")),
        (forbidden("messages", "1", "image_url", "detail"), ("detail", "image_detail: null")),
        (openai_error("System role not supported"), ("system", "system_text: user")),
        (openai_error("Conversation roles must alternate user/assistant"), ("system", "system_text: user")),
        (openai_error("'messages[0].role' does not support 'system' with this model.", "messages[0].role"),
         ("system", "system_text: user")),
        (openai_error("Developer instruction is not enabled for models/gemma-3"), ("system", "system_text: user")),
        (openai_error("Unsupported value: 'reasoning_effort' does not support 'none'", "reasoning_effort"),
         ("reasoning_effort", "another reasoning_effort, or none")),
        (openai_error("top_k: Extra inputs are not permitted"), ("top_k", "another top_k, or none")),
        # About a picture, or nothing that was sent.
        (openai_error("cannot read the image", "messages[1].content[0].image_url", "invalid_image"), None),
        (openai_error("Invalid image: see the detail of the error", None, "invalid_image"), None),
        (openai_error("'max_completion_tokens' is too large: 512. This model's maximum context length is 4096 tokens",
                      "max_completion_tokens"), None),
        (openai_error("Please reduce the length of the messages", None, "context_length_exceeded"), None),
        (openai_error("Unsupported parameter: 'logprobs'", "logprobs"), None),
        (openai_error("the temperature of the picture"), None),
        ({"detail": [{"loc": ["body", "messages"], "msg": "not permitted", "input": [{"role": "system"}]}]}, None),
        ("<html>", None), (None, None), ({"error": {"message": {"a": 1}, "param": 7}}, None),
    ],
)  # fmt: skip
def test_a_refused_parameter_is_known_by_its_name(settings: Settings, body: Any, found: tuple[str, str] | None) -> None:
    chosen = replace(
        settings, answer_format="json", reasoning_effort="none", extra_body={"top_k": 1}
    )  # which sends every parameter
    assert refusals.refused(chosen, 400, body) == found
    assert refusals.refused(chosen, 500, body) is None


def test_what_is_not_sent_is_not_refused(settings: Settings) -> None:
    body = openai_error("Unsupported value: 'temperature'", "temperature")
    assert refusals.refused(replace(settings, temperature=None), 400, body) is None
    assert refusals.refused(replace(settings, system_text="user"), 400, openai_error("no system role: unknown")) is None


def strict(refuses: str) -> Any:
    error = openai_error(f"Unsupported parameter: '{refuses}' is not supported with this model.", refuses)
    return lambda body: Reply(error, 400) if refuses in body else completion("hen")


@pytest.mark.parametrize(
    ("parameter", "remedy", "change"),
    [
        ("temperature", "set temperature: null", {"temperature": None}),
        ("seed", "set seed: null", {"seed": None}),
        ("max_completion_tokens", "set max_tokens_parameter: max_tokens", {"max_tokens_parameter": "max_tokens"}),
        ("response_format", "set structured_output: false", {"structured_output": False}),
    ],
)
def test_the_job_stops_at_the_first_answer_and_names_the_key_that_helps(
    server: Server, settings: Settings, parameter: str, remedy: str, change: dict[str, Any]
) -> None:
    server.answers = strict(parameter)
    asking = replace(settings, answer_format="json", concurrency=1)
    with pytest.raises(UserError) as caught:
        ask(asking, *map(request, range(20)))
    assert str(caught.value) == (
        f"models: gpt-4o-2024-08-06: {parameter}: expected a parameter that the model takes, found HTTP 400: "
        f"Unsupported parameter: '{parameter}' is not supported with this model.; {remedy}"
    )
    assert len(server.asked) == 1
    responses = ask(replace(asking, **change), *map(request, range(3)))
    assert [response.status for response in responses] == ["ok"] * 3


def test_what_was_accepted_before_is_refused_to_one_request_alone(server: Server, settings: Settings) -> None:
    server.faults += [completion("hen"), Reply(openai_error("Unsupported value: 'seed'", "seed"), 400)]
    responses = ask(replace(settings, concurrency=1), *map(request, range(3)))
    assert [response.status for response in responses] == ["ok", "error", "ok"]


def test_the_key_stands_in_no_message(server: Server, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test-3f1c0d9be2")
    server.faults.append(failure(400, message="seed is not supported by sk-test-3f1c0d9be2"))
    with pytest.raises(UserError, match=r"not supported by \[key\]"):
        ask(settings)
