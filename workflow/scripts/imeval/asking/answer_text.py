"""The reader of a model's JSON answers.

An answer is about one or several images.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

# A key as models write it: "1", "image 1", "Photo 1".
_NUMBER = re.compile(r"(?:image|photograph|photo)?\s*(\d{1,4})", re.IGNORECASE)
# A whole "key": "value" pair of JSON strings, which may hold escaped quotation marks.
_PAIR = re.compile(r'("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*")')

Pairs = list[tuple[str, Any]]


def read_answers(text: str, images: int) -> dict[int, str]:
    """Read the answer about each image.

    Images have numbers from 1. For example, 'Sure! {"1": "hen", "2": ""}' about two images gives {1: "hen"}: an image
    without an answer is left out. The last JSON object with numbers as keys counts, whatever text surrounds it. If JSON
    is broken or cut off, its complete pairs count. An answer in plain text counts if the request has one image only.

    A number that no image has, such as "0", shows that the model counted in another way: the whole answer is then
    unreliable and nothing is returned. A number with two different answers is left out.

    Args:
        text: the answer as the model wrote it.
        images: how many images the request has.
    """
    if images == 1 and "{" not in text:
        return {1: text.strip()} if text.strip() else {}
    numbered = _numbered(_last_object(text))
    if not all(1 <= number <= images for number, _ in numbered):
        return {}
    # A set, because repeating a key with the same answer is no contradiction. Values that are no text count as "".
    answers: dict[int, set[str]] = {}
    for number, answer in numbered:
        answers.setdefault(number, set()).add(answer.strip() if isinstance(answer, str) else "")
    return {number: min(found) for number, found in answers.items() if len(found) == 1 and found != {""}}


def answer_schema(images: int) -> dict[str, Any]:
    """Return the JSON Schema of an answer.

    The answer is about this many images and has a key for each, from "1".
    """
    keys = [str(number) for number in range(1, images + 1)]
    properties = {key: {"type": "string"} for key in keys}
    return {"type": "object", "properties": properties, "required": keys, "additionalProperties": False}


def _last_object(text: str) -> Pairs:
    """Return the pairs of the last object.

    The object has numbers as keys. If it is broken, only its complete pairs are returned.
    """
    for pairs in _objects(text):
        if _numbered(pairs):
            return pairs
    rest = text[text.find("{") :] if "{" in text else ""
    return [(json.loads(key, strict=False), json.loads(value, strict=False)) for key, value in _whole_pairs(rest)]


def _objects(text: str) -> Iterator[Pairs]:
    """Yield the pairs of each JSON object.

    Only whole objects count. The last comes first. Objects within objects count as well.
    """
    # Pairs instead of dicts: a dict would keep only the last of two equal keys.
    decoder = json.JSONDecoder(object_pairs_hook=list, strict=False)
    for start in reversed([match.start() for match in re.finditer(r"\{", text)]):
        try:
            yield decoder.raw_decode(text, start)[0]
        # Python's parser recurses into nested brackets, of which a model may repeat thousands.
        except (ValueError, RecursionError):
            continue


def _whole_pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in _PAIR.finditer(text):
        # The expression accepts escapes that JSON does not know, such as "\x".
        try:
            json.loads(match[1], strict=False), json.loads(match[2], strict=False)
        except ValueError:
            continue
        yield match[1], match[2]


def _numbered(pairs: Pairs) -> list[tuple[int, Any]]:
    matches = [(_NUMBER.fullmatch(key.strip()), value) for key, value in pairs]
    return [(int(match[1]), value) for match, value in matches if match]
