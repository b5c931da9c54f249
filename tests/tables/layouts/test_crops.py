import polars as pl
from imeval import tables
from imeval.scoring.contract import Metrics
from made_tables import LITE0, context, headings, measured, numbers


def of_crops(metric: str, hits: int) -> pl.DataFrame:
    row = measured("lite0", "cw", hits, hits).filter(metric="accuracy", labels="regt", category="A")
    return Metrics.validate(row.with_columns(metric=pl.lit(metric)))


def test_the_best_crop_and_all_crops_stand_beside_the_whole_image() -> None:
    made = context(
        measured("lite0", "cw", imgt=12, regt=12),
        of_crops("accuracy_best_crop", 16),
        of_crops("accuracy_all_crops", 8),
        models=(LITE0,),
        beside_metrics=measured("lite0", "cw", imgt=10, regt=10),
    )
    table = tables.build("crops", made)
    assert headings(table)[2:] == ["whole image", "crops each crop", "crops best crop", "crops all crops"]
    whole, each, best, every = numbers(table, "lite0", "cw")
    # Ten of 19 images with a label, and of 20 crops.
    assert (round(whole.value or 0, 2), each.value, best.value, every.value) == (52.63, 60, 80, 40)
    assert (round(best.delta or 0, 2), round(every.delta or 0, 2)) == (27.37, -12.63)
