"""A model behind an API, asked directly or in batches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from imeval.asking.exchange import Request, Response
from imeval.asking.prompts import Message
from imeval.models.api import completions, failures, openai_api, parameters
from imeval.models.api.completions import Json
from imeval.models.api.openai_api import Settings


@dataclass(frozen=True)
class Prepared:
    """A request ready to be sent, and its highest cost in dollars."""

    request_key: str
    body: Json
    usd: float


class PaidChat:
    """A chat model with an account of its costs."""

    def __init__(self, settings: Settings) -> None:
        parameters.require_free(settings.api_model, settings)
        self._settings = settings
        self._account = openai_api.account(settings)

    @property
    def identity(self) -> str:
        """Return the name, revision and decoding of the model as JSON.

        It is the same for direct requests and for batches, whose answers are interchangeable.
        """
        return openai_api.identity(self._settings)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as readable JSON, with an id for each image."""
        return completions.rendered(self._settings, messages)

    def paid(self) -> str:
        """Return the cost of this job's answers so far, in words."""
        return self._account.in_words()

    def _prepared(self, request: Request) -> Prepared | Response:
        """Return a request ready to be sent, or why it cannot be.

        Its picture may be one that cannot be sent, which is no failure of the other requests.
        """
        try:
            sent = completions.body(self._settings, request)
            return Prepared(request.request_key, sent, openai_api.highest_usd(self._settings, request))
        # Pillow's readers raise whatever they stumble on.
        except Exception as error:
            return replace(failures.failed(self._settings, request.request_key, error), attempts=0)
