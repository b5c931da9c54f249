from pathlib import Path

from imeval.provenance import record


def test_records_say_together_what_each_says_and_where_they_differ_all_of_it() -> None:
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
    assert record.merged([table3, table5]) == {
        "tables": ["table3", "table5"],
        "code": {"commit": ["a", "b"]},
        "answers": [{"model": "m", "errors": 1}],
        "files": {"x": "1", "y": "2"},
    }


def test_a_third_value_joins_the_two_before() -> None:
    assert record.merged({"commit": commit} for commit in "abca") == {"commit": ["a", "b", "c"]}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    kept = {"title": "Žluťoučký kůň", "answers": [{"errors": 0}], "commit": None}
    record.write(tmp_path / "record.json", kept)
    assert record.read(tmp_path / "record.json") == kept


def test_the_order_of_keys_changes_no_fingerprint() -> None:
    assert record.fingerprint({"a": 1, "b": 2}) == record.fingerprint({"b": 2, "a": 1})
    assert record.fingerprint({"a": 1}) != record.fingerprint({"a": 2})
