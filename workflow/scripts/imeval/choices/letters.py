"""The option that an answer names, such as option B for "B)".

`asking.clean_text` describes what is removed and folded first.

Options have Latin letters, which an answer may write in any width. A letter of another alphabet counts only if it has
the shape and the place of a Latin letter: the Cyrillic A (U+0410), and the Greek A and B (U+0391, U+0392). The second
Cyrillic letter (U+0411) has another shape, and the third (U+0412) looks like a B: neither counts.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from string import ascii_lowercase

import polars as pl

from imeval.asking.answer_text import read_answers
from imeval.asking.clean_text import THOUGHT_TAGS, folded
from imeval.base.errors import mistake, some

# Chinese, Japanese and Korean characters, which stand beside letters without a space.
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_BESIDE_CJK = re.compile(rf"(?<=[{_CJK}])(?=[a-z(\[])|(?<=[a-z)\]])(?=[{_CJK}])")
# Of a longer answer only the two ends are read, where decisions stand.
_LONGEST = 20_000
_SAME_SHAPE_AND_PLACE = str.maketrans({"\u0430": "a", "\u03b1": "a", "\u03b2": "b"})
_ALONE_IN_OTHER_SCRIPT = re.compile(r"(?<!\w)[\u0430\u03b1\u03b2](?!\w)")
_ARTICLE = re.compile(r"\A(?:an?|the)\s")
# Signs that stand between a letter and the text of its option.
_SIGNS = " \t\n\"'().,:;[]=<>\u2192\u3001-"

# Words between "answer" and a letter. At most eight are read, which keeps the time linear.
_FILLER = (
    r"(?>(?:[\s:=\u2192>-]|\b(?:is|are|was|would\sbe|must\sbe|should\sbe|has\sto\sbe|to\sbe|option|letter|choice|answer|number"
    r"|the|most\slikely|probably|likely|therefore|thus|clearly|definitely|with|for|est|es|ist|lautet|é|è|la|correcta|correcte|corretta|lettre|letra"
    r"|opción|opção|это|буква|вариант)\b|应该是|應該是|就是|是|为|為|选项|選項|选|選|は|이|은|는){0,8})"
)
# Words that announce a decision: "the answer is", "I choose", "it's". "Option B" alone may be a mere mention.
_DECISION = (
    r"(?:\b(?:answer|ans|choose|chose|select|selected|selecting|pick|picked|go\swith|going\swith|opt\sfor|vote\sfor|respuesta"
    r"|réponse|antwort|resposta|risposta|ответ|выбираю)\b"
    r"|\b(?:option|choice|letter|selection|guess|prediction|match|вариант)\s?(?:(?:is|would\sbe|must\sbe)\b|[:=])"
    r"|\b(?:it|this|that)(?:'s|\s(?:is|must\sbe|would\sbe|should\sbe))\b"
    r"|答案|选择|選擇|选(?!项)|選(?!項|択)|選択肢?|答え|正解|回答|정답|답|(?<!不)是(?=\s[a-z]\b))"
)
_FINAL_DECISION = r"(?:\bfinal\sanswer\b|最终答案|最終答案|最終的な答え|окончательный\sответ)"
_REASON = r"(?:because|since|as|due|based|given|while|but)\b"
_RIGHT = (
    r"(?:\s(?:is|was|would\sbe|must\sbe|should\sbe|seems|looks|appears)\s(?:to\sbe\s)?(?:clearly\s|definitely\s)?(?:the\s)?"
    r"(?:most\s)?(?:correct|right|best|true|answer|likely|accurate|appropriate|closest)\b"
    r"|\s?(?:是|为|為|が)?\s?(?:正确|正確|正解|对的)|\s(?:является\s)?(?:верн|правильн))"
)
_WRONG = (
    r"(?:\s(?:is|was|are|can|could|would|does|did|seems|looks)(?:\sbe)?(?:\s(?:clearly|definitely))?"
    r"(?:n't|\s(?:not|wrong|incorrect|false|unlikely|ruled|eliminated|out|excluded)\b)(?:\s(?:be\s)?(?:the\s)?(?:correct|right))?"
    r"|\scannot\b|\scan't\b|\s?(?:不正确|不正確|不对|不對|错误|錯誤|不是))"
)
_REFUSAL = (
    r"(?:(?:\b(?:not|isn't|never|nor|neither|except|rather\sthan|instead\sof|rule\sout|rules\sout|ruling\sout|eliminate"
    r"|eliminating|exclude|excluding|unlike|не)\b|不是|不选|不選|排除)(?:\s(?:option|choice|letter|the\sanswer))?(?:\sis)?\s?"
    r"|\b(?:don't|do\snot|doesn't|didn't|cannot|can't|not)\s(?:think|believe|say|choose|select|pick)\b[^.\n]{0,40}?\s)"
)
_ANNOUNCED_TEXT = re.compile(
    r"(?:\banswer\b(?:\s(?:is|would\sbe|must\sbe))?|^(?:it|this|that)(?:'s|\sis))\s?:?\s?([^.\n]{1,100})(?:\.|$)",
    re.MULTILINE,
)
# "Assistant: B", as some chat formats begin.
_SPEAKER = re.compile(r"\A\s*(?:assistant|model)\s?:\s", re.IGNORECASE)
_AND = r"(?:\b(?:or|and|nor|oder|und|ou|et|или|и)\b|[/&]|或|和)"


def option_named(answer: str, options: Sequence[str], thought_tags: Sequence[str] = THOUGHT_TAGS) -> int | None:
    """Return the place of the option that an answer names, from 0.

    It is None if the answer names no option or several. JSON is read like any answer about one image. The first of
    these kinds that the answer contains counts:

    1. the text of an option alone, with or without an article: "goose", "The goose."
    2. a letter that is called final: "Final answer: B"
    3. a letter that is decided for: alone on the first or the last line, "the answer is B because", "B is correct"
    4. a letter that is set off or mentioned: "B) goose", "goose (B)", "Option B", "B goose"

    Two different letters of one kind are no answer. A letter that is refused ("not A", "A is wrong") or joined to
    another ("A or B") does not count. Case matters only for "A" at the start, which may be a letter or an article:
    "A church" is no answer unless church is option A.
    """
    if not options:
        return None
    text = _SPEAKER.sub("", read_answers(answer, 1, thought_tags).get(1, ""))
    capital = text.lstrip("*_`\"'").startswith("A ")
    plain, texts = _plain(text), [" ".join(_plain(option).split()) for option in options]
    alone = " ".join(plain.split())
    place = _place_of_text(alone, texts, capital)
    if place is not None:
        return place
    if len(plain) > _LONGEST:
        plain = f"{plain[: _LONGEST // 2]}\n{plain[-_LONGEST // 2 :]}"
    if _contradicts(alone, texts):
        return None
    # An ellipsis replaces refused and joined letters: it keeps the words around them apart.
    forms = _forms(min(len(options), len(ascii_lowercase)))
    plain = forms["undecided"].sub(" \u2026 ", plain)
    for letters in (
        _found(plain, forms, "final"),
        {*_alone(plain, forms), *_found(plain, forms, "decided"), *_announced_texts(plain, texts)},
        {*_found(plain, forms, "mentioned"), *_before_own_text(plain, texts, forms)},
    ):
        if letters:
            return min(letters) if len(letters) == 1 else None
    return None


def chosen(
    responses: pl.DataFrame,
    choices: pl.DataFrame,
    names: Sequence[str],
    thought_tags: Sequence[str] = THOUGHT_TAGS,
    synonyms: Mapping[str, int] | None = None,
) -> pl.DataFrame:
    """Map answers to the classes of named options.

    An answer that names no option or several has no class and is out of prompt (`oop`).

    Args:
        responses: `Responses`.
        choices: `Choices` with the question of each response.
        names: the class names by class id.
        thought_tags: the names of tags around the model's thoughts.
        synonyms: class ids by other names. An answer that is one of them, and no letter, names its class.

    Returns:
        `Predictions`, in the order of the responses.

    Raises:
        UserError: a response has no question.
    """
    _check_questions(responses, choices)
    by_synonym = {_in_one_line(name): number for name, number in (synonyms or {}).items()}
    joined = responses.join(choices, on=["image_id", "run"], how="left", maintain_order="left")
    classes = [
        None if text is None else _chosen(text, options, names, thought_tags, synonyms=by_synonym)
        for text, options in joined.select("text", "options").iter_rows()
    ]
    return _predicted(joined.with_columns(pl.Series("class_id", classes, dtype=pl.Int16)))


def _predicted(mapped: pl.DataFrame) -> pl.DataFrame:
    named = pl.col("class_id").is_not_null()
    # A text without an answer, such as a thought that was cut off.
    unread = pl.col("text").is_not_null() & pl.col("error").is_not_null()
    return mapped.select(
        *("image_id", "run"),
        pl.when(unread).then(pl.lit("unreadable")).otherwise("status").alias("status"),
        *("text", "class_id"),
        method=pl.when(named).then(pl.lit("letter")).otherwise(pl.lit("none")),
        similarity=pl.lit(None, pl.Float32),
        oop=pl.col("text").is_not_null() & ~named,
        # A letter is no class name, whatever is ignored; and a question is about one image.
        oop_as_written=pl.col("text").is_not_null() & ~named,
        alone=pl.lit(False),
    )


def _check_questions(responses: pl.DataFrame, choices: pl.DataFrame) -> None:
    unasked = responses.join(choices, on=["image_id", "run"], how="anti")
    if len(unasked):
        asked = some([f"{image_id} in run {run}" for image_id, run in unasked.select("image_id", "run").iter_rows()])
        remedy = "make these questions, or remove these responses"
        raise mistake("responses", "image_id, run", "a question for each", f"none for {asked}", remedy)


def _chosen(
    text: str, options: Sequence[int], names: Sequence[str], thought_tags: Sequence[str], *, synonyms: Mapping[str, int]
) -> int | None:
    place = option_named(text, [names[option] for option in options], thought_tags)
    if place is not None:
        return options[place]
    of_options = [(name, number) for name, number in synonyms.items() if number in options]
    answer = _in_one_line(read_answers(text, 1, thought_tags).get(1, ""))
    place = _place_of_text(answer, [name for name, _ in of_options], capital=False)
    return None if place is None else of_options[place][1]


def _in_one_line(text: str) -> str:
    return " ".join(_plain(text).split())


@lru_cache
def _forms(options: int) -> dict[str, re.Pattern[str]]:
    """Return patterns for a letter's forms.

    They match folded text. Only the letters of this many options count, so that fewer words of prose are mistaken for a
    letter.
    """
    bare = rf"(?<![\w-])(?<!\w')[a-{ascii_lowercase[options - 1]}](?![\w°]|[-']\w)"
    one = rf"[(\[<\"']{{0,2}}{bare}[)\]>\"']{{0,2}}"
    opening, closing = r"[(\[<\"'{]{0,2}", r"[)\]>\"'}]{0,2}"
    # After a letter comes a sign, the end or a reason. A word may follow too, but not after "a", which is often an
    # article.
    end = rf"(?:{closing}\s?(?:$|[.,:;!\u3002\u3001(]|[-\u2013\u2014]\s|[{_CJK}])|{closing}\s{_REASON}|[)\]>\"'])"
    announced = rf"{_FILLER}{opening}({bare})(?:{end}|(?<!a){closing}\s(?!\?))"
    # "b." is set off at the start of a line, "(b)" and "b)" everywhere.
    set_off = rf"(?:^|(?<=\s))[(\[]?({bare})[)\]](?=[\s.,:;!]|$)|^({bare})[.:\u3001](?=\s)"
    of_option = rf"(?:选项|選項|вариант|буква)\s?[(\[\"']?({bare})|({bare})\s?(?:选项|選項)"
    mentioned = rf"\b(?:option|choice|letter)\s[(\[\"']?({bare})|{of_option}"
    # "a or b", "a, b", "a. dog or b. cat"
    joined = rf"{one}(?>(?:\s?[,/]\s?{one}){{0,8}})\s?,?\s?{_AND}\s?(?:option\s)?{one}|{one}\s?,\s?{one}(?!\s?\w)"
    joined += rf"|{bare}[.):]\s[^.\n]{{1,60}}?\s{_AND}\s(?:option\s)?[(\[]?{bare}[.):\]]"
    wrong = rf"(?:\boption\s)?{one}{_WRONG}"
    flags = re.MULTILINE
    return {
        "bare": re.compile(bare),
        "alone": re.compile(rf"[^\w°%+&@£€]{{0,20}}({bare})[^\w°%+&@#]{{0,20}}"),
        "undecided": re.compile(rf"{_REFUSAL}{one}|{joined}|{wrong}", flags),
        "final": re.compile(_FINAL_DECISION + announced, flags),
        "decided": re.compile(
            rf"{_DECISION}{announced}|{opening}({bare}){closing}{_RIGHT}|^({bare}),?\s(?:because|since)\b", flags
        ),
        "mentioned": re.compile(f"{set_off}|{mentioned}", flags),
    }


def _plain(text: str) -> str:
    """Fold a text to compare answers with options."""
    spaced = _BESIDE_CJK.sub(" ", folded(text).replace("\u3002", ". "))
    # Within words these letters stay as they are.
    return _ALONE_IN_OTHER_SCRIPT.sub(lambda found: found[0].translate(_SAME_SHAPE_AND_PLACE), spaced)


def _without_article(text: str) -> str:
    """Remove the article that a text begins with."""
    return _ARTICLE.sub("", text)


def _place_of_text(text: str, options: Sequence[str], capital: bool) -> int | None:
    """Return the place of the option whose text an answer is."""
    # The text of an option may begin like a letter: "a cappella".
    if text in options:
        return options.index(text)
    bare = _without_article(text).strip(f"{_SIGNS}!")
    if bare == text or bare not in options:
        return None
    place = options.index(bare)
    return None if capital and place else place


def _contradicts(text: str, options: Sequence[str]) -> bool:
    """Return whether text and letter disagree.

    For example, in "goose (b)" if goose is option A.
    """
    found = re.search(r"\s[(\[]([a-z])[)\]]$", text)
    if found is None:
        return False
    words = text[: found.start()]
    named = {words, _without_article(words)} & set(options)
    return bool(named) and ascii_lowercase.index(found[1]) not in {options.index(option) for option in named}


def _found(text: str, forms: dict[str, re.Pattern[str]], form: str) -> set[int]:
    """Return the places of letters in this form."""
    return {_place(found) for found in forms[form].finditer(text)}


def _place(found: re.Match[str]) -> int:
    # Exactly one of the groups matched.
    return ascii_lowercase.index(next(filter(None, found.groups())))


def _alone(text: str, forms: dict[str, re.Pattern[str]]) -> set[int]:
    """Return the places of letters alone on the first or last line."""
    lines = text.strip().split("\n")
    return {_place(found) for line in (lines[0], lines[-1]) if (found := forms["alone"].fullmatch(line.strip()))}


def _announced_texts(text: str, options: Sequence[str]) -> Iterator[int]:
    """Yield options that an answer announces: "the answer is a goose"."""
    for found in _ANNOUNCED_TEXT.finditer(text):
        words = found[1].strip(_SIGNS)
        yield from (options.index(option) for option in {words, _without_article(words)} if option in options)


def _before_own_text(text: str, options: Sequence[str], forms: dict[str, re.Pattern[str]]) -> Iterator[int]:
    """Yield an initial letter that its option's text follows: "B goose"."""
    found = forms["bare"].match(text.lstrip(_SIGNS))
    if found:
        place = ascii_lowercase.index(found[0])
        bare = _without_article(" ".join(text.lstrip(_SIGNS)[1:].strip(_SIGNS).split()))
        own = options[place]
        # "A goose stands on a lawn" begins with an article; "B cat, as the ears show" does not.
        if bare == own or (place and re.match(rf"{re.escape(own)}\b", bare)):
            yield place
