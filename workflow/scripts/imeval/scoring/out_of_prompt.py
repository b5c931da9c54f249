"""Mapping and kinds of out-of-prompt answers (Tables 14 and 15)."""

import re
from collections.abc import Iterable, Sequence

import polars as pl

from imeval.labels.contract import MEMBERS
from imeval.scoring.contract import Metrics
from imeval.scoring.metrics import MetricKey, share_row

KINDS = ("imagenet_name", "partial", "abstain", "wrong")
"""The kinds of out-of-prompt answers. The first that applies counts.

imagenet_name: one of OpenAI's class names. partial: words of one class name, in any order. abstain: the model writes
that it cannot answer. wrong: anything else.
"""

# Matched against case-folded answers. Models write both apostrophes, ' and ’.
_ABSTAINING = re.compile(
    r"\b(?:(?:do not|don['’]?t) know|unknown|uncertain|unsure|not sure|unidentifi(?:ed|able)|unclear"
    r"|(?:can ?not|can['’]?t|could not|couldn['’]?t|unable to|not able to) (?:be )?"
    r"(?:identif|determin|classif|tell|recogni[sz]|see|answer|assist|help)\w*"
    r"|no (?:answer|match|matching class|suitable class|idea)|none of (?:the|these|them)|not (?:listed|in the list))\b"
    r"|^\W*(?:none|n/?a|\?*)\W*$"
)


def of_first_answers(unmapped: pl.DataFrame, mapped: pl.DataFrame) -> pl.DataFrame:
    """Return mapped scores whose `oop` is that of the unmapped answers.

    Args:
        unmapped: `Scores` of the closed world (CW), at least of the images of `mapped` that were out of prompt.
        mapped: `Scores` of CW+, which maps the same answers to classes.
    """
    out = unmapped.select("image_id", "run", "oop")
    joined = mapped.drop("oop").join(out, on=["image_id", "run"], how="left")
    return joined.with_columns(pl.col("oop").fill_null(False))


def measure_mapping(
    unmapped: pl.DataFrame, mapped: pl.DataFrame, *, model: str, task: str, confidence: float
) -> pl.DataFrame:
    """Measure out-of-prompt answers that a mapping corrects (Table 14).

    As in the paper, any class is correct on an image of N; "oop_mapped_labelled" leaves these images out.

    Args:
        unmapped: `Scores` of the closed world (CW).
        mapped: `Scores` of CW+, which maps the same answers to classes.
        model: the measured model.
        task: the mapping task.
        confidence: the confidence of Wilson's intervals, such as 0.95.

    Returns:
        `Metrics` with the correct share of the out-of-prompt answers, by category.
    """
    out = of_first_answers(unmapped, mapped).filter("oop")
    counts = {
        category: (len(part), int(part["regt_correct"].sum()))
        for category, members in MEMBERS.items()
        for part in [out.filter(pl.col("category").is_in(members))]
    }
    labelled = (counts["S"][0] + counts["M"][0], counts["S"][1] + counts["M"][1])
    rows = [
        _row(MetricKey(model, task, "oop_mapped", "regt", category), *count, confidence)
        for category, count in counts.items()
    ]
    rows.append(_row(MetricKey(model, task, "oop_mapped_labelled", "regt", "A"), *labelled, confidence))
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def measure_kinds(
    predictions: pl.DataFrame,
    names: Sequence[str],
    imagenet_names: Sequence[str],
    *,
    model: str,
    task: str,
    confidence: float,
) -> pl.DataFrame:
    """Measure the kinds of out-of-prompt answers (Table 15).

    Args:
        predictions: `Predictions` of the closed world (CW).
        names: the class names of the prompt.
        imagenet_names: OpenAI's class names.
        model: the measured model.
        task: the measured task.
        confidence: the confidence of Wilson's intervals, such as 0.95.

    Returns:
        `Metrics` with the share of each kind among the out-of-prompt answers.
    """
    texts = predictions.filter("oop")["text"]
    # Many answers repeat, so each distinct one is compared with the names once.
    kinds = kinds_of(texts.unique(), names, imagenet_names)
    found = [kinds[text] for text in texts]
    rows = [
        _row(MetricKey(model, task, f"oop_{kind}", "regt", "A"), len(found), found.count(kind), confidence)
        for kind in KINDS
    ]
    return pl.DataFrame(rows, schema=Metrics.create_empty().schema)


def kinds_of(texts: Iterable[str], names: Sequence[str], imagenet_names: Sequence[str]) -> dict[str, str]:
    """Return the kind of each out-of-prompt answer.

    The arguments are those of `measure_kinds`, but for the answers' texts.
    """
    words = [_words(name) for name in names]
    known = {name.casefold() for name in imagenet_names}
    return {text: _kind(text, words, known) for text in texts}


def _kind(text: str, names: Sequence[frozenset[str]], imagenet_names: set[str]) -> str:
    answer = text.strip().casefold()
    if answer in imagenet_names:
        return "imagenet_name"
    # Without the first condition, an answer without words, such as "?", would be part of every name.
    words = _words(answer)
    if words and any(words <= name for name in names):
        return "partial"
    return "abstain" if _ABSTAINING.search(answer) else "wrong"


def _words(text: str) -> frozenset[str]:
    """Return the distinct words of a text, case-folded."""
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


def _row(key: MetricKey, n: int, hits: int, confidence: float) -> dict[str, object]:
    return share_row(key, [hits], [n], confidence, {"n_oop": n})
