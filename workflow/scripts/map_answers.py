"""Map the answers of a model to classes."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.mapping.answers import Reading, Rule, map_responses
from imeval.mapping.contract import Predictions
from imeval.models.contract import ClassEmbeddings, TextEmbeddings
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    responses: Sequence[str],
    mapping: Rule,
    reading: Reading,
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    class_embeddings: str | None,
    answer_embeddings: str | None,
    predictions: str,
) -> None:
    """Write the predictions of a model.

    The mapping "exact" needs no embeddings.
    """
    listed = class_lists.of_job(class_list)
    frame = map_responses(
        parquet.read_all(responses, Responses),
        renamed(listed.names, class_renames),
        parquet.read(class_embeddings, ClassEmbeddings) if class_embeddings else None,
        parquet.read(answer_embeddings, TextEmbeddings) if answer_embeddings else None,
        mapping,
        reading=replace(reading, synonyms=listed.synonyms),
    )
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            responses=snakemake.input.responses,
            mapping=snakemake.params.mapping,
            reading=Reading(**snakemake.params.reading),
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            class_embeddings=snakemake.input.get("classes"),
            answer_embeddings=snakemake.input.get("answers"),
            predictions=snakemake.output[0],
        )
