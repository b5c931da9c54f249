"""Made results, in the files of a real run.

They are images, labels, random answers and the scores of these.
"""

import hashlib
import io
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow" / "scripts"))

from imeval.base import parquet, shards
from imeval.images.contract import ImageIndex, Images
from imeval.labels.classes import class_names
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Scores
from imeval.scoring.correctness import score
from imeval.viewer.browsed import AnswerFiles, Browsed, ImageSet

_OUT_OF_PROMPT = ("a <b>bird</b>", "I don't know", "kite", "some kind of tool", "shark")
_PICTURES = 64
_A_ROW_GROUP = 64


def make_results(folder: Path, images: int, models: Sequence[str], shard_count: int = 1, seed: int = 0) -> Browsed:
    """Write the results of models in the closed world.

    Args:
        folder: takes a folder `results`.
        images: the number of images.
        models: the models' names.
        shard_count: the number of files of pictures.
        seed: of all that is random.

    Returns:
        What the viewer shows of them.
    """
    random = np.random.default_rng(seed)
    labels = _labels(images, random)
    results = folder / "results"
    index = labels.select("image_id", "imgt", pl.lit(True).alias("selected"), pl.lit(False).alias("broken"))
    parquet.write(results / "images/made/index.parquet", ImageIndex, index)
    parquet.write(results / "labels/made/regt.parquet", Labels, labels)
    paths = [results / f"images/made/{name}.parquet" for name in shards.all_names(shard_count)]
    for path, part in zip(paths, np.array_split(np.arange(images), shard_count), strict=True):
        parquet.write_batches(path, Images, _pictures(labels[part[0] : part[-1] + 1]))
    answers = [_answers(results, model, labels, random) for model in models]
    label_sets = {"regt": str(results / "labels/made/regt.parquet")}
    made = ImageSet(
        "made",
        f"{images} made images",
        str(results / "images/made/index.parquet"),
        [*map(str, paths)],
        label_sets,
        [],
        {},
        answers,
    )
    return Browsed([made], "regt", {"regt": "made labels"}, {"cw": "CW"})


def _labels(images: int, random: np.random.Generator) -> pl.DataFrame:
    """Return `Labels`: a fifth is S-, M+, M- or N."""
    rows: list[dict[str, Any]] = []
    for number in range(images):
        imgt, others = int(random.integers(1000)), [int(one) for one in random.integers(1000, size=2)]
        listed, category = [
            ([imgt], "S+"), (others[:1], "S-"), ([imgt, others[0]], "M+"), (others, "M-"), ([], "N"),
        ][max(0, int(random.integers(20)) - 15)]  # fmt: skip
        rows.append(
            {
                "image_id": f"made_{number:06d}",
                "imgt": imgt,
                "imgt_admissible": [imgt],
                "labels": listed,
                "admissible": listed,
                "category": category,
            }
        )
    return pl.DataFrame(rows, schema=Labels.create_empty().schema)


def _pictures(labels: pl.DataFrame) -> Iterator[pl.DataFrame]:
    files = [_picture(number) for number in range(_PICTURES)]
    for part in labels.iter_slices(_A_ROW_GROUP):
        data = [files[number % _PICTURES] for number in range(len(part))]
        yield part.select("image_id", "imgt").with_columns(
            pl.lit(320, pl.Int32).alias("width"),
            pl.lit(240, pl.Int32).alias("height"),
            pl.Series("sha256", [hashlib.sha256(one).hexdigest() for one in data]),
            pl.Series("data", data, pl.Binary),
        )


def _picture(number: int) -> bytes:
    """Return a JPEG of 320 × 240 pixels and about 10 kB."""
    coarse = np.random.default_rng(number).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    with io.BytesIO() as file:
        Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
        return file.getvalue()


def _answers(results: Path, model: str, labels: pl.DataFrame, random: np.random.Generator) -> AnswerFiles:
    """Write predictions and scores.

    Most are right, a tenth is out of prompt, and a few failed.
    """
    names, images = class_names("clean"), len(labels)
    right = random.random(images) < 0.7
    numbers = np.where(right, labels["imgt"].to_numpy(), random.integers(1000, size=images)).tolist()
    kinds = random.random(images).tolist()
    rows = [
        _answer(image_id, number, kind, names)
        for image_id, number, kind in zip(labels["image_id"].to_list(), numbers, kinds, strict=True)
    ]
    predictions = pl.DataFrame(rows, schema=Predictions.create_empty().schema, orient="row")
    predicted, scored = (
        str(results / f"{kind}/cw/{model}.parquet") for kind in ("predictions/made", "scores/made/regt")
    )
    parquet.write(predicted, Predictions, predictions)
    parquet.write(scored, Scores, score(predictions, labels))
    return AnswerFiles(model, "cw", model.upper(), {"regt": predicted}, {"regt": scored})


def _answer(image_id: str, number: int, kind: float, names: Sequence[str]) -> tuple[Any, ...]:
    if kind < 0.002:
        return (image_id, 0, "error", None, None, "none", None, False, False, False)
    if kind < 0.004:
        return (image_id, 0, "refused", None, None, "none", None, False, False, False)
    if kind < 0.1:
        text = _OUT_OF_PROMPT[number % len(_OUT_OF_PROMPT)]
        return (image_id, 0, "ok", text, None, "none", None, True, True, False)
    return (image_id, 0, "ok", names[number], number, "exact", None, False, False, False)
