"""Table 3: every model's accuracy and rank in each label category."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from imeval.tables.assembly import make_table, model_row, ranked
from imeval.tables.cells import Block, Column, Number, Row, Table
from imeval.tables.context import GROUPS, Context, ModelRow
from imeval.tables.headings import accuracy_columns, accuracy_slots, by_labels
from imeval.tables.layout import Layout
from imeval.tables.notes import chosen_notes, count_notes
from imeval.tables.results import Results, Slot

LAYOUT = Layout(models="no labels", best_task=True, resampled=True, ranks=True)

_BOTH = Slot("accuracy", "imgt_and_regt", "A")

# The mark of a task that was chosen as the model's best.
_CHOSEN = "†"


def build(context: Context) -> Table:
    """Build Table 3: each model by its best task."""
    results = Results(context.metrics)
    best = context.best_tasks
    chosen = [(model, best[model.id]) for group in GROUPS for model in context.models if model.group == group]
    ranked_columns = _ranked_columns(chosen, context, results)
    if context.relabelled:
        # The overlap Im ∩ Re is not ranked, as in the paper.
        ranked_columns.append([results.number(model.id, task, _BOTH, 2) for model, task in chosen])
    rows = [
        _marked_if_chosen(model_row(model, task, context, numbers), model)
        for (model, task), *numbers in zip(chosen, *ranked_columns, strict=True)
    ]
    # Ranks compare the models of all blocks.
    blocks = [Block(title, tuple(row for row in rows if row.group == group)) for group, title in GROUPS.items()]
    change = f"Small figures: the change from ImGT to {context.label_set}, in percentage points. "
    caption = (
        f"Accuracy in % on {context.image_set}, {by_labels(context)}. {change if context.relabelled else ''}"
        "In parentheses: the dense rank in the column; bold: rank 1."
        f"{' Im ∩ Re: correct under both.' if context.relabelled else ''}"
    )
    both = [Column("Im ∩ Re", numeric=True)] if context.relabelled else []
    columns = (Column("Model"), Column("Task"), *accuracy_columns(context), *both)
    notes = [*_choice_note(context), *count_notes(context)]
    return make_table(context, caption, columns, blocks, notes)


def _ranked_columns(chosen: list[tuple[ModelRow, str]], context: Context, results: Results) -> list[list[Number]]:
    """Return the accuracies by column, with their ranks."""
    imgt, *rest = (
        [results.number(model.id, task, slot, 2) for model, task in chosen] for slot in accuracy_slots(context)
    )
    if rest:
        # Changes are computed from unrounded values: the paper prints +4.0 between 82.40 and 86.45.
        rest[0] = [
            replace(new, reference=old.value, changed_from=(task, "imgt"))
            for new, old, (_, task) in zip(rest[0], imgt, chosen, strict=True)
        ]
    intervals = {
        (row["model"], row["labels"], row["category"]): (row["rank_low"], row["rank_high"])
        for row in context.ranks.iter_rows(named=True)
    }
    return [
        [_with_rank_interval(number, model, intervals) for number, (model, _) in zip(column, chosen, strict=True)]
        for column in map(ranked, (imgt, *rest))
    ]


def _with_rank_interval(
    number: Number, model: ModelRow, intervals: Mapping[tuple[str, str, str], tuple[int, int]]
) -> Number:
    # A model without a value has no rank, and the bootstrap ranks only some columns.
    if number.value is None:
        return number
    low, high = intervals.get((model.id, number.labels, number.category), (None, None))
    return replace(number, rank_low=low, rank_high=high)


def _marked_if_chosen(row: Row, model: ModelRow) -> Row:
    title, task, *numbers = row.cells
    return replace(row, cells=(title, f"{task}{_CHOSEN}", *numbers)) if len(model.tasks) > 1 else row


def _choice_note(context: Context) -> Iterator[str]:
    if any(len(model.tasks) > 1 for model in context.models):
        yield f"{_CHOSEN} Of the model's tasks, the one of the highest accuracy over A under {context.best_labels}."
    yield from chosen_notes(context, context.task_titles)
