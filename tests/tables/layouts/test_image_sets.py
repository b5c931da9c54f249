import csv
import io
from dataclasses import replace

import polars as pl
from imeval import tables
from imeval.tables.rendering import to_csv
from made_tables import CONSE, LITE0, LITE2, context, headings, measured, numbers


def on_other_images(*correct: int) -> pl.DataFrame:
    models = (LITE0.id, LITE2.id, CONSE.id)
    return pl.concat([measured(model, "cw", hits, hits) for model, hits in zip(models, correct, strict=True)])


MADE = context(
    measured("lite0", "cw", 10, 10),
    measured("lite2", "cw", 15, 15),
    measured("conse", "cw", 10, 10),
    models=(LITE0, LITE2, CONSE),
    relabelled=False,
    compared={"v2": "", "a": ""},
    other_titles={"v2": "ImageNet-V2", "a": "ImageNet-A"},
    other_metrics={"v2": on_other_images(8, 12, 12), "a": on_other_images(2, 4, 0)},
)
TABLE = tables.build("image_sets", MADE)


def test_each_image_set_has_the_accuracy_its_drop_and_the_effective_robustness() -> None:
    assert headings(TABLE)[2:] == [
        "the demo's 20 photographs accuracy", "ImageNet-V2 accuracy", "ImageNet-V2 effective",
        "ImageNet-A accuracy", "ImageNet-A effective",
    ]  # fmt: skip
    first, v2, above, hard, none = numbers(TABLE, "conse", "cw")
    assert (first.value, v2.value, v2.delta, hard.value, hard.delta) == (50, 60, 10, 0, -50)
    # Both rows of 50% have the mean logit of 40% and 60% as their line, 50%.
    assert above.value is not None
    assert round(above.value, 6) == 10
    assert none.value is None


def test_an_image_set_of_some_classes_is_compared_with_imagenet_s_images_of_these_classes() -> None:
    made = replace(
        MADE,
        other_titles={"a": "ImageNet-A", "val_a": "ImageNet, classes of -A"},
        other_metrics={"a": on_other_images(2, 4, 0), "val_a": on_other_images(15, 18, 15)},
        compared={"a": "val_a"},
        not_shown={"ImageNet-V2": "data/v2"},
    )
    table = tables.build("image_sets", made)
    assert headings(table)[2:] == [
        "the demo's 20 photographs accuracy", "ImageNet-A ImageNet, classes of -A",
        "ImageNet-A accuracy", "ImageNet-A effective",
    ]  # fmt: skip
    whole, of_classes, hard, above = numbers(table, "lite2", "cw")
    assert (whole.value, of_classes.value, hard.value, hard.delta, above.value) == (75, 90, 20, -70, None)
    assert of_classes.image_set == "ImageNet, classes of -A"
    assert "the change from the demo's 20 photographs, or from the column before it where there is one" in table.caption
    assert table.notes[0] == "Left out, as there is no data/v2: ImageNet-V2."


def test_too_few_rows_for_a_line_are_noted() -> None:
    assert (
        "No effective robustness where fewer than 3 rows have accuracies between 0 and 100%, or all have the same "
        "accuracy on the first images."
    ) in TABLE.notes


def test_the_csv_names_the_image_set_of_each_number() -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(TABLE))))
    found = [(row["image_set"], row["metric"]) for row in rows if row["model"] == "conse"]
    assert found == [
        ("the demo's 20 photographs", "accuracy"), ("ImageNet-V2", "accuracy"), ("ImageNet-V2", "effective_robustness"),
        ("ImageNet-A", "accuracy"), ("ImageNet-A", "effective_robustness"),
    ]  # fmt: skip
