import gzip
from pathlib import Path

import pytest
from imeval.base.errors import UserError
from imeval.base.user_json import objects_in, read_json, read_json_lines, texts_in


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.json"
    path.write_text(text)
    return path


def test_a_file_is_read_also_if_it_is_compressed(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a": "\\ud83d\\ude00"}')
    assert read_json(path) == {"a": "😀"}
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert read_json(path) == {"a": "😀"}


def test_a_key_that_stands_twice_is_seen_if_pairs_are_wanted(tmp_path: Path) -> None:
    assert read_json(written(tmp_path, '{"a": 1, "a": 2}'), tuple) == (("a", 1), ("a", 2))


def test_lines_come_with_their_place_without_the_empty_ones(tmp_path: Path) -> None:
    path = written(tmp_path, '{"a": 1}\n\n[2]\n')
    assert list(read_json_lines(path)) == [(f"{path}, line 1", {"a": 1}), (f"{path}, line 3", [2])]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": "\\ud800"}', r"\('utf-8' codec can't encode character '\\ud800' in position 7"),
        ('{"a": ', r"\(Expecting value: line 1 column 7"),
        ("", "an empty file"),
    ],
    ids=["half of a character", "cut short", "empty"],
)
def test_what_is_no_json_in_unicode_is_refused(tmp_path: Path, text: str, found: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(UserError, match=rf"mine\.json: file: expected a whole json file in UTF-8, found {found}"):
        read_json(path)
    with pytest.raises(UserError, match=rf"mine\.json: file: expected a whole JSON lines file in UTF-8, found {found}"):
        list(read_json_lines(path))


def test_a_list_of_another_kind_is_refused() -> None:
    record = {"boxes": [{"x": 1}], "words": ["hen"], "none": None, "mixed": [{}, 1], "number": 3}
    assert objects_in("a", record, "boxes") == [{"x": 1}]
    assert texts_in("a", record, "words") == ["hen"]
    assert objects_in("a", record, "none") == texts_in("a", record, "absent") == []
    with pytest.raises(UserError, match=r"^a: mixed: expected a list of objects, found \[{}, 1\]; use the file as it"):
        objects_in("a", record, "mixed")
    with pytest.raises(UserError, match=r"^a: number: expected a list of texts, found 3; use the file as it was "):
        texts_in("a", record, "number")
