"""A table as a LaTeX float."""

import re
from collections.abc import Iterable, Iterator, Sequence

from imeval.tables.cells import Block, Cell, Column, Table
from imeval.tables.rendering.printed import (
    as_printed,
    has_intervals,
    interval_text,
    rendered_width,
    small_figures,
    spans,
    value_text,
)

# Every character that LaTeX interprets, or that its default fonts lack.
_SYMBOLS = {
    **{character: f"\\{character}" for character in "{}%&#_"},
    **{character: f"${character}$" for character in "|<>"},
    # At the start of a row, LaTeX would read these two as arguments of the \\ before them.
    **{character: f"{{{character}}}" for character in "[*"},
    "$": "\\textdollar{}",
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "`": "\\textasciigrave{}",
    "∖": "$\\setminus$",
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
# The characters beyond ASCII that pdflatex prints in its default encoding.
_PLAIN = frozenset("–—‘’“”…†•€™") | (
    frozenset(map(chr, range(0xA1, 0x180))) - frozenset("\xad«»ÐÞðþĄąĐđĘęĦħĮįĸĿŀŉŊŋŦŧŲųſ")
)


def to_tex(table: Table) -> str:
    """Return a table as a LaTeX float.

    It is at most as wide as the line, or as the page. "Table 1" in its texts is a reference to the label tab:table1.
    """
    table = as_printed(table)
    environment = "table*" if table.spans_page else "table"
    caption = f"{table.title}. {table.caption}"
    lines = [
        "% \\usepackage{booktabs, graphicx}",
        *_needed(table, caption),
        f"\\begin{{{environment}}}[tp]",
        "\\centering\\setlength{\\tabcolsep}{4pt}",
        f"\\caption{{{_referring(caption)}}}",
        f"\\label{{tab:{table.name}}}",
        "\\smallskip",
        "\\resizebox{\\ifdim\\width>\\linewidth \\linewidth\\else\\width\\fi}{!}{%",
        # r@{}l are the two columns of a number, value and small figures, without a space between them.
        f"\\begin{{tabular}}{{{''.join('r@{}l' if column.numeric else 'l' for column in table.columns)}}}",
        "\\toprule",
        *_head(table.columns),
        *(line for block in table.blocks for line in _block(block, table)),
        "\\bottomrule",
        "\\end{tabular}}",
        *(f"\\par\\smallskip{{\\footnotesize\\raggedright {_referring(note)}\\par}}" for note in table.notes),
        f"\\end{{{environment}}}",
    ]
    return "\n".join(lines) + "\n"


_TABLES = re.compile(r"\bTables? \d+[a-z]?(?:(?:, | and | to )\d+[a-z]?)*\b")
_NUMBER = re.compile(r"\d+[a-z]?")


def _needed(table: Table, caption: str) -> Iterator[str]:
    """Yield a comment that names the tables to which the texts refer."""
    texts = " ".join([caption, *table.notes])
    numbers = dict.fromkeys(number for named in _TABLES.findall(texts) for number in _NUMBER.findall(named))
    if numbers:
        yield f"% refers to {', '.join(f'table{number}.tex' for number in numbers)}: \\input these too"


def _referring(text: str) -> str:
    """Return an escaped text in which names of tables are references.

    "Tables 3 and 4" becomes Tables~\\ref{tab:table3} and \\ref{tab:table4}.
    """
    line = " ".join(text.split())
    parts, end = [], 0
    for named in _TABLES.finditer(line):
        references = _NUMBER.sub(r"\\ref{tab:table\g<0>}", named[0]).replace(" ", "~", 1)
        parts += [_escaped(line[end : named.start()]), references]
        end = named.end()
    return "".join([*parts, _escaped(line[end:])])


def _escaped_line(text: str) -> str:
    """Return a text on one escaped line."""
    return _escaped(" ".join(text.split()))


def _escaped(text: str) -> str:
    return "".join(map(_escaped_character, text))


def _escaped_character(character: str) -> str:
    if character in _SYMBOLS:
        return _SYMBOLS[character]
    if (character.isascii() and character.isprintable()) or character in _PLAIN:
        return character
    # pdflatex stops at a character without a glyph, so its code point is printed instead.
    return f"{{[}}U+{ord(character):04X}]"


def _head(columns: Sequence[Column]) -> Iterator[str]:
    above = spans(columns)
    if any(span.title for span in above):
        yield _row(f"\\multicolumn{{{span.width}}}{{c}}{{{_escaped_line(span.title)}}}" for span in above)
        yield "".join(f"\\cmidrule(lr){{{span.first}-{span.last}}}" for span in above if span.title)
    yield _row(map(_heading, columns))


def _heading(column: Column) -> str:
    # LaTeX has no en dash in formulas.
    subscript = column.subscript.replace("–", "{-}")
    index = f"$_{{{subscript}}}$" if subscript else ""
    # A sign such as ⁺ and a subscript after it must share one formula.
    title = f"{_escaped_line(column.title)}{index}".replace("$$", "")
    return f"\\multicolumn{{2}}{{c}}{{{title}}}" if column.numeric else title


def _block(block: Block, table: Table) -> Iterator[str]:
    yield "\\midrule"
    if block.title:
        yield f"\\multicolumn{{{rendered_width(table.columns)}}}{{l}}{{\\itshape {_escaped_line(block.title)}}} \\\\"
    for row in block.rows:
        yield _row(_cell(cell, table) for cell in row.cells)
        if has_intervals(row, table):
            yield _row(map(_interval, row.cells))


def _interval(cell: Cell) -> str:
    return "" if isinstance(cell, str) else f"\\multicolumn{{2}}{{c}}{{\\scriptsize {interval_text(cell)}}}"


def _row(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _cell(cell: Cell, table: Table) -> str:
    if isinstance(cell, str):
        return _escaped_line(cell)
    # In LaTeX, value and small figures are two columns.
    printed = _escaped(value_text(cell))
    value = f"\\textbf{{{printed}}}" if cell.best else printed
    behind = " ".join(_escaped(figure) for figure in small_figures(cell, table))
    return f"{value} & {{\\scriptsize\\,{behind}}}" if behind else f"{value} &"
