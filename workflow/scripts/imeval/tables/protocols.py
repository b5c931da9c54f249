"""Tables 6, 10, 11, 13 and 16 to 18: the tasks of the MLLMs in other settings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from imeval.tables.parts import (
    ACCURACY,
    Block,
    Cell,
    Column,
    Context,
    ModelRow,
    Results,
    Row,
    Slot,
    Table,
    accuracy_columns,
    answer_notes,
    count_notes,
    model_row,
    table,
)

_ALL_IMAGES = tuple(slot for slot in ACCURACY if slot.category == "A")


def multiple_choice(context: Context) -> Table:
    """Build Tables 6 and 18: each MLLM's accuracy by what its questions offer."""
    questions = "on multiple-choice questions, by the labels they offer and by their distractors,"
    return _settings(context, "Options", ACCURACY, questions, counts_out_of_prompt=False)


def variants(context: Context) -> Table:
    """Build Tables 10, 13 and 16: each MLLM's accuracy by one setting of a task, and its out-of-prompt answers."""
    return _settings(context, "Setting", ACCURACY, "by the setting of the task,", counts_out_of_prompt=True)


def orders(context: Context) -> Table:
    """Build Table 11: as `variants`, over all images alone."""
    return _settings(context, "Order", _ALL_IMAGES, "by the order of the images,", counts_out_of_prompt=True)


def positions(context: Context) -> Table:
    """Build Table 12: the images at a position of their request, tracked over other numbers of images a request."""
    results = Results(context.metrics)
    blocks = [
        Block(model.title, tuple(_position_row(model, task, position, context, results) for task in model.tasks))
        for model in context.models
        for position in context.settings["positions"]
    ]
    tracked = {context.task_titles[model.tasks[-1]] for model in context.models}
    caption = (
        f"Accuracy in % on those of {context.image_set} that stand at a position of their request when it has "
        f"{', '.join(sorted(tracked))} images, by the number of images a request: in a block the same images in every "
        f"row. Under the original labels (ImGT) and {context.label_set}. OOP: images with an out-of-prompt answer."
    )
    columns = (
        Column("Position"),
        Column("Images a request"),
        Column("ImGT", numeric=True),
        Column(context.label_set, numeric=True),
        Column("OOP", numeric=True),
    )
    return table(context, caption, columns, blocks, count_notes(context))


def encoders(context: Context) -> Table:
    """Build Table 17: each MLLM's open world by text encoder, with prompt templates (+T) and without."""
    results = Results(context.metrics)
    blocks = [Block("", tuple(_encoder_rows(model, context, results))) for model in context.models]
    labels = {"imgt": "ImGT", "regt": context.label_set}[context.best_task_by]
    caption = (
        f"Accuracy in % of each MLLM's answers on {context.image_set}, by the text encoder that maps them to classes, "
        f"under the original labels (ImGT) and under {context.label_set}. +T: the mean over prompt templates. "
        f"Bold: the encoder of the model's highest accuracy over A under {labels}."
    )
    columns = (Column("Model"), Column("Text encoder"), Column("+T"), *accuracy_columns(context))
    notes = [*_configured_notes(context), *count_notes(context)]
    return table(context, caption, columns, blocks, notes)


def _settings(
    context: Context, heading: str, slots: Sequence[Slot], compared: str, *, counts_out_of_prompt: bool
) -> Table:
    """Build a table with a block a model and a row a task, the model's name written once."""
    results = Results(context.metrics)
    blocks = [
        Block("", tuple(_setting_rows(model, context, results, slots, counts_out_of_prompt)))
        for model in context.models
    ]
    caption = (
        f"Accuracy in % of the MLLMs {compared} on {context.image_set}, by the label categories of Table 1 "
        f"(their images as subscripts), under the original labels (ImGT) and under {context.label_set}. "
        f"±: half of the {context.confidence:.0%} interval of the mean over several runs."
    )
    out_of_prompt = [Column("OOP", "", "images", numeric=True)] if counts_out_of_prompt else []
    columns = (Column("Model"), Column(heading), *accuracy_columns(context, slots), *out_of_prompt)
    shown = [(model, task) for model in context.models for task in model.tasks]
    notes = [*_run_notes(context, results), *count_notes(context), *answer_notes(context, results, shown)]
    return table(context, caption, columns, blocks, notes)


def _setting_rows(
    model: ModelRow, context: Context, results: Results, slots: Sequence[Slot], counts_out_of_prompt: bool
) -> Iterator[Row]:
    for place, task in enumerate(model.tasks):
        numbers = [results.number(model.id, task, slot, 2) for slot in slots]
        if counts_out_of_prompt:
            decimals = 2 if numbers[0].runs > 1 else 0
            numbers.append(results.out_of_prompt_images(model.id, task, decimals))
        row = model_row(model, task, context, numbers)
        yield replace(row, cells=("", *row.cells[1:])) if place else row


def _position_row(model: ModelRow, task: str, position: int, context: Context, results: Results) -> Row:
    metric = f"accuracy_at_{position}"
    imgt, regt = (results.number(model.id, task, Slot(metric, labels, "A"), 2) for labels in ("imgt", "regt"))
    out = replace(regt, metric=f"oop_images_at_{position}", value=regt.n_oop, decimals=0, ci_low=None, ci_high=None)
    cells = (str(position), context.task_titles[task], imgt, regt, out)
    return Row(cells, model.id, model.title, model.group, task)


def _encoder_rows(model: ModelRow, context: Context, results: Results) -> Iterator[Row]:
    best = context.best_tasks[model.id]
    for place, task in enumerate(model.tasks):
        numbers = [replace(results.number(model.id, task, slot, 2), best=task == best) for slot in ACCURACY]
        templated = "" if task.endswith("-none") else "+T"
        cells: tuple[Cell, ...] = ("" if place else model.title, context.task_titles[task], templated, *numbers)
        yield Row(cells, model.id, model.title, model.group, task)


def _configured_notes(context: Context) -> Iterator[str]:
    for model in context.models:
        best = context.best_tasks[model.id].partition(".")[2]
        if best == model.space:
            yield f"{model.title}: the best text encoder is the one that its other tables use, {best}."
        else:
            yield f"{model.title}: the best text encoder is {best}; its other tables use {model.space}."


def _run_notes(context: Context, results: Results) -> Iterator[str]:
    """Tell over how many runs values are means, and of a repeated task that was run once why that is enough."""
    for model in context.models:
        runs = {task: results.row(model.id, task, _ALL_IMAGES[0])["runs"] for task in model.tasks}
        for count in sorted({count for count in runs.values() if count > 1}):
            titles = ", ".join(context.task_titles[task] for task, number in runs.items() if number == count)
            yield f"{model.title}: means over {count} runs in {titles}."
        for task, count in runs.items():
            if count == 1 and task in context.repeated:
                yield f"{model.title}: one run of {context.task_titles[task]}, as its decoding is deterministic."
