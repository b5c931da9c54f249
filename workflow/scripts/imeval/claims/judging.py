"""Verdicts by the paper's numbers and a run's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import polars as pl

from imeval.claims.claim import Claim, Part, Verdict, verdict_of
from imeval.claims.contract import Claims
from imeval.claims.results import Missing, Results

Subject = tuple[str, str]
"""A model and a detail."""

_WHOLE: Subject = ("", "all")
_NONE = Verdict(None, None, None, "cannot tell")


@dataclass(frozen=True)
class _Measured:
    """The parts of a claim by subject."""

    parts: Mapping[Subject, Part]
    missing: str


class _Found(NamedTuple):
    """A verdict, and what it lacks."""

    verdict: Verdict
    missing: str = ""
    expected: str = ""


def judge(claims: Iterable[Claim], paper: Results, run: Results, confidence: float) -> pl.DataFrame:
    """Return the verdicts on claims and their subjects.

    Args:
        claims: the claims.
        paper: the paper's printed numbers.
        run: the numbers of a run.
        confidence: the confidence of the intervals.

    Returns:
        `Claims`; the row of a claim as a whole comes before those of its subjects.
    """
    rows = [row for claim in claims for row in _rows(claim, paper, run, confidence)]
    return Claims.validate(pl.DataFrame(rows, schema=Claims.create_empty().schema), cast=True)


def _rows(claim: Claim, paper: Results, run: Results, confidence: float) -> Iterator[dict[str, Any]]:
    printed, measured = _measure(claim, paper), _measure(claim, run)
    # The paper's name of a subject may be another, and several models may be of one name in the paper.
    in_paper = {subject: (run.names.get(subject[0], subject[0]), subject[1]) for subject in measured.parts}
    in_paper |= {subject: subject for subject in printed.parts if subject not in in_paper.values()}
    if list(in_paper) != [_WHOLE]:
        yield _row(claim, _WHOLE, _whole(printed, confidence), _whole(measured, confidence))
    for subject, published in in_paper.items():
        yield _row(claim, subject, _of(printed, published, confidence), _of(measured, subject, confidence))


def _measure(claim: Claim, results: Results) -> _Measured:
    parts: dict[Subject, Part] = {}
    missing = ""
    try:
        for part in claim.measure(results):
            parts[(part.model, part.detail) if part.model or part.detail else _WHOLE] = part
    except Missing as lacking:
        missing = str(lacking)
    return _Measured(parts, missing)


def _whole(measured: _Measured, confidence: float) -> _Found:
    """Return the verdict on a whole claim.

    A claim holds if it does for all of its subjects.
    """
    verdicts = {verdict_of(part, confidence).verdict for part in measured.parts.values()}
    if "not supported" in verdicts:
        return _Found(_NONE._replace(verdict="not supported"), measured.missing)
    if measured.missing or verdicts != {"supported"}:
        return _Found(_NONE, measured.missing)
    return _Found(_NONE._replace(verdict="supported"))


def _of(measured: _Measured, subject: Subject, confidence: float) -> _Found:
    part = measured.parts.get(subject)
    if part is None:
        return _Found(_NONE, measured.missing or ", ".join(filter(None, subject)))
    verdict = verdict_of(part, confidence)
    lacking = "images that it can be computed from" if verdict.value is None else ""
    return _Found(verdict, lacking, str(part.expected))


def _row(claim: Claim, subject: Subject, paper: _Found, run: _Found) -> dict[str, Any]:
    return {
        "claim": claim.name,
        "model": subject[0],
        "detail": subject[1],
        "statement": claim.statement,
        "where": claim.where,
        "formula": claim.formula,
        "expected": run.expected or paper.expected,
        "paper_value": paper.verdict.value,
        "paper_verdict": paper.verdict.verdict,
        "paper_missing": paper.missing,
        "value": run.verdict.value,
        "ci_low": run.verdict.low,
        "ci_high": run.verdict.high,
        "verdict": run.verdict.verdict,
        "missing": run.missing,
    }
