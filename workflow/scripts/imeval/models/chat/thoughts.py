"""Tags of thoughts in the text of a local model.

`asking.clean_text` finds an answer behind the thoughts, which it knows by the names of their tags.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from imeval.asking.clean_text import THOUGHT_TAGS, without_thoughts

_LAST_TAG = re.compile(r"(?:<[^<>]{1,40}>|\[THINK\]|◁[^◁▷]{1,40}▷)\s*\Z")


def opened(prompt: str, names: Sequence[str] = THOUGHT_TAGS) -> str:
    r"""Return the opening tag at a prompt's end, or "".

    It opens a thought. Some chat templates write it, and the model's text begins within the thought:

        >>> opened("<|im_start|>assistant\n<think>\n")
        '<think>\n'
        >>> opened("<|im_start|>assistant\n<think>\n\n</think>\n\n")
        ''
    """
    found = _LAST_TAG.search(prompt)
    return found[0] if found and not without_thoughts(f"{found[0]}.", names) else ""


def tags(tokenizer: Any, names: Sequence[str] = THOUGHT_TAGS) -> dict[int, str]:
    """Return the special tokens that are tags of thoughts, by their ids."""
    special = {number: str(token) for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    return {number: token for number, token in special.items() if without_thoughts(f"{token}.", names) != f"{token}."}


def decoded(tokenizer: Any, tokens: Sequence[int], kept: Mapping[int, str]) -> str:
    """Return the text of tokens, without special ones that are not `kept`."""
    parts: list[str] = []
    start = 0
    for place, token in enumerate([*tokens, None]):
        if token is None or token in kept:
            parts.append(tokenizer.decode(tokens[start:place], skip_special_tokens=True))
            parts.append("" if token is None else kept[token])
            start = place + 1
    return "".join(parts)
