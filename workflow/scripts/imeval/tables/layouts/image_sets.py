"""Table 47, not in the paper: accuracy on several image sets."""

from collections.abc import Sequence
from dataclasses import replace

from imeval.scoring.robustness import FEWEST, effective_robustness
from imeval.tables.assembly import make_table, model_row
from imeval.tables.cells import Block, Column, Number, Table
from imeval.tables.context import Context
from imeval.tables.layout import Layout
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="no labels", across=True)

_SLOT = Slot("accuracy", "imgt", "A")


def build(context: Context) -> Table:
    """Build two columns for each image set beside the first."""
    entries = [(model.id, task) for model, task in context.model_tasks]
    own = Results(context.metrics)
    first = [own.number(*entry, _SLOT, 2) for entry in entries]
    others = [
        _beside(first, [Results(context.other_metrics[name]).number(*entry, _SLOT, 2) for entry in entries], title)
        for name, title in context.other_titles.items()
    ]
    rows = tuple(
        model_row(model, task, context, [first[place], *(number for pairs in others for number in pairs[place])])
        for place, (model, task) in enumerate(context.model_tasks)
    )
    headings = [
        Column(heading, title, numeric=True)
        for title in context.other_titles.values()
        for heading in ("accuracy", "effective")
    ]
    columns = (Column("Model"), Column("Task"), Column("accuracy", context.image_set, numeric=True), *headings)
    caption = (
        f"Accuracy in % under the original labels. Small figures: the change from {context.image_set}, in percentage "
        f"points. Effective robustness: the accuracy above the line that the rows of this table form between both "
        f"image sets, in percentage points; the line is fitted to the logits of at least {FEWEST} rows."
    )
    return make_table(context, caption, columns, [Block("", rows)], _notes(others))


def _beside(first: Sequence[Number], other: Sequence[Number], title: str) -> list[tuple[Number, Number]]:
    """Return each row's accuracy on other images, and its effective robustness."""
    above = effective_robustness(_shares(first), _shares(other)) or [None] * len(other)
    return [
        (
            replace(number, reference=imagenet.value, image_set=title),
            Number(
                "effective_robustness",
                "imgt",
                "A",
                value=None if value is None else 100 * value,
                decimals=2,
                n=number.n,
                n_hit=number.n_hit,
                image_set=title,
            ),
        )
        for number, imagenet, value in zip(other, first, above, strict=True)
    ]


def _shares(numbers: Sequence[Number]) -> list[float | None]:
    return [None if number.value is None else number.value / 100 for number in numbers]


def _notes(others: Sequence[Sequence[tuple[Number, Number]]]) -> list[str]:
    lacking = any(robustness.value is None for pairs in others for _, robustness in pairs)
    sentence = (
        f"No effective robustness where fewer than {FEWEST} rows have accuracies between 0 and 100%, or all have "
        "the same accuracy on the first images."
    )
    return [sentence] if lacking else []
