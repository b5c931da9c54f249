import json
from dataclasses import replace
from typing import Any

import pytest
from imeval.asking.exchange import Request
from imeval.asking.prompts import Message
from imeval.base.errors import UserError
from imeval.models.api import completions, parameters
from imeval.models.api.openai import Settings, load
from imeval.models.api.parameters import Parameters
from models.api.api_jobs import photograph, request


def test_an_identity_of_the_first_version_is_still_the_same(settings: Settings) -> None:
    # With another one everything would be asked, and paid for, again.
    assert json.loads(load(settings).identity) == {
        "backend": "openai", "api_model": "gpt-4o-2024-08-06", "revision": None, "seed": 0, "temperature": 0,
        "max_new_tokens": 512, "image_detail": "auto", "structured": False,
    }  # fmt: skip
    assert load(settings).identity == load(replace(settings, temperature=0.0)).identity
    assert '"temperature": 0}' in load(settings).identity


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"temperature": None}, {"temperature": None}),
        ({"temperature": 1.0}, {"temperature": 1}),
        ({"temperature": 0.7}, {"temperature": 0.7}),
        ({"seed": None}, {"seed": None}),
        ({"seed": "per_run"}, {"seed": "per_run"}),
        ({"max_tokens_parameter": "max_tokens"}, {"max_tokens_parameter": "max_tokens"}),
        ({"reasoning_effort": "low"}, {"reasoning_effort": "low"}),
        ({"verbosity": "high"}, {"verbosity": "high"}),
        ({"extra_body": {"top_k": 1}}, {"extra_body": {"top_k": 1}}),
        ({"system_text": "user"}, {"system_text": "user"}),
        ({"image_detail": None}, {"image_detail": None}),
    ],
)
def test_a_setting_is_part_of_the_identity_when_it_is_set(
    settings: Settings, change: dict[str, Any], part: dict[str, Any]
) -> None:
    before, after = (json.loads(load(one).identity) for one in (settings, replace(settings, **change)))
    assert after == before | part


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({}, {"temperature": 0, "seed": 0, "max_completion_tokens": 512}),
        ({"temperature": None, "seed": None}, {"max_completion_tokens": 512}),
        ({"seed": "per_run"}, {"temperature": 0, "seed": 3, "max_completion_tokens": 512}),
        ({"max_tokens_parameter": "max_tokens"}, {"temperature": 0, "seed": 0, "max_tokens": 512}),
        (
            {"reasoning_effort": "low", "verbosity": "low", "extra_body": {"chat_template_kwargs": {"think": False}}},
            {"temperature": 0, "seed": 0, "max_completion_tokens": 512, "reasoning_effort": "low", "verbosity": "low",
             "chat_template_kwargs": {"think": False}},
        ),
    ],
)  # fmt: skip
def test_what_is_set_is_sent(change: dict[str, Any], sent: dict[str, Any]) -> None:
    assert parameters.sent(Parameters(**change), run=3) == sent


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("temperature", "set temperature instead"), ("max_tokens", "set max_new_tokens instead"), ("stream", "remove it")],
)
def test_a_parameter_with_a_key_is_no_extra_one(settings: Settings, name: str, remedy: str) -> None:
    message = f"model gpt-4o-2024-08-06: extra_body: expected parameters without a key, found '{name}'; {remedy}"
    with pytest.raises(UserError) as caught:
        load(replace(settings, extra_body={name: 1}))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("system_text", "messages"),
    [
        (None, [("system", "Be brief."), ("user", ["text", "image_url"])]),
        ("system", [("system", "Be brief."), ("user", ["text", "image_url"])]),
        ("developer", [("developer", "Be brief."), ("user", ["text", "image_url"])]),
        ("user", [("user", ["text", "text", "image_url"])]),
    ],
)
def test_a_system_text_goes_where_the_model_takes_it(
    settings: Settings, system_text: str | None, messages: list[Any]
) -> None:
    asked = Request("m", 0, (Message("system", ("Be brief.",)), Message("user", ("Name it.", photograph(0)))))
    sent = completions.body(replace(settings, system_text=system_text), asked)["messages"]
    contents = [one["content"] for one in sent]
    kinds = [part if isinstance(part, str) else [piece["type"] for piece in part] for part in contents]
    assert list(zip([one["role"] for one in sent], kinds, strict=True)) == messages
    if system_text == "user":
        assert contents[0][0] == {"type": "text", "text": "Be brief.\n\n"}


def test_a_detail_may_be_left_out(settings: Settings) -> None:
    (message,) = completions.body(replace(settings, image_detail=None), request())["messages"]
    assert set(message["content"][1]["image_url"]) == {"url"}
