"""Draw a figure in three formats."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from imeval import figures
from imeval.figures import drawing
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    figure: str,
    files: Mapping[str, str],
    titles: Mapping[str, str],
    subject: str,
    pdf: str,
    svg: str,
    png: str,
) -> None:
    """Write the figure of this name."""
    drawing.save(figures.draw(figure, files, titles, subject), Path(pdf), Path(svg), Path(png))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            figure=snakemake.wildcards.figure,
            files=dict(snakemake.input.items()),
            titles=snakemake.params.titles,
            subject=snakemake.params.subject,
            pdf=snakemake.output.pdf,
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
