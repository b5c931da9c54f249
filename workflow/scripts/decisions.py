"""Collect what people decided about the images under review."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl
from imeval.annotation import forms
from imeval.annotation.contract import Decisions, Disputes, Resolved
from imeval.annotation.database import read_actions, standing
from imeval.annotation.decisions import DecisionFormat, frame_of, read_decisions
from imeval.annotation.resolution import resolve
from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import class_lists
from imeval.labels.classes import renamed
from imeval.labels.contract import Labels
from imeval.run.joblog import job

if TYPE_CHECKING:
    from snakemake.script import snakemake


def main(
    *,
    source: str,
    form: DecisionFormat | None,
    index: str,
    labels: str,
    disputes: str,
    class_list: Sequence[str],
    names: Mapping[str, str],
    output: Mapping[str, str],
) -> None:
    """Write the decisions in every form, and the labels that follow.

    Args:
        source: the database, or a file of decisions.
        form: the form of the file; None for a database.
        index: the image set.
        labels: the labels under review.
        disputes: the images under review.
        class_list: the class list of the images, as in `class_lists.of_job`.
        names: the class names that the image set replaces, by class id.
        output: the files to write, by form.
    """
    listed, classes = parquet.read(labels, Labels), class_lists.of_job(class_list)
    if form is None:
        decided = frame_of(standing(read_actions(source)))
    else:
        decided = read_decisions(source, form, parquet.read(index, ImageIndex)["image_id"].to_list(), classes.ids)
    resolved = resolve(decided, listed)
    parquet.write(output["table"], Decisions, decided)
    parquet.write(output["resolved"], Resolved, resolved)
    forms.write_csv(decided, output["csv"])
    forms.write_json(decided, output["json"])
    forms.write_reannotation(resolved, decided, listed, output["reannotation"])
    forms.write_experts(resolved, decided, listed, output["experts"])
    reviewed = parquet.read(disputes, Disputes).sort("rank")
    forms.write_evaluation_report(resolved, reviewed, output["evaluation_report"])
    images = pl.concat([reviewed["image_id"], decided["image_id"]]).unique(maintain_order=True).to_list()
    forms.write_label_studio(decided, images, renamed(classes.names, names), output["label_studio"])


if __name__ == "__main__":
    with job(snakemake.log[0], snakemake.params.subject):
        main(
            source=snakemake.input.source,
            form=snakemake.params.form,
            index=snakemake.input.index,
            labels=snakemake.input.labels,
            disputes=snakemake.input.disputes,
            class_list=snakemake.input.class_list,
            names=snakemake.params.names,
            output=dict(snakemake.output.items()),
        )
