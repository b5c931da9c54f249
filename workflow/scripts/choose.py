"""Make the multiple-choice questions of a variant."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from imeval import choices, schemas
from imeval.classes import class_names, renamed
from imeval.joblog import job

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
        candidates = choices.confused_classes(schemas.read(confusions, schemas.Confusions))
    if classes:
        candidates = choices.near_classes(schemas.read(classes, schemas.ClassEmbeddings))
    frame = choices.choose(
        schemas.read(labels, schemas.Labels),
        renamed(class_names("clean"), names),
        choices.Variant(**variant),
        candidates,
    )
    schemas.write(made, schemas.Choices, frame)


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
