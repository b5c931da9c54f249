"""Choose the options of multiple-choice questions."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from imeval.base import parquet
from imeval.choices import questions
from imeval.choices.contract import Choices, Confusions
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.models.contract import ClassEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    labels: str,
    variant: Mapping[str, Any],
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    confusions: str | None,
    class_embeddings: str | None,
    output: str,
) -> None:
    """Write the questions about every labelled image.

    The distractors come from a confusion matrix, from class embeddings or, with neither, from all classes.
    """
    candidates = None
    if confusions:
        candidates = questions.confused_classes(parquet.read(confusions, Confusions))
    if class_embeddings:
        candidates = questions.near_classes(parquet.read(class_embeddings, ClassEmbeddings))
    frame = questions.choose(
        parquet.read(labels, Labels),
        renamed(class_lists.of_job(class_list).names, class_renames),
        questions.Variant(**variant),
        candidates,
    )
    parquet.write(output, Choices, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            labels=snakemake.input.labels,
            variant=snakemake.params.variant,
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            confusions=snakemake.input.get("confusions"),
            class_embeddings=snakemake.input.get("classes"),
            output=snakemake.output[0],
        )
