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
        """Return the name, revision and decoding of the model.

        Asked directly or in batches it is the same model, whose answers are kept once.
        """
        return openai_api.identity(self._settings)

    def rendered(self, messages: Sequence[Message]) -> str:
        """Return messages as they are sent, for a person to read."""
        return completions.rendered(self._settings, messages)

    def paid(self) -> str:
        """Return what the answers have cost so far, in words."""
        return self._account.in_words()
