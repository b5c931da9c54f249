"""A trie of class names in the tokens that a chat model writes them in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from imeval.base.errors import mistake

Tokens = tuple[int, ...]


@dataclass
class Node:
    """The tokens that names go on with after those that lead here, and whether a name ends here, or both.

    `longest` counts the tokens of the longest name through here, and its end.
    """

    children: dict[int, "Node"] = field(default_factory=dict)
    ends: bool = False
    longest: int = 0


def name_trie(names: Iterable[Tokens]) -> Node:
    """Return the root of the trie of these names."""
    root = Node()
    for tokens in names:
        node = root
        node.longest = max(node.longest, len(tokens) + 1)
        for token in tokens:
            node = node.children.setdefault(token, Node())
            node.longest = max(node.longest, len(tokens) + 1)
        node.ends = True
    return root


def name_tokens(tokenizer: Any, opening: str, reply: str, names: Sequence[str]) -> list[Tokens]:
    """Return the tokens of each distinct name as an answer that begins where the chat template leaves off.

    Args:
        tokenizer: the model's.
        opening: a chat in the model's own format, ready for its answer; empty without a chat template.
        reply: the same chat with the first name for its answer: it tells whether answers begin with a space.
        names: the names.

    Raises:
        UserError: a name that the tokenizer cannot write.
    """
    lead = _lead(opening, reply, names[0])
    return [_readable(tokenizer, _tokens(tokenizer, opening, lead + name), name) for name in dict.fromkeys(names)]


def _lead(opening: str, reply: str, name: str) -> str:
    lead, found, _ = reply.removeprefix(opening).partition(name)
    return lead if reply.startswith(opening) and found and lead.isspace() else ""


def _tokens(tokenizer: Any, opening: str, answer: str) -> Tokens:
    before, whole, alone = tokenizer([opening, opening + answer, answer], add_special_tokens=False).input_ids
    return tuple(whole[len(before) :] if whole[: len(before)] == before else alone)


def _readable(tokenizer: Any, tokens: Tokens, name: str) -> Tokens:
    text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
    if text != name.strip():
        remedy = "give the class another name in image_sets.<name>.class_names"
        raise mistake("class names", "tokens", f"tokens that the model reads as '{name}'", f"'{text}'", remedy)
    return tokens
