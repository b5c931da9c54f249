"""Users' prediction files, of our own form or the authors'.

    image_id,class_id,run                          our own; with a column text in place of class_id for texts
    ILSVRC2012_val_00000293,391,0

    img_id,top_1_pred,top_2_pred,original_label    the authors'; of k-NN with k_1_pred to k_51_pred
    ILSVRC2012_val_00000293.JPEG,391,395,0

    {"predictions": {"ILSVRC2012_val_00000293.JPEG": {"label": "391,395", "prob": 0.9}}}

The JSON of the authors may leave "predictions" out, and a label may be a number, a text or a list. Several classes are
"391,395" or "dog; cat"; -1 stands for an answer that is no class.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from imeval.base.errors import mistake
from imeval.base.suggestions import did_you_mean
from imeval.base.user_json import read_json
from imeval.base.user_tables import (
    Cells,
    TableFormat,
    require_columns,
    table_cells,
    table_columns,
)

KNN_COLUMN = "k_11_pred"
"""The column of k-NN that is read if none is named: 11 neighbours, as the authors report."""

_TOP = "top_1_pred"

_AUTHORS_COLUMN = re.compile(r"(top|k)_\d+_pred")


def holds_text(path: str | Path) -> bool:
    """Return whether a file holds texts, not class ids.

    Only the header of a table is read. JSON holds class ids, or names of classes, which are looked up.

    Raises:
        UserError: neither CSV, Parquet nor JSON, no column of images, or not exactly one column of answers.
    """
    return not is_json(path) and _answer_column(path, None) == "text"


def is_json(path: str | Path) -> bool:
    """Return whether a file is JSON, by its name."""
    return Path(path).name.lower().endswith((".json", ".json.gz"))


def prediction_cells(path: str | Path, column: str | None = None) -> Cells:
    """Read the columns image_id, class_id or text, and others.

    Args:
        path: the file.
        column: the column of class ids; None for class_id, or of the authors' files k_11_pred or top_1_pred.

    Raises:
        UserError: as `holds_text`, or no such column.
    """
    if is_json(path):
        return _json_cells(path)
    answers, images = _answer_column(path, column), _image_column(path)
    renamed = {images: "image_id", answers: answers if answers == "text" else "class_id"}
    found = table_cells(path, _format(path))
    return Cells({renamed.get(name, name): cells for name, cells in found.columns.items()}, found.where)


def several(cell: object) -> list[Any]:
    """Return the answers in a cell.

    >>> several("639,445"), several("dog; cat"), several([1, 2]), several("tench, Tinca tinca")
    (['639', '445'], ['dog', 'cat'], [1, 2], ['tench, Tinca tinca'])
    """
    if isinstance(cell, list):
        return cell
    if not isinstance(cell, str):
        return [cell]
    if ";" in cell:
        return [part.strip() for part in cell.split(";") if part.strip()]
    if re.fullmatch(r"[-\d.,\s]*,[-\d.,\s]*", cell):
        return [part.strip() for part in cell.split(",") if part.strip()]
    return [cell]


def _json_cells(path: str | Path) -> Cells:
    content = read_json(path, _no_key_twice)
    found = content.get("predictions", content) if isinstance(content, dict) else content
    if not isinstance(found, dict):
        expected = 'an object {"predictions": {image: {"label": class}}}'
        raise mistake(path, "content", expected, type(found).__name__, "rewrite the file")
    names = list(found)
    labels = [_label(f"{path}, image '{name}'", value) for name, value in found.items()]
    return Cells({"image_id": names, "class_id": labels}, lambda place: f"{path}, image '{names[place]}'")


def _label(where: str, value: Any) -> Any:
    if isinstance(value, Mapping) and "label" not in value:
        raise mistake(where, "label", "a class", f"only {', '.join(value) or 'nothing'}", "add the key")
    return value["label"] if isinstance(value, Mapping) else value


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A dict would silently keep only the last prediction of a repeated image.
    found = dict(pairs)
    if len(found) < len(pairs):
        (repeated, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {repeated!r} twice")
    return found


def _image_column(path: str | Path) -> str:
    columns = table_columns(path, _format(path))
    column = "img_id" if "img_id" in columns and "image_id" not in columns else "image_id"
    require_columns(path, _format(path), column)
    return column


def _answer_column(path: str | Path, column: str | None) -> str:
    """Return the column of answers."""
    _image_column(path)
    columns = table_columns(path, _format(path))
    if column is not None:
        if column not in columns:
            raise mistake(path, "columns", f"'{column}'", ", ".join(columns), did_you_mean(column, columns))
        return column
    own = [name for name in ("class_id", "text") if name in columns]
    authors = [name for name in (KNN_COLUMN, _TOP) if name in columns]
    if len(own) == 1:
        return own[0]
    if not own and authors:
        return authors[0]
    if not own and (others := [name for name in columns if _AUTHORS_COLUMN.fullmatch(name)]):
        raise mistake(path, "columns", f"{KNN_COLUMN} or {_TOP}", ", ".join(others), "name one as the model's column")
    expected = "one of class_id and text"
    raise mistake(path, "columns", expected, "both" if own else "neither", "keep or add one of them")


def _format(path: str | Path) -> TableFormat:
    name = Path(path).name.lower()
    if name.endswith((".csv", ".csv.gz")):
        return "csv"
    if name.endswith(".parquet"):
        return "parquet"
    found = "".join(Path(name).suffixes[-2:])
    expected = "a name that ends in .csv, .csv.gz, .parquet, .json or .json.gz"
    raise mistake(path, "file", expected, repr(found), "convert or rename it")
