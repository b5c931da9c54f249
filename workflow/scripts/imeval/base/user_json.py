"""Reading of JSON that users bring."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from imeval.base.errors import mistake
from imeval.base.user_tables import opened_text, readable

Pairs = list[tuple[str, Any]]
"""The keys and values of an object, in the order of the file; a key may stand there twice."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def read_json(path: str | Path, of_pairs: Callable[[Pairs], Any] | None = None) -> Any:
    """Read a file, perhaps compressed by gzip.

    `of_pairs` makes an object of its pairs; without it, of two values with the same key the last one stays.

    Raises:
        UserError: no file, no JSON, or a text that is not Unicode.
    """
    with readable(path, "json"), opened_text(path) as file:
        return _content(file.read(), of_pairs)


def read_json_lines(path: str | Path) -> Iterator[tuple[str, Any]]:
    """Yield the place and the content of each filled line.

    Raises:
        UserError: as `read_json`.
    """
    with readable(path, "JSON lines"), opened_text(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield f"{path}, line {number}", _content(line)


def objects_in(where: str, record: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """Return a list of objects in a record.

    It is empty if the key is absent or null.

    Raises:
        UserError: another value.
    """
    return _list_of(dict, "a list of objects", where, record, key)


def texts_in(where: str, record: Mapping[str, Any], key: str) -> list[str]:
    """Return a list of texts in a record, as `objects_in`."""
    return _list_of(str, "a list of texts", where, record, key)


def _list_of(kind: type, expected: str, where: str, record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise mistake(where, key, expected, repr(value)[:60], "use the file as it was published or exported")
    return value


def _content(text: str, of_pairs: Callable[[Pairs], Any] | None = None) -> Any:
    content = json.loads(text, object_pairs_hook=of_pairs)
    if _SURROGATE.search(text):
        # Half of a character cannot be written to any file; encoding names its place.
        json.dumps(json.loads(text), ensure_ascii=False).encode()
    return content
