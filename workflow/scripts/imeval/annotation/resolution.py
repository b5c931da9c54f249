"""The labels that follow from the decisions of several people."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from imeval.annotation.contract import UNDECIDED, Resolved


def resolve(decisions: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of the decided images, before and after.

    A further person's decision counts alone; of several, the last in time. Else all people must agree, on the answer
    and on all classes.

    Args:
        decisions: `Decisions`; those about images without a row in `labels` have no effect.
        labels: the `Labels` under review.

    Returns:
        `Resolved`.
    """
    known = decisions.join(labels.select("image_id", before=pl.col("labels")), on="image_id")
    sorted_rows = known.sort("image_id", "annotator").iter_rows(named=True)
    rows = [_resolved(list(group)) for _, group in groupby(sorted_rows, key=itemgetter("image_id"))]
    return pl.DataFrame(rows, schema=Resolved.create_empty().schema)


def conflicts(decisions: pl.DataFrame) -> list[str]:
    """Return the images on which people disagree, settled or not."""
    own = decisions.filter(~pl.col("adjudicates"))
    answers = own.select(
        "image_id", given=pl.struct("answer", pl.col("labels").cast(pl.List(pl.String)).list.join(" "))
    )
    several = answers.group_by("image_id").agg(pl.col("given").n_unique())
    return sorted(several.filter(pl.col("given") > 1)["image_id"])


def revised(labels: pl.DataFrame, resolved: pl.DataFrame) -> pl.DataFrame:
    """Return the image_id and labels of a new label set.

    Images without a decision keep their labels.
    """
    changed = resolved.select("image_id", "after")
    joined = labels.select("image_id", "labels").join(changed, on="image_id", how="left", maintain_order="left")
    return joined.select("image_id", labels=pl.coalesce("after", "labels"))


def _resolved(decisions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of one image."""
    settling = [one for one in decisions if one["adjudicates"]]
    deciding = [max(settling, key=lambda one: one["time"] or "")] if settling else list(decisions)
    first = deciding[0]
    if any((one["answer"], one["labels"]) != (first["answer"], first["labels"]) for one in deciding):
        how = "conflict"
    elif first["answer"] == "not_sure":
        how = "not_sure"
    elif settling:
        how = "adjudicated"
    else:
        how = "agreed" if len(deciding) > 1 else "single"
    return {
        "image_id": first["image_id"],
        "how": how,
        "before": first["before"],
        "after": first["before"] if how in UNDECIDED else first["labels"],
        "annotators": [one["annotator"] for one in deciding],
    }
