import hashlib
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from imeval.asking.contract import Responses
from imeval.base import parquet
from imeval.base.errors import DamagedError, UserError
from imeval.images import extraction
from imeval.images.contract import Images
from imeval.mapping.contract import Predictions
from imeval.models.contract import Outputs

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"


def predictions(**changes: object) -> pl.DataFrame:
    row: dict[str, object] = {
        "image_id": "a",
        "run": 0,
        "status": "ok",
        "text": "tench",
        "class_id": 0,
        "method": "exact",
        "similarity": 1.0,
        "oop": False,
        "oop_as_written": False,
        "alone": False,
    }
    return pl.DataFrame([row | changes], schema=Predictions.create_empty().schema)


def test_rows_are_sorted_by_key_and_columns_ordered_as_the_contract_names_them(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    two = pl.concat([predictions(image_id="b"), predictions(image_id="a")])
    parquet.write(path, Predictions, two.select(reversed(two.columns)))
    read = parquet.read(path, Predictions)
    assert read["image_id"].to_list() == ["a", "b"]
    assert read.columns == Predictions.column_names()


def test_equal_rows_are_equal_bytes_whatever_their_order(tmp_path: Path) -> None:
    one, other = predictions(image_id="a"), predictions(image_id="b")
    parquet.write(tmp_path / "1.parquet", Predictions, pl.concat([one, other]))
    parquet.write(tmp_path / "2.parquet", Predictions, pl.concat([other, one]))
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()


def test_a_repeated_key_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"p\.parquet: content: .*Predictions/3.*primary_key"):
        parquet.write(tmp_path / "p.parquet", Predictions, pl.concat([predictions(), predictions()]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("change", [{"class_id": -1}, {"method": "guess"}, {"status": "lost"}, {"image_id": ""}])
def test_a_value_outside_its_column_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(UserError, match=f"'{next(iter(change))}'"):
        parquet.write(tmp_path / "p.parquet", Predictions, predictions(**change))


def test_a_file_of_another_contract_is_named_with_both_contracts(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    parquet.write(path, Predictions, predictions())
    with pytest.raises(UserError, match=r"p\.parquet: contract: expected Outputs/1, found Predictions/3"):
        parquet.read(path, Outputs)


def test_a_file_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.parquet"
    parquet.write(path, Predictions, predictions())
    monkeypatch.setattr(Predictions, "version", 4)
    with pytest.raises(UserError, match="expected Predictions/4, found Predictions/3"):
        parquet.read(path, Predictions)


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    parquet.write(path, Predictions, predictions())
    table = pq.read_table(path)
    pq.write_table(table.drop(["alone"]), path)
    with pytest.raises(UserError, match=r"columns: expected image_id.*alone, found .*oop_as_written;"):
        parquet.read(path, Predictions)


@pytest.mark.parametrize("before", ["", "import sqlalchemy"])
def test_contracts_load_no_database_and_take_none_away(before: str) -> None:
    imports = f"import sys\n{before}\nfrom imeval.base import parquet"
    program = f"{imports}\nprint('sqlalchemy' in sys.modules)\nimport sqlalchemy"
    run = subprocess.run([sys.executable, "-c", program], cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == str(bool(before))


@pytest.mark.parametrize("kept", [0, 4, 100])
def test_a_file_cut_short_is_named(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "p.parquet"
    parquet.write(path, Predictions, predictions())
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match=r"p\.parquet: file: expected a whole Parquet file"):
        parquet.read(path, Predictions)


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    parquet.write(path, Predictions, predictions())
    whole = path.read_bytes()
    for place in range(0, len(whole), 5):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(DamagedError, match=r"p\.parquet: "):
            parquet.read(path, Predictions)
        with pytest.raises(DamagedError):
            next(parquet.read_batches(path, Predictions, 2))


def test_a_failing_disk_is_no_damaged_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        parquet.read(tmp_path, Predictions)


def test_a_file_written_frame_by_frame_holds_what_it_would_at_once(tmp_path: Path) -> None:
    frames = [predictions(image_id=name) for name in "abc"]
    parquet.write_batches(tmp_path / "p", Predictions, iter(frames))
    assert parquet.read(tmp_path / "p", Predictions).equals(pl.concat(frames))
    parquet.write_batches(tmp_path / "again", Predictions, iter(frames))
    assert (tmp_path / "again").read_bytes() == (tmp_path / "p").read_bytes()


@pytest.mark.parametrize("names", ["ba", "aa"])
def test_frames_out_of_the_keys_order_leave_no_file(tmp_path: Path, names: str) -> None:
    frames = [predictions(image_id=name) for name in names]
    with pytest.raises(UserError, match=r"image_id/run: expected keys after \("):
        parquet.write_batches(tmp_path / "p", Predictions, frames)
    assert list(tmp_path.iterdir()) == []


def test_a_source_of_frames_that_fails_leaves_no_file(tmp_path: Path) -> None:
    def frames():
        yield predictions()
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        parquet.write_batches(tmp_path / "p", Predictions, frames())
    assert list(tmp_path.iterdir()) == []


def test_a_key_in_two_shards_is_refused(tmp_path: Path) -> None:
    for name in ("1", "2"):
        parquet.write(tmp_path / name, Predictions, predictions())
    with pytest.raises(UserError, match="each once over all shards"):
        parquet.read_all([tmp_path / "1", tmp_path / "2"], Predictions)


def test_an_error_with_a_text_is_no_response(tmp_path: Path) -> None:
    row = {
        "image_id": "a", "run": 0, "request_key": "k", "position": 1, "images_in_request": 1, "text": "tench",
        "status": "error", "stop_reason": None, "error": "timeout", "attempts": 3, "input_tokens": None,
        "output_tokens": None,
    }  # fmt: skip
    frame = pl.DataFrame([row], schema=Responses.create_empty().schema)
    with pytest.raises(UserError, match="a_text_has_its_status"):
        parquet.write(tmp_path / "r.parquet", Responses, frame)


def test_batches_hold_every_row_once(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    parquet.write(path, Predictions, pl.concat([predictions(image_id=name) for name in "abcde"]))
    sizes = [len(batch) for batch in parquet.read_batches(path, Predictions, 2)]
    assert sum(sizes) == 5
    assert max(sizes) == 2


def images(*names: str, width: int = 4) -> pa.Table:
    columns = {"image_id": names, "imgt": [0] * len(names), "width": [width] * len(names), "height": [3] * len(names)}
    hashes = [hashlib.sha256(name.encode()).hexdigest() for name in names]
    pictures = {"sha256": hashes, "data": [name.encode() for name in names]}
    return pa.table(columns | pictures, schema=parquet.arrow_schema(Images))


def test_a_flipped_byte_in_a_shard_is_found_or_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "i.parquet"
    extraction.write_images(path, [images("a", "b"), images("c")])
    whole, found = path.read_bytes(), 0
    for place in range(0, len(whole), 3):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            # The pages of photographs have headers, some of whose bits say nothing.
            assert parquet.read(path, Images).equals(pl.DataFrame(images("a", "b", "c")))
        except DamagedError:
            found += 1
    assert found >= 0.98 * len(whole) / 3


def test_a_changed_photograph_is_named(tmp_path: Path) -> None:
    path = tmp_path / "i.parquet"
    extraction.write_images(path, [images("first", "second")])
    before, _, behind = path.read_bytes().rpartition(b"\x06\0\0\0second")
    path.write_bytes(before + b"\x06\0\0\0secund" + behind)
    with pytest.raises(DamagedError, match=r"i\.parquet: photograph second: expected the sha256 16367aac"):
        next(parquet.read_batches(path, Images, 2))
    assert parquet.read(path, Images, ["image_id"])["image_id"].to_list() == ["first", "second"]


def test_images_written_a_batch_at_a_time_are_read_as_one_shard(tmp_path: Path) -> None:
    extraction.write_images(tmp_path / "i", iter([images("a", "b"), images(), images("c")]))
    read = parquet.read(tmp_path / "i", Images)
    assert read.equals(pl.DataFrame(images("a", "b", "c")))


@pytest.mark.parametrize(
    ("batches", "message"),
    [
        ([images("b"), images("a")], "image_id: expected images in order"),
        ([images("a"), images("a")], "content: .*primary_key"),
        ([images("a", width=0)], "content: .*'width'"),
    ],
)
def test_images_that_break_their_contract_leave_no_file(tmp_path: Path, batches: list[pa.Table], message: str) -> None:
    with pytest.raises(UserError, match=message):
        extraction.write_images(tmp_path / "i", batches)
    assert list(tmp_path.iterdir()) == []
