"""A model behind an API, asked directly or in batches."""

from collections.abc import Sequence

from imeval.asking.prompts import Message
from imeval.models.api import completions, openai_api
from imeval.models.api.openai_api import Settings


class PaidChat:
    """A chat model with an account of its costs."""

    def __init__(self, settings: Settings) -> None:
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
