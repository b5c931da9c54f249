"""Make the multiple-choice questions of a variant."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.choices import questions
from imeval.choices.contract import Choices, Confusions
from imeval.labels.classes import class_names, renamed
from imeval.labels.contract import Labels
from imeval.models.contract import ClassEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    labels: str,
    variant: Mapping[str, Any],
    names: Mapping[str, str],
    confusions: str | None,
    classes: str | None,
    made: str,
) -> None:
    """Read the labels and what the distractors come from, write the questions."""
    candidates = None
    if confusions:
        candidates = questions.confused_classes(parquet.read(confusions, Confusions))
    if classes:
        candidates = questions.near_classes(parquet.read(classes, ClassEmbeddings))
    frame = questions.choose(
        parquet.read(labels, Labels),
        renamed(class_names("clean"), names),
        questions.Variant(**variant),
        candidates,
    )
    parquet.write(made, Choices, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.labels,
            snakemake.params.variant,
            snakemake.params.names,
            snakemake.input.get("confusions"),
            snakemake.input.get("classes"),
            snakemake.output[0],
        )
