"""The option that a free answer to a multiple-choice question names."""

import re
from collections.abc import Iterator, Sequence
from string import ascii_lowercase

import polars as pl

from imeval.base.errors import mistake, some

_LETTER = r"(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z]))"
_LEAD = r"\b(?:answer|option|choice|letter|choose|select|pick)\b(?:\s+(?:is|would be|option|letter))?\s*[:=]?"

_ALONE = re.compile(rf"{_LETTER}[).:]?")
_FIRST = re.compile(rf"{_LETTER}(?P<rest>\W.*)")
_SET_OFF = re.compile(r"(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z])[).:])\s.*")
_LISTED = re.compile(r"\s(?:\((?P<round>[a-z])\)|\[(?P<square>[a-z])\]|(?P<bare>[a-z])\))(?=\s)")
# "The answer is a dog" names none: behind the letter comes a sign or the end, or else the option's own text.
_ANNOUNCED = re.compile(rf"{_LEAD}\s*[\"'“‘]?{_LETTER}(?=$|[).,:;!\]\"'”’]|\s[-–])")
_ANNOUNCED_WITH_TEXT = re.compile(rf"{_LEAD}\s*{_LETTER}(?P<rest>\W.*)")

_MARKUP = "*_`\"'“”‘’ \t\r\n"
_BEFORE_TEXT = re.compile(r"^[\s):.,\]–-]+(?:an?\s|the\s)?")


def option_named(answer: str, options: Sequence[str]) -> int | None:
    """Return the place, from 0, of the one option that an answer names; None if it names none or several.

    It is named by its text alone, by its letter alone ("b", "(B)", "**B.**"), by a letter set off at the start
    ("B) goose"), by one after a word such as "answer" ("Answer: B", "the answer is (b).") or by the letter and its own
    text ("B goose"). Case does not count. "A" at the start of a sentence is an article, not a letter.
    """
    # A letter on a line of its own answers, whatever explanation follows.
    first_line = _plain(answer.strip().partition("\n")[0])
    text = first_line if re.fullmatch(r"\W?[a-z]\W?", first_line) else _plain(answer)
    texts = [_plain(option) for option in options]
    if text in texts:
        return texts.index(text)
    places = {ascii_lowercase.index(letter) for letter in _letters(text, texts)}
    named = [place for place in places if place < len(options)]
    return named[0] if len(named) == 1 else None


def chosen(responses: pl.DataFrame, choices: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """Map answers to the classes of their questions' options.

    An answer that names no option, or several, is out of prompt (oop) and has no class.

    Args:
        responses: `Responses`.
        choices: `Choices`, the question of every response.
        names: the class names by class id.

    Returns:
        `Predictions`, in the order of the responses.

    Raises:
        UserError: a response to a question that is not there; names the images.
    """
    unasked = responses.join(choices, on=["image_id", "run"], how="anti")
    if len(unasked):
        asked = some([f"{image_id} in run {run}" for image_id, run in unasked.select("image_id", "run").iter_rows()])
        raise mistake("responses", "image_id, run", "only questions that were made", asked, "make or drop these runs")
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
    """Return a text in lower case on one line, without markup around it, around a letter, or a full stop behind."""
    unmarked = re.sub(r"[*_`]+", "", text).strip(_MARKUP)
    return " ".join(unmarked.removesuffix(".").strip(_MARKUP).casefold().split())


def _letters(text: str, options: Sequence[str]) -> Iterator[str]:
    """Yield every letter that a plain answer gives as one, rather than writes in a sentence."""
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
    letter: str = found["round"] or found["square"] or found["bare"]
    return letter


def _is_own_text(found: re.Match[str], options: Sequence[str]) -> bool:
    """Return whether what follows a letter is the text of its option, after signs, spaces or an article."""
    place = ascii_lowercase.index(_letter(found))
    return place < len(options) and _BEFORE_TEXT.sub("", found["rest"], count=1) == options[place]
