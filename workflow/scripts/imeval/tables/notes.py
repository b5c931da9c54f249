"""The notes below a table."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import polars as pl

from imeval.scoring.metrics import Errors
from imeval.tables.context import Context
from imeval.tables.headings import symbol
from imeval.tables.results import Results, Slot


def left_out_note(context: Context) -> Iterator[str]:
    """Yield a note on broken images, if any."""
    if context.left_out:
        yield f"Left out of {context.image_set}, as their pictures are broken: {context.left_out}."


def chosen_notes(context: Context, titles: Mapping[str, str]) -> Iterator[str]:
    """Yield how sure the choice of each model's best task is.

        GPT-4o: CW+ is the best in 97% of the draws too. It is chosen on the images that it is measured on, which raises
        the model's accuracy over A by about 0.02 percentage points.

    Args:
        context: what the table is made from.
        titles: what the table calls each task.
    """
    judged = context.intervals.filter(pl.col("chosen_share").is_not_null())
    found = {(row["model"], row["task"]): row for row in judged.iter_rows(named=True)}
    best = context.best_tasks
    for model in context.models:
        if row := found.get((model.id, best[model.id])):
            yield (
                f"{model.title}: {titles[best[model.id]]} is the best in {row['chosen_share']:.0%} of the draws too. "
                "It is chosen on the images that it is measured on, which raises the model's accuracy over A by about "
                f"{100 * row['optimism']:.2f} percentage points."
            )


def count_notes(context: Context) -> Iterator[str]:
    """Yield a note on empty label categories."""
    empty = [symbol(category) for category, count in context.counts.items() if not count]
    # Under the original labels alone every image falls into S⁺, and no column is of another category.
    if empty and context.relabelled:
        yield f"No image falls into {', '.join(empty)}."


def answer_notes(context: Context, shown: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield notes on failed requests and answers.

        GPT-4o, CW: 2 of 20 requests failed (left out of its percentages); of 18 answers 3 unreadable (no class);
        of 18 answers 2 (11.1 %) were given about one image alone, the others about several.

    Args:
        context: what the table is made from. Notes on its second image set name this set.
        shown: the models and tasks that the table shows.
    """
    titles = {model.id: model.title for model in context.models}
    sets = [(context.metrics, ""), (context.beside_metrics, f" on {context.beside_image_set}")]
    counted = [({(row["model"], row["task"]): row for row in _counts(frame)}, where) for frame, where in sets]
    for model, task in dict.fromkeys(shown):
        for rows, where in counted:
            if failed := _failed(rows.get((model, task), {}), context.errors):
                yield f"{titles[model]}, {context.task_titles[task]}{where}: {failed}."


def _counts(measured: pl.DataFrame) -> list[dict[str, Any]]:
    """Count over all images, by model and task."""
    over_all = measured.filter(metric="accuracy", labels="regt", category="A")
    # Table 9's second image set has only recalls. Under the original labels they count each image once, in its class.
    recalls = measured.filter(pl.col("metric").str.starts_with("recall_"), labels="imgt")
    frame = over_all if len(over_all) else recalls
    return frame.group_by("model", "task").agg(pl.col("^n_.*$").sum()).to_dicts()


def _failed(counts: Mapping[str, int], errors: Errors) -> str:
    """Describe failed requests and answers, "" if none."""
    if not counts:
        return ""
    treated = {"exclude": "left out of its percentages", "wrong": "counted as not correct"}[errors]
    failed, asked = counts["n_error"], counts["n_asked"]
    requests = [f"{failed} of {asked} requests failed ({treated})"] if failed else []
    kinds = [f"{counts[f'n_{kind}']} {kind}" for kind in ("unreadable", "empty", "refused") if counts[f"n_{kind}"]]
    answers = [f"of {asked - failed} answers {', '.join(kinds)} (no class)"] if kinds else []
    return "; ".join([*requests, *answers, *_alone(counts["n_alone"], asked - failed)])


def _alone(alone: int, answers: int) -> Iterator[str]:
    if alone:
        share = f"{alone} ({alone / answers:.1%})".replace("%", " %")
        yield f"of {answers} answers {share} were given about one image alone, the others about several"


def run_notes(context: Context, results: Results) -> Iterator[str]:
    """Yield notes on repeated tasks."""
    for model in context.models:
        runs = {task: results.row(model.id, task, Slot("accuracy", "imgt", "A"))["runs"] for task in model.tasks}
        for count in sorted({count for count in runs.values() if count > 1}):
            titles = ", ".join(context.task_titles[task] for task, number in runs.items() if number == count)
            yield f"{model.title}: means over {count} runs in {titles}."
        for task, count in runs.items():
            # With greedy decoding a repeated task is run once, because every run would give the same answers. For other
            # models with one run, such as imported predictions, the reason is unknown.
            if count == 1 and task in context.repeated:
                reason = ", as it decodes greedily" if model.greedy else ""
                yield f"{model.title}: one run of {context.task_titles[task]}{reason}."
