from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from imeval.base import checksums


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    """A file of names and, in two row groups, of values, the column left out."""
    table = pa.table({"name": ["a", "b", "c"], "value": [b"first", b"second", b"third"]})
    path = tmp_path / "values.parquet"
    with open(path, "w+b") as file:
        with pq.ParquetWriter(file, table.schema, compression="NONE", use_dictionary=False) as writer:
            writer.write_table(table, row_group_size=2)
            writer.write_table(table[:0])
            writer.add_key_value_metadata({checksums.KEY: checksums.NONE})
        checksums.seal(file, left_out="value")
    return path


def mismatch(path: Path) -> tuple[bytes, bytes] | None:
    with open(path, "rb") as file:
        return checksums.mismatch(file, left_out="value")


def test_a_sealed_file_is_as_it_was_written_and_readable(sealed: Path) -> None:
    assert mismatch(sealed) is None
    assert pq.read_table(sealed).column("name").to_pylist() == ["a", "b", "c"]


def test_a_change_in_the_column_left_out_is_not_noticed(sealed: Path) -> None:
    sealed.write_bytes(sealed.read_bytes().replace(b"\x06\0\0\0second", b"\x06\0\0\0sekund"))
    assert pq.read_table(sealed).column("value").to_pylist() == [b"first", b"sekund", b"third"]
    assert mismatch(sealed) is None


@pytest.mark.parametrize("change", [(b"\x01\0\0\0b", b"\x01\0\0\0d"), (b"name", b"nane")], ids=["page", "footer"])
def test_any_other_changed_byte_is_noticed(sealed: Path, change: tuple[bytes, bytes]) -> None:
    sealed.write_bytes(sealed.read_bytes().replace(*change))
    differing = mismatch(sealed)
    assert differing is not None
    expected, found = differing
    assert expected in sealed.read_bytes()
    assert len(found) == len(expected) == 8


def test_a_file_that_was_never_sealed_has_nothing_to_compare(tmp_path: Path) -> None:
    pq.write_table(pa.table({"name": ["a"]}), tmp_path / "other.parquet")
    assert mismatch(tmp_path / "other.parquet") is None
