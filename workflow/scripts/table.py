"""Build one table and render it as .tex, .csv and .html, with the record of what it was made by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval import tables
from imeval.base import parquet
from imeval.base.files import replacing
from imeval.images.contract import ImageIndex
from imeval.labels.contract import Labels
from imeval.provenance import describe
from imeval.provenance.record import Record, write_record
from imeval.run.joblog import job
from imeval.scoring import metrics
from imeval.scoring.contract import Comparisons, Metrics, Ranks
from imeval.tables import rendering
from imeval.tables.published import with_published

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class Inputs:
    """The files a table is made from; `beside` are the metrics and labels of a second image set, if it has one."""

    metrics: Sequence[str]
    labels: str
    index: str
    beside_metrics: Sequence[str] = ()
    beside_labels: str | None = None
    published: str | None = None
    ranks: str | None = None
    comparisons: str | None = None


def main(
    layout: str,
    context: Mapping[str, Any],
    inputs: Inputs,
    published_names: Mapping[str, str],
    tex: str,
    csv: str,
    html: str,
    *,
    described: Record | None = None,
) -> None:
    """Read metrics, labels and image index, write the table; its page tells the record."""
    whole = {
        **context,
        "models": tuple(tables.ModelRow(id=name, **entry) for name, entry in context["models"].items()),
        "left_out": parquet.read(inputs.index, ImageIndex)["broken"].sum(),
        "counts": _counts(inputs.labels),
        "metrics": _measured(inputs.metrics),
        "beside_counts": _counts(inputs.beside_labels) if inputs.beside_labels else {},
        "beside_metrics": _measured(inputs.beside_metrics),
        **({"ranks": parquet.read(inputs.ranks, Ranks)} if inputs.ranks else {}),
        **({"comparisons": parquet.read(inputs.comparisons, Comparisons)} if inputs.comparisons else {}),
    }
    table = tables.build(layout, tables.Context(**whole))
    if inputs.published:
        table = with_published(table, inputs.published, published_names)
    page = rendering.to_html(table, described)
    for path, rendered in ((tex, rendering.to_tex(table)), (csv, rendering.to_csv(table)), (html, page)):
        with replacing(path) as partial:
            partial.write_text(rendered, encoding="utf-8")


def _counts(labels: str) -> dict[str, int]:
    return metrics.count_categories(parquet.read(labels, Labels))


def _measured(paths: Sequence[str]) -> pl.DataFrame:
    return parquet.read_all(paths, Metrics) if paths else Metrics.create_empty()


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.context["image_set"]):
        described = describe.describe(snakemake.params.facts, snakemake.params.sources)
        write_record(snakemake.output.record, described)
        main(
            snakemake.params.layout,
            snakemake.params.context | {"name": snakemake.wildcards.table},
            Inputs(
                [*snakemake.input.metrics, *snakemake.input.breakdowns],
                snakemake.input.labels,
                snakemake.input.index,
                snakemake.input.get("beside_metrics", []),
                snakemake.input.get("beside_labels"),
                snakemake.input.get("published"),
                snakemake.input.get("ranks"),
                snakemake.input.get("comparisons"),
            ),
            snakemake.params.published_names,
            snakemake.output.tex,
            snakemake.output.csv,
            snakemake.output.html,
            described=described,
        )
