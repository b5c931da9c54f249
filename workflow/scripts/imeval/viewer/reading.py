"""Results as frames.

Every frame of answers has a row for each row of `Results.images`, so that filters combine columns without joins.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import polars as pl

from imeval.base import parquet
from imeval.base.columns import dy
from imeval.base.errors import UserError
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
_SCORED = ["image_id", "run", "outcome", "imgt_correct", "regt_correct"]
_Columns = tuple[type[dy.Schema], Sequence[str]]


class Results:
    """The results of a run, as they are on the disk now."""

    def __init__(self, browsed: Browsed) -> None:
        self.browsed = browsed
        self.pictures = Pictures()
        self._names: Fresh[Sequence[str]] = Fresh()
        self._images: Fresh[pl.DataFrame] = Fresh()
        self._frames: Fresh[pl.DataFrame] = Fresh()
        self._texts: Fresh[tuple[pl.Series, pl.Series]] = Fresh()
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

    def read_ahead(self) -> None:
        """Read the run's own answers before a page needs them.

        A damaged result is left for the page that shows it.
        """
        image_set, labels = self.browsed.image_sets[0], self.browsed.label_set
        with suppress(UserError):
            for files in self.answered(image_set, labels):
                self.scored(image_set, labels, files)
                self.containing("", image_set, labels, files)

    def runs(self, files: AnswerFiles, labels: str) -> list[int]:
        """Return the numbers of the runs of answers."""
        path = files.predictions[labels]
        return self._runs.get(path, [path], lambda: parquet.read(path, Predictions, ["run"])["run"].unique().to_list())

    def answers(self, image_set: ImageSet, labels: str, files: AnswerFiles, run: int = 0) -> pl.DataFrame:
        """Return answers, a row for each image.

        The columns are those of `Predictions`; they are null for an image without an answer.

        Raises:
            UserError: a file cannot be read.
        """
        return self._aligned(image_set, labels, files.predictions[labels], run, (Predictions, _PREDICTED))

    def scored(self, image_set: ImageSet, labels: str, files: AnswerFiles, run: int = 0) -> pl.DataFrame:
        """Return the scores of answers, a row for each image.

        The columns are `outcome`, `imgt_correct` and `regt_correct`; they are null for what is not scored.

        Raises:
            UserError: a file cannot be read.
        """
        return self._aligned(image_set, labels, files.scores.get(labels, ""), run, (Scores, _SCORED))

    def _aligned(self, image_set: ImageSet, labels: str, path: str, run: int, of: _Columns) -> pl.DataFrame:
        images = [image_set.index, image_set.labels.get(labels, "")]
        return self._frames.get(
            (image_set.name, labels, path, run),
            [path, *images],
            lambda: _aligned(self.images(image_set, labels)["image_id"], path, run, *of),
        )

    def containing(self, text: str, image_set: ImageSet, labels: str, files: AnswerFiles, run: int = 0) -> pl.Series:
        """Return which answers contain a text, in either case.

        Raises:
            UserError: as `answers`.
        """
        answers = self.answers(image_set, labels, files, run)
        paths = [files.predictions[labels], image_set.index, image_set.labels.get(labels, "")]
        key = (image_set.name, labels, files.name, run)
        distinct, places = self._texts.get(key, paths, lambda: _distinct(answers["text"]))
        return distinct.str.contains(text.lower(), literal=True).gather(places)

    def kinds(self, image_set: ImageSet, labels: str, files: AnswerFiles, run: int = 0) -> pl.Series:
        """Return the kinds of out-of-prompt answers, else null.

        Raises:
            UserError: as `answers`.
        """
        answers, names = self.answers(image_set, labels, files, run), self.names(image_set)
        paths = [files.predictions[labels], image_set.index, image_set.labels.get(labels, "")]
        # Only ImageNet's classes have names of CLIP.
        return self._kinds.get(
            (image_set.name, labels, files.name, run),
            paths,
            lambda: _kinds(answers, names, names if image_set.classes else class_names("openai")),
        )


def _images(index: str, labels: str) -> pl.DataFrame:
    images = parquet.read(index, ImageIndex).filter(pl.col("selected") | pl.col("broken"))
    images = images.select("image_id", "imgt", "broken").sort("image_id")
    listed = parquet.read(labels, Labels) if Path(labels).is_file() else Labels.create_empty()
    return images.join(
        listed.select("image_id", "labels", "category"), on="image_id", how="left", maintain_order="left"
    )


def _aligned(ids: pl.Series, path: str, run: int, contract: type[dy.Schema], columns: Sequence[str]) -> pl.DataFrame:
    """Return some columns of a file, a row for each image id."""
    found = contract.create_empty().select(columns)
    if Path(path).is_file():
        found = parquet.read(path, contract, columns).filter(pl.col("run") == run)
    found = found.drop("run")
    # Both are sorted by image, so mostly a join, which takes longer, is not needed.
    if not found["image_id"].equals(ids):
        found = ids.to_frame().join(found, on="image_id", how="left", maintain_order="left")
    return found.drop("image_id")


def _distinct(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return the distinct texts in lower case, and each one's place.

    Many answers are the same, so a search looks at each of them once.
    """
    lowered = texts.str.to_lowercase()
    distinct = lowered.drop_nulls().unique().sort()
    return distinct, lowered.cast(pl.Enum(distinct)).to_physical()


def _kinds(answers: pl.DataFrame, names: Sequence[str], known: Sequence[str]) -> pl.Series:
    texts = answers.select(pl.when("oop").then("text").alias("kind"))["kind"]
    kinds = kinds_of(texts.drop_nulls().unique(), names, known)
    return texts.replace_strict(kinds, default=None, return_dtype=pl.String)
