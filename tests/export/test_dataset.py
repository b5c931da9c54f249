import hashlib
import json
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from imeval.base import parquet
from imeval.export import dataset
from imeval.images.contract import Images
from imeval.scoring.contract import Samples
from pictures import noise


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    row = {
        "model": "gpt", "task": "cw", "image_id": "a", "run": 0, "imgt": 526, "imgt_name": "desk", "labels": [526, 620],
        "label_names": ["desk", "laptop computer"], "category": "M+", "status": "ok", "text": "desk", "class_id": 526,
        "class_name": "desk", "method": "exact", "similarity": None, "oop": False, "imgt_correct": True,
        "regt_correct": True,
    }  # fmt: skip
    parquet.write(tmp_path / "samples.parquet", Samples, pl.DataFrame([row], schema=Samples.create_empty().schema))
    return tmp_path / "samples.parquet"


@pytest.fixture
def shard(tmp_path: Path) -> Path:
    data = noise("PNG")
    row = {"image_id": "a", "imgt": 526, "width": 48, "height": 32, "data": data}
    row["sha256"] = hashlib.sha256(data).hexdigest()
    path = tmp_path / "00000-of-00001.parquet"
    parquet.write(path, Images, pl.DataFrame([row], schema=Images.create_empty().schema))
    return path


def card(folder: Path) -> dict[str, object]:
    _, front_matter, text = (folder / "README.md").read_text().split("---\n")
    assert text.startswith("# the demo's 20 photographs\n")
    return yaml.safe_load(front_matter)


def test_the_samples_are_exported_without_the_pictures(samples: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    dataset.export(samples, [], "the demo's 20 photographs", folder)
    assert card(folder) == {"configs": [{"config_name": "samples", "data_files": "data/samples.parquet"}]}
    assert (folder / "data/samples.parquet").read_bytes() == samples.read_bytes()
    assert "licences" not in (folder / "README.md").read_text()
    assert not (folder / "images").exists()


def test_pictures_that_are_asked_for_are_exported_as_images(samples: Path, shard: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    dataset.export(samples, [shard], "the demo's 20 photographs", folder)
    assert card(folder)["configs"][1] == {"config_name": "images", "data_files": "images/*.parquet"}
    assert "licences" in (folder / "README.md").read_text()
    table = pq.read_table(folder / "images/00000-of-00001.parquet")
    assert table.to_pylist() == [{"image_id": "a", "image": {"bytes": noise("PNG"), "path": "a"}}]
    features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["image"] == {"_type": "Image"}


def test_the_library_datasets_reads_the_folder(samples: Path, shard: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="the library datasets is not installed")
    folder = tmp_path / "export"
    dataset.export(samples, [shard], "the demo's 20 photographs", folder)
    read = datasets.load_dataset(str(folder), "samples", cache_dir=str(tmp_path / "cache"))["train"][0]
    assert (read["text"], read["labels"], read["regt_correct"]) == ("desk", [526, 620], True)
    image = datasets.load_dataset(str(folder), "images", cache_dir=str(tmp_path / "cache"))["train"][0]["image"]
    assert image.size == (48, 32)
