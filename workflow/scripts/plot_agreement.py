"""Draw on which classes and images the models agree."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.figures import agreement, drawing
from imeval.run.joblog import job
from imeval.scoring.agreement import ORIGINAL
from imeval.scoring.contract import Agreement

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, agreed: str, titles: Mapping[str, str], subject: str, pdf: str, svg: str, png: str) -> None:
    """Read the agreement of models and write its figure."""
    # The original labels stand among the models, first.
    named = {ORIGINAL: "ImGT", **titles}
    figure = agreement.draw(parquet.read(agreed, Agreement), named, subject)
    drawing.save(figure, Path(pdf), Path(svg), Path(png))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            agreed=snakemake.input[0],
            titles=snakemake.params.titles,
            subject=snakemake.params.subject,
            pdf=snakemake.output.pdf,
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
