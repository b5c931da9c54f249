from pathlib import Path

import polars as pl
import pytest
from imeval.base import parquet
from imeval.base.errors import UserError
from imeval.labels.classes import class_names
from imeval.scoring import correctness
from imeval.scoring.contract import Samples
from imeval.scoring.samples import samples, write_csv

from .five_images import predictions, regt


def made() -> pl.DataFrame:
    predicted = predictions({"laptop": 681, "mislabelled": 11, "desk": None, "kitchen": 827, "nothing": 3})
    predicted = predicted.with_columns(text=pl.col("image_id") + " ?", oop=pl.col("class_id").is_null())
    scores = correctness.score(predicted, regt())
    return samples(predicted, scores, regt(), class_names("clean"), "gpt", "cw")


def test_a_sample_has_an_image_its_labels_and_what_the_model_made_of_it() -> None:
    (row,) = made().filter(pl.col("image_id") == "desk").iter_rows(named=True)
    assert row == {
        "model": "gpt",
        "task": "cw",
        "image_id": "desk",
        "run": 0,
        "imgt": 526,
        "imgt_name": "desk",
        "labels": [526, 620],
        "label_names": ["desk", "laptop computer"],
        "category": "M+",
        "status": "ok",
        "text": "desk ?",
        "class_id": None,
        "class_name": None,
        "method": "exact",
        "similarity": None,
        "oop": True,
        "imgt_correct": False,
        "regt_correct": False,
    }


def test_samples_keep_their_contract_and_its_order() -> None:
    frame = Samples.validate(made())
    assert frame["image_id"].to_list() == ["desk", "kitchen", "laptop", "mislabelled", "nothing"]
    assert frame["class_name"].to_list() == [None, "stove", "notebook computer", "goldfinch", "tiger shark"]
    assert frame["regt_correct"].to_list() == [False, True, True, False, True]
    assert frame["imgt_correct"].to_list() == [False, False, True, True, False]


def test_samples_are_written_as_csv_with_several_labels_as_one_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imeval.scoring.samples._ROWS_AT_ONCE", 2)
    table, csv = tmp_path / "samples.parquet", tmp_path / "samples.csv"
    parquet.write(table, Samples, made())
    write_csv(table, csv)
    header, first, *others = csv.read_text().splitlines()
    assert header.split(",")[:3] == ["model", "task", "image_id"]
    assert first == ("gpt,cw,desk,0,526,desk,526;620,desk;laptop computer,M+,ok,desk ?,,,exact,,true,false,false")
    assert len(others) == 4


def test_a_model_that_comes_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="content"):
        parquet.write(tmp_path / "samples.parquet", Samples, pl.concat([made(), made()]))
