"""Summary of a label set and its changes."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import polars as pl
from jinja2 import Environment

from imeval.labels.categories import count_categories
from imeval.labels.contract import CATEGORIES

SUMMARY = {
    "label_set": pl.String(),
    "measure": pl.String(),
    "key": pl.String(),
    "images": pl.Int64(),
    "percent": pl.Float64(),
}
"""The columns of a summary. Each number has a row, and `percent` is its share of all images."""

LARGEST_CHANGES = 20

_HEADINGS = {
    "category": "Images in each label category (Table 2)",
    "labels per image": "Labels per image",
    "original label": "The original label",
    "category flow": "Images from category to category",
    "change": f"The {LARGEST_CHANGES} largest changes",
}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{{ title }}</title>
<style>
body { font: 15px/1.5 sans-serif; margin: 2rem; color: #1a1a1a; }
table { border-collapse: collapse; margin-bottom: 1.5rem; font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #ccc; font-weight: normal; }
thead th { font-weight: 600; border-bottom-color: #1a1a1a; }
td { text-align: right; }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p>Images: {{ image_set }}.</p>
{% for heading, columns, rows in sections %}
<h2>{{ heading }}</h2>
<table>
<thead><tr><th></th>{% for column in columns %}<th>{{ column }}</th><th>%</th>{% endfor %}</tr></thead>
<tbody>
{% for key, cells in rows %}
<tr><th>{{ key }}</th>{% for cell in cells %}<td>{{ cell[0] }}</td><td>{{ cell[1] }}</td>{% endfor %}</tr>
{% endfor %}
</tbody>
</table>
{% endfor %}
</body>
</html>
"""


@dataclass(frozen=True)
class LabelSet:
    """A label set with its title; `labels` is `Labels`."""

    title: str
    labels: pl.DataFrame


def summarize(before: LabelSet | None, after: LabelSet, names: Sequence[str]) -> pl.DataFrame:
    """Compare a label set with another or with ImGT.

    Args:
        before: the label set to compare with; None for the original labels.
        after: the label set, over the same images.
        names: the class names by class id.

    Returns:
        The columns `SUMMARY`. For each label set: the counts of Table 2, images by number of labels, and images whose
        original label was kept or replaced, or that have no label. Then, with `before`, the images that go from one of
        its label categories to one of `after`, and the largest changes of class from `before` to `after`. An image with
        several changed labels counts for each pair of a lost and a gained class.
    """
    rows = [row for label_set in (before, after) if label_set for row in _measures(label_set)]
    title = f"{before.title if before else 'ImGT'} → {after.title}"
    changes = [(title, "change", _named(pair, names), count) for pair, count in _largest_changes(before, after, names)]
    flows = [(title, "category flow", " → ".join(pair), count) for pair, count in category_flows(before, after)]
    with_percent = [(*row, 100 * row[-1] / len(after.labels)) for row in (*rows, *flows, *changes)]
    return pl.DataFrame(with_percent, schema=SUMMARY, orient="row")


def category_flows(before: LabelSet | None, after: LabelSet) -> list[tuple[tuple[str, str], int]]:
    """Count images by their categories under two label sets.

    The original labels alone have no categories. Flows are in the order of Table 1.
    """
    if before is None:
        return []
    joined = before.labels.join(after.labels, on="image_id", suffix="_after")
    counted = Counter(joined.select("category", "category_after").rows())
    pairs = product(CATEGORIES, CATEGORIES)
    return [(pair, counted[pair]) for pair in pairs if counted[pair]]


def to_html(summary: pl.DataFrame, title: str, image_set: str) -> str:
    """Return a summary as a single HTML page."""
    sections = []
    for measure, heading in _HEADINGS.items():
        rows = summary.filter(pl.col("measure") == measure)
        columns = rows["label_set"].unique(maintain_order=True).to_list()
        cells = {(key, name): (images, f"{percent:.2f}") for name, _, key, images, percent in rows.iter_rows()}
        keys = rows["key"].unique(maintain_order=True).to_list()
        table = [(key, [cells.get((key, column), (0, "0.00")) for column in columns]) for key in keys]
        sections.append((heading, columns, table))
    template = Environment(autoescape=True, trim_blocks=True).from_string(_PAGE)
    return template.render(title=title, image_set=image_set, sections=sections)


def _measures(label_set: LabelSet) -> Iterator[tuple[str, str, str, int]]:
    """Yield title, measure, key and number of images."""
    labels = label_set.labels
    for category, count in count_categories(labels).items():
        yield label_set.title, "category", category, count
    for number, count in sorted(Counter(labels["labels"].list.len()).items()):
        yield label_set.title, "labels per image", str(number), count
    # The three parts of "original label" are disjoint and sum to all images.
    none = pl.col("labels").list.len() == 0
    kept = pl.col("labels").list.contains(pl.col("imgt"))
    for what, images in (("kept", kept), ("replaced", ~kept & ~none), ("no label", none)):
        yield label_set.title, "original label", what, len(labels.filter(images))


def _largest_changes(
    before: LabelSet | None, after: LabelSet, names: Sequence[str]
) -> list[tuple[tuple[int | None, int | None], int]]:
    """Return the most frequent changes of class, with counts.

    (5, None) is a label that was removed without a replacement. Names order equal counts, for the same order in every
    run.
    """
    counted: Counter[tuple[int | None, int | None]] = Counter()
    old = [[imgt] for imgt in after.labels["imgt"]] if before is None else before.labels["labels"].to_list()
    for one, other in zip(old, after.labels["labels"].to_list(), strict=True):
        lost: Sequence[int | None] = sorted(set(one) - set(other))
        gained: Sequence[int | None] = sorted(set(other) - set(one))
        # None is the counterpart of a class that is only lost or only gained.
        if lost or gained:
            counted.update(product(lost or [None], gained or [None]))
    return sorted(counted.items(), key=lambda item: (-item[1], _named(item[0], names)))[:LARGEST_CHANGES]


def _named(change: tuple[int | None, int | None], names: Sequence[str]) -> str:
    """Return a change as "0 tench → 391 silver salmon"."""
    one, other = ("–" if number is None else f"{number} {names[number]}" for number in change)
    return f"{one} → {other}"
