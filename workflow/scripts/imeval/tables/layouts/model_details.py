"""Table 7: what each MLLM is made of."""

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout

# It describes the run's MLLMs, but shows no result of theirs: no task needs to be run for it.
LAYOUT = Layout(models="none", empty=True)


def build(context: Context) -> Table:
    """Build Table 7: a row for each MLLM."""
    rows = tuple(
        Row((model.title, model.vision_backbone or "–", model.language_model or "–")) for model in context.mllms
    )
    columns = (Column("MLLM"), Column("Vision backbone"), Column("Language model"))
    return make_table(context, "What each evaluated MLLM is made of.", columns, [Block("", rows)], [])
