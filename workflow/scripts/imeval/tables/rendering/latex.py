"""A table as a LaTeX float."""

from collections.abc import Iterable, Iterator, Sequence

from imeval.tables.cells import Block, Cell, Column, Table
from imeval.tables.rendering.printed import rendered_width, small_figures, spans, value_text

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

    It is at most as wide as the line.
    """
    lines = [
        "% \\usepackage{booktabs, graphicx}",
        "\\begin{table}[tp]",
        "\\centering\\setlength{\\tabcolsep}{4pt}",
        f"\\caption{{{_escaped(f'{table.title}. {table.caption}')}}}",
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
        *(f"\\par\\smallskip{{\\footnotesize\\raggedright {_escaped(note)}\\par}}" for note in table.notes),
        "\\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Return a text on one escaped line."""
    return "".join(map(_escaped_character, " ".join(text.split())))


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
        yield _row(f"\\multicolumn{{{span.width}}}{{c}}{{{_escaped(span.title)}}}" for span in above)
        yield "".join(f"\\cmidrule(lr){{{span.first}-{span.last}}}" for span in above if span.title)
    yield _row(map(_heading, columns))


def _heading(column: Column) -> str:
    # LaTeX has no en dash in formulas.
    subscript = column.subscript.replace("–", "{-}")
    index = f"$_{{{subscript}}}$" if subscript else ""
    # A sign such as ⁺ and a subscript after it must share one formula.
    title = f"{_escaped(column.title)}{index}".replace("$$", "")
    return f"\\multicolumn{{2}}{{c}}{{{title}}}" if column.numeric else title


def _block(block: Block, table: Table) -> Iterator[str]:
    yield "\\midrule"
    if block.title:
        yield f"\\multicolumn{{{rendered_width(table.columns)}}}{{l}}{{\\itshape {_escaped(block.title)}}} \\\\"
    for row in block.rows:
        yield _row(_cell(cell, table) for cell in row.cells)


def _row(cells: Iterable[str]) -> str:
    return f"{' & '.join(cells)} \\\\"


def _cell(cell: Cell, table: Table) -> str:
    if isinstance(cell, str):
        return _escaped(cell)
    # In LaTeX, value and small figures are two columns.
    value = f"\\textbf{{{value_text(cell)}}}" if cell.best else value_text(cell)
    behind = " ".join(_escaped(figure) for figure in small_figures(cell, table))
    return f"{value} & {{\\scriptsize\\,{behind}}}" if behind else f"{value} &"
