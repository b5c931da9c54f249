"""Compare two label sets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from imeval.base import parquet
from imeval.base.files import replacing
from imeval.labels import class_lists, summary
from imeval.labels.contract import Labels
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *, labels: Sequence[str], class_list: Sequence[str], titles: Sequence[str], image_set: str, csv: str, html: str
) -> None:
    """Write the summary of label sets.

    One is compared with the original labels, two with each other.
    """
    read = [summary.LabelSet(title, parquet.read(path, Labels)) for title, path in zip(titles, labels, strict=True)]
    *before, after = read
    frame = summary.summarize(before[0] if before else None, after, class_lists.of_job(class_list).names)
    with replacing(csv) as partial:
        frame.write_csv(partial)
    with replacing(html) as partial:
        title = " and ".join(titles)
        partial.write_text(summary.to_html(frame, f"Labels: {title}", image_set), encoding="utf-8")


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            labels=snakemake.input.labels,
            class_list=snakemake.input.class_list,
            titles=snakemake.params.titles,
            image_set=snakemake.params.subject,
            csv=snakemake.output.csv,
            html=snakemake.output.html,
        )
