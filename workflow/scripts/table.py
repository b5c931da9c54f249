"""Build one table and render it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import polars as pl
from imeval import tables
from imeval.base import parquet
from imeval.base.columns import dy
from imeval.base.files import replacing
from imeval.images.contract import ImageIndex
from imeval.labels.categories import count_categories
from imeval.labels.contract import Labels
from imeval.labels.slices import Slices
from imeval.provenance import describe, page
from imeval.provenance.record import Record, write_record
from imeval.run.joblog import job
from imeval.scoring.contract import (
    BetweenSlices,
    Differences,
    Intervals,
    Metrics,
    Ranks,
    SlicedDifferences,
    SlicedIntervals,
    SlicedMetrics,
)
from imeval.tables.context import Context, ModelRow, SlicedImages
from imeval.tables.published import with_published
from imeval.tables.rendering import Panel, to_csv, to_html, to_tex

if TYPE_CHECKING:
    from snakemake.script import snakemake


@dataclass(frozen=True)
class SliceInputs:
    """The input files of a table by slices."""

    slices: str
    metrics: Sequence[str]
    intervals: str | None = None
    differences: str | None = None
    between: str | None = None


@dataclass(frozen=True)
class Inputs:
    """The input files.

    `beside` files are of a second image set, `others` the metrics under other label sets.
    """

    metrics: Sequence[str]
    labels: str
    index: str
    beside_metrics: Sequence[str] = ()
    beside_labels: str | None = None
    published: str | None = None
    ranks: str | None = None
    intervals: str | None = None
    differences: str | None = None
    sliced: SliceInputs | None = None
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)


def main(
    *,
    layout: str,
    context: Mapping[str, Any],
    inputs: Inputs,
    published_names: Mapping[str, str],
    tex: str,
    csv: str,
    html: str,
    published_place: Literal["beside", "below", "none"] = "below",
    described: Record | None = None,
) -> None:
    """Build the table and write its three files."""
    table = tables.build(layout, _filled(context, inputs))
    if inputs.published and published_place != "none":
        table = with_published(table, inputs.published, published_names, published_place)
    made = Panel(page.record_html(described), page.STYLE) if described else Panel()
    # All three are rendered before one is written: a failure leaves no file without the others.
    for path, rendered in ((tex, to_tex(table)), (csv, to_csv(table)), (html, to_html(table, made))):
        with replacing(path) as partial:
            partial.write_text(rendered, encoding="utf-8")


def _filled(context: Mapping[str, Any], inputs: Inputs) -> Context:
    """Return the context with what the files hold."""
    settings = {
        **context,
        "models": tuple(ModelRow(id=name, **entry) for name, entry in context["models"].items()),
        "left_out": parquet.read(inputs.index, ImageIndex)["broken"].sum(),
        "counts": _counts(inputs.labels),
        "metrics": _measured(inputs.metrics),
        "beside_counts": _counts(inputs.beside_labels) if inputs.beside_labels else {},
        "beside_metrics": _measured(inputs.beside_metrics),
        "ranks": _read(inputs.ranks, Ranks),
        "intervals": _read(inputs.intervals, Intervals),
        "differences": _read(inputs.differences, Differences),
        "other_metrics": {name: _measured(paths) for name, paths in inputs.others.items()},
        **(_sliced(inputs.sliced, inputs.labels) if inputs.sliced else {}),
    }
    return Context(**settings)


def _sliced(inputs: SliceInputs, labels: str) -> dict[str, Any]:
    """Return the slices and their differences."""
    slices, labelled = parquet.read(inputs.slices, Slices), parquet.read(labels, Labels)
    # Within a slice, its images are all images.
    within = {"slice": pl.col("images"), "images": pl.lit("all")}
    frames = {
        "metrics": parquet.read_all(inputs.metrics, SlicedMetrics) if inputs.metrics else SlicedMetrics.create_empty(),
        "intervals": _read(inputs.intervals, SlicedIntervals).with_columns(**within),
        "differences": _read(inputs.differences, SlicedDifferences).with_columns(**within),
    }
    names = slices.sort("place")["slice"].unique(maintain_order=True)
    return {
        "between": _read(inputs.between, BetweenSlices),
        "slices": [
            SlicedImages(
                name,
                count_categories(labelled.join(slices.filter(slice=name), on="image_id", how="semi")),
                **{key: frame.filter(slice=name).drop("slice") for key, frame in frames.items()},
            )
            for name in names
        ],
    }


def _counts(labels: str) -> dict[str, int]:
    return count_categories(parquet.read(labels, Labels))


def _read(path: str | None, contract: type[dy.Schema]) -> pl.DataFrame:
    return parquet.read(path, contract) if path else contract.create_empty()


def _measured(paths: Sequence[str]) -> pl.DataFrame:
    return parquet.read_all(paths, Metrics) if paths else Metrics.create_empty()


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.context["image_set"]):
        # The record of what the table was made by is a file too, and shown on the page.
        described = describe.describe(snakemake.params.facts, snakemake.params.sources)
        write_record(snakemake.output.record, described)
        main(
            layout=snakemake.params.layout,
            context=snakemake.params.context | {"name": snakemake.wildcards.table},
            inputs=Inputs(
                metrics=[*snakemake.input.metrics, *snakemake.input.breakdowns],
                labels=snakemake.input.labels,
                index=snakemake.input.index,
                beside_metrics=snakemake.input.get("beside_metrics", []),
                beside_labels=snakemake.input.get("beside_labels"),
                published=snakemake.input.get("published"),
                ranks=snakemake.input.get("ranks"),
                intervals=snakemake.input.get("intervals"),
                differences=snakemake.input.get("differences"),
                sliced=SliceInputs(
                    slices=snakemake.input.slices,
                    metrics=snakemake.input.get("sliced_metrics", []),
                    intervals=snakemake.input.get("sliced_intervals"),
                    differences=snakemake.input.get("sliced_differences"),
                    between=snakemake.input.get("sliced_between"),
                )
                if snakemake.input.get("slices")
                else None,
                others={
                    name: snakemake.input[f"metrics_under_{name}"]
                    for name in snakemake.params.context.get("other_titles", {})
                },
            ),
            published_names=snakemake.params.published_names,
            published_place=snakemake.params.published_place,
            tex=snakemake.output.tex,
            csv=snakemake.output.csv,
            html=snakemake.output.html,
            described=described,
        )
