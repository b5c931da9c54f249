"""Table 17: each MLLM's open-world accuracy by text encoder."""

from collections.abc import Iterator
from dataclasses import replace

from imeval.tables.assembly import make_table, named_once, row_of
from imeval.tables.cells import Block, Column, Row, Table
from imeval.tables.context import Context, ModelRow
from imeval.tables.headings import accuracy_columns, accuracy_slots, by_labels
from imeval.tables.layout import Layout
from imeval.tables.notes import chosen_notes, count_notes
from imeval.tables.results import Results

LAYOUT = Layout(models="mllm", resampled=True)


def build(context: Context) -> Table:
    """Build Table 17: a row for each text encoder."""
    results = Results(context.metrics)
    blocks = [Block("", tuple(named_once(_rows(model, context, results)))) for model in context.models]
    caption = (
        f"Accuracy in % of each MLLM's answers on {context.image_set}, by the text encoder that maps them to classes, "
        f"{by_labels(context)}. +T: the mean over prompt templates. "
        f"Bold: the encoder of the model's highest accuracy over A under {context.best_labels}."
    )
    columns = (Column("Model"), Column("Text encoder"), Column("+T"), *accuracy_columns(context))
    notes = [*_configured_notes(context), *count_notes(context)]
    return make_table(context, caption, columns, blocks, notes)


def _rows(model: ModelRow, context: Context, results: Results) -> Iterator[Row]:
    best = context.best_tasks[model.id]
    for task in model.tasks:
        numbers = [
            replace(results.number(model.id, task, slot, 2), best=task == best) for slot in accuracy_slots(context)
        ]
        # The tasks are named after encoder and templates: ow.sbert-none, ow.sbert-openai.
        templated = "" if task.endswith("-none") else "+T"
        yield row_of(model, task, (model.title, context.task_titles[task], templated, *numbers))


def _configured_notes(context: Context) -> Iterator[str]:
    """Yield notes on models' best and configured text encoders."""
    for model in context.models:
        # The part after the task: sbert-none of ow.sbert-none.
        best = context.best_tasks[model.id].partition(".")[2]
        if best == model.space:
            yield f"{model.title}: the best text encoder is the one that its other tables use, {best}."
        else:
            yield f"{model.title}: the best text encoder is {best}; its other tables use {model.space}."
    yield from chosen_notes(context, {task: task.partition(".")[2] for _, task in context.model_tasks})
