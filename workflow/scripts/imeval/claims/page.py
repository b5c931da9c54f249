"""The verdicts as a self-contained page."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl
from jinja2 import Environment, StrictUndefined

from imeval.claims.contract import VERDICTS

# The page holds texts of users, so its policy forbids to load or run anything.
_PAGE = """{% macro verdict(name) %}<span class="{{ name.split()[0] }}">{{ name }}</span>{% endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>The paper's claims</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1.5rem;
  max-width: 75rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
p { margin: .25rem 0; max-width: 60rem; }
section { border-top: 1px solid #bbb; margin-top: 1.2rem; padding-top: .8rem; }
h2 { font-size: 1.05rem; margin: 0 0 .25rem; max-width: 60rem; }
p.formula { color: #555; font-size: .9em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .15rem .7rem .15rem 0; text-align: left; font-weight: normal; border-bottom: 1px solid #ddd; }
thead th { font-weight: 600; border-bottom-color: #1a1a1a; }
td.number, th.number { text-align: right; }
.supported { color: #12602b; } .not { color: #a11a1a; } .cannot { color: #6b5500; }
summary { cursor: pointer; color: #555; font-size: .9em; }
</style>
</head>
<body>
<h1>The paper's claims</h1>
<p>Images: {{ image_set }}. Labels: {{ label_set }}.</p>
<p>Each claim is computed twice by its formula: from the numbers that the paper prints, and from this run. Accuracies
are in percent. An interval ({{ confidence }}) is over draws of the images with replacement, the same for all models and
tasks. A verdict is “supported” if the whole interval is where the claim puts the value, “not supported” if none of it
is, and else “cannot tell”. A number that the paper prints (±) is supported by a value that rounds to it. Without an
interval the value alone decides. A claim holds if it does for all its subjects.</p>
<table>
<thead><tr><th></th>{% for verdict in verdicts %}<th class="number">{{ verdict }}</th>{% endfor %}</tr></thead>
<tbody>
{% for side, counts in summary %}
<tr><th>{{ side }}</th>{% for count in counts %}<td class="number">{{ count }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% for claim in claims %}
<section id="{{ claim.whole.claim }}">
<h2>{{ claim.whole.statement }}</h2>
<p class="formula">{{ claim.whole.where }}. Computed: {{ claim.whole.formula }}.</p>
<p>The paper's numbers: {{ verdict(claim.whole.paper_verdict) }}{{ why(claim, "paper_") }}.
This run: {{ verdict(claim.whole.verdict) }}{{ why(claim, "") }}.</p>
<details{% if claim.rows | length == 1 %} open{% endif %}>
<summary>{{ claim.rows | length }} value{{ "" if claim.rows | length == 1 else "s" }}</summary>
<table>
<thead><tr><th></th><th>claimed</th><th class="number">paper</th><th></th><th class="number">this run</th>
<th>interval</th><th></th><th></th></tr></thead>
<tbody>
{% for row in claim.rows %}
<tr><th>{{ row.subject }}</th><td>{{ row.expected }}</td>
<td class="number">{{ number(row.paper_value) }}</td><td>{{ verdict(row.paper_verdict) }}</td>
<td class="number">{{ number(row.value) }}</td>
<td>{% if row.ci_low is not none %}{{ number(row.ci_low) }} to {{ number(row.ci_high) }}{% endif %}</td>
<td>{{ verdict(row.verdict) }}</td><td>{{ row.missing }}</td></tr>
{% endfor %}
</tbody>
</table>
</details>
</section>
{% endfor %}
</body>
</html>
"""


class _Section(NamedTuple):
    """A claim as a whole, and its rows."""

    whole: dict[str, Any]
    rows: list[dict[str, Any]]


def to_html(claims: pl.DataFrame, image_set: str, label_set: str, confidence: float, titles: Mapping[str, str]) -> str:
    """Return the verdicts as a page.

    Args:
        claims: `Claims`.
        image_set, label_set: titles of the run's images and labels.
        confidence: the confidence of the intervals.
        titles: the titles of models by name.
    """
    environment = Environment(autoescape=True, trim_blocks=True, undefined=StrictUndefined)
    environment.globals.update(why=_why, number=_number)
    sections = [_section(part, titles) for part in claims.partition_by("claim", maintain_order=True)]
    summary = [
        (side, [sum(section.whole[column] == verdict for section in sections) for verdict in VERDICTS])
        for side, column in (("the paper's numbers", "paper_verdict"), ("this run", "verdict"))
    ]
    return environment.from_string(_PAGE).render(
        claims=sections,
        summary=summary,
        verdicts=VERDICTS,
        image_set=image_set,
        label_set=label_set,
        confidence=f"{confidence:.0%}",
    )


def _section(claim: pl.DataFrame, titles: Mapping[str, str]) -> _Section:
    """Return a claim for the page.

    Its first row is of the claim as a whole.
    """
    whole, *rows = claim.iter_rows(named=True)
    named = [row | {"subject": ", ".join(filter(None, _names(row, titles)))} for row in rows or [whole]]
    return _Section(whole, named)


def _why(claim: _Section, side: str) -> str:
    """Return what a verdict rests on: " (3 of 13 values)".

    Args:
        claim: the claim.
        side: "paper_" for the paper's numbers, "" for those of the run.
    """
    missing = claim.whole[f"{side}missing"]
    found = [row[f"{side}verdict"] for row in claim.rows if row[f"{side}value"] is not None]
    agreeing = found.count(claim.whole[f"{side}verdict"])
    parts = [f"{agreeing} of {len(found)} values"] if len(found) > 1 else []
    return f" ({'; '.join([*parts, *([f'missing: {missing}'] if missing else [])])})" if parts or missing else ""


def _names(row: dict[str, Any], titles: Mapping[str, str]) -> tuple[str, str]:
    return titles.get(row["model"], row["model"]), row["detail"]


def _number(value: float | None) -> str:
    """Return a value with two decimals."""
    return "–" if value is None else "∞" if value == float("inf") else f"{value:.2f}"
