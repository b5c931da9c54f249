import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from imeval.base import unpacking
from imeval.base.errors import UserError
from imeval.base.user_tables import table_rows
from imeval.labels.files import read_label_file
from imeval.mapping.prediction_files import prediction_cells

TOO_MUCH = r": file: expected at most \d+ MB when unpacked, found more; if its content is right, write it uncompressed"


@pytest.fixture
def most(monkeypatch: pytest.MonkeyPatch) -> int:
    """Bounds of two megabytes, in place of hundreds."""
    monkeypatch.setattr(unpacking, "ALWAYS", 2_000_000)
    monkeypatch.setattr(unpacking, "MOST_TIMES", 1)
    return unpacking.ALWAYS


def written(path: Path, texts: list[str], **options: object) -> Path:
    ids = [f"image{number}" for number in range(len(texts))]
    pq.write_table(pa.table({"image_id": ids, "text": texts}), path, **options)
    return path


def compressed(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()))
    return path


@pytest.mark.parametrize(
    ("texts", "options"),
    [
        (["x" * 100_000] * 40, {}),
        (["x" * 4_000_000], {"compression": "zstd", "use_dictionary": False}),
        ([f"{'x' * 100_000}{number}" for number in range(40)], {"column_encoding": {"text": "DELTA_BYTE_ARRAY"}}),
        ([""] * 40_000, {}),
    ],
    ids=["one text in many rows", "one long text", "texts that begin alike", "empty rows"],
)
def test_a_parquet_file_that_unpacks_to_too_much_is_named(tmp_path: Path, most: int, texts, options) -> None:
    path = written(tmp_path / "mine.parquet", texts, **options | ({"use_dictionary": False} if options else {}))
    if texts[0]:
        assert path.stat().st_size < most / 5
    with pytest.raises(UserError, match=r"mine\.parquet" + TOO_MUCH):
        prediction_cells(path)
    with pytest.raises(UserError, match=r"mine\.parquet" + TOO_MUCH):
        list(table_rows(path, "parquet"))


def test_rows_of_a_parquet_file_come_a_few_at_a_time_if_their_cells_may_be_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "mine.parquet", ["x" * 1000] * 100)
    assert [batch.num_rows for batch in unpacking.batches(path)] == [100]
    monkeypatch.setattr(unpacking, "_AT_ONCE", 50_000)
    numbers = [batch.num_rows for batch in unpacking.batches(path)]
    assert sum(numbers) == 100
    assert max(numbers) <= 50


def test_a_large_file_may_unpack_to_as_much_times_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "ALWAYS", 1000)
    path = written(tmp_path / "mine.parquet", [f"text {number}" for number in range(1000)])
    assert len(prediction_cells(path).columns["text"]) == 1000


def test_a_parquet_file_with_a_flipped_bit_gives_all_rows_or_is_named(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.parquet", ["x", "y", "x", "z"])
    whole = path.read_bytes()
    named = 0
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        try:
            assert len(list(table_rows(path, "parquet"))) == 4
        except UserError as error:
            named += str(error).startswith(f"{path}: ")
    assert named > len(whole) / 2


def test_a_row_group_with_fewer_rows_than_it_states_is_named() -> None:
    path = Path(__file__).parents[1] / "fuzz/corpus/parquet_pictures/damaged-page"
    expected = "row group 0: expected 2 rows as the file states, found 0; copy or download it again"
    with pytest.raises(UserError, match=expected):
        list(unpacking.batches(path, ["image"]))


@pytest.mark.parametrize("name", ["mine.csv.gz", "mine.json.gz"])
def test_a_text_that_unpacks_to_too_much_is_named(tmp_path: Path, most: int, name: str) -> None:
    text = "x" * (most + 1)
    content = f"image_id,text\na,{text}\n" if "csv" in name else json.dumps({"a": text})
    with pytest.raises(UserError, match=name + TOO_MUCH):
        prediction_cells(compressed(tmp_path / name, content))


@pytest.mark.parametrize("label_format", ["json", "mturk", "experts", "reimagenet"])
def test_json_of_a_hundred_thousand_levels_is_refused_by_its_file(tmp_path: Path, label_format) -> None:
    path = tmp_path / "labels.json"
    path.write_text("[" * 100_000)
    with pytest.raises(UserError, match=r"labels\.json: file: expected a whole .* file in UTF-8"):
        read_label_file(path, label_format)
