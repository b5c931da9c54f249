"""The option that an answer names.

For example, "B)" names option B.
"""

import re
from collections.abc import Iterator, Sequence
from string import ascii_lowercase

import polars as pl

from imeval.base.errors import mistake, some

# Answers are compared in lower case. A letter stands in round brackets, in square ones, or bare.
_LETTER = r"(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z]))"
# What announces a letter: "the answer is", "I choose", "option".
_LEAD = r"\b(?:answer|option|choice|letter|choose|select|pick)\b(?:\s+(?:is|would be|option|letter))?\s*[:=]?"

# "b", "(b)", "b."
_ALONE = re.compile(rf"{_LETTER}[).:]?")
# "b goose": counts only if the rest is the text of that option.
_FIRST = re.compile(rf"{_LETTER}(?P<rest>\W.*)")
# "b) goose", "(b) goose", "b: goose"
_SET_OFF = re.compile(r"(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z])[).:])\s.*")
# "... (b) ...": every letter in brackets counts, so an answer that repeats all options names several.
_LISTED = re.compile(r"\s(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z])\))(?=\s)")
# "The answer is a dog" names no option: after an announced letter comes a sign, the end, or the text of that option.
_ANNOUNCED = re.compile(rf"{_LEAD}\s*[\"'“‘]?{_LETTER}(?=$|[).,:;!\]\"'”’]|\s[-–])")
_ANNOUNCED_WITH_TEXT = re.compile(rf"{_LEAD}\s*{_LETTER}(?P<rest>\W.*)")

_MARKUP = "*_`\"'“”‘’ \t\r\n"
# Between a letter and the text of its option: signs, spaces and an article.
_BEFORE_TEXT = re.compile(r"^[\s):.,\]–-]+(?:an?\s|the\s)?")


def option_named(answer: str, options: Sequence[str]) -> int | None:
    """Return the option that an answer names.

    The result is the place of the option, from 0. It is None if the answer names no option or several.

    An option is named by

    * its text alone: "goose"
    * its letter alone: "b", "(B)", "**B.**"
    * its letter set off at the start: "B) goose"
    * its letter after an announcement: "Answer: B", "the answer is (b)."
    * its letter and its text: "B goose"

    Case does not count. "A" at the start of a sentence is an article, not a letter.
    """
    # A letter alone on the first line is the answer; an explanation may follow.
    first_line = _plain(answer.strip().partition("\n")[0])
    text = first_line if re.fullmatch(r"\W?[a-z]\W?", first_line) else _plain(answer)
    texts = [_plain(option) for option in options]
    # Before letters, as the text of an option may begin like one: "a cappella".
    if text in texts:
        return texts.index(text)
    places = {ascii_lowercase.index(letter) for letter in _letters(text, texts)}
    named = [place for place in places if place < len(options)]
    return named[0] if len(named) == 1 else None


def chosen(responses: pl.DataFrame, choices: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Map answers to the chosen classes.

    These are the classes of the questions' options. An answer that names no option or several is out of prompt (oop)
    and has no class.

    Args:
        responses: a Responses frame.
        choices: a Choices frame with the question of each response.
        names: the class names by class id.

    Returns:
        A Predictions frame, in the order of the responses.

    Raises:
        UserError: a response has no question; the message names the images.
    """
    unasked = responses.join(choices, on=["image_id", "run"], how="anti")
    if len(unasked):
        asked = some([f"{image_id} in run {run}" for image_id, run in unasked.select("image_id", "run").iter_rows()])
        remedy = "make these questions, or remove these responses"
        raise mistake("responses", "image_id, run", "a question for each", f"none for {asked}", remedy)
    joined = responses.join(choices, on=["image_id", "run"], how="left", maintain_order="left")
    classes = [
        None if text is None else _chosen(text, options, names)
        for text, options in joined.select("text", "options").iter_rows()
    ]
    mapped = joined.with_columns(pl.Series("class_id", classes, dtype=pl.Int16))
    named = pl.col("class_id").is_not_null()
    return mapped.select(
        "image_id",
        "run",
        "status",
        "text",
        "class_id",
        method=pl.when(named).then(pl.lit("letter")).otherwise(pl.lit("none")),
        similarity=pl.lit(None, pl.Float32),
        oop=pl.col("text").is_not_null() & ~named,
    )


def _chosen(text: str, options: Sequence[int], names: Sequence[str]) -> int | None:
    place = option_named(text, [names[option] for option in options])
    return None if place is None else options[place]


def _plain(text: str) -> str:
    """Return a text in plain lower case.

    Markup and the last full stop are removed.
    """
    unmarked = re.sub(r"[*_`]+", "", text).strip(_MARKUP)
    return " ".join(unmarked.removesuffix(".").strip(_MARKUP).casefold().split())


def _letters(text: str, options: Sequence[str]) -> Iterator[str]:
    """Yield the letters in a plain answer.

    The letters stand for options.
    """
    if alone := _ALONE.fullmatch(text):
        yield _letter(alone)
        return
    if set_off := _SET_OFF.fullmatch(text):
        yield _letter(set_off)
    yield from map(_letter, [*_LISTED.finditer(text), *_ANNOUNCED.finditer(text)])
    for found in (_FIRST.fullmatch(text), _ANNOUNCED_WITH_TEXT.search(text)):
        if found and _is_own_text(found, options):
            yield _letter(found)


def _letter(found: re.Match[str]) -> str:
    # Exactly one of the three groups matched.
    letter: str = found["round"] or found["square"] or found["bare"]
    return letter


def _is_own_text(found: re.Match[str], options: Sequence[str]) -> bool:
    """Return whether a letter's text follows it.

    This is the text of the letter's option.
    """
    place = ascii_lowercase.index(_letter(found))
    return place < len(options) and _BEFORE_TEXT.sub("", found["rest"], count=1) == options[place]
