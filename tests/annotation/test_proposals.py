import polars as pl
from imeval.annotation import disputes
from imeval.annotation.contract import Proposals
from imeval.annotation.disputes import Selection
from imeval.annotation.proposals import proposals

from .reviewed import labels, predictions


def test_each_source_proposes_its_classes_or_none() -> None:
    models = {"m": predictions(a=2, b=None)}
    selection = Selection(["S-", "N"], [], control=0, seed=0)
    chosen = disputes.disputes(labels(a=(1, [2]), b=(3, [])), models, {}, selection, confident_of=None)
    found = Proposals.validate(proposals(chosen, models, ["imgt", "labels", "m"]))
    assert found.rows() == [
        ("a", "imgt", [1]),
        ("a", "labels", [2]),
        ("a", "m", [2]),
        ("b", "imgt", [3]),
        ("b", "labels", []),
        ("b", "m", []),
    ]
    assert found.schema["class_ids"] == pl.List(pl.Int16)


def test_a_model_that_lists_all_labels_proposes_them_together() -> None:
    selection = Selection(["S-", "N"], [], control=0, seed=0)
    chosen = disputes.disputes(labels(a=(1, [2]), b=(3, [])), {}, {}, selection, confident_of=None)
    listed = pl.DataFrame([("a", [1, 9])], schema={"image_id": pl.String, "class_ids": pl.List(pl.Int16)}, orient="row")
    found = Proposals.validate(proposals(chosen, {}, ["imgt", "m/cw.all_labels"], {"m/cw.all_labels": listed}))
    assert found.filter(source="m/cw.all_labels").rows() == [
        ("a", "m/cw.all_labels", [1, 9]),
        ("b", "m/cw.all_labels", []),
    ]
