"""The reader of a model's answer about one or several images.

`clean_text` removes what surrounds an answer, and `answer_json` takes JSON apart.
"""

import html
import re
from collections.abc import Sequence
from typing import Any

from imeval.asking.answer_json import Container, containers
from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped

# A key as models write it: "1", "image 1", "Photo #1", "image_1".
_NUMBER = re.compile(r"(?:image|img|photograph|photo|picture|answer)?[\s_#-]*(\d{1,4})[.):]?", re.IGNORECASE)
# Keys of an object about one image, the clearest first; "confidence" and "reason" hold no answer.
_ANSWER_KEYS = (
    re.compile(r"(?:(?:final|correct|best|my|predicted|main)[\s_-]?)?(?:answer|prediction)", re.IGNORECASE),
    re.compile(
        r"(?:(?:final|correct|best|predicted|main)[\s_-]?)?(?:label|class|(?:class|object)[\s_-]?(?:name|id)|category|name"
        r"|result|response|output|object|choice|option|letter|species|animal|subject|text|value)",
        re.IGNORECASE,
    ),
)
# Keys of an object that wraps the answers. What an explanation holds is no answer.
_WRAPPER_KEY = re.compile(
    r"|(?:final[\s_-]?)?(?:answer|result|response|output|prediction|label|class|name|classification|image|photo"
    r"|photograph|picture|object|item)s?|classes|data|json",
    re.IGNORECASE,
)
_IMAGE_KEY = re.compile(
    r"(?:image|img|photograph|photo|picture)(?:[\s_-]?(?:id|number|no|index))?|id|number|index|key", re.IGNORECASE
)
# What stands between objects that belong together, such as one on each line.
_BETWEEN = re.compile(r"[\s,;]*")
_JSON_STARTS = re.compile(r"""[{｛]|\[\s*["'“‘{]""")

Numbered = list[tuple[int, str]]


def read_answers(text: str, images: int, thought_tags: Sequence[str] = THOUGHT_TAGS) -> dict[int, str]:
    """Read the answer about each image, by its number from 1.

    For example, 'Sure! {"1": "hen", "2": ""}' about two images gives {1: "hen"}: an image without an answer is left
    out. The last top-level JSON object with numbers as keys counts, whatever text surrounds it; objects that follow
    each other directly, such as one on each line, count together. An object within another counts only if its key is a
    word for answers, never if it may be an explanation. If JSON is broken or cut off, its complete pairs count. A
    number is an answer too, as classes have ids.

    About one image, these count too: plain text, a list of one text, and an object whose only key for an answer is a
    word, such as {"answer": "hen"}. About several images, a list with a text for each image counts.

    A number that no image has, such as "0", shows that the model counted in another way: no answer is then reliable,
    and none is returned. A number with two different answers is left out.

    Args:
        text: the answer as the model wrote it.
        images: how many images the request has.
        thought_tags: the names of tags around the model's thoughts, in lower case.
    """
    text = unwrapped(text, thought_tags)
    if "&quot;" in text and '"' not in text:
        text = html.unescape(text)
    found = containers(text)
    if images == 1 and not found and not _JSON_STARTS.match(text):
        return {1: text} if text else {}
    numbered = _last_numbered(text, found) or _unnumbered(text, found, images)
    if not all(1 <= number <= images for number, _ in numbered):
        return {}
    # A set, because repeating a key with the same answer is no contradiction.
    answers: dict[int, set[str]] = {}
    for number, answer in numbered:
        answers.setdefault(number, set()).add(answer)
    return {number: min(texts) for number, texts in answers.items() if len(texts) == 1 and texts != {""}}


def answer_schema(images: int) -> dict[str, Any]:
    """Return the JSON Schema of answers with the keys "1" to `images`."""
    keys = [str(number) for number in range(1, images + 1)]
    properties = {key: {"type": "string"} for key in keys}
    return {"type": "object", "properties": properties, "required": keys, "additionalProperties": False}


def _last_numbered(text: str, found: Sequence[Container]) -> Numbered:
    """Return the numbered answers of the last object with any.

    Objects that directly precede it, with other numbers, belong to it.
    """
    last: Numbered = []
    numbers: set[int] = set()
    start = len(text)
    for container in reversed(found):
        numbered = _numbered(container)
        others = {number for number, _ in numbered}
        if last and not (_BETWEEN.fullmatch(text, container.span[1], start) and numbers.isdisjoint(others)):
            break
        if numbered:
            last += numbered
            numbers |= others
            start = container.span[0]
    return last


def _numbered(top: Container) -> Numbered:
    """Return an object's numbered answers.

    If it has none, those of the objects that it wraps count, level by level.
    """
    level = [top]
    while level:
        if pairs := [pair for container in level for pair in _pairs(container)]:
            return pairs
        level = [
            inner
            for container in level
            for key, inner in container.entries
            if isinstance(inner, Container) and _WRAPPER_KEY.fullmatch(key.strip())
        ]
    return []


def _pairs(container: Container) -> Numbered:
    """Return the numbered answers that are an object's own entries."""
    if container.is_list:
        return []
    matches = [(_NUMBER.fullmatch(key.strip()), value) for key, value in container.entries]
    pairs = [(int(match[1]), _answer(value)) for match, value in matches if match]
    return pairs or _record(container)


def _record(container: Container) -> Numbered:
    """Return the answer of an object such as {"image": 1, "label": "hen"}."""
    places = [value for key, value in container.entries if _IMAGE_KEY.fullmatch(key.strip())]
    answer = _keyed(container)
    number = _NUMBER.fullmatch(places[0].strip()) if len(places) == 1 and isinstance(places[0], str) else None
    return [(int(number[1]), answer)] if number and answer else []


def _answer(value: Container | str | None) -> str:
    """Return the only text of a value, else ""."""
    while isinstance(value, Container) and value.is_list:
        value = value.entries[0][1] if len(value.entries) == 1 else None
    return _keyed(value) if isinstance(value, Container) else (value or "").strip()


def _keyed(container: Container) -> str:
    """Return the answer under an object's only key for answers.

    It is "" if no key is a word for an answer, or several are.
    """
    for keys in _ANSWER_KEYS:
        texts = [value for key, value in container.entries if isinstance(value, str) and keys.fullmatch(key.strip())]
        if texts:
            return texts[0].strip() if len(texts) == 1 else ""
    return ""


def _unnumbered(text: str, found: Sequence[Container], images: int) -> Numbered:
    """Return the answers of the last container, which has no numbers.

    They are a list with a text for each image or, about one image, an object with one answer.
    """
    last = next(reversed(found), None)
    if last is None:
        return []
    if not last.is_list and len(last.entries) == 1 and _WRAPPER_KEY.fullmatch(last.entries[0][0].strip()):
        inner = last.entries[0][1]
        last = inner if isinstance(inner, Container) else last
    if not last.is_list:
        answer = _keyed(last) if images == 1 else ""
        return [(1, answer)] if answer else []
    texts = [value for _, value in last.entries if isinstance(value, str)]
    complete = last.closed and len(texts) == len(last.entries) == images
    return list(enumerate(map(str.strip, texts), start=1)) if complete else []
