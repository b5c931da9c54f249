from typing import Any

import pytest
from imeval.models.api.batch_api import BatchApi, Gone, batch_response
from imeval.models.api.batch_journal import Entry
from imeval.models.api.openai import Settings
from models.openai_server import Reply, Server, completion, failure


def line(reply: Reply | None) -> dict[str, Any]:
    """A line of a batch's results, None for a request that was not run."""
    response = None if reply is None else {"status_code": reply.status, "body": reply.body}
    return {"custom_id": "k", "response": response, "error": None}


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
    assert BatchApi(settings).tagged(entry) is None
