"""Image sets: a source's pictures with their original labels, and which of them are evaluated."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from imeval.base.errors import mistake, some
from imeval.base.user_tables import require_columns, row_image_id, table_rows
from imeval.images.contract import ImageIndex, ImageListing
from imeval.images.sources import FOUND, Source, list_images
from imeval.labels import original
from imeval.labels.classes import read_class_list
from imeval.labels.files import read_label_set


@dataclass(frozen=True)
class Selection:
    """Which images are evaluated: those that meet every condition given; all without one.

    Attributes:
        classes: original classes.
        classes_of: images; their original classes.
        images: images, all of which there must be.
        images_of: images, of which there may be more than the set has.
        per_class: this many images of each class that is left, drawn by the seed.
        seed: of the draw.
    """

    classes: frozenset[int] | None = None
    classes_of: frozenset[str] | None = None
    images: frozenset[str] | None = None
    images_of: frozenset[str] | None = None
    per_class: int | None = None
    seed: int = 0


def read_listing(
    name: str, entry: Mapping[str, Any], source: Source | None, label_sets: Mapping[str, Mapping[str, Any]]
) -> pl.DataFrame:
    """Read everything an entry of `image_sets` names into its ImageListing frame.

    Args:
        name: of the image set.
        entry: its original_labels, selection and expected.
        source: its pictures; None for a set without.
        label_sets: the entries of `label_sets` that the selection names.

    Raises:
        UserError: as `listing` and the readers of the source, the labels and the lists.
    """
    found = None if source is None else list_images(source)
    labels = _read_original_labels(entry["original_labels"], found)
    selection = _read_selection(entry.get("selection", {}), label_sets)
    return listing(f"image set '{name}'", labels, found, selection, entry.get("expected"))


def read_image_list(path: str | Path) -> frozenset[str]:
    """Read the images a study is confined to from the column image_id.

    Raises:
        UserError: no such column, or an image listed twice; names the line.
    """
    require_columns(path, "csv", "image_id")
    images: set[str] = set()
    for row in table_rows(path, "csv"):
        name = row_image_id(row)
        if name in images:
            raise mistake(row.where, "image_id", "each image once", f"{name} again", "remove one of the lines")
        images.add(name)
    return frozenset(images)


def listing(
    where: str,
    labels: pl.DataFrame,
    found: pl.DataFrame | None,
    selection: Selection,
    expected: int | None,
) -> pl.DataFrame:
    """Make the ImageListing frame of an image set named `where`.

    Its images are those found in the source (as `sources.FOUND`), or without a source all that have one of the
    original `labels`. `expected` is their number before the selection.

    Raises:
        UserError: a picture without original label, another number of images than expected, none selected, a listed
            image that is not there, a class with fewer images than are to be drawn.
    """
    if found is None:
        found = labels.select("image_id").with_columns(
            pl.lit(None, kind).alias(name) for name, kind in FOUND.items() if name != "image_id"
        )
    images = found.join(labels, on="image_id", how="left").sort("image_id")
    if unlabelled := images.filter(pl.col("imgt").is_null())["source"].to_list():
        absent = f"none for {len(unlabelled)}: {some(unlabelled)}"
        raise mistake(where, "original labels", "one a picture", absent, "add them or narrow the source's pattern")
    if expected is not None and len(images) != expected:
        remedy = "complete the images or correct the number"
        raise mistake(where, "number of images", str(expected), len(images), remedy)
    names = _selected(where, images, selection)
    return images.with_columns(selected=pl.col("image_id").is_in(names)).select(ImageListing.column_names())


def index(where: str, listed: pl.DataFrame, whole: Collection[str] | None) -> pl.DataFrame:
    """Make the ImageIndex frame of an ImageListing frame.

    Args:
        where: the image set, for a message.
        listed: `ImageListing`.
        whole: the images that were extracted, where broken ones are left out; None where none may be broken.

    Raises:
        UserError: every selected image is broken.
    """
    broken = pl.lit(False) if whole is None else pl.col("selected") & ~pl.col("image_id").is_in(list(whole))
    frame = listed.with_columns(broken=broken).with_columns(selected=pl.col("selected") & ~pl.col("broken"))
    if not frame["selected"].any():
        raise mistake(where, "selected images", "a whole one at least", "only broken ones", "replace the pictures")
    return frame.select(ImageIndex.column_names())


def _read_original_labels(settings: Mapping[str, Any], found: pl.DataFrame | None) -> pl.DataFrame:
    pictures = pl.DataFrame(schema=FOUND) if found is None else found
    match settings["kind"]:
        case "imagenet":
            return original.of_imagenet()
        case "devkit":
            return original.from_devkit(settings["path"])
        case "file_name":
            return original.from_names(pictures["image_id"].to_list(), settings["pattern"])
        case "source":
            return original.from_source(pictures)
        case _:
            return original.from_file(settings["path"], settings.get("format", "csv"))


def _read_selection(settings: Mapping[str, Any], label_sets: Mapping[str, Mapping[str, Any]]) -> Selection:
    read: dict[str, Any] = {key: settings[key] for key in ("per_class", "seed") if key in settings}
    if "classes" in settings:
        read["classes"] = read_class_list(settings["classes"])
    if "images" in settings:
        read["images"] = read_image_list(settings["images"])
    for key in ("classes_of", "images_of"):
        if key in settings:
            read[key] = frozenset(read_label_set(label_sets[settings[key]])["image_id"])
    return Selection(**read)


def _selected(where: str, images: pl.DataFrame, selection: Selection) -> list[str]:
    chosen = images.select("image_id", "imgt")
    known = set(images["image_id"])
    if selection.images is not None and (unknown := sorted(selection.images - known)):
        listed = f"{len(unknown)} it does not have: {some(unknown)}"
        raise mistake(where, "selection.images", "images of the image set", listed, "correct the list")
    if selection.classes is not None:
        chosen = chosen.filter(pl.col("imgt").is_in(sorted(selection.classes)))
    if selection.classes_of is not None:
        covered = images.filter(pl.col("image_id").is_in(sorted(selection.classes_of)))["imgt"].unique()
        chosen = chosen.filter(pl.col("imgt").is_in(covered.to_list()))
    for names in (selection.images, selection.images_of):
        if names is not None:
            chosen = chosen.filter(pl.col("image_id").is_in(sorted(names)))
    if chosen.is_empty():
        raise mistake(where, "selected images", "one at least", "none", "correct the selection")
    if selection.per_class is not None:
        chosen = _drawn(where, chosen, selection.per_class, selection)
    return chosen["image_id"].to_list()


def _drawn(where: str, chosen: pl.DataFrame, number: int, selection: Selection) -> pl.DataFrame:
    sizes = dict(chosen["imgt"].value_counts().iter_rows())
    for class_id in sorted(selection.classes or sizes):
        if sizes.get(class_id, 0) < number:
            found = f"{sizes.get(class_id, 0)} of class {class_id}"
            raise mistake(where, "selection.per_class", f"{number} images of each class", found, "draw fewer")
    draws = [_draw(selection.seed, name) for name in chosen["image_id"]]
    return chosen.with_columns(draw=pl.Series(draws)).sort("draw").group_by("imgt").head(number)


def _draw(seed: int, name: str) -> str:
    """Return what an image draws: it depends on the seed and the image alone, so no other image changes it."""
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
