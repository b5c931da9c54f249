"""Results as frames.

Every frame of answers has a row for each row of `Results.images`, so that filters combine columns without joins.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import polars as pl

from imeval.base import parquet
from imeval.images.contract import ImageIndex
from imeval.labels import class_lists
from imeval.labels.classes import class_names, renamed
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.contract import Scores
from imeval.scoring.out_of_prompt import kinds_of
from imeval.viewer.browsed import AnswerFiles, Browsed, ImageSet
from imeval.viewer.fresh import Fresh
from imeval.viewer.pictures import Pictures

_PREDICTED = ["image_id", "run", "status", "text", "class_id", "method", "similarity", "oop", "alone"]
_SCORED = ["image_id", "run", "imgt_correct", "regt_correct"]


class Results:
    """The results of a run, as they are on the disk now."""

    def __init__(self, browsed: Browsed) -> None:
        self.browsed = browsed
        self.pictures = Pictures()
        self._names: Fresh[Sequence[str]] = Fresh()
        self._images: Fresh[pl.DataFrame] = Fresh()
        self._answers: Fresh[pl.DataFrame] = Fresh()
        self._kinds: Fresh[pl.Series] = Fresh()
        self._runs: Fresh[list[int]] = Fresh()

    def names(self, image_set: ImageSet) -> Sequence[str]:
        """Return the class names by class id."""
        files = image_set.classes
        return self._names.get(
            image_set.name, files, lambda: renamed(class_lists.of_job(files).names, image_set.class_names)
        )

    def label_sets(self, image_set: ImageSet) -> list[str]:
        """Return the existing label sets, the run's first."""
        own = self.browsed.label_set
        return sorted(
            (name for name, path in image_set.labels.items() if Path(path).exists()), key=lambda name: name != own
        )

    def answered(self, image_set: ImageSet, labels: str) -> list[AnswerFiles]:
        """Return the answers whose predictions exist."""
        return [one for one in image_set.answers if Path(one.predictions.get(labels, "")).is_file()]

    def images(self, image_set: ImageSet, labels: str) -> pl.DataFrame:
        """Return evaluated and broken images, by id.

        The columns are `image_id`, `imgt`, `broken`, `labels` and `category`; the last two are null without labels.

        Raises:
            UserError: the index or the labels cannot be read.
        """
        paths = [image_set.index, image_set.labels.get(labels, "")]
        return self._images.get((image_set.name, labels), paths, partial(_images, *paths))

    def runs(self, files: AnswerFiles, labels: str) -> list[int]:
        """Return the numbers of the runs of answers."""
        path = files.predictions[labels]
        return self._runs.get(path, [path], lambda: parquet.read(path, Predictions, ["run"])["run"].unique().to_list())

    def answers(self, image_set: ImageSet, labels: str, files: AnswerFiles, run: int = 0) -> pl.DataFrame:
        """Return answers, a row for each image.

        An image without an answer has nulls, as have `imgt_correct` and `regt_correct` before it is scored.

        Raises:
            UserError: a file cannot be read.
        """
        paths = [files.predictions[labels], files.scores.get(labels, "")]
        images = [image_set.index, image_set.labels.get(labels, "")]
        return self._answers.get(
            (image_set.name, labels, files.name, run),
            [*paths, *images],
            lambda: _answers(self.images(image_set, labels), *paths, run=run),
        )

    def kinds(self, image_set: ImageSet, labels: str, files: AnswerFiles, run: int = 0) -> pl.Series:
        """Return the kinds of out-of-prompt answers, else null.

        Raises:
            UserError: as `answers`.
        """
        answers, names = self.answers(image_set, labels, files, run), self.names(image_set)
        # Only ImageNet's classes have names of CLIP.
        known = names if image_set.classes else class_names("openai")
        paths = [files.predictions[labels], image_set.index, image_set.labels.get(labels, "")]
        return self._kinds.get((image_set.name, labels, files.name, run), paths, lambda: _kinds(answers, names, known))


def _images(index: str, labels: str) -> pl.DataFrame:
    images = parquet.read(index, ImageIndex).filter(pl.col("selected") | pl.col("broken"))
    images = images.select("image_id", "imgt", "broken").sort("image_id")
    listed = parquet.read(labels, Labels) if Path(labels).is_file() else Labels.create_empty()
    return images.join(
        listed.select("image_id", "labels", "category"), on="image_id", how="left", maintain_order="left"
    )


def _answers(images: pl.DataFrame, predictions: str, scores: str, *, run: int) -> pl.DataFrame:
    known = parquet.read(predictions, Predictions, _PREDICTED).filter(pl.col("run") == run)
    scored = parquet.read(scores, Scores, _SCORED) if Path(scores).is_file() else Scores.create_empty().select(_SCORED)
    scored = scored.filter(pl.col("run") == run)
    if known["image_id"].equals(scored["image_id"]):
        # Both are sorted by image, so a join, which takes longer, is not needed.
        together = known.hstack(scored.select("imgt_correct", "regt_correct"))
    else:
        together = known.join(scored.drop("run"), on="image_id", how="left")
    return images.select("image_id").join(together.drop("run"), on="image_id", how="left", maintain_order="left")


def _kinds(answers: pl.DataFrame, names: Sequence[str], known: Sequence[str]) -> pl.Series:
    texts = answers.select(pl.when("oop").then("text").alias("kind"))["kind"]
    kinds = kinds_of(texts.drop_nulls().unique(), names, known)
    return texts.replace_strict(kinds, default=None, return_dtype=pl.String)
