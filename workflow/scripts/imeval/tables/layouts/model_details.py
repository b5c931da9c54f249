"""Table 7: the parts of each MLLM."""

from imeval.tables.assembly import make_table
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout

# The table describes the run's MLLMs without any result, so it needs no task.
LAYOUT = Layout(models="mllm")


def build(context: Context) -> Table:
    """Build Table 7: a row for each MLLM."""
    # The training strategy is a column only if the run has a model that gives one.
    trained = any(model.training for model in context.mllms)
    parts = [("Vision backbone", "vision_backbone"), ("Language model", "language_model")]
    parts += [("Training strategy", "training")] if trained else []
    rows = tuple(Row((model.title, *(getattr(model, part) or "–" for _, part in parts))) for model in context.mllms)
    columns = (Column("MLLM"), *(Column(title) for title, _ in parts))
    return make_table(context, "What each evaluated MLLM is made of.", columns, [Block("", rows)], [])
