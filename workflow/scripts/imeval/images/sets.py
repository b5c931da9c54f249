"""The images of a set, and the selection of evaluated ones."""

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from imeval.base.errors import mistake, some
from imeval.base.user_tables import ClassIds, KnownImages, require_columns, row_image_name, table_rows
from imeval.images.contract import ImageIndex, ImageListing
from imeval.images.places import FOUND, Source
from imeval.images.sources import list_images
from imeval.labels import original
from imeval.labels.classes import read_class_selection
from imeval.labels.files import read_label_set
from imeval.labels.objectnet import from_objects, read_objects
from imeval.labels.selection import BY_LABEL_SET, named_label_sets


@dataclass(frozen=True)
class Selection:
    """The conditions by which evaluated images are selected.

    An image must meet every condition that is not None.

    Attributes:
        classes: its original label is one of these class ids.
        classes_of: its original label is also that of one of these images.
        images: it is one of these images, all of which must be in the set.
        images_of: it is one of these images, some of which may be missing from the set.
        per_class: the number of images of each class, drawn among those that meet all other conditions.
        seed: the seed of the draw.
    """

    classes: frozenset[int] | None = None
    classes_of: frozenset[str] | None = None
    images: frozenset[str] | None = None
    images_of: frozenset[str] | None = None
    per_class: int | None = None
    seed: int = 0


def read_listing(
    name: str,
    entry: Mapping[str, Any],
    source: Source | None,
    label_sets: Mapping[str, Mapping[str, Any]],
    list_pictures: Callable[[Source], pl.DataFrame] = list_images,
    *,
    classes: ClassIds | None = None,
) -> pl.DataFrame:
    """Read the `ImageListing` of an entry of `image_sets`.

    Args:
        name: the name of the image set.
        entry: its settings `original_labels`, `selection` and `expected`.
        source: the source of its pictures; None for a set without pictures.
        label_sets: the entries of `label_sets` that the selection names.
        list_pictures: lists the pictures of a source.
        classes: the classes of the set; None for those of ImageNet-1k.

    Raises:
        UserError: as `listing`, or as the readers of the source, the labels and the lists.
    """
    # Unused labels are not read, because they may be of other classes.
    labelled = entry["original_labels"]["kind"] == "source"
    found = None if source is None else list_pictures(replace(source, labelled=labelled, classes=classes))
    labels, of_all = _read_original_labels(entry["original_labels"], found, classes)
    if found is not None and not of_all:
        found = found.join(labels, on="image_id", how="semi", maintain_order="left")
    known = labels if found is None else found
    selection = _read_selection(entry.get("selection", {}), label_sets, known, classes)
    return listing(f"image set '{name}'", labels, found, selection, entry.get("expected"))


def read_image_list(path: str | Path, known: Collection[str] = ()) -> frozenset[str]:
    """Read the images in the column image_id of a CSV file.

    Other columns are ignored. The names are matched with the image ids `known`.

    Raises:
        UserError: no such column, or an image that is listed twice.
    """
    require_columns(path, "csv", "image_id")
    images: set[str] = set()
    names = KnownImages(known)
    for row in table_rows(path, "csv"):
        name = names.match(row_image_name(row))
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
    """Return the `ImageListing` of an image set.

    Args:
        where: the image set, for messages.
        labels: the original labels, with the columns image_id and imgt.
        found: the pictures, with the columns `places.FOUND`; None for a set of all images with an original label.
        selection: the conditions of evaluated images.
        expected: the number of images before the selection; None accepts any.

    Raises:
        UserError: a picture without an original label, another number of images than expected, no selected image, a
            listed image that the set lacks, or a class with too few images to draw.
    """
    # An image set without pictures has the same columns, but they are null.
    if found is None:
        found = labels.select("image_id").with_columns(
            pl.lit(None, kind).alias(name) for name, kind in FOUND.items() if name != "image_id"
        )
    images = found.join(labels, on="image_id", how="left").sort("image_id")
    if unlabelled := images.filter(pl.col("imgt").is_null())["source"].to_list():
        absent = f"none for {len(unlabelled)}: {some(unlabelled)}"
        remedy = "add them or narrow the source's pattern"
        raise mistake(where, "original labels", "one for each picture", absent, remedy)
    if expected is not None and len(images) != expected:
        remedy = "complete the images or correct the number"
        raise mistake(where, "number of images", str(expected), len(images), remedy)
    names = _selected(where, images, selection)
    return images.with_columns(selected=pl.col("image_id").is_in(names)).select(ImageListing.column_names())


def index(where: str, listed: pl.DataFrame, whole: Collection[str] | None) -> pl.DataFrame:
    """Return the `ImageIndex` of an image set.

    Args:
        where: the image set, for messages.
        listed: `ImageListing`.
        whole: the extracted images; None if broken ones are not skipped, so that none is broken here.

    Raises:
        UserError: every selected image is broken.
    """
    broken = pl.lit(False) if whole is None else pl.col("selected") & ~pl.col("image_id").is_in(list(whole))
    frame = listed.with_columns(broken=broken).with_columns(selected=pl.col("selected") & ~pl.col("broken"))
    if not frame["selected"].any():
        expected = "at least one whole picture"
        raise mistake(where, "selected images", expected, "only broken ones", "replace the pictures")
    return frame.select(ImageIndex.column_names())


def _read_original_labels(
    settings: Mapping[str, Any], found: pl.DataFrame | None, classes: ClassIds | None
) -> tuple[pl.DataFrame, bool]:
    """Return the original labels.

    Whether every picture must have one comes second. Pictures of ImageNet whose class is not in the class list, or none
    of the objects, are left out, and those of ObjectNet whose object is no class.
    """
    labels = _all_original_labels(settings, found, classes)
    of_imagenet = settings["kind"] in ("imagenet", "devkit")
    if of_imagenet and classes is not None:
        labels = original.of_part(labels, classes)
    if "objects" in settings:
        labels = labels.filter(pl.col("imgt").is_in(list(chain(*read_objects(settings["objects"]).values()))))
    part = settings["kind"] == "objectnet" or "objects" in settings or (of_imagenet and classes is not None)
    return labels, not part


def _all_original_labels(
    settings: Mapping[str, Any], found: pl.DataFrame | None, classes: ClassIds | None
) -> pl.DataFrame:
    pictures = pl.DataFrame(schema=FOUND) if found is None else found
    match settings["kind"]:
        case "imagenet":
            return original.of_imagenet()
        case "devkit":
            return original.from_devkit(settings["path"])
        case "file_name":
            return original.from_names(pictures["image_id"].to_list(), settings["pattern"], classes)
        case "source":
            return original.from_source(pictures)
        case "objectnet":
            return from_objects(pictures, settings["path"])
        case _:
            return original.from_file(
                settings["path"], settings.get("format", "csv"), pictures["image_id"].to_list(), classes
            )


def _read_selection(
    settings: Mapping[str, Any],
    label_sets: Mapping[str, Mapping[str, Any]],
    known: pl.DataFrame,
    classes: ClassIds | None,
) -> Selection:
    read: dict[str, Any] = {key: settings[key] for key in ("per_class", "seed") if key in settings}
    if "classes" in settings:
        read["classes"] = read_class_selection(settings["classes"], classes)
    if "images" in settings:
        read["images"] = read_image_list(settings["images"], known["image_id"].to_list())
    for key in BY_LABEL_SET:
        if key in settings:
            images = [
                read_label_set(label_sets[name], known, classes)["image_id"] for name in named_label_sets(settings, key)
            ]
            read[key] = frozenset.intersection(*map(frozenset, images))
    return Selection(**read)


def _selected(where: str, images: pl.DataFrame, selection: Selection) -> list[str]:
    chosen = images.select("image_id", "imgt")
    known = set(images["image_id"])
    if selection.images is not None and (unknown := sorted(selection.images - known)):
        listed = f"{len(unknown)} unknown: {some(unknown)}"
        raise mistake(where, "selection.images", "images of the image set", listed, "correct the list")
    if selection.classes is not None:
        chosen = chosen.filter(pl.col("imgt").is_in(sorted(selection.classes)))
    if selection.classes_of is not None:
        # The classes of these images count even if another condition removes the images themselves.
        covered = images.filter(pl.col("image_id").is_in(sorted(selection.classes_of)))["imgt"].unique()
        chosen = chosen.filter(pl.col("imgt").is_in(covered.to_list()))
    for names in (selection.images, selection.images_of):
        if names is not None:
            chosen = chosen.filter(pl.col("image_id").is_in(sorted(names)))
    if chosen.is_empty():
        raise mistake(where, "selected images", "at least one", "none", "correct the selection")
    # Draw last, among the images that meet all other conditions.
    if selection.per_class is not None:
        chosen = _drawn(where, chosen, selection.per_class, selection)
    return chosen["image_id"].to_list()


def _drawn(where: str, chosen: pl.DataFrame, number: int, selection: Selection) -> pl.DataFrame:
    sizes = dict(chosen["imgt"].value_counts().iter_rows())
    # A listed class without images is a mistake too.
    for class_id in sorted(selection.classes or sizes):
        if sizes.get(class_id, 0) < number:
            found = f"{sizes.get(class_id, 0)} of class {class_id}"
            raise mistake(where, "selection.per_class", f"{number} images of each class", found, "draw fewer")
    lots = [_lot(selection.seed, name) for name in chosen["image_id"]]
    return chosen.with_columns(lot=pl.Series(lots)).sort("lot").group_by("imgt").head(number)


def _lot(seed: int, name: str) -> str:
    """Return the lot of an image; the lowest lots are selected.

    It depends only on seed and image, so other images that are added or removed do not change it.
    """
    return hashlib.sha256(f"{seed} {name}".encode()).hexdigest()
