"""Draw how alike models err."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.figures import figures
from imeval.run.joblog import job
from imeval.scoring import agreement
from imeval.scoring.contract import Agreement

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(agreed: str, titles: Mapping[str, str], subject: str, pdf: str, svg: str, png: str) -> None:
    """Read the agreement, write the figure."""
    named = {agreement.ORIGINAL: "ImGT", **titles}
    figure = figures.agreement(parquet.read(agreed, Agreement), named, subject)
    figures.save(figure, Path(pdf), Path(svg), Path(png))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input[0],
            snakemake.params.titles,
            snakemake.params.subject,
            snakemake.output.pdf,
            snakemake.output.svg,
            snakemake.output.png,
        )
