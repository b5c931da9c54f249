"""A model's chat template, which makes one text of a chat."""

import json
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

from imeval.base.errors import UserError, mistake
from imeval.base.suggestions import did_you_mean
from imeval.models.chat.settings import Settings

Turn = dict[str, Any]
"""A turn of a chat. Its content is a text, or for a model with images a list of parts:

    {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "Which one?"}]}
"""

_Form = Literal["turn", "plain turn", "user"]

_SYSTEM, _USER = "Name the class.", "Which one?"
"""A short chat that shows how a template renders system text."""

_SET_HERE = frozenset({"messages", "add_generation_prompt"})


class ChatTemplate:
    """The chat template of a processor or tokenizer.

    It renders system text in a turn of its own, if the template knows one. Otherwise the text goes before that of the
    first user's turn: Gemma's and older templates of Mistral refuse a system turn, and others leave it out in silence.
    """

    def __init__(self, owner: Any, settings: Settings, *, in_parts: bool) -> None:
        """Check the settings of the template.

        Args:
            owner: the processor or tokenizer.
            settings: the model's.
            in_parts: whether a turn's content is a list of parts; else it is a text.

        Raises:
            UserError: the template does not use an argument of `chat_template_kwargs`.
        """
        self._apply: Callable[..., str] = owner.apply_chat_template
        self._settings = settings
        self._in_parts = in_parts
        self._require_arguments(json.dumps(owner.chat_template))

    @property
    def identity(self) -> dict[str, str]:
        """Return the part of the model's identity that is found out.

        It is empty if system text is rendered as it always was, so that stored answers are found again.
        """
        form, refused = self._place
        return {} if form == "turn" or refused or self._settings.system_text else {"system_text": form}

    def text(self, turns: Sequence[Turn], *, ready: bool) -> str:
        """Return the text of a chat.

        If it is `ready`, the model's answer can follow.

        Raises:
            UserError: the template refuses the chat.
        """
        has_system = any(turn["role"] == "system" for turn in turns)
        try:
            return self._rendered(_placed(turns, self._place[0]) if has_system else turns, ready=ready)
        except UserError:
            raise
        # A template raises whatever it likes.
        except Exception as error:
            raise self._mistake("one that renders the chat", f"({error})") from error

    @cached_property
    def _place(self) -> tuple[_Form, bool]:
        """Return the place of system text, and whether turns were refused.

        Raises:
            UserError: the template does not render system text as `system_text` asks, or not at all.
        """
        forms: tuple[_Form, ...] = ("turn", "plain turn", "user")
        if self._settings.system_text:
            forms = ("user",) if self._settings.system_text == "user" else ("turn", "plain turn")
        chat = [self._turn("system", _SYSTEM), self._turn("user", _USER)]
        refusal: Exception | None = None
        for form in forms:
            try:
                text = self._rendered(_placed(chat, form), ready=True)
            except Exception as error:
                refusal = error
                continue
            # A template that expects a text prints a list of parts as Python does.
            if _SYSTEM in text and _USER in text and "'type'" not in text:
                if form == "user" and not self._settings.system_text:
                    logging.info("The chat template has no system turn: system text goes before the user's")
                return form, refusal is not None
        raise self._mistake("one that renders system text", f"({refusal or 'the text is left out'})")

    def _turn(self, role: str, text: str) -> Turn:
        return {"role": role, "content": [{"type": "text", "text": text}] if self._in_parts else text}

    def _rendered(self, turns: Sequence[Turn], *, ready: bool) -> str:
        arguments = self._settings.chat_template_kwargs
        return self._apply(list(turns), add_generation_prompt=ready, tokenize=False, **arguments)

    def _require_arguments(self, template: str) -> None:
        for name in self._settings.chat_template_kwargs:
            if name in _SET_HERE or not re.search(rf"\b{re.escape(name)}\b", template):
                used = set(re.findall(r"\b[a-z]+_[a-z_]+\b", template)) - _SET_HERE
                remedy = did_you_mean(name, used)
                found = f"'{name}'"
                raise mistake(self._settings.weights, "chat_template_kwargs", "names in its template", found, remedy)

    def _mistake(self, expected: str, found: str) -> UserError:
        remedy = "leave out system_text" if self._settings.system_text else "take a checkpoint made for chats"
        return mistake(self._settings.weights, "chat template", expected, found, remedy)


def _placed(turns: Sequence[Turn], form: _Form) -> list[Turn]:
    """Return a chat with its system text in another form."""
    if form == "turn":
        return list(turns)
    system = "\n\n".join(_text(turn["content"]) for turn in turns if turn["role"] == "system")
    others = [turn for turn in turns if turn["role"] != "system"]
    if form == "plain turn":
        return [{"role": "system", "content": system}, *others]
    content = others[0]["content"]
    before = f"{system}\n\n"
    merged = before + content if isinstance(content, str) else [{"type": "text", "text": before}, *content]
    return [others[0] | {"content": merged}, *others[1:]]


def _text(content: str | Sequence[Mapping[str, str]]) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)
