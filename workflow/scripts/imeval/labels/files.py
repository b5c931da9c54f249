"""Reading of label files in all published formats."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from imeval.base.errors import mistake
from imeval.base.user_json import read_json
from imeval.base.user_tables import (
    ClassIds,
    KnownImages,
    Row,
    TableFormat,
    class_id,
    image_id,
    is_missing,
    require_columns,
    row_image_name,
    spelling,
    table_columns,
    table_rows,
)
from imeval.labels import released
from imeval.labels.classes import package_file
from imeval.labels.released import checked_record

LabelFormat = Literal["csv", "json", "parquet", "reimagenet", "clean_list", "mturk", "experts"]

MUSTELIDAE = frozenset({356, 357, 358, 359})
"""The classes of Tables 8 and 9: weasel, mink, polecat, black-footed ferret."""

_LABEL_SET = {"image_id": pl.String(), "labels": pl.List(pl.Int16)}

_REAL_BLACK_FOOTED_FERRET = "ILSVRC2012_val_00033362"
"""The one image of class 359, black-footed ferret, that shows this species."""

_MAJORITY_OF_FIVE = 3


@dataclass(frozen=True)
class _Entry:
    """The entry of an image in a label file.

    `class_ids` is a list of class ids, or a text of class ids with spaces between them. It is not validated yet.
    """

    where: str
    name: str
    class_ids: object


def validation_ids() -> list[str]:
    """Return the ids of ImageNet's 50,000 validation images."""
    return [f"ILSVRC2012_val_{number:08d}" for number in range(1, 50_001)]


def read_label_file(
    path: str | Path, label_format: LabelFormat, known: Iterable[str] = (), classes: ClassIds | None = None
) -> pl.DataFrame:
    """Read a label file as image_id and labels, sorted by image_id.

    `labels` holds distinct class ids, sorted; it is empty for an image without an object. An image whose label the file
    calls unknown has no row. Names in the file are matched with `known`, the ids of the image set. Class ids may be
    written as synsets, or with `classes` as keys or names ("heron; great egret"). A file may be compressed by gzip. The
    formats:

    * csv: columns image_id and labels (or class_ids), such as `ILSVRC2012_val_00000293,0 391`.
    * parquet: the same columns, with labels as a list of class ids.
    * json: `{"ILSVRC2012_val_00000293": [0, 391]}`.
    * reimagenet: the authors' reannotation, JSON lines as in `released`. A label -1 ("not sure") does not count.
    * clean_list: the authors' earlier list, CSV with id, original_label, proposed_labels, validation.
    * mturk: cleanlab's votes of five workers (Northcutt et al. 2021), JSON. The majority decides if the label is the
      given one, the guessed one or both. Without a majority, or with one for neither, an image has no row.
    * experts: the Mustelidae annotation of Tables 8 and 9, JSON. Only images of its four classes have a row.

    Raises:
        UserError: an unreadable file, a missing column, an image that is listed twice, or a class id outside 0-999.
    """
    return _read(_READERS[label_format](path), known, classes)


def read_original_classes(path: str | Path, known: Iterable[str] = ()) -> pl.DataFrame:
    """Read the original classes in the authors' reannotation, as `read_label_file` does."""
    return _read(_reimagenet_original_entries(path), known)


def _read(entries: Iterable[_Entry], known: Iterable[str], classes: ClassIds | None = None) -> pl.DataFrame:
    labels: dict[str, list[int]] = {}
    first: dict[str, str] = {}
    images = KnownImages(known)
    for entry in entries:
        name = images.match(entry.name)
        if name in first:
            found = f"{name} again after {first[name]}"
            raise mistake(entry.where, "image_id", "each image once", found, "keep one of the two")
        first[name] = entry.where
        labels[name] = _class_ids(entry, classes)
    return _label_set(labels)


def read_real_labels() -> pl.DataFrame:
    """Read the ReaL labels of all 50,000 images (Beyer et al. 2020).

    They come with timm. The frame is as in `read_label_file`.
    """
    with package_file("timm", "data/_info/imagenet_real_labels.json").open(encoding="utf-8") as file:
        real = json.load(file)
    return _label_set(dict(zip(validation_ids(), real, strict=True)))


def read_label_set(
    entry: Mapping[str, Any], images: pl.DataFrame | None = None, classes: ClassIds | None = None
) -> pl.DataFrame:
    """Read the label set of an entry of `label_sets`, as `read_label_file` does.

    Args:
        entry: the entry.
        images: the image set, with the columns image_id and imgt.
        classes: the classes of the labels; None for those of ImageNet-1k.
    """
    match entry["kind"]:
        case "real":
            return read_real_labels()
        case "original" if images is not None:
            return images.select("image_id", labels=pl.concat_list("imgt"))
        case "boxes" if "path" not in entry:
            expected, remedy = "labels of crops, which a job makes", "run the tables of these crops first"
            raise mistake("label sets of the kind boxes", "labels", expected, "none", remedy)
    known = () if images is None else images["image_id"]
    return read_label_file(entry["path"], entry.get("format", "csv"), known, classes)


def _csv_entries(path: str | Path) -> Iterator[_Entry]:
    return _table_entries(path, "csv")


def _parquet_entries(path: str | Path) -> Iterator[_Entry]:
    return _table_entries(path, "parquet")


def _table_entries(path: str | Path, table_format: TableFormat) -> Iterator[_Entry]:
    columns = table_columns(path, table_format)
    if "labels" in columns and "class_ids" in columns:
        raise mistake(path, "columns", "labels or class_ids", "both", "rename or remove one")
    column = "class_ids" if "class_ids" in columns else "labels"
    require_columns(path, table_format, "image_id", column)
    for row in table_rows(path, table_format):
        yield _Entry(row.where, row_image_name(row), row.cells[column])


def _json_entries(path: str | Path) -> Iterator[_Entry]:
    for row in _json_object(path):
        yield _Entry(row.where, row_image_name(row), row.cells["value"])


def _reimagenet_entries(path: str | Path) -> Iterator[_Entry]:
    for row in released.records(path, "reannotated_labels"):
        labels = released.sure_labels(row.cells["reannotated_labels"])
        yield _Entry(row.where, row_image_name(row, "image_name"), labels)


def _reimagenet_original_entries(path: str | Path) -> Iterator[_Entry]:
    for row in released.records(path, "original_class"):
        yield _Entry(row.where, row_image_name(row, "image_name"), released.original_class(row))


def _clean_list_entries(path: str | Path) -> Iterator[_Entry]:
    require_columns(path, "csv", "id", "original_label", "proposed_labels", "validation")
    for row in table_rows(path, "csv"):
        yield _Entry(row.where, row_image_name(row, "id"), row.cells["proposed_labels"].replace(",", " "))


def _mturk_entries(path: str | Path) -> Iterator[_Entry]:
    content = read_json(path)
    if not isinstance(content, list):
        raise mistake(path, "content", "a list of records", type(content).__name__, "use cleanlab's file as it is")
    for number, record in enumerate(content, 1):
        where = f"{path}, record {number}"
        row = checked_record(where, record, ("url", "given_original_label", "our_guessed_label", "mturk"))
        votes = checked_record(where, row.cells["mturk"], ("given", "guessed", "both", "neither")).cells
        given, guessed = row.cells["given_original_label"], row.cells["our_guessed_label"]
        # At most one of the three answers has the votes of three of the five workers.
        for vote, class_ids in (("given", [given]), ("guessed", [guessed]), ("both", [given, guessed])):
            if _count(votes[vote], where, vote) >= _MAJORITY_OF_FIVE:
                yield _Entry(where, row_image_name(row, "url"), class_ids)


def _experts_entries(path: str | Path) -> Iterator[_Entry]:
    for row in _json_object(path):
        name = row_image_name(row)
        record = checked_record(row.where, row.cells["value"], ("new_label", "label_type")).cells
        labels = record["new_label"]
        if image_id(name) == _REAL_BLACK_FOOTED_FERRET:
            # The file calls it "uncertain". Class 359 has the name of this species, but its images show domestic
            # ferrets. The experts count this image as a polecat (358): only then do the counts of Table 8 agree.
            labels = 358
        # The experts gave no label to images of another type, such as "uncertain".
        elif record["label_type"] not in ("basic", "multilabel"):
            continue
        entry = _Entry(row.where, name, labels if isinstance(labels, list) else [labels])
        if MUSTELIDAE.issuperset(_class_ids(entry)):
            yield entry


_READERS: Mapping[LabelFormat, Callable[[str | Path], Iterator[_Entry]]] = {
    "csv": _csv_entries,
    "json": _json_entries,
    "parquet": _parquet_entries,
    "reimagenet": _reimagenet_entries,
    "clean_list": _clean_list_entries,
    "mturk": _mturk_entries,
    "experts": _experts_entries,
}


def _json_object(path: str | Path) -> Iterator[Row]:
    """Yield image_id and value of JSON `{image: value}`."""
    # A dict would silently keep only the last entry of a repeated image.
    content = read_json(path, _Pairs)
    if not isinstance(content, _Pairs):
        raise mistake(path, "content", "an object {image: …}", type(content).__name__, "rewrite the file")
    for name, value in content:
        cells = {"image_id": name, "value": dict(value) if isinstance(value, _Pairs) else value}
        yield Row(f"{path}, image '{name}'", cells)


class _Pairs(tuple[tuple[str, Any], ...]):
    """The entries of a JSON object, including repeated keys."""


def _count(value: object, where: str, field: str) -> int:
    if not isinstance(value, int):
        raise mistake(where, field, "a number of votes", repr(value), "use the file as published")
    return value


def _class_ids(entry: _Entry, classes: ClassIds | None = None) -> list[int]:
    listed = _separated(entry.class_ids, classes) if isinstance(entry.class_ids, str) else entry.class_ids
    if not isinstance(listed, list):
        raise mistake(entry.where, "labels", "a list of class ids", repr(listed), "write one, empty for no object")
    for number in listed:
        if is_missing(number):
            remedy = "leave the cell empty if there is no object, or remove the row if the label is unknown"
            raise mistake(entry.where, "labels", "class ids", f"{number!r}, a missing value", remedy)
    return sorted({class_id(number, entry.where, "labels", classes) for number in listed})


def _separated(labels: str, classes: ClassIds | None) -> list[str]:
    """Return the labels in a cell: "0 391" or "great egret; beagle"."""
    if classes is not None and (";" in labels or spelling(labels) in classes.keys):
        return [label for label in map(str.strip, labels.split(";")) if label]
    return labels.split()


def _label_set(labels: Mapping[str, Sequence[int]]) -> pl.DataFrame:
    rows = [(name, sorted(class_ids)) for name, class_ids in sorted(labels.items())]
    return pl.DataFrame(rows, schema=_LABEL_SET, orient="row")
