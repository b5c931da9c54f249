"""Gather what all tables are made by."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.provenance.record import merge_records, read_record, write_record
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(tables: Sequence[str], gathered: str) -> None:
    """Read the records of tables, write what they say together."""
    write_record(gathered, merge_records(map(read_record, tables)))


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(snakemake.input, snakemake.output[0])
