"""Build one table and render it as .tex, .csv and .html."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval import metrics, rendering, schemas, tables
from imeval.files import replacing
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    layout: str,
    context: Mapping[str, Any],
    measures: Sequence[str],
    labels: str,
    index: str,
    tex: str,
    csv: str,
    html: str,
) -> None:
    """Read the run's metrics, labels and image index, write the table."""
    counts = metrics.count_categories(schemas.read(labels, schemas.Labels))
    models = tuple(tables.ModelRow(id=name, **entry) for name, entry in context["models"].items())
    measured = schemas.read_all(measures, schemas.Metrics)
    left_out = schemas.read(index, schemas.ImageIndex)["broken"].sum()
    whole = {**context, "left_out": left_out, "models": models, "counts": counts, "metrics": measured}
    table = tables.build(layout, tables.Context(**whole))
    for path, render in ((tex, rendering.to_tex), (csv, rendering.to_csv), (html, rendering.to_html)):
        with replacing(path) as partial:
            partial.write_text(render(table), encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.context["image_set"]):
        main(
            snakemake.params.layout,
            snakemake.params.context | {"name": snakemake.wildcards.table},
            snakemake.input.metrics,
            snakemake.input.labels,
            snakemake.input.index,
            snakemake.output.tex,
            snakemake.output.csv,
            snakemake.output.html,
        )
