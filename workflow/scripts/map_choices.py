"""Map the answers to multiple-choice questions to classes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.choices import letters
from imeval.choices.contract import Choices
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    responses: Sequence[str],
    choices: str,
    class_list: Sequence[str],
    class_renames: Mapping[str, str],
    thought_tags: Sequence[str],
    predictions: str,
) -> None:
    """Write the classes of the chosen options."""
    listed = class_lists.of_job(class_list)
    frame = letters.chosen(
        parquet.read_all(responses, Responses),
        parquet.read(choices, Choices),
        renamed(listed.names, class_renames),
        thought_tags,
        listed.synonyms,
    )
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            responses=snakemake.input.responses,
            choices=snakemake.input.choices,
            class_list=snakemake.input.class_list,
            class_renames=snakemake.params.names,
            thought_tags=snakemake.params.thought_tags,
            predictions=snakemake.output[0],
        )
