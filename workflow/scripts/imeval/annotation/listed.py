"""All labels of an image that a model lists."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped
from imeval.base.user_tables import spelling

_SEPARATORS = re.compile(r"[,;\n\[\]]+")
_AROUND_ITEM = " \t.-*•"
_LEAD = re.compile(r"(?:the )?(?:photograph|photo|picture|image) (?:shows|depicts|contains) (?:an? |the )?", re.I)
_NUMBERED = re.compile(r"[0-9]+\s*[:.)-]?\s+(.+)")


def listed_classes(
    responses: pl.DataFrame, names: Sequence[str], thought_tags: Sequence[str] = THOUGHT_TAGS
) -> pl.DataFrame:
    """Return the image_id and class_ids of the answers that list classes.

    The paper asks for all labels of an image as class ids, such as "3, 141" or "none". A class name counts too, alone,
    behind a number or in a short sentence: "- dining table", "532: dining table", "The photograph shows a hen." Other
    items are no proposal, and neither is an answer with a number that is no class id, whose list is empty. Of several
    runs the first counts.

    Args:
        responses: `Responses`.
        names: the class names in the prompt, by class id.
        thought_tags: the names of tags around the model's thoughts.
    """
    ids: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(names):
        ids[spelling(name)].append(number)
    answered = responses.filter(pl.col("run") == 0, pl.col("text").is_not_null(), pl.col("error").is_null())
    rows = [
        (image_id, _classes(text, ids, len(names), thought_tags))
        for image_id, text in answered.select("image_id", "text").rows()
    ]
    return pl.DataFrame(rows, schema={"image_id": pl.String, "class_ids": pl.List(pl.Int16)}, orient="row")


def _classes(text: str, ids: Mapping[str, list[int]], count: int, thought_tags: Sequence[str]) -> list[int]:
    answer = unwrapped(text, thought_tags)
    # A list in brackets is an answer as it stands; of an object, the answer in it counts.
    if answer.startswith("{"):
        answer = read_answers(text, 1, thought_tags).get(1, "")
    items = [item.strip(_AROUND_ITEM) for item in _SEPARATORS.split(answer)]
    found = {number for item in items for number in _item(item, ids)}
    return sorted(found) if all(number < count for number in found) else []


def _item(item: str, ids: Mapping[str, list[int]]) -> list[int]:
    """Return the numbers in an item, or the class that it names."""
    words = re.sub(r"\band\b", " ", item.strip("()")).split()
    if all(word.isdecimal() for word in words):
        return [int(word) for word in words]
    item = _LEAD.sub("", item, count=1) if _LEAD.match(item) else item
    numbered = _NUMBERED.fullmatch(item)
    for name in (item, numbered[1] if numbered else ""):
        if found := ids.get(spelling(name)):
            return found
    return []
