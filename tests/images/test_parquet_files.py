import json
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from imeval.base import parquet, unpacking
from imeval.base.errors import UserError
from imeval.images import sources
from imeval.images.contract import ImageIndex
from imeval.images.extraction import places
from imeval.images.places import Source
from imeval.labels import classes
from pictures import noise, write_parquet

from .forms import read_all


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("a.jpg", b"x", 1000)], r"a\.parquet, row 1: label: expected a class id, .*found 1000"),
        (
            [("a.jpg", b"x", 0), ("./a.jpg", b"x", 0)],
            r"image a/a: expected one file, found a\.jpg in a\.parquet and \./a",
        ),
    ],
)
def test_a_wrong_row_is_refused(tmp_path: Path, rows, message: str) -> None:
    write_parquet(tmp_path / "a.parquet", rows)
    with pytest.raises(UserError, match=message):
        sources.list_images(Source("parquet", tmp_path))


def test_a_test_split_without_labels_is_a_source(tmp_path: Path) -> None:
    write_parquet(tmp_path / "a.parquet", [("a.jpg", b"x", None)])
    assert sources.list_images(Source("parquet", tmp_path))["label"].to_list() == [None]


def test_a_parquet_file_of_other_columns_is_refused(tmp_path: Path) -> None:
    image_sets_file = tmp_path / "a.parquet"
    parquet.write(image_sets_file, ImageIndex, ImageIndex.create_empty())
    with pytest.raises(UserError, match=r"a\.parquet: columns: expected 'image' with bytes and path, .*found image_id"):
        sources.list_images(Source("parquet", image_sets_file))


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", [("a.jpg", noise("JPEG"), 0)])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"a\.parquet: file: expected a whole parquet file"):
        sources.list_images(Source("parquet", path))


def test_pictures_that_unpack_to_too_much_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_parquet(tmp_path / "a.parquet", [(f"{number}.jpg", bytes(100_000), 0) for number in range(40)])
    assert len(read_all(Source("parquet", path), tmp_path)) == 40
    monkeypatch.setattr(unpacking, "ALWAYS", 2_000_000)
    with pytest.raises(UserError, match=r"a\.parquet: file: expected at most 2 MB when unpacked, found more"):
        read_all(Source("parquet", path), tmp_path)


def test_a_parquet_file_that_lost_rows_since_it_was_listed_is_named(tmp_path: Path) -> None:
    rows = [("a.jpg", b"x", 0), ("b.jpg", b"y", 0)]
    source = Source("parquet", write_parquet(tmp_path / "a.parquet", rows))
    listed = places(sources.list_images(source))
    write_parquet(tmp_path / "a.parquet", rows[:1])
    with (
        pytest.raises(UserError, match=r"a\.parquet: rows: expected at least 2, as when it was listed, found 1; copy"),
        sources.reading(source, listed, tmp_path),
    ):
        pass


def test_an_empty_picture_of_a_parquet_file_has_no_bytes(tmp_path: Path) -> None:
    source = Source("parquet", write_parquet(tmp_path / "a.parquet", [("a.jpg", None, 0)]))
    assert read_all(source, tmp_path) == {"a": b""}


PNGS = [noise("PNG", seed, (4, 3)) for seed in range(2)]


def written(path: Path, images: Any, names: list[str] | None = None, **columns: Any) -> Source:
    table = pa.table({"image": images, **columns})
    if names is not None:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, path / "test.parquet")
    return Source("parquet", path)


@pytest.mark.parametrize(
    "images",
    [
        pa.array(
            [{"bytes": data, "path": None} for data in PNGS], pa.struct({"bytes": pa.binary(), "path": pa.string()})
        ),
        pa.array([{"bytes": data, "path": ""} for data in PNGS]),
        pa.array([{"bytes": data} for data in PNGS]),
        pa.array(PNGS),
        pa.array(PNGS, pa.large_binary()),
    ],
    ids=["null", "empty", "bytes alone", "binary", "large binary"],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_pictures_without_a_path_get_an_id_from_file_and_row(tmp_path: Path, images: pa.Array, labelled: bool) -> None:
    source = written(tmp_path, images, **({"label": pa.array([1, 2])} if labelled else {}))
    found = sources.list_images(source)
    assert found["label"].to_list() == ([1, 2] if labelled else [None, None])
    assert read_all(source, tmp_path) == dict(zip(("test_000000", "test_000001"), PNGS, strict=True))


def test_a_path_names_its_picture_where_others_lack_one(tmp_path: Path) -> None:
    source = written(tmp_path, pa.array([{"bytes": PNGS[0], "path": "val/a.png"}, {"bytes": PNGS[1], "path": None}]))
    assert read_all(source, tmp_path) == {"a": PNGS[0], "test_000001": PNGS[1]}


IMAGES = pa.array([{"bytes": PNGS[0], "path": f"{name}.png"} for name in "ab"])


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (pa.array(["n01440764", "n01443537"]), [0, 1]),
        (pa.array(["n01440764", "n01443537"]).dictionary_encode(), [0, 1]),
        (pa.array(["7", "8"]), [7, 8]),
        (pa.array([207.0, math.nan]), [207, None]),
        (pa.array([7, None]), [7, None]),
    ],
)
def test_labels_are_class_ids_or_synsets(tmp_path: Path, labels: pa.Array, expected: list[int | None]) -> None:
    assert sources.list_images(written(tmp_path, IMAGES, label=labels))["label"].to_list() == expected


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["n01443537", "n01440764"], [1, 0]),
        (["goldfish", "tench"], [1, 0]),
        (["goldfish, Carassius auratus", "tench, Tinca tinca"], [1, 0]),
        (["great_white_shark", "Crane Bird", "ostrich"], [2, 134]),
        ([*classes.synsets()], [0, 1]),
    ],
)
def test_a_files_own_label_names_decide_the_class(tmp_path: Path, names: list[str], expected: list[int]) -> None:
    source = written(tmp_path, IMAGES, names, label=pa.array([0, 1]))
    assert sources.list_images(source)["label"].to_list() == expected


def test_a_label_of_minus_one_is_none_where_the_file_has_label_names(tmp_path: Path) -> None:
    source = written(tmp_path, IMAGES, ["goldfish", "tench"], label=pa.array([-1, 1]))
    assert sources.list_images(source)["label"].to_list() == [None, 0]


@pytest.mark.parametrize(
    ("names", "labels", "message"),
    [
        (
            ["airplane", "tench", "cat"],
            [0, 1],
            r"test\.parquet: label names: expected the names or synsets of ImageNet's classes, found 2 of 3 that are "
            r"of no class or of several: 'airplane', 'cat'; use synsets as labels, or take the original labels from",
        ),
        (["crane", "tench"], [0, 1], r"label names: .* found 1 of 2 that are of no class or of several: 'crane'"),
        (["n00000000", "tench"], [0, 1], r"label names: .* found 1 of 2 .*: 'n00000000'"),
        (
            ["goldfish", "tench"],
            [0, 2],
            r"row 2: label: expected the place of one of the file's 2 label names, .*found 2",
        ),
        (["goldfish", "tench"], [0.5, 1.0], r"row 1: label: expected the place of .*, found 0\.5"),
        (None, ["tench", "goldfish"], r"row 1: label: .*found 'tench'; write the class id or the synset, not a name"),
        (None, [3.5, 1.0], r"row 1: label: expected a class id, .*found 3\.5"),
        (None, [-1, 1], r"row 1: label: expected a class id, .*found -1"),
    ],
)
def test_labels_that_are_not_our_classes_are_refused(tmp_path: Path, names, labels, message: str) -> None:
    with pytest.raises(UserError, match=message):
        sources.list_images(written(tmp_path, IMAGES, names, label=pa.array(labels)))


@pytest.mark.parametrize("metadata", ["", "{", "[]", "{}", '{"info": {"features": {"label": {"dtype": "int64"}}}}'])
def test_metadata_without_label_names_leaves_class_ids(tmp_path: Path, metadata: str) -> None:
    table = pa.table({"image": IMAGES, "label": pa.array([7, 8])}).replace_schema_metadata({"huggingface": metadata})
    pq.write_table(table, tmp_path / "a.parquet")
    assert sources.list_images(Source("parquet", tmp_path))["label"].to_list() == [7, 8]
