"""Reading a model's JSON answer about several photographs, which may be anything but what was asked for."""

import json
import re
from collections.abc import Iterator
from typing import Any

_NUMBER = re.compile(r"(?:image|photograph|photo)?\s*(\d{1,4})", re.IGNORECASE)
_PAIR = re.compile(r'("(?:[^"\\]|\\.)*")\s*:\s*("(?:[^"\\]|\\.)*")')

Pairs = list[tuple[str, Any]]


def read_answers(text: str, images: int) -> dict[int, str]:
    """Return what an answer says of each photograph, by its number from 1; those it says nothing of are left out.

    The last JSON object with numbers for keys counts, whatever stands around it; of one that is broken or cut off,
    the whole pairs. A number of no photograph, such as "0", means that the model counted in another way: then nothing
    of it is believed, and nothing of a number that has two answers. A text without any JSON is the answer about the
    only photograph.

    Args:
        text: the answer as it came.
        images: how many photographs were asked about.
    """
    if images == 1 and "{" not in text:
        return {1: text.strip()} if text.strip() else {}
    numbered = _numbered(_last_object(text))
    if not all(1 <= number <= images for number, _ in numbered):
        return {}
    answers: dict[int, set[str]] = {}
    for number, answer in numbered:
        answers.setdefault(number, set()).add(answer.strip() if isinstance(answer, str) else "")
    return {number: min(said) for number, said in answers.items() if len(said) == 1 and said != {""}}


def answer_schema(images: int) -> dict[str, Any]:
    """Return the JSON Schema of the answer about so many photographs."""
    keys = [str(number) for number in range(1, images + 1)]
    properties = {key: {"type": "string"} for key in keys}
    return {"type": "object", "properties": properties, "required": keys, "additionalProperties": False}


def _last_object(text: str) -> Pairs:
    """Return the pairs of the last object with a number for a key, or of what is left of one."""
    for pairs in _objects(text):
        if _numbered(pairs):
            return pairs
    rest = text[text.find("{") :] if "{" in text else ""
    return [(json.loads(key, strict=False), json.loads(value, strict=False)) for key, value in _whole_pairs(rest)]


def _objects(text: str) -> Iterator[Pairs]:
    """Yield the pairs of every whole JSON object, inner ones too, the last first."""
    decoder = json.JSONDecoder(object_pairs_hook=list, strict=False)
    for start in reversed([match.start() for match in re.finditer(r"\{", text)]):
        try:
            yield decoder.raw_decode(text, start)[0]
        except (ValueError, RecursionError):
            continue


def _whole_pairs(text: str) -> Iterator[tuple[str, str]]:
    for match in _PAIR.finditer(text):
        try:
            json.loads(match[1], strict=False), json.loads(match[2], strict=False)
        except ValueError:
            continue
        yield match[1], match[2]


def _numbered(pairs: Pairs) -> list[tuple[int, Any]]:
    matches = [(_NUMBER.fullmatch(key.strip()), value) for key, value in pairs]
    return [(int(match[1]), value) for match, value in matches if match]
