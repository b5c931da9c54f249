"""Write the page of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imeval.asking.prices import prices_of
from imeval.asking.spending import spent
from imeval.base import parquet
from imeval.base.files import replacing
from imeval.images.thumbnails import pictures, thumbnail
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.provenance.record import Record, merge_records, read_record
from imeval.report import contents, page
from imeval.report.contents import Bill, Contents, Figure, Table
from imeval.report.galleries import Answers, aligned, galleries
from imeval.run.joblog import job
from imeval.scoring.contract import Metrics, Scores
from imeval.scoring.metrics import best_tasks

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Answered:
    """The files of the answers about the run's images.

    `predictions`, `scores` and `metrics` have a file for each of `rows`, a model with a task. `mapping` are the tasks
    that map out-of-prompt answers. Without `shards` there are no pictures.
    """

    rows: Sequence[tuple[str, str]]
    mapping: Sequence[str]
    predictions: Sequence[str]
    scores: Sequence[str]
    metrics: Sequence[str]
    labels: str
    shards: Sequence[str]
    class_list: Sequence[str]
    renamed: Mapping[str, str]
    best_task_by: str


@dataclass(frozen=True)
class Made:
    """What the run has made.

    `record` is of all tables. `stores` are those of models behind APIs, with prices. `claims` has the verdicts, if
    there are any.
    """

    tables: Sequence[Table]
    figures: Sequence[Figure]
    record: Record
    stores: Sequence[Mapping[str, Any]]
    claims: str | None


def main(
    *,
    about: Mapping[str, Any],
    models: Mapping[str, Mapping[str, str]],
    task_titles: Mapping[str, str],
    made: Made,
    answered: Answered | None,
    html: str,
) -> None:
    """Write the page.

    `about` has the attributes of `Contents` that the configuration decides, and `models` title and group by model.
    """
    titles = {name: model["title"] for name, model in models.items()}
    held = Contents(
        **about,
        record=made.record,
        models=contents.models_of(made.record),
        tables=made.tables,
        figures=made.figures,
        lacking=contents.lacking(made.record, titles, task_titles),
        bills=[bill for store in made.stores for bill in _bills(store, titles, task_titles)],
        verdicts=contents.read_verdicts(made.claims) if made.claims else None,
    )
    pictured = _pictured(answered, models, task_titles) if answered else None
    rendered = page.to_html(held, pictured, str(Path(html).parent))
    with replacing(html) as partial:
        partial.write_text(rendered, encoding="utf-8")


def _pictured(
    answered: Answered, models: Mapping[str, Mapping[str, str]], task_titles: Mapping[str, str]
) -> page.Pictured:
    """Return the galleries of the run with their pictures."""
    labels = parquet.read(answered.labels, Labels)
    every = {
        (model, task): Answers(
            model,
            models[model]["title"],
            models[model]["group"],
            task_titles[task],
            aligned(labels, parquet.read(predicted, Predictions), parquet.read(scored, Scores)),
        )
        for (model, task), predicted, scored in zip(answered.rows, answered.predictions, answered.scores, strict=True)
    }
    chosen = best_tasks(parquet.read_all(answered.metrics, Metrics), answered.rows, answered.best_task_by)
    best = [every[entry] for entry in chosen.items()]
    mapped = [answers for (_, task), answers in every.items() if task in answered.mapping]
    shown = galleries(labels, best, mapped)
    wanted = {labels["image_id"][place] for gallery in shown for place in gallery.places}
    small = {name: thumbnail(data, name) for name, data in pictures(answered.shards, wanted)}
    names = renamed(class_lists.of_job(answered.class_list).names, answered.renamed)
    return page.Pictured(labels, names, shown, best, small)


def _bills(store: Mapping[str, Any], titles: Mapping[str, str], task_titles: Mapping[str, str]) -> list[Bill]:
    """Return what a store's answers have cost, by task."""
    keys = ("answers", "input_tokens", "output_tokens", "usd", "lost_usd")
    by_task: Mapping[str, Mapping[str, Any]] = spent(store["store"], prices_of(store["prices"]))
    return [
        Bill(titles[store["model"]], task_titles.get(task, task), **{key: bill[key] for key in keys})
        for task, bill in by_task.items()
    ]


def _tables(planned: Sequence[Mapping[str, Any]], files: Sequence[str], task_titles: Mapping[str, str]) -> list[Table]:
    return [
        Table(
            table["name"],
            table["title"],
            contents.formats("tables", table["name"], ("html", "csv", "tex")),
            contents.read_grid(path, task_titles) if table["shown"] else None,
        )
        for table, path in zip(planned, files, strict=True)
    ]


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        files, given = snakemake.input, snakemake.params
        main(
            about=given.about,
            models=given.models,
            task_titles=given.task_titles,
            made=Made(
                tables=_tables(given.tables, files.tables, given.task_titles),
                figures=contents.read_figures(given.figures, files.figures),
                record=merge_records(map(read_record, files.records)),
                stores=given.stores,
                claims=files.get("claims"),
            ),
            answered=Answered(
                rows=[(model, task) for model, task in given.rows],
                mapping=given.mapping,
                predictions=files.predictions,
                scores=files.scores,
                metrics=files.metrics,
                labels=files.labels,
                shards=files.shards,
                class_list=files.class_list,
                renamed=given.renamed,
                best_task_by=given.best_task_by,
            )
            if given.rows
            else None,
            html=snakemake.output[0],
        )
