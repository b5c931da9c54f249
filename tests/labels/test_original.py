import io
import tarfile
from collections import Counter
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from imeval.base.errors import UserError
from imeval.images.places import FOUND
from imeval.labels import classes, original
from scipy.io import savemat


def test_original_labels_stand_in_the_file_names() -> None:
    frame = original.from_names(["imagenet_01_559", "imagenet_00_243"], r"_(\d+)$")
    assert frame.rows() == [("imagenet_00_243", 243), ("imagenet_01_559", 559)]


@pytest.mark.parametrize(
    ("name", "pattern", "message"),
    [
        ("a_7", r"_(\d+", "pattern '_.*: expected a regular expression"),
        ("a_7", r"_\d+$", "expected one group, found 0; put the class id in parentheses"),
        ("a7", r"_(\d+)$", "image a7: original label: expected a name that matches"),
        ("a_1000", r"_(\d+)$", "image a_1000: original label: expected a class id, .*found '1000'"),
    ],
)
def test_a_name_without_an_original_label_is_refused(name: str, pattern: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        original.from_names([name], pattern)


def test_original_labels_from_a_file_are_one_an_image(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("image_id,labels\nb.png,7\na.png,3\n")
    assert original.from_file(path, "csv").rows() == [("a", 3), ("b", 7)]
    path.write_text("image_id,labels\nb.png,7\na.png,3 4\n")
    with pytest.raises(
        UserError, match=r"l\.csv: labels: expected one original label for each image, found 3, 4 for a"
    ):
        original.from_file(path, "csv")
    path.write_text("image_id,labels\nb.png,\n")
    with pytest.raises(UserError, match="found none for b"):
        original.from_file(path, "csv")


def test_original_labels_of_imagenet_are_50_a_class() -> None:
    frame = original.of_imagenet()
    assert frame.head(2).rows() == [("ILSVRC2012_val_00000001", 65), ("ILSVRC2012_val_00000002", 970)]
    assert Counter(frame["imgt"]) == dict.fromkeys(range(1000), 50)


def devkit(folder: Path, truth: str, synsets: list[str], leave_out: str = "") -> Path:
    """The development kit's tar, whose class numbers follow the order of `synsets`."""
    kinds = [("ILSVRC2012_ID", "O"), ("WNID", "O"), ("num_children", "O")]
    numbered = np.array([(number, synset, 0) for number, synset in enumerate(synsets, 1)], dtype=kinds)
    meta = io.BytesIO()
    savemat(meta, {"synsets": numbered.reshape(-1, 1)})
    path = folder / "ILSVRC2012_devkit_t12.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for name, data in (("ILSVRC2012_validation_ground_truth.txt", truth.encode()), ("meta.mat", meta.getvalue())):
            if name != leave_out:
                member = tarfile.TarInfo(f"ILSVRC2012_devkit_t12/data/{name}")
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
    return path


def test_the_development_kits_class_numbers_become_class_ids(tmp_path: Path) -> None:
    synsets = classes.synsets()
    path = devkit(tmp_path, "2\n1\n3\n", [synsets[227], synsets[7], synsets[999], "n00001740"])
    assert original.from_devkit(path).rows() == [
        ("ILSVRC2012_val_00000001", 7),
        ("ILSVRC2012_val_00000002", 227),
        ("ILSVRC2012_val_00000003", 999),
    ]


@pytest.mark.parametrize(
    ("truth", "leave_out", "message"),
    [
        ("1\n9\n", "", r"devkit_t12\.tar\.gz, line 2 of the ground truth: original label: expected a class .*found 9"),
        ("1\n2\n", "", r"line 2 of the ground truth: original label: .*found 2"),
        ("one\n", "", r"line 1 of the ground truth: original label: .*found one"),
        ("1\n", "meta.mat", r"devkit_t12\.tar\.gz: file: expected the development kit's tar, with meta\.mat"),
        ("1\n", "ILSVRC2012_validation_ground_truth.txt", r"with ILSVRC2012_validation_ground_truth\.txt, found none"),
    ],
)
def test_another_tar_than_the_development_kits_is_refused(tmp_path: Path, truth, leave_out, message: str) -> None:
    path = devkit(tmp_path, truth, [classes.synsets()[0], "n00001740"], leave_out)
    with pytest.raises(UserError, match=message):
        original.from_devkit(path)


def test_a_development_kit_cut_short_is_refused(tmp_path: Path) -> None:
    path = devkit(tmp_path, "1\n" * 5000, list(classes.synsets()))
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(UserError, match=r"devkit_t12\.tar\.gz: file: expected the development kit's tar"):
        original.from_devkit(path)


def test_a_source_gives_the_labels_that_it_has() -> None:
    rows = [("a", "a.jpg", None, None, 1, 7), ("b", "b.jpg", None, None, 1, None)]
    assert original.from_source(pl.DataFrame(rows, schema=FOUND, orient="row")).rows() == [("a", 7)]


def test_original_labels_match_pictures_of_one_name_by_their_folder(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_text("image_id,labels\nn01440764/s.png,0.0\n./n01443537/s.png,n01443537\n")
    known = ["n01440764/s", "n01443537/s"]
    assert original.from_file(path, "csv", known).rows() == [("n01440764/s", 0), ("n01443537/s", 1)]
