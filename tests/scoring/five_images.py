"""One image of every category, and predictions of them; 620 and 681, laptop and notebook, are equivalent."""

import polars as pl
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Scores

LABELS = {
    "laptop": (620, [620], "S+"),
    "mislabelled": (11, [12], "S-"),
    "desk": (526, [526, 620], "M+"),
    "kitchen": (1, [859, 827], "M-"),
    "nothing": (2, [], "N"),
}


EQUIVALENT = {620: 681}


def regt() -> pl.DataFrame:
    def admissible(class_ids: list[int]) -> list[int]:
        return sorted({*class_ids, *(EQUIVALENT[class_id] for class_id in class_ids if class_id in EQUIVALENT)})

    rows = [
        (image_id, imgt, admissible([imgt]), labels, admissible(labels), category)
        for image_id, (imgt, labels, category) in LABELS.items()
    ]
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def predictions(classes: dict[str, int | None], status: str = "ok", oop: bool = False, run: int = 0) -> pl.DataFrame:
    method = "none" if next(iter(classes.values())) is None else "exact"
    rows = [
        (image_id, run, status, None, class_id, method, None, oop, oop, False) for image_id, class_id in classes.items()
    ]
    return pl.DataFrame(rows, schema=Predictions.create_empty().schema, orient="row")


def original() -> pl.DataFrame:
    return predictions({image_id: imgt for image_id, (imgt, _, _) in LABELS.items()})


def without_class(status: str, oop: bool = False) -> pl.DataFrame:
    return predictions(dict.fromkeys(LABELS), status=status, oop=oop)


def correct(scores: pl.DataFrame, labels: str) -> set[str]:
    Scores.validate(scores)
    return set(scores.filter(pl.col(f"{labels}_correct"))["image_id"])
