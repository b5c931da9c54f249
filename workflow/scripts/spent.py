"""Add up what APIs have cost."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl
from imeval.asking import spending
from imeval.asking.prices import prices_of
from imeval.base.files import replacing
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(*, stores: Sequence[Mapping[str, Any]], table: str) -> None:
    """Write the cost of each model and task."""
    rows = [
        {"model": one["model"], "task": task, **bill}
        for one in stores
        for task, bill in spending.spent(one["store"], prices_of(one["prices"])).items()
    ]
    with replacing(table) as partial:
        pl.DataFrame(rows, schema=spending.SPENT).write_csv(partial)


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(stores=snakemake.params.stores, table=snakemake.output[0])
