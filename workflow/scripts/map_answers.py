"""Map a model's answers to classes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.labels.classes import class_names, renamed
from imeval.mapping.answers import Rule, map_responses
from imeval.mapping.contract import Predictions
from imeval.models.contract import ClassEmbeddings, TextEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    responses: Sequence[str],
    rule: Rule,
    names: Mapping[str, str],
    classes: str | None,
    answers: str | None,
    predictions: str,
) -> None:
    """Read responses and, unless the rule is "exact", the embeddings of classes and answers; write predictions."""
    frame = map_responses(
        parquet.read_all(responses, Responses),
        renamed(class_names("clean"), names),
        parquet.read(classes, ClassEmbeddings) if classes else None,
        parquet.read(answers, TextEmbeddings) if answers else None,
        rule,
    )
    parquet.write(predictions, Predictions, frame)


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
