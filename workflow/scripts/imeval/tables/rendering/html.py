"""A table as a self-contained page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from imeval.base.local_page import images_of
from imeval.tables.cells import Block, Cell, Column, Number, Row, Table
from imeval.tables.rendering import colours
from imeval.tables.rendering.printed import (
    as_printed,
    has_intervals,
    interval_text,
    is_numeric,
    rendered_width,
    signed,
    small_figures,
    spans,
    value_text,
)

_STYLE = (
    """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1.5rem;
  max-width: max-content; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
p.caption { max-width: 60rem; margin: .25rem 0; }
p.sets { margin: .25rem 0 1rem; color: #555; }
table { border-collapse: collapse; border-top: 2px solid #1a1a1a; border-bottom: 2px solid #1a1a1a;
  font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .5rem; text-align: left; white-space: nowrap; font-weight: normal; background: #fff; }
td.number { text-align: right; padding-right: 0; }
td a { color: inherit; text-decoration: none; }
td a:hover { text-decoration: underline; }
td.behind { font-size: .75em; padding-left: .4em; color: #555; }
.paper { color: #7a4a00; }
tr.paper > * { padding-top: 0; font-size: .8em; }
tr.interval > * { padding-top: 0; font-size: .75em; color: #555; }
tr.interval > td.number { text-align: center; }
tr.paper > th { padding-left: 1.5rem; }
"""
    + colours.CSS
    + """
thead { position: sticky; top: 0; z-index: 2; }
thead th { border-bottom: 1px solid #1a1a1a; font-weight: 600; }
thead th.number, thead th.over { text-align: center; }
thead th.none, thead th.over { border-bottom: none; }
thead th.over { background: linear-gradient(#999 0 0) bottom / calc(100% - 1.2rem) 1px no-repeat #fff; }
tbody th:first-child, thead th:first-child { position: sticky; left: 0; z-index: 1; }
tbody + tbody tr:first-child > * { border-top: 1px solid #bbb; }
tbody tr:hover > * { background: #f3f6fa; }
tr.block th { color: #555; font-style: italic; }
sub { font-size: .65em; font-weight: normal; color: #555; }
p.note { max-width: 60rem; margin: .4rem 0; color: #333; font-size: .9em; }
"""
)


@dataclass(frozen=True)
class Panel:
    """A part of the page above the table."""

    html: str = ""
    style: str = ""


_NO_PANEL = Panel()

_ON_IMAGES = (
    " It leads to its images while <code>snakemake browse</code> runs."
    ' Without it, <a class="page" href="../report.html#galleries">the page of the run</a> has galleries, once'
    " <code>snakemake</code> has made it."
)


def to_html(table: Table, panel: Panel = _NO_PANEL) -> str:
    """Return a table as a page.

    Pointing at a value shows its counts.

    Args:
        table: the table.
        panel: the part above it, such as the table's provenance.
    """
    table = as_printed(table)
    title = f"Table {table.name.removeprefix('table')}. {table.title}"
    head = "\n".join(_head(table.columns))
    bodies = "\n".join(line for block in table.blocks for line in _block(block, table))
    notes = "\n".join(f'<p class="note">{escape(note)}</p>' for note in table.notes)
    # The page holds texts of users, so its policy forbids to load or run anything.
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{_STYLE}{panel.style}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p class="caption">{escape(table.caption)}</p>
<p class="sets">Images: {escape(table.image_set)}. Labels: {escape(table.label_set)}.{_hint(table)}</p>
{panel.html}
<table>
<thead>
{head}
</thead>
{bodies}
</table>
{notes}
</body>
</html>
"""


def _hint(table: Table) -> str:
    """Return what a reader can do with the values."""
    if not is_numeric(table):
        return ""
    of_models = any(row.model for block in table.blocks for row in block.rows)
    return f" Point at a value to see what it rests on.{_ON_IMAGES if of_models else ''}"


def _head(columns: Sequence[Column]) -> Iterator[str]:
    above = spans(columns)
    if any(span.title for span in above):
        cells = "".join(
            f'<th class="{"over" if span.title else "none"}" colspan="{span.width}">{escape(span.title)}</th>'
            for span in above
        )
        yield f"<tr>{cells}</tr>"
    yield f"<tr>{''.join(map(_heading, columns))}</tr>"


def _heading(column: Column) -> str:
    index = f"<sub>{escape(column.subscript)}</sub>" if column.subscript else ""
    width = ' class="number" colspan="2"' if column.numeric else ""
    return f'<th scope="col"{width}>{escape(column.title)}{index}</th>'


def _block(block: Block, table: Table) -> Iterator[str]:
    yield "<tbody>"
    if block.title:
        width = rendered_width(table.columns)
        yield f'<tr class="block"><th scope="rowgroup" colspan="{width}">{escape(block.title)}</th></tr>'
    for row in block.rows:
        # The first cell is the row's heading, which stays in view when a wide table is scrolled.
        first, *others = row.cells
        cells = "".join(_cell(cell, row, table) for cell in others)
        yield f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>'
        if has_intervals(row, table):
            yield f'<tr class="interval"><th></th>{"".join(map(_interval, others))}</tr>'
        if table.published == "below" and any(_is_published(cell) for cell in others):
            yield f'<tr class="paper"><th scope="row">paper</th>{"".join(map(_paper_cell, others))}</tr>'
    yield "</tbody>"


def _interval(cell: Cell) -> str:
    width = "" if isinstance(cell, str) else ' class="number" colspan="2"'
    return f"<td{width}>{interval_text(cell)}</td>"


def _cell(cell: Cell, row: Row, table: Table) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    printed = escape(value_text(cell))
    value = _linked(f"<strong>{printed}</strong>" if cell.best else printed, cell, row, table)
    figures = [f'<span class="{colours.css_class(figure)}">{figure}</span>' for figure in small_figures(cell, table)]
    paper = [f'<span class="paper">paper {_published(cell)}</span>'] if table.published == "beside" else []
    behind = " ".join([*figures, *(paper if _is_published(cell) else [])])
    basis = escape(_basis(cell, table.confidence))
    return f'<td class="number" title="{basis}">{value}</td><td class="behind" title="{basis}">{behind}</td>'


def _linked(value: str, cell: Number, row: Row, table: Table) -> str:
    """Return the value of a model as a link to its images."""
    if not row.model or cell.value is None:
        return value
    of = {"model": row.model, "task": row.task, "metric": cell.metric, "labels": cell.labels, "category": cell.category}
    return f'<a href="{escape(images_of(table.name, **of))}">{value}</a>'


def _is_published(cell: Cell) -> bool:
    """Return whether the paper has a value for a cell."""
    return not isinstance(cell, str) and cell.published is not None


def _paper_cell(cell: Cell) -> str:
    """Return the paper's value and our difference from it."""
    if isinstance(cell, str):
        return "<td></td>"
    value, _, away = _published(cell).partition(" ") if _is_published(cell) else ("", "", "")
    return f'<td class="number">{value}</td><td class="behind">{away}</td>'


def _published(number: Number) -> str:
    """Return the paper's value as a page shows it: "74.69 ±0.19 (−1.09)"."""
    spread = "" if number.published_half_width is None else f" ±{number.published_half_width:.{number.decimals}f}"
    away = "" if number.difference is None else f" ({signed(number.difference, number.decimals)})"
    return f"{number.published or 0:.{number.decimals}f}{spread}{away}"


# Wilson's interval is about images too.
_IMAGES_ALONE = "bootstrap_images"


def _basis(number: Number, confidence: float) -> str:
    """Describe a value's counts: "13 of 18 images; 2 of 20 failed"."""
    parts = [f"{number.n_hit} of {number.n} images"]
    if number.ci_low is not None:
        over = f" over {number.runs} runs" if number.runs > 1 else ""
        parts.append(f"{confidence:.0%} interval{over} {number.ci_low:.2f} to {number.ci_high:.2f}")
    if number.resampled_low is not None and number.resampled_method != _IMAGES_ALONE:
        redrawn = number.resampled_method.removeprefix("bootstrap_").replace("_", " and ")
        parts.append(f"over {redrawn} {number.resampled_low:.2f} to {number.resampled_high:.2f}")
    if number.delta_low is not None and number.delta_high is not None:
        low, high = signed(number.delta_low, 2), signed(number.delta_high, 2)
        parts.append(f"{confidence:.0%} interval of the change {low} to {high}")
    if number.rank_low is not None:
        parts.append(f"{confidence:.0%} interval of the rank {number.rank_low} to {number.rank_high}")
    if number.n_error:
        parts.append(f"{number.n_error} of {number.n_asked} failed")
    others = {
        "unreadable": number.n_unreadable,
        "empty": number.n_empty,
        "refused": number.n_refused,
        "out of prompt": number.n_oop,
        "given alone": number.n_alone,
    }
    parts += [f"{count} {what}" for what, count in others.items() if count]
    return "; ".join(parts)
