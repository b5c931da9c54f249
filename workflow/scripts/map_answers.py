"""Map a model's answers to classes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval import mapping, schemas
from imeval.classes import class_names, renamed
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    responses: Sequence[str],
    rule: mapping.Rule,
    names: Mapping[str, str],
    classes: str | None,
    answers: str | None,
    predictions: str,
) -> None:
    """Read responses and, unless the rule is "exact", the embeddings of classes and answers; write predictions."""
    frame = mapping.map_responses(
        schemas.read_all(responses, schemas.Responses),
        renamed(class_names("clean"), names),
        schemas.read(classes, schemas.ClassEmbeddings) if classes else None,
        schemas.read(answers, schemas.TextEmbeddings) if answers else None,
        rule,
    )
    schemas.write(predictions, schemas.Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            snakemake.input.responses,
            snakemake.params.mapping,
            snakemake.params.names,
            snakemake.input.get("classes"),
            snakemake.input.get("answers"),
            snakemake.output[0],
        )
