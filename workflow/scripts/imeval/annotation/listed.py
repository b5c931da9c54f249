"""All labels of an image that a model lists as class ids."""

import re
from collections.abc import Sequence

import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import THOUGHT_TAGS, unwrapped

_SEPARATORS = re.compile(r"[\s,;\[\]()]+|\band\b")


def listed_classes(responses: pl.DataFrame, classes: int, thought_tags: Sequence[str] = THOUGHT_TAGS) -> pl.DataFrame:
    """Return the image_id and class_ids of the answers that list ids.

    The paper asks for all labels of an image as class ids, such as "3, 141" or "none". Of several runs the first
    counts. Any other text, and a list with a number that is no class id, is no proposal: its list is empty.

    Args:
        responses: `Responses`.
        classes: how many classes the prompt lists.
        thought_tags: the names of tags around the model's thoughts.
    """
    answered = responses.filter(pl.col("run") == 0, pl.col("text").is_not_null(), pl.col("error").is_null())
    rows = [
        (image_id, _ids(text, classes, thought_tags)) for image_id, text in answered.select("image_id", "text").rows()
    ]
    return pl.DataFrame(rows, schema={"image_id": pl.String, "class_ids": pl.List(pl.Int16)}, orient="row")


def _ids(text: str, classes: int, thought_tags: Sequence[str]) -> list[int]:
    answer = unwrapped(text, thought_tags)
    # A list in brackets is an answer as it stands; of an object, the answer in it counts.
    if answer.startswith("{"):
        answer = read_answers(text, 1, thought_tags).get(1, "")
    words = [word for word in _SEPARATORS.split(answer.strip(" .")) if word]
    numbers = {int(word) for word in words if word.isdecimal() and int(word) < classes}
    return sorted(numbers) if all(word.isdecimal() and int(word) < classes for word in words) else []
