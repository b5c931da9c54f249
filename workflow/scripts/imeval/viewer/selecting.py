"""The images and answers that filters leave."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import pairwise
from operator import and_, or_

import numpy as np
import polars as pl

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.labels.contract import MEASURED
from imeval.viewer.browsed import AnswerFiles, ImageSet
from imeval.viewer.filters import Filters
from imeval.viewer.reading import Results

_NO_CLASS = -1

_CORRECT = {"regt": "regt_correct", "imgt": "imgt_correct"}


@dataclass(frozen=True)
class Selection:
    """The images that filters leave, by id.

    Attributes:
        image_set: the images' set.
        labels: the label set.
        answers: the answers of the filters' model and task.
        named: the answers that the filters name as right or wrong, then that of their model and task.
        images: all images, as `Results.images` has them.
        rows: the numbers of the rows of `images` that are left.
    """

    results: Results
    filters: Filters
    image_set: ImageSet
    labels: str
    answers: Sequence[AnswerFiles]
    named: Sequence[AnswerFiles]
    images: pl.DataFrame
    rows: pl.Series

    def frame(self, files: AnswerFiles) -> pl.DataFrame:
        """Return answers, a row for each image."""
        return self.results.answers(self.image_set, self.labels, files, self.filters.run)

    def scored(self, files: AnswerFiles) -> pl.DataFrame:
        """Return scores, a row for each image."""
        return self.results.scored(self.image_set, self.labels, files, self.filters.run)

    def right(self, files: AnswerFiles, truth: str = "") -> pl.Series:
        """Return which answers are right.

        By default that is under the labels of the filters.

        It is null for what was not scored, and for what the configuration leaves out of accuracies: errors, where
        nothing came from the model, and perhaps images of N.
        """
        scored, browsed = self.scored(files), self.results.browsed
        right = scored[_CORRECT[truth or self.filters.truth]]
        if not browsed.errors_are_wrong:
            right = _null_where(scored["outcome"] == "error", right)
        if browsed.leaves_n_out:
            right = _null_where(self.images["category"] == "N", right)
        return right

    def kinds(self, files: AnswerFiles) -> pl.Series:
        """Return the kinds of out-of-prompt answers."""
        return self.results.kinds(self.image_set, self.labels, files, self.filters.run)

    def neighbours(self, image_id: str) -> tuple[str | None, str | None]:
        """Return the images before and after one."""
        ids = self.images["image_id"][self.rows]
        # The ids are sorted. An image that is not among them stands between two.
        place = int(ids.search_sorted(image_id, "left"))
        after = place + (place < len(ids) and ids[place] == image_id)
        return (ids[place - 1] if place else None), (ids[after] if after < len(ids) else None)


def select(results: Results, filters: Filters) -> Selection:
    """Return the images that all filters leave.

    Raises:
        UserError: a filter names what the run does not have, or a result cannot be read.
    """
    image_set = results.browsed.image_set(filters.images)
    labels = _label_set(results, image_set, filters.labels)
    answered = results.answered(image_set, labels)
    named = [_named(name, filters.task, answered) for name in (*filters.right, *filters.wrong)]
    own = [one for one in answered if (one.model, one.task) == (filters.model, filters.task) and one not in named]
    selection = Selection(
        results,
        filters,
        image_set,
        labels,
        answers=_of_model_and_task(filters, answered),
        named=[*named, *own],
        images=results.images(image_set, labels),
        rows=pl.Series(dtype=pl.UInt32),
    )
    left = pl.Series([True]).new_from_index(0, len(selection.images))
    for mask in _masks(selection):
        left &= mask.fill_null(False)
    return replace(selection, rows=left.arg_true())


def classes_named(text: str, names: Sequence[str], field: str = "class") -> list[int]:
    """Return the classes of an id or name.

    Raises:
        UserError: there is none.
    """
    if text.isdecimal() and int(text) < len(names):
        return [int(text)]
    wanted = text.casefold()
    whole = [number for number, name in enumerate(names) if name.casefold() == wanted]
    found = whole or [number for number, name in enumerate(names) if wanted in name.casefold()]
    if not found:
        remedy = did_you_mean(text, names) if len(text) > 2 else "correct it"
        raise mistake("address", field, "a class id or a part of a class name", repr(text), remedy)
    return found


def _label_set(results: Results, image_set: ImageSet, name: str) -> str:
    if name and name not in image_set.labels:
        raise mistake("address", "labels", "a label set", repr(name), did_you_mean(name, image_set.labels))
    return name or results.browsed.label_set


def _of_model_and_task(filters: Filters, answered: Sequence[AnswerFiles]) -> list[AnswerFiles]:
    for field, given in (("model", filters.model), ("task", filters.task)):
        known = {getattr(one, field) for one in answered}
        if given and given not in known:
            expected = f"a {field} with answers about these images"
            raise mistake("address", field, expected, repr(given), did_you_mean(given, known))
    return [one for one in answered if filters.model in ("", one.model) and filters.task in ("", one.task)]


def _named(name: str, task: str, answered: Sequence[AnswerFiles]) -> AnswerFiles:
    whole = name if "/" in name else f"{name}/{task}"
    for one in answered:
        if one.name == whole:
            return one
    known = [one.name for one in answered]
    raise mistake("address", "right or wrong", "<model>/<task>", repr(whole), did_you_mean(whole, known))


def _masks(selection: Selection) -> Iterator[pl.Series]:
    """Yield a mask for each filter that is set."""
    filters, images = selection.filters, selection.images
    if filters.category:
        yield images["category"].is_in(MEASURED[filters.category])
    if filters.of_class:
        wanted = classes_named(filters.of_class, selection.results.names(selection.image_set))
        listed = images["labels"].list.eval(pl.element().is_in(wanted)).list.any()
        yield listed.fill_null(False) | images["imgt"].is_in(wanted)
    named = dict(zip((*filters.right, *filters.wrong), selection.named, strict=False))
    for name in filters.right:
        yield selection.right(named[name])
    for name in filters.wrong:
        yield ~selection.right(named[name])
    if filters.status or filters.oop or filters.kind or filters.given or filters.text:
        yield _any(selection, [_has_all(selection, files) for files in selection.answers])
    if filters.correct is not None:
        yield right_answers(selection) == filters.correct
    if filters.agree is not None:
        yield agreeing(selection) >= filters.agree
    if filters.failed:
        failed = [selection.frame(files)["status"].eq("error").fill_null(False) for files in selection.answers]
        yield _any(selection, [*failed, images["broken"]])


def _any(selection: Selection, masks: Sequence[pl.Series]) -> pl.Series:
    none = pl.Series([False]).new_from_index(0, len(selection.images))
    return reduce(or_, masks, none)


def _has_all(selection: Selection, files: AnswerFiles) -> pl.Series:
    """Return which answers have all that is asked."""
    filters, answers = selection.filters, selection.frame(files)
    masks = []
    if filters.status:
        masks.append(answers["status"] == filters.status)
    if filters.oop:
        masks.append(answers["oop"] == (filters.oop == "yes"))
    if filters.kind:
        masks.append(selection.kinds(files) == filters.kind)
    if filters.given:
        wanted = classes_named(filters.given, selection.results.names(selection.image_set), "given")
        masks.append(answers["class_id"].is_in(wanted))
    if filters.text:
        results, run = selection.results, filters.run
        masks.append(results.containing(filters.text, selection.image_set, selection.labels, files, run))
    return reduce(and_, (mask.fill_null(False) for mask in masks))


def _null_where(condition: pl.Series, values: pl.Series) -> pl.Series:
    return values.zip_with(~condition.fill_null(False), pl.Series([None], dtype=values.dtype))


def right_answers(selection: Selection) -> pl.Series:
    """Count the right answers about each image."""
    counts = [selection.right(files).fill_null(False).cast(pl.UInt16) for files in selection.answers]
    none = pl.Series([0], dtype=pl.UInt16).new_from_index(0, len(selection.images))
    return sum(counts, none)


def agreeing(selection: Selection) -> pl.Series:
    """Count the answers with the most frequent class."""
    none = np.zeros(len(selection.images), np.int64)
    columns = [selection.frame(files)["class_id"].fill_null(_NO_CLASS).to_numpy() for files in selection.answers]
    ordered = np.sort(np.stack([none + _NO_CLASS, *columns]), axis=0)
    # In order, answers with the same class are neighbours: count each run of them, and keep the longest.
    run, longest = none, none
    for before, after in pairwise(ordered):
        run = np.where(after == _NO_CLASS, 0, np.where(after == before, run + 1, 1))
        longest = np.maximum(longest, run)
    return pl.Series(longest)
