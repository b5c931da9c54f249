"""Map a model's answers to multiple-choice questions to the classes of the options."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from imeval import letters, schemas
from imeval.classes import class_names, renamed
from imeval.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(responses: Sequence[str], choices: str, names: Mapping[str, str], predictions: str) -> None:
    """Read responses and questions, write predictions."""
    frame = letters.chosen(
        schemas.read_all(responses, schemas.Responses),
        schemas.read(choices, schemas.Choices),
        renamed(class_names("clean"), names),
    )
    schemas.write(predictions, schemas.Predictions, frame)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input.responses, snakemake.input.choices, snakemake.params.names, snakemake.output[0])
