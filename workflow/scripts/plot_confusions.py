"""Draw the most confused pairs of classes."""

from pathlib import Path
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.choices.contract import Confusions
from imeval.figures import confusions, drawing
from imeval.labels.classes import class_names
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, confused: str, title: str, pdf: str, svg: str, png: str) -> None:
    """Read the confusion matrix and write its figure."""
    figure = confusions.draw(parquet.read(confused, Confusions), class_names("clean"), title)
    drawing.save(figure, Path(pdf), Path(svg), Path(png))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            confused=snakemake.input[0],
            title=snakemake.params.title,
            pdf=snakemake.output.pdf,
            svg=snakemake.output.svg,
            png=snakemake.output.png,
        )
