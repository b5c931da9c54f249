"""The trie of class names, as tokens of a chat model."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from imeval.base.errors import mistake

Tokens = tuple[int, ...]


@dataclass
class Node:
    """A node of the trie, with its next tokens.

    `ends` is whether a name ends here: "tiger" ends where "tiger shark" continues. `longest` counts the tokens of the
    longest name through this node, from the root, and its end.
    """

    children: dict[int, "Node"] = field(default_factory=dict)
    ends: bool = False
    longest: int = 0


def name_trie(names: Iterable[Tokens]) -> Node:
    """Build the trie of names, and return its root."""
    root = Node()
    for tokens in names:
        node = root
        # One more than the name's tokens, for its end.
        node.longest = max(node.longest, len(tokens) + 1)
        for token in tokens:
            node = node.children.setdefault(token, Node())
            node.longest = max(node.longest, len(tokens) + 1)
        node.ends = True
    return root


def name_tokens(tokenizer: Any, opening: str, reply: str, names: Sequence[str]) -> list[Tokens]:
    """Return the tokens of each distinct name as an answer.

    Args:
        tokenizer: the model's.
        opening: a chat in the model's format, ready for its answer; "" without a chat template.
        reply: the same chat with the first name as its answer, which shows whether answers begin with a space.
        names: the names.

    Raises:
        UserError: the tokenizer cannot write a name.
    """
    lead = _lead(opening, reply, names[0])
    return [_readable(tokenizer, _tokens(tokenizer, opening, lead + name), name) for name in dict.fromkeys(names)]


def _lead(opening: str, reply: str, name: str) -> str:
    """Return the white space that the chat template puts before an answer."""
    lead, found, _ = reply.removeprefix(opening).partition(name)
    # Anything else (such as an empty thought) is the template's form of earlier answers, which no model writes.
    return lead if reply.startswith(opening) and found and lead.isspace() else ""


def _tokens(tokenizer: Any, opening: str, answer: str) -> Tokens:
    # Tokenize behind the opening, as some tokenizers put a space before a text that stands alone. If the opening's last
    # token merges with the answer's first, the answer alone is the best guess.
    before, whole, alone = tokenizer([opening, opening + answer, answer], add_special_tokens=False).input_ids
    return tuple(whole[len(before) :] if whole[: len(before)] == before else alone)


def _readable(tokenizer: Any, tokens: Tokens, name: str) -> Tokens:
    text = tokenizer.decode(tokens, skip_special_tokens=True).strip()
    if text != name.strip():
        remedy = "give the class another name in image_sets.<name>.class_names"
        raise mistake("class names", "tokens", f"tokens that the model reads as '{name}'", f"'{text}'", remedy)
    return tokens
