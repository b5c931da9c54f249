"""A table as a LaTeX float, a page of its own, or tidy rows; every text in it is data, never markup."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from html import escape
from itertools import groupby

from imeval.provenance import page
from imeval.provenance.record import Record
from imeval.tables import Block, Cell, Column, Number, Row, Table

_EMPTY = "–"

_TEX_SYMBOLS = {
    **{character: f"\\{character}" for character in "{}%&#_"},
    **{character: f"${character}$" for character in "|<>"},
    # After a row's end, LaTeX takes these two for its arguments.
    **{character: f"{{{character}}}" for character in "[*"},
    "$": "\\textdollar{}",
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "`": "\\textasciigrave{}",
    "∪": "$\\cup$",
    "∩": "$\\cap$",
    "∈": "$\\in$",
    "∉": "$\\notin$",
    "⁺": "$^{+}$",
    "⁻": "$^{-}$",
    "ᵢ": "$_{i}$",
    "−": "$-$",
    "±": "$\\pm$",
}
_TEX_PLAIN = frozenset("–—‘’“”…†•€™") | (
    frozenset(map(chr, range(0xA1, 0x180))) - frozenset("\xad«»ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ")
)
"""What pdflatex prints in its default encoding, beside ASCII."""

_CSV_COLUMNS = (
    "table", "model", "title", "group", "task", "labels", "category", "metric", "value", "n", "n_hit", "n_empty",
    "n_error", "n_oop", "runs", "ci_low", "ci_high", "delta", "rank", "rank_low", "rank_high", "best", "published",
    "difference", "image_set", "label_set",
)  # fmt: skip

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; margin: 2rem auto; padding: 0 1.5rem;
  max-width: max-content; }
h1 { font-size: 1.35rem; margin: 0 0 .25rem; }
p.caption { max-width: 60rem; margin: .25rem 0; }
p.sets { margin: .25rem 0 1rem; color: #555; }
table { border-collapse: collapse; border-top: 2px solid #1a1a1a; border-bottom: 2px solid #1a1a1a;
  font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; text-align: left; white-space: nowrap; font-weight: normal; background: #fff; }
td.number { text-align: right; padding-right: 0; }
td.behind { font-size: .75em; padding-left: .4em; color: #555; }
span.paper { display: block; color: #7a4a00; }
span.up { color: #1b7f3b; } span.down { color: #b3261e; }
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


@dataclass(frozen=True)
class _Span:
    """Neighbours under one heading, from the first to the last rendered column, counted from 1.

    A number is rendered in two columns, the value and what stands behind it, so that the values align.
    """

    title: str
    first: int
    last: int

    @property
    def width(self) -> int:
        return self.last - self.first + 1


def to_tex(table: Table) -> str:
    """Render a `table` float; it is narrowed to the line where it is wider."""
    lines = [
        "% \\usepackage{booktabs, graphicx}",
        "\\begin{table}[tp]",
        "\\centering\\setlength{\\tabcolsep}{4pt}",
        f"\\caption{{{_tex(f'{table.title}. {table.caption}')}}}",
        f"\\label{{tab:{table.name}}}",
        "\\smallskip",
        "\\resizebox{\\ifdim\\width>\\linewidth \\linewidth\\else\\width\\fi}{!}{%",
        f"\\begin{{tabular}}{{{''.join('r@{}l' if column.numeric else 'l' for column in table.columns)}}}",
        "\\toprule",
        *_tex_head(table.columns),
        *(line for block in table.blocks for line in _tex_block(block, table)),
        "\\bottomrule",
        "\\end{tabular}}",
        *(f"\\par\\smallskip{{\\footnotesize\\raggedright {_tex(note)}\\par}}" for note in table.notes),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def to_html(table: Table, record: Record | None = None) -> str:
    """Render a page that needs no other file; a value tells its images and interval when pointed at.

    Args:
        table: the table.
        record: what it was made by, told above it.
    """
    title = f"Table {table.name.removeprefix('table')}. {table.title}"
    head = "\n".join(_html_head(table.columns))
    bodies = "\n".join(line for block in table.blocks for line in _html_block(block, table))
    notes = "\n".join(f'<p class="note">{escape(note)}</p>' for note in table.notes)
    made = page.record_html(record) if record else ""
    hint = " Point at a value to see what it rests on." if _is_numeric(table) else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<style>{_STYLE}{page.STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p class="caption">{escape(table.caption)}</p>
<p class="sets">Images: {escape(table.image_set)}. Labels: {escape(table.label_set)}.{hint}</p>
{made}
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


def to_csv(table: Table) -> str:
    """Render one row a value, in full precision and percent; a table of texts as it stands, with its image set."""
    text = io.StringIO()
    if _is_numeric(table):
        tidy = csv.DictWriter(text, _CSV_COLUMNS, lineterminator="\n")
        tidy.writeheader()
        for row in _rows(table):
            tidy.writerows(_csv_values(table, row, cell) for cell in row.cells if isinstance(cell, Number))
    else:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*(column.title for column in table.columns), "image_set"])
        writer.writerows([_csv_text(str(cell)) for cell in (*row.cells, table.image_set)] for row in _rows(table))
    return text.getvalue()


def _is_numeric(table: Table) -> bool:
    return any(column.numeric for column in table.columns)


def _rows(table: Table) -> list[Row]:
    return [row for block in table.blocks for row in block.rows]


def _spans(columns: Sequence[Column]) -> list[_Span]:
    spans: list[_Span] = []
    for title, grouped in groupby(columns, key=lambda column: column.group):
        first = spans[-1].last + 1 if spans else 1
        spans.append(_Span(title, first, first + sum(map(_width, grouped)) - 1))
    return spans


def _width(column: Column) -> int:
    return 2 if column.numeric else 1


def _value(number: Number) -> str:
    return _EMPTY if number.value is None else f"{number.value:.{number.decimals}f}"


def _behind(number: Number, table: Table) -> list[str]:
    """Return what stands behind a value in small: half of its interval, the change to one decimal, the rank."""
    change = _change(number, table)
    spread = number.half_width
    return [
        *([f"±{spread:.{number.decimals}f}"] if spread is not None else []),
        *([change] if change else []),
        *([f"({number.rank})"] if number.rank else []),
    ]


def _change(number: Number, table: Table) -> str | None:
    if number.value is None or number.reference is None:
        return None
    change: float | Decimal = number.value - number.reference
    if table.rounds_before_subtracting:
        printed = Decimal(_value(number)) - Decimal(f"{number.reference:.{number.decimals}f}")
        change = printed.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{change:+z.1f}".replace("-", "−")


# LaTeX


def _tex(text: str) -> str:
    """Escape a text, on one line; what pdflatex cannot print becomes its code point."""
    return "".join(map(_tex_character, " ".join(text.split())))


def _tex_character(character: str) -> str:
    if character in _TEX_SYMBOLS:
        return _TEX_SYMBOLS[character]
    if (character.isascii() and character.isprintable()) or character in _TEX_PLAIN:
        return character
    return f"{{[}}U+{ord(character):04X}]"


def _tex_head(columns: Sequence[Column]) -> Iterator[str]:
    spans = _spans(columns)
    if any(span.title for span in spans):
        yield _tex_row(f"\\multicolumn{{{span.width}}}{{c}}{{{_tex(span.title)}}}" for span in spans)
        yield "".join(f"\\cmidrule(lr){{{span.first}-{span.last}}}" for span in spans if span.title)
    yield _tex_row(map(_tex_heading, columns))


def _tex_heading(column: Column) -> str:
    index = f"$_{{{column.subscript}}}$" if column.subscript else ""
    # A sign and the number below it, as in S⁺, stand in one formula.
    title = f"{_tex(column.title)}{index}".replace("$$", "")
    return f"\\multicolumn{{2}}{{c}}{{{title}}}" if column.numeric else title


def _tex_block(block: Block, table: Table) -> Iterator[str]:
    yield "\\midrule"
    if block.title:
        width = sum(map(_width, table.columns))
        yield f"\\multicolumn{{{width}}}{{l}}{{\\itshape {_tex(block.title)}}} \\\\"
    for row in block.rows:
        yield _tex_row(_tex_cell(cell, table) for cell in row.cells)


def _tex_row(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _tex_cell(cell: Cell, table: Table) -> str:
    if isinstance(cell, str):
        return _tex(cell)
    value = f"\\textbf{{{_value(cell)}}}" if cell.best else _value(cell)
    behind = " ".join(_tex(part) for part in _behind(cell, table))
    return f"{value} & {{\\scriptsize\\,{behind}}}" if behind else f"{value} &"


# HTML


def _html_head(columns: Sequence[Column]) -> Iterator[str]:
    spans = _spans(columns)
    if any(span.title for span in spans):
        cells = "".join(
            f'<th class="{"over" if span.title else "none"}" colspan="{span.width}">{escape(span.title)}</th>'
            for span in spans
        )
        yield f"<tr>{cells}</tr>"
    yield f"<tr>{''.join(map(_html_heading, columns))}</tr>"


def _html_heading(column: Column) -> str:
    index = f"<sub>{escape(column.subscript)}</sub>" if column.subscript else ""
    width = ' class="number" colspan="2"' if column.numeric else ""
    return f'<th scope="col"{width}>{escape(column.title)}{index}</th>'


def _html_block(block: Block, table: Table) -> Iterator[str]:
    yield "<tbody>"
    if block.title:
        width = sum(map(_width, table.columns))
        yield f'<tr class="block"><th scope="rowgroup" colspan="{width}">{escape(block.title)}</th></tr>'
    for row in block.rows:
        first, *others = row.cells
        cells = "".join(_html_cell(cell, table) for cell in others)
        yield f'<tr><th scope="row">{escape(str(first))}</th>{cells}</tr>'
    yield "</tbody>"


def _html_cell(cell: Cell, table: Table) -> str:
    if isinstance(cell, str):
        return f"<td>{escape(cell)}</td>"
    value = f"<strong>{_value(cell)}</strong>" if cell.best else _value(cell)
    parts = [f'<span class="{_direction(part)}">{part}</span>' for part in _behind(cell, table)]
    behind = " ".join([*parts, *_html_published(cell)])
    basis = escape(_basis(cell, table.confidence))
    return f'<td class="number" title="{basis}">{value}</td><td class="behind" title="{basis}">{behind}</td>'


def _html_published(number: Number) -> list[str]:
    """Return the paper's value and how far the table's own is from it."""
    if number.published is None:
        return []
    spread = "" if number.published_half_width is None else f" ±{number.published_half_width:.{number.decimals}f}"
    away = "" if number.difference is None else f" ({number.difference:+z.{number.decimals}f})".replace("-", "−")
    return [f'<span class="paper">paper {number.published:.{number.decimals}f}{spread}{away}</span>']


def _direction(part: str) -> str:
    """Return the class of a change or rank, for its colour."""
    if part == "+0.0":
        return "even"
    return {"+": "up", "−": "down"}.get(part[0], "rank")


def _basis(number: Number, confidence: float) -> str:
    """Return what a value rests on: hits of images, interval, and the images without an answer."""
    parts = [f"{number.n_hit} of {number.n} images"]
    if number.ci_low is not None:
        parts.append(f"{confidence:.0%} interval {number.ci_low:.2f} to {number.ci_high:.2f}")
    if number.rank_low is not None:
        parts.append(f"{confidence:.0%} interval of the rank {number.rank_low} to {number.rank_high}")
    others = ((number.n_error, "failed"), (number.n_empty, "empty or refused"), (number.n_oop, "out of prompt"))
    parts += [f"{count} {what}" for count, what in others if count]
    return "; ".join(parts)


# CSV


def _csv_values(table: Table, row: Row, number: Number) -> dict[str, object]:
    own = {name: getattr(number, name) for name in _CSV_COLUMNS if hasattr(number, name)}
    texts = {"model": row.model, "title": row.title, "group": row.group, "task": row.task}
    sets = {"table": table.name, "image_set": table.image_set, "label_set": table.label_set}
    return {**own, **{name: _csv_text(text) for name, text in {**texts, **sets}.items()}}


def _csv_text(text: str) -> str:
    """Return a text on one line, which a spreadsheet takes for no formula."""
    line = " ".join(text.split())
    return f"'{line}" if line.startswith(("=", "+", "-", "@")) else line
