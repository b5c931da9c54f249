"""Table 1: the definitions of the label categories."""

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context
from imeval.tables.headings import symbol
from imeval.tables.layout import Layout

LAYOUT = Layout(models="none", relabelled=True)

_DEFINITIONS = {
    "A": "N ∪ S ∪ M",
    "N": "{i : |Lᵢ| = 0}",
    "S": "{i : |Lᵢ| = 1}",
    "M": "{i : |Lᵢ| > 1}",
    "S+": "S ∩ {i : gtᵢ ∈ Lᵢ}",
    "S-": "S ∩ {i : gtᵢ ∉ Lᵢ}",
    "M+": "M ∩ {i : gtᵢ ∈ Lᵢ}",
    "M-": "M ∩ {i : gtᵢ ∉ Lᵢ}",
}

_EQUIVALENCE = {
    "none": "gtᵢ ∈ Lᵢ compares the class ids; equivalent classes stay apart.",
    "plus": "gtᵢ ∈ Lᵢ also holds where a label in Lᵢ is equivalent to gtᵢ.",
    "merge": "gtᵢ ∈ Lᵢ also holds where a label in Lᵢ is equivalent to gtᵢ; "
    "|Lᵢ| counts labels equivalent to each other as one.",
}
"""The note on equivalent classes, by the setting scoring.equivalent."""


def build(context: Context) -> Table:
    """Build Table 1."""
    caption = (
        "How an image i falls into a label category: gtᵢ is its original label (ImGT), "
        f"Lᵢ the set of its labels in {context.label_set}. "
        "A are all images, S those with one label, M with several, N with none; "
        "⁺ where gtᵢ is among the labels, ⁻ where it is not."
    )
    rows = tuple(Row((symbol(category), definition)) for category, definition in _DEFINITIONS.items())
    columns = (Column("Category"), Column("Definition"))
    return make_table(context, caption, columns, [Block("", rows)], [_EQUIVALENCE[context.equivalent]])
