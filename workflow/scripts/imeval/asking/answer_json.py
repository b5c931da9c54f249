"""The reader of JSON as models write it.

Ordinary parsers refuse what models sometimes write: Python's quotes, typographic quotes, an extra comma, a missing end.
This reader needs one pass, no recursion, and time linear in the length of the text.
"""

import json
import re
from dataclasses import dataclass, field

from imeval.asking.clean_text import valid_unicode


@dataclass
class Container:
    """A JSON object or list.

    `entries` are keys with values; the key is "" in a list and where it is missing. A value is None if it is neither a
    text nor a number, or if it is damaged or cut off. `span` is the place in the text; `closed` is false if the end is
    missing.
    """

    is_list: bool
    span: tuple[int, int]
    entries: list[tuple[str, "Container | str | None"]] = field(default_factory=list)
    closed: bool = False


# An object begins with a string, an unquoted key or another object, or is empty, unlike a brace of LaTeX or prose.
# A list begins with a string or a container: "[1]" is a reference.
_START = re.compile(r"""[{｛](?=\s{0,200}(?:["'“”‘’{}]|[\w #-]{1,40}[:：]))|\[(?=[\s\[]{0,20}["'“‘{])""")
# Deeper nesting is no answer: some models repeat a bracket until they are stopped.
_DEEPEST = 40
_MORE_BRACKETS = re.compile(r'(?:(?:"[^"\\\n]{0,40}"\s{0,9}:)?\s{0,9}([\[{]))+')

# Quotes close at the next quote. Single ones may be apostrophes: they close before a sign of JSON only. Atomic groups
# (?>…) and \Z keep the time linear: a string without an end takes the rest of the text. Possessive repetition (*+)
# says the same, but Python before 3.11.5 matches it wrongly.
_TOKEN = re.compile(
    r"""
      "(?P<double>(?>(?:[^"\\]|\\.)*))(?P<double_end>"|\\?\Z)
    | [“”](?P<curly>(?>[^"“”]*))(?P<curly_end>["“”]|\Z)
    | ['‘’](?P<single>(?>(?:[^'‘’\\]|\\.|['‘’](?!\s{0,200}(?:[,:，：}\]｝]|\Z)))*))(?P<single_end>['‘’]|\\?\Z)
    | (?P<sign>[{}\[\],;:，：｛｝])
    | (?P<bare>[^\s"'“”‘’{}\[\],;:，：｛｝](?>[^"“”{}\[\],;:，：｛｝\n]*))
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = str.maketrans("，：｛｝;", ",:{},")
_NOT_TEXT = {"null", "none", "true", "false", "nan", "undefined"}
_WHOLE = re.compile(r"(-?\d+)\.0+")
_BEFORE_VALUE = re.compile(r"\s{0,200}[:：]")


def containers(text: str) -> list[Container]:
    """Return the top-level objects and lists of a text, in order.

    A container whose end is missing has all entries up to there.
    """
    found: list[Container] = []
    position = 0
    while start := _START.search(text, position):
        found.append(_Reader(text, start.start()).read())
        position = found[-1].span[1]
    return found


class _Reader:
    """The state of reading one top-level container."""

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        # The open containers, the outermost first, and for each the key that waits for a value.
        self._open: list[Container] = []
        self._key: list[str | None] = []
        # Whether a colon, or a list, makes the next scalar a value.
        self._wants_value = False
        self._after_value = False

    def read(self) -> Container:
        """Return the container; its span ends where reading ended."""
        top: Container | None = None
        for token in _TOKEN.finditer(self._text, self._start):
            if token["sign"]:
                self._take_sign(token["sign"].translate(_SIGNS), token.start())
            else:
                self._take_scalar(token)
            top = top or self._open[0]
            if len(self._open) > _DEEPEST:
                rest = _MORE_BRACKETS.match(self._text, token.end())
                top.span = (self._start, rest.start(1) if rest else token.end())
                return top
            if not self._open:
                top.span = (self._start, token.end())
                return top
        assert top is not None, "a container begins with its bracket"
        top.span = (self._start, len(self._text))
        return top

    def _take_sign(self, sign: str, place: int) -> None:
        if sign in "{[":
            self._enter(Container(sign == "[", (place, place)))
        elif sign in "}]":
            # The wrong bracket closes as well: models confuse them at the end.
            self._open.pop().closed = True
            self._key.pop()
            self._wants_value = False
            self._after_value = True
        elif sign == ":":
            self._wants_value = self._key[-1] is not None
        else:
            self._key[-1] = None
            self._wants_value = self._after_value = False

    def _enter(self, inner: Container) -> None:
        if self._open:
            self._open[-1].entries.append((self._key[-1] or "", inner))
            self._key[-1] = None
        self._open.append(inner)
        self._key.append(None)
        self._wants_value = self._after_value = False

    def _take_scalar(self, token: re.Match[str]) -> None:
        value = _value(token)
        here = self._open[-1]
        if here.is_list and not self._after_value:
            here.entries.append(("", value))
            self._after_value = True
        elif self._wants_value:
            here.entries.append((self._key[-1] or "", value))
            self._key[-1] = None
            self._wants_value, self._after_value = False, True
        else:
            self._take_key(token, value)

    def _take_key(self, token: re.Match[str], value: str | None) -> None:
        here = self._open[-1]
        is_key = not here.is_list and _BEFORE_VALUE.match(self._text, token.end())
        if self._after_value and not is_key and here.entries:
            # Something stands directly behind a value, as in {"1": "a "toy" poodle"}: the value's end is unknown.
            here.entries[-1] = (here.entries[-1][0], None)
        self._after_value = self._after_value and not is_key
        self._key[-1] = value if is_key else None


def _value(token: re.Match[str]) -> str | None:
    """Return the text of a scalar.

    It is None if the scalar is no answer or has no end.
    """
    if token["double"] is not None:
        return _unescaped(token["double"]) if token["double_end"] == '"' else None
    if token["curly"] is not None:
        return token["curly"] if token["curly_end"] else None
    if token["single"] is not None:
        closed = token["single_end"] not in ("", "\\")
        return re.sub(r"\\(['\"\\])", r"\1", token["single"]) if closed else None
    bare = token["bare"].strip()
    if token.end() == len(token.string):
        # Cut off: "20" may be the start of 207.
        return None
    whole = _WHOLE.fullmatch(bare)
    return whole[1] if whole else None if bare.lower() in _NOT_TEXT else bare


def _unescaped(inner: str) -> str | None:
    """Return what a JSON string means, None if an escape is unknown.

    JSON knows no escaped apostrophe, but models write it.
    """
    try:
        text: str = json.loads('"' + re.sub(r"(\\[^'])|\\'", lambda found: found[1] or "'", inner) + '"', strict=False)
    except ValueError:
        return None
    return valid_unicode(text)
