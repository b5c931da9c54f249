"""The results of two models on four photographs and a broken one, and a client of the page over them.

image             category  labels          good/cw     odd/cw
a                 S+        rooster         rooster     rooster
b/<i>b</i>.png    S-        hen alone       hen         rooster
c                 M+        rooster, hen    rooster     "<script>alert(1)</script>", out of prompt
d                 N         none            ostrich     error: nothing came
e                 broken
"""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from fastapi.testclient import TestClient
from imeval.base import parquet
from imeval.images.contract import ImageIndex, Images
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Scores
from imeval.scoring.correctness import score
from imeval.viewer.app import create_app
from imeval.viewer.browsed import AnswerFiles, Browsed, ImageSet
from PIL import Image

ODD_NAME = "b/<i>b</i>.png"
SCRIPT = "<script>alert(1)</script>"
ROOSTER, HEN, OSTRICH = 7, 8, 9

_LABELS = [
    ("a", ROOSTER, [ROOSTER], [ROOSTER], [ROOSTER], "S+"),
    (ODD_NAME, ROOSTER, [ROOSTER], [HEN], [HEN], "S-"),
    ("c", ROOSTER, [ROOSTER], [ROOSTER, HEN], [ROOSTER, HEN], "M+"),
    ("d", ROOSTER, [ROOSTER], [], [], "N"),
]


def prediction(image_id: str, class_id: int | None, text: str | None, status: str = "ok") -> tuple[Any, ...]:
    oop = class_id is None and text is not None
    return (image_id, 0, status, text, class_id, "none" if class_id is None else "exact", None, oop, oop, False)


GOOD = [
    prediction("a", ROOSTER, "rooster"),
    prediction(ODD_NAME, HEN, "hen"),
    prediction("c", ROOSTER, "Rooster"),
    prediction("d", OSTRICH, "ostrich"),
]
ODD = [
    prediction("a", ROOSTER, "rooster"),
    prediction(ODD_NAME, ROOSTER, "rooster"),
    prediction("c", None, SCRIPT),
    prediction("d", None, None, "error"),
]


def jpeg(red: int, size: tuple[int, int] = (60, 40)) -> bytes:
    with io.BytesIO() as file:
        Image.new("RGB", size, (red, 0, 0)).save(file, "JPEG")
        return file.getvalue()


def labels() -> pl.DataFrame:
    return pl.DataFrame(_LABELS, schema=Labels.create_empty().schema, orient="row")


def write(folder: Path, answers: Mapping[str, list[tuple[Any, ...]]] | None = None) -> Browsed:
    """Write the run below a folder; `answers` replace those of the table above."""
    results = folder / "results"
    index = [(row[0], row[1], True, False) for row in _LABELS] + [("e", ROOSTER, False, True)]
    frame = pl.DataFrame(index, schema=ImageIndex.create_empty().schema, orient="row")
    parquet.write(results / "images/small/index.parquet", ImageIndex, frame)
    parquet.write(results / "labels/small/regt.parquet", Labels, labels())
    pictures = [
        (row[0], row[1], *size, hashlib.sha256(data).hexdigest(), data)
        for place, row in enumerate(_LABELS)
        for size in [(60, 40) if place else (900, 600)]
        for data in [jpeg(60 * place, size)]
    ]
    shard = results / "images/small/00000-of-00001.parquet"
    parquet.write(shard, Images, pl.DataFrame(pictures, schema=Images.create_empty().schema, orient="row"))
    given = {"good": GOOD, "odd": ODD} if answers is None else answers
    files = [write_answers(results, model, rows, labels()) for model, rows in given.items()]
    image_set = ImageSet(
        "small",
        "four photographs",
        str(results / "images/small/index.parquet"),
        [str(shard)],
        {"regt": str(results / "labels/small/regt.parquet")},
        [],
        {},
        files,
    )
    return Browsed([image_set], "regt", {"regt": "small labels"}, {"cw": "CW"})


def write_answers(results: Path, model: str, rows: list[tuple[Any, ...]], of: pl.DataFrame) -> AnswerFiles:
    predictions = pl.DataFrame(rows, schema=Predictions.create_empty().schema, orient="row")
    predicted, scored = (
        results / f"predictions/small/cw/{model}.parquet",
        results / f"scores/small/regt/cw/{model}.parquet",
    )
    parquet.write(predicted, Predictions, predictions)
    parquet.write(scored, Scores, score(predictions, of))
    return AnswerFiles(model, "cw", f"{model.title()} & Co", {"regt": str(predicted)}, {"regt": str(scored)})


def client(browsed: Browsed) -> TestClient:
    return TestClient(create_app(browsed), base_url="http://127.0.0.1:8765", raise_server_exceptions=True)
