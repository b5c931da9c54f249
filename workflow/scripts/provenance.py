"""Merge the provenance records of all tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.provenance.record import merge_records, read_record, write_record
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, records: Sequence[str], output: str) -> None:
    """Write one record for all tables."""
    write_record(output, merge_records(map(read_record, records)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(records=snakemake.input, output=snakemake.output[0])
