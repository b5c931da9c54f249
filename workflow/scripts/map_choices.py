"""Map a model's answers to multiple-choice questions to the classes of the options."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.choices import letters
from imeval.choices.contract import Choices
from imeval.labels.classes import class_names, renamed
from imeval.mapping.contract import Predictions
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(responses: Sequence[str], choices: str, names: Mapping[str, str], predictions: str) -> None:
    """Read responses and questions, write predictions."""
    frame = letters.chosen(
        parquet.read_all(responses, Responses),
        parquet.read(choices, Choices),
        renamed(class_names("clean"), names),
    )
    parquet.write(predictions, Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.responses, snakemake.input.choices, snakemake.params.names, snakemake.output[0])
