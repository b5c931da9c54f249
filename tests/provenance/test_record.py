from pathlib import Path

from imeval.provenance.record import hash_part, merge_records, read_record, write_record


def test_merged_records_have_the_values_of_all_where_they_differ() -> None:
    table3 = {
        "tables": ["table3"],
        "code": {"commit": "a"},
        "answers": [{"model": "m", "errors": 1}],
        "files": {"x": "1"},
    }
    table5 = {
        "tables": ["table5"],
        "code": {"commit": "b"},
        "answers": [{"model": "m", "errors": 1}],
        "files": {"y": "2"},
    }
    assert merge_records([table3, table5]) == {
        "tables": ["table3", "table5"],
        "code": {"commit": ["a", "b"]},
        "answers": [{"model": "m", "errors": 1}],
        "files": {"x": "1", "y": "2"},
    }


def test_a_third_value_is_added_to_the_two_before() -> None:
    assert merge_records({"commit": commit} for commit in "abca") == {"commit": ["a", "b", "c"]}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    kept = {"title": "Žluťoučký kůň", "answers": [{"errors": 0}], "commit": None}
    write_record(tmp_path / "record.json", kept)
    assert read_record(tmp_path / "record.json") == kept


def test_the_order_of_keys_changes_no_hash() -> None:
    assert hash_part({"a": 1, "b": 2}) == hash_part({"b": 2, "a": 1})
    assert hash_part({"a": 1}) != hash_part({"a": 2})
