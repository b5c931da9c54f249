import json
from dataclasses import replace

import pytest
from imeval.asking.exchange import Request
from imeval.asking.prompts import Message
from imeval.models.api import completions
from imeval.models.api.openai import Settings, load
from models.api.api_jobs import ask, outcome, photograph
from models.openai_server import Reply, Server, completion, failure


def test_a_json_schema_enforces_one_name_a_photograph_where_the_prompt_asks_for_json(
    server: Server, settings: Settings
) -> None:
    two = Request("model", 0, (Message("user", ("Name them.", photograph(0), photograph(1))),))
    ask(replace(settings, answer_format="json"), two)
    ask(settings, two)
    ask(replace(settings, answer_format="json", structured_output=False), two)
    formats = [sent.get("response_format") for sent in server.asked]
    assert formats == [
        {
            "type": "json_schema",
            "json_schema": {
                "name": "names",
                "strict": True,
                "schema": {
                    "type": "object",
                    "properties": {"1": {"type": "string"}, "2": {"type": "string"}},
                    "required": ["1", "2"],
                    "additionalProperties": False,
                },
            },
        },
        None,
        None,
    ]


def test_a_person_can_read_what_is_sent(settings: Settings) -> None:
    messages = (Message("system", ("You name things.",)), Message("user", ("Name it.", photograph(3))))
    assert json.loads(load(settings).rendered(messages)) == [
        {"role": "system", "content": "You name things."},
        {"role": "user", "content": "Name it.[image003]"},
    ]


def test_a_message_without_an_image_is_a_plain_string(settings: Settings) -> None:
    messages = (Message("system", ("Be ", "brief.")), Message("user", ("Name it.", photograph(0), "")))
    system, user = completions.body(settings, Request("model", 0, messages))["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert [part["type"] for part in user["content"]] == ["text", "image_url"]
    assert user["content"][1]["image_url"]["detail"] == "auto"
    assert user["content"][1]["image_url"]["url"].startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("reply", "status", "text", "stop_reason"),
    [
        (completion(""), "empty", None, "stop"),
        (completion(None), "empty", None, "stop"),
        (completion(" \n"), "empty", None, "stop"),
        (completion(None, refusal="I cannot help with that."), "refused", None, "refusal"),
        (completion("half an ans", "content_filter"), "refused", None, "content_filter"),
        (failure(400, "content_policy_violation"), "refused", None, "content_policy_violation"),
        (completion("a very long ans", "length"), "truncated", "a very long ans", "length"),
        (completion("", "length"), "truncated", "", "length"),
        (completion('{"1": "hen"'), "ok", '{"1": "hen"', "stop"),
        (completion('{"7": "hen"}'), "ok", '{"7": "hen"}', "stop"),
    ],
    ids=[
        "empty", "null", "white space", "refusal", "content filter", "filtered request", "cut off", "cut off at once",
        "invalid JSON", "another image's answer",
    ],
)  # fmt: skip
def test_whatever_else_a_model_does_becomes_a_status(
    server: Server, settings: Settings, reply: Reply, status: str, text: str | None, stop_reason: str
) -> None:
    server.faults.append(reply)
    assert outcome(settings) == (status, text, stop_reason, 1)
    assert len(server.asked) == 1
