"""The outcomes as a self-contained page."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from jinja2 import Environment, StrictUndefined

from imeval.annotation.agreement import Agreement
from imeval.annotation.contract import CHANGES, OUTCOMES
from imeval.annotation.resolution import conflicts
from imeval.labels.contract import CATEGORIES

# The page holds texts of users, so its policy forbids to load or run anything.
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Second annotation pass: {{ label_set }}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1.5rem;
  max-width: 75rem; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .3rem; }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
p { margin: .25rem 0; max-width: 60rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .15rem 1rem .15rem 0; text-align: left; font-weight: normal;
  border-bottom: 1px solid #ddd; vertical-align: top; white-space: nowrap; }
thead th { font-weight: 600; border-bottom-color: #1a1a1a; }
td.number, th.number { text-align: right; }
</style>
</head>
<body>
<h1>Second annotation pass: {{ label_set }}</h1>
<p>Images: {{ image_set }}. {{ decided }} of {{ reviewed }} images under review are decided, by
{{ people | join(", ") or "nobody" }}.</p>
<h2>What came of the proposals (Figure 7)</h2>
<p>Only images whose labels did not admit the source's class count. Preferred: the new labels have it in place of the
old ones. Combined: they have both. Preserved: they have an old label without it. Other: neither. Shares are of the
decided images; intervals are Wilson's ({{ confidence }}).</p>
{% for title, blocks in sources %}
<h3>{{ title }}</h3>
<table>
<thead><tr><th></th>{% for name in blocks[0].names %}<th>{{ name }}</th>{% endfor %}<th class="number">images</th>
</tr></thead>
<tbody>
{% for block in blocks %}
<tr><th>{{ block.where }}</th>{% for cell in block.cells %}<td>{{ cell }}</td>{% endfor %}
<td class="number">{{ block.of }}</td></tr>
{% endfor %}
</tbody>
</table>
{% endfor %}
<h2>Agreement of annotators</h2>
{% if agreements %}
<p>Identical: pairs of decisions with the same classes. Alpha is Krippendorff's, with the MASI distance of sets.</p>
<table>
<thead><tr><th></th><th class="number">images</th><th class="number">identical</th><th class="number">alpha</th></tr>
</thead>
<tbody>
{% for one in agreements %}
<tr><th>{{ one.people | join(", ") }}</th><td class="number">{{ one.images }}</td>
<td class="number">{{ "–" if one.identical is none else "%.1f %%" | format(100 * one.identical) }}</td>
<td class="number">{{ "–" if one.alpha is none else "%.3f" | format(one.alpha) }}</td></tr>
{% endfor %}
</tbody>
</table>
{% else %}
<p>One person, or nobody, has decided.</p>
{% endif %}
<h2>Where they disagree</h2>
{% if disagreements %}
<table>
<thead><tr><th>image</th><th>decisions</th><th>labels now</th><th></th></tr></thead>
<tbody>
{% for row in disagreements %}
<tr><th>{{ row.image_id }}</th><td>{% for one in row.decisions %}{{ one }}<br>{% endfor %}</td><td>{{ row.after }}</td>
<td>{{ row.how }}</td></tr>
{% endfor %}
</tbody>
</table>
{% else %}
<p>On no image.</p>
{% endif %}
</body>
</html>
"""


_CATEGORIES = (*CATEGORIES, "A", "control")


def to_html(
    outcomes: pl.DataFrame,
    agreements: Sequence[Agreement],
    disagreeing: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
    facts: Mapping[str, Any],
) -> str:
    """Return the page.

    Args:
        outcomes: `Outcomes`.
        agreements: from `agreement.agreements`.
        disagreeing: from `disagreements`.
        titles: the title of each source.
        facts: image_set, label_set, confidence, people, decided and reviewed.
    """
    template = Environment(autoescape=True, trim_blocks=True, undefined=StrictUndefined).from_string(_PAGE)
    sources = [
        (title, _blocks(outcomes.filter(source=source)))
        for source, title in titles.items()
        if source in outcomes["source"]
    ]
    return template.render(sources=sources, agreements=agreements, disagreements=disagreeing, **facts)


def disagreements(decisions: pl.DataFrame, resolved: pl.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the images on which people disagree, with what each decided.

    Args:
        decisions: `Decisions`.
        resolved: `Resolved`.
        names: the class names by class id.
    """
    now = {row["image_id"]: row for row in resolved.iter_rows(named=True)}
    rows = []
    for image in conflicts(decisions):
        given = [
            f"{one['annotator']}{' (settles)' if one['adjudicates'] else ''}: "
            + (_named(one["labels"], names) if one["answer"] != "not_sure" else "not sure")
            + (f" – {one['note']}" if one["note"] else "")
            for one in decisions.filter(image_id=image).iter_rows(named=True)
        ]
        after = _named(now[image]["after"], names)
        how = "open" if now[image]["how"] == "conflict" else now[image]["how"]
        rows.append({"image_id": image, "decisions": given, "after": after, "how": how})
    return rows


def _named(labels: Sequence[int], names: Sequence[str]) -> str:
    return ", ".join(f"{number} {names[number]}" for number in labels) or "none"


def _blocks(outcomes: pl.DataFrame) -> list[dict[str, Any]]:
    """Return a row of the page for each annotator and category."""
    by_place: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in outcomes.iter_rows(named=True):
        by_place.setdefault((row["annotator"], row["category"]), {})[row["outcome"]] = row
    blocks = []
    # The final labels come before those of each person.
    for annotator, category in sorted(by_place, key=lambda place: (place[0], _CATEGORIES.index(place[1]))):
        found = by_place[annotator, category]
        names = [name for name in (*CHANGES, *OUTCOMES) if name in found]
        rows = [found[name] for name in names]
        where = {"A": "all disputed images", "control": "control sample"}.get(category, category)
        who = f"{where}, {annotator} alone" if annotator else where
        blocks.append({"where": who, "names": names, "cells": list(map(_cell, rows)), "of": rows[0]["of_images"]})
        if any(row["published"] is not None for row in rows):
            total = sum(row["published"] or 0 for row in rows)
            paper = [_published(row["published"], total) for row in rows]
            blocks.append({"where": f"{where}, paper", "names": names, "cells": paper, "of": total})
    return blocks


def _cell(row: Mapping[str, Any]) -> str:
    if row["share"] is None:
        return str(row["images"])
    return f"{row['images']} ({100 * row['share']:.1f} %, {100 * row['ci_low']:.1f} to {100 * row['ci_high']:.1f})"


def _published(images: int | None, total: int) -> str:
    return "" if images is None else f"{images} ({100 * images / total:.1f} %)"
