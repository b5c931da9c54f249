"""The notes below a table."""

from collections.abc import Iterator, Sequence

from imeval.tables.context import Context, ModelRow
from imeval.tables.headings import symbol
from imeval.tables.results import Results, Slot


def left_out_note(context: Context) -> Iterator[str]:
    """Yield how many broken images are missing."""
    if context.left_out:
        yield f"Left out of {context.image_set}, as their pictures are broken: {context.left_out}."


def count_notes(context: Context) -> Iterator[str]:
    """Yield which label categories have no image."""
    empty = [symbol(category) for category, count in context.counts.items() if not count]
    if empty:
        yield f"No image falls into {', '.join(empty)}."


def answer_notes(context: Context, results: Results, shown: Sequence[tuple[ModelRow, str]]) -> Iterator[str]:
    """Yield the failed requests and empty answers of tasks."""
    treated = {"exclude": "left out of its percentages", "wrong": "counted as not correct"}[context.errors]
    for model, task in shown:
        row = results.row(model.id, task, Slot("accuracy", "regt", "A"))
        parts = []
        if row["n_error"]:
            parts.append(f"{row['n_error']} of {row['n']} requests failed ({treated})")
        if row["n_empty"]:
            parts.append(f"{row['n_empty']} of {row['n']} answers were empty or refused (no class)")
        if parts:
            yield f"{model.title}, {context.task_titles[task]}: {'; '.join(parts)}."


def run_notes(context: Context, results: Results) -> Iterator[str]:
    """Yield how many runs values are means of."""
    for model in context.models:
        runs = {task: results.row(model.id, task, Slot("accuracy", "imgt", "A"))["runs"] for task in model.tasks}
        for count in sorted({count for count in runs.values() if count > 1}):
            titles = ", ".join(context.task_titles[task] for task, number in runs.items() if number == count)
            yield f"{model.title}: means over {count} runs in {titles}."
        for task, count in runs.items():
            # Greedy decoding runs a repeated task once: every run would give the same answers. Of other models, such as
            # imported ones, nobody knows whether a second run would.
            if count == 1 and task in context.repeated:
                reason = ", as its decoding is deterministic" if model.greedy else ""
                yield f"{model.title}: one run of {context.task_titles[task]}{reason}."
