import json

import pytest
from imeval.models.api.batch_api import BatchApi, Gone, Line, batch_response, read_line
from imeval.models.api.batch_journal import Entry
from imeval.models.api.openai import Settings
from models.openai_server import Reply, Server, completion, failure


def line(reply: Reply | None) -> Line:
    """A line of a batch's results, None for a request that was not run."""
    response = None if reply is None else {"status_code": reply.status, "body": reply.body}
    read = read_line(json.dumps({"custom_id": "k", "response": response, "error": None}).encode())
    assert read is not None
    return read


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (completion("hen"), "ok"),
        (completion(None, refusal="no"), "refused"),
        (failure(400, "invalid_image"), "error"),
        (failure(400, "content_policy_violation"), "refused"),
        # What may pass is left to another batch.
        (Reply({"object": "error"}), None),
        (failure(429), None),
        (failure(500), None),
        (None, None),
    ],
)
def test_a_line_is_a_response_unless_another_batch_may_answer(
    settings: Settings, reply: Reply | None, status: str | None
) -> None:
    response = batch_response(settings, line(reply))
    assert (response.status if response else None) == status


def test_an_error_names_its_status_and_its_message(settings: Settings) -> None:
    response = batch_response(settings, line(failure(400, "invalid_image", "cannot read the image")))
    assert response is not None
    assert str(response.error).startswith("HTTP 400: ")
    assert "cannot read the image" in str(response.error)


def test_a_batch_that_the_api_does_not_know_is_gone(server: Server, settings: Settings) -> None:
    entry = Entry("tag", ("k",), 0.0, 0.0, batch_id="batch-7")
    with pytest.raises(Gone, match="found NotFoundError"):
        BatchApi(settings).batch(entry)
    assert BatchApi(settings).tagged({entry.tag}) == {}


KEY = "0123456789abcdef" * 4


NAMED = f'"custom_id": "{KEY}"'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f'{{{NAMED}, "response": {{"status_code": 200, "body": {{"choi', "no JSON"),
        (f"[{NAMED}]", "no JSON"),
        (f'[{{{NAMED}, "response": {{}}}}]', "no line of a batch"),
        (f'{{{NAMED}, "response": [200]}}', "no line of a batch"),
        (f'{{{NAMED}, "response": "{"x" * 20_000}"}}', "a line of more than 0.01 MB"),
        (f'{{{NAMED}, "response": {"[" * 4000}{"]" * 4000}}}', "no "),
    ],
    ids=["cut off", "broken", "a list", "odd response", "too long", "nested deep"],
)
def test_an_odd_line_is_the_error_of_its_request(settings: Settings, content: str, problem: str) -> None:
    odd = read_line(content.encode(), most_megabytes=0.01)
    assert odd is not None
    assert (odd.request_key, str(odd.problem)[: len(problem)]) == (KEY, problem)
    response = batch_response(settings, odd)
    assert response is not None
    assert (response.request_key, response.status) == (KEY, "error")


@pytest.mark.parametrize("content", ["", "null", "5", "{}", '{"custom_id": 7}', '{"custom_id": ["k"]}', "\xff"])
def test_a_line_that_names_no_request_is_none(content: str) -> None:
    assert read_line(content.encode()) is None


def test_an_answer_that_cannot_be_used_is_an_error_and_not_paid_for_again(settings: Settings) -> None:
    response = batch_response(settings, line(completion(207)))  # type: ignore[arg-type]
    assert response is not None
    assert (response.status, response.output_tokens) == ("error", 10)
