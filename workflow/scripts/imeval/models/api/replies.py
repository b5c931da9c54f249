"""The one place that turns what a server sent into a Response.

A server's bytes are not trusted. Whatever cannot be used becomes a `Malformed`, and so the error of its request.

    content        text, null, or a list of parts: texts are joined, thoughts are set apart
    finish_reason  one of `_FINISHED`, `_CUT_OFF` and `_FILTERED`, or missing; any other may mean half an answer
    usage          counts that are whole numbers; any other is unknown
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from imeval.asking.clean_text import valid_unicode
from imeval.asking.exchange import Response, whole_number

Counts = dict[str, int | None]

# With tools that nobody offered, a model ends its turn as well: what it wrote is all it has to give.
_FINISHED = frozenset({"stop", "eos", "eos_token", "stop_sequence", "end_turn", "complete", "tool_calls", "tool_use",
                       "function_call"})  # fmt: skip
_CUT_OFF = frozenset({"length", "max_tokens", "max_output_tokens", "max_completion_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "refusal", "safety", "recitation", "prohibited_content", "blocklist",
                       "image_safety", "guardrail_intervened", "sensitive"})  # fmt: skip

_TEXT_PARTS = frozenset({"text", "output_text"})
_THOUGHT_PARTS = frozenset({"thinking", "reasoning", "reasoning_content"})
_KEYS_OF_TEXTS = ("text", "thinking", "reasoning", "summary", "content")
_THOUGHT_KEYS = ("reasoning", "reasoning_content", "reasoning_details", "thinking")

LONGEST_ERROR = 300
"""The characters of a message that are kept."""


class Malformed(Exception):
    """A reply that is no completion.

    Another attempt may help.
    """


class Unusable(Malformed):
    """A completion whose answer cannot be used.

    It has been paid for: one more attempt is made, not ten. `counts` are its tokens.
    """

    def __init__(self, problem: str, counts: Counts | None = None) -> None:
        super().__init__(problem)
        self.counts = counts or {}


def parsed(content: bytes) -> Any:
    """Return the JSON that a server sent.

    Bytes that are no text become U+FFFD: the rest of an answer may have been paid for.

    Raises:
        Malformed: the content is no JSON.
    """
    try:
        text = content.decode(json.detect_encoding(content), errors="replace")
        return json.loads(text.removeprefix("\ufeff"))
    # Objects nested ten thousand deep, and numbers of thousands of digits.
    except (ValueError, RecursionError) as error:
        raise Malformed(f"no JSON: {content[:LONGEST_ERROR]!r}") from error


def response(request_key: str, completion: Any, max_new_tokens: int) -> Response:
    """Return a completion as a Response.

    A refusal and a filtered answer have a status and no text.

    Args:
        request_key: the request's.
        completion: the JSON that a server sent.
        max_new_tokens: an answer of this many tokens counts as cut off if the server gives no reason for its end.

    Raises:
        Malformed: it is no completion.
    """
    choice, message = _choice(completion)
    counts = _counts(completion.get("usage"))
    text, thoughts = _content(message, counts)
    reason = choice.get("finish_reason")
    known: dict[str, Any] = {**counts, "stop_reason": reason if isinstance(reason, str) else None}
    ending = _ending(reason, counts, max_new_tokens)
    if message.get("refusal"):
        return Response(request_key, "refused", **known | {"stop_reason": "refusal"})
    if ending == "filtered":
        # The filter may cut an answer off in the middle: what is left of it is no answer.
        return Response(request_key, "refused", **known)
    return Response.from_text(request_key, text, cut_off=ending == "cut off", reasoning=thoughts, **known)


def shown(value: object) -> str:
    """Return the beginning of what a server sent, for a message."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (RecursionError, TypeError, ValueError):
        text = f"a {type(value).__name__}"
    return valid_unicode(text[:LONGEST_ERROR])


def _choice(completion: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Return the first choice of a completion, and its message."""
    try:
        choice = completion["choices"][0]
        message = choice["message"]
    except (KeyError, IndexError, TypeError) as error:
        raise Malformed(f"no completion: {shown(completion)}") from error
    if not isinstance(completion, dict) or not isinstance(choice, dict) or not isinstance(message, dict):
        raise Malformed(f"no completion: {shown(completion)}")
    return choice, message


def _ending(reason: object, counts: Counts, max_new_tokens: int) -> str:
    """Return how an answer ended: "finished", "cut off" or "filtered".

    Raises:
        Unusable: by a reason that is not known; half an answer must not be kept as a whole one.
    """
    if reason is None or reason == "":
        return "cut off" if (counts["output_tokens"] or 0) >= max_new_tokens else "finished"
    word = reason.lower() if isinstance(reason, str) else ""
    for ending, words in (("finished", _FINISHED), ("cut off", _CUT_OFF), ("filtered", _FILTERED)):
        if word in words:
            return ending
    raise Unusable(f"a finish_reason that is not known: {shown(reason)}", counts)


def _counts(usage: Any) -> Counts:
    """Return the tokens of a completion, None where they are unknown."""
    usage = usage if isinstance(usage, dict) else {}
    sent, written, total = (whole_number(usage.get(f"{name}_tokens")) for name in ("prompt", "completion", "total"))
    reasoning = whole_number(_within(usage, "completion_tokens_details", "reasoning_tokens"))
    cached = whole_number(_within(usage, "prompt_tokens_details", "cached_tokens"))
    if sent is not None and written is not None and total is not None and total > sent + written:
        # Some servers leave thoughts out of what was written, and have them in the total, which is what is paid for.
        reasoning = total - sent - written if reasoning is None else reasoning
        written = total - sent
    return {
        "input_tokens": sent,
        "output_tokens": written,
        "cached_tokens": None if cached is None or sent is None else min(cached, sent),
        "reasoning_tokens": None if reasoning is None or written is None else min(reasoning, written),
    }


def _within(usage: Mapping[str, Any], details: str, name: str) -> Any:
    found = usage.get(details)
    return found.get(name) if isinstance(found, dict) else None


def _content(message: Mapping[str, Any], counts: Counts) -> tuple[str, str]:
    """Return the text of a message, and what the model thought.

    Raises:
        Unusable: the content is neither a text nor a list of parts with texts.
    """
    # Servers that name their field twice, in an old and a new way, give the same thoughts twice.
    beside = (list(_texts(message.get(key))) for key in _THOUGHT_KEYS)
    thoughts = next(filter(None, beside), [])
    texts: list[str] = []
    content = message.get("content")
    for part in content if isinstance(content, list) else [content]:
        if part is None or isinstance(part, str):
            texts.append(part or "")
        elif _is_part(part, _TEXT_PARTS) and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif _is_part(part, _THOUGHT_PARTS):
            thoughts += _texts(part)
        else:
            raise Unusable(f"content that is no text: {shown(content)}", counts)
    return "".join(texts), "\n".join(thoughts)


def _is_part(part: Any, kinds: frozenset[str]) -> bool:
    return isinstance(part, dict) and str(part.get("type", "text")) in kinds


def _texts(value: Any, depth: int = 4) -> Iterator[str]:
    """Yield the texts in a part, or in a list of parts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict) and depth:
        for part in value if isinstance(value, list) else map(value.get, _KEYS_OF_TEXTS):
            yield from _texts(part, depth - 1)
