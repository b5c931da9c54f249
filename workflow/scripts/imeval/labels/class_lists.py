"""Class lists: the classes of ImageNet-1k, or those of a user's CSV.

    class_id,name,key,synonyms,parent,group,description
    0,great blue heron,heron,blue heron; grey heron,bird,,a tall wading bird
    1,beagle,,,dog,,
    ,dog,,domestic dog,,,

Only class_id and name are required. A row without a class id is no class, but a parent of others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal

import polars as pl

from imeval.base import parquet
from imeval.base.errors import mistake, some
from imeval.base.suggestions import nearest
from imeval.base.user_tables import (
    ClassIds,
    Row,
    class_number,
    is_missing,
    require_columns,
    spelling,
    synset_class_ids,
    table_columns,
    table_rows,
)
from imeval.labels.classes import class_names, synsets
from imeval.labels.contract import Classes

COLUMNS = ("class_id", "name", "key", "synonyms", "parent", "group", "description")

Synonyms = Literal["accept", "ignore"]
"""Whether an answer that is a synonym of a class counts as its name."""

MOST_CLASSES = 2**15
"""The contracts keep class ids in 16 bits."""

_LONGEST_NAME = 200


@dataclass(frozen=True)
class ClassList:
    """The classes that an image set is labelled with.

    Attributes:
        names: the names in prompts, by class id.
        ids: the class ids and keys that labels and predictions may have; None for those of ImageNet-1k.
        synonyms: class ids by other names.
        groups: equivalent classes.
        chains: the name of each class with those of its parents, the nearest first.
        parents: the same of each parent that is no class, by its name and its synonyms in the form of `spelling`.
    """

    names: tuple[str, ...]
    ids: ClassIds | None = None
    synonyms: Mapping[str, int] = field(default_factory=dict)
    groups: tuple[frozenset[int], ...] = ()
    chains: tuple[tuple[str, ...], ...] = ()
    parents: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def of_job(files: Sequence[str]) -> ClassList:
    """Return the class list of a job.

    `files` is the job's `Classes` file, or none for ImageNet-1k.
    """
    return of_frame(parquet.read(files[0], Classes)) if files else ClassList(class_names("clean"))


def read_class_list(path: str | Path | None) -> ClassList:
    """Read the CSV of a class list; None stands for ImageNet-1k.

    Raises:
        UserError: as `read_classes`.
    """
    return ClassList(class_names("clean")) if path is None else of_frame(read_classes(path))


def places_in_imagenet(path: str | Path) -> list[int]:
    """Return the place of each class in ImageNet-1k.

    `path` is a `Classes` file.

    Raises:
        UserError: a key that is no synset of ImageNet-1k.
    """
    known = synset_class_ids()
    rows = parquet.read(path, Classes).filter(pl.col("class_id").is_not_null()).sort("class_id")
    if unknown := [key or "none" for key in rows["key"] if key not in known]:
        expected = "the synset of a class of ImageNet-1k as the key of each class (subset_of)"
        raise mistake(path, "key", expected, some(unknown), "correct the class list, or remove subset_of")
    return [known[key] for key in rows["key"]]


def of_imagenet() -> pl.DataFrame:
    """Return the classes of ImageNet-1k, whose keys are synsets, as `Classes`."""
    rows = [
        {"place": number, "class_id": number, "name": name, "key": synset, "synonyms": []}
        for number, (name, synset) in enumerate(zip(class_names("clean"), synsets(), strict=True))
    ]
    return pl.DataFrame(rows, schema=Classes.create_empty().schema)


def of_frame(classes: pl.DataFrame) -> ClassList:
    """Return the class list of a `Classes` frame."""
    parent_of = {spelling(name): parent for name, parent in classes.select("name", "parent").iter_rows()}
    rows = classes.filter(pl.col("class_id").is_not_null()).sort("class_id").to_dicts()
    others = classes.filter(pl.col("class_id").is_null()).to_dicts()
    named: dict[str, int] = {}
    synonyms: dict[str, int] = {}
    groups: dict[str, set[int]] = {}
    for row in rows:
        for text in filter(None, (row["key"], row["name"])):
            named.setdefault(spelling(text), row["class_id"])
        synonyms |= dict.fromkeys(row["synonyms"], row["class_id"])
        if row["group"]:
            groups.setdefault(row["group"], set()).add(row["class_id"])
    return ClassList(
        names=tuple(row["name"] for row in rows),
        ids=ClassIds(len(rows), named),
        synonyms=synonyms,
        groups=tuple(frozenset(group) for group in groups.values() if len(group) > 1),
        chains=tuple(_chain(row["name"], parent_of) for row in rows),
        parents={
            spelling(text): _chain(row["name"], parent_of) for row in others for text in (row["name"], *row["synonyms"])
        },
    )


def _chain(name: str, parent_of: Mapping[str, str | None]) -> tuple[str, ...]:
    """Return a name and its parents' names, as `spelling` writes them."""
    chain = [spelling(name)]
    while parent := parent_of[chain[-1]]:
        chain.append(spelling(parent))
    return tuple(chain)


def read_classes(path: str | Path, synonyms: Synonyms = "accept") -> pl.DataFrame:
    """Read the CSV of a class list as `Classes`.

    Class ids are 0 to n-1. Other columns are ignored, unless their name looks like a misspelt one. A class whose key is
    empty has its name as key.

    Raises:
        UserError: a missing column, a cell that is no class id or name, class ids with a hole, a name or synonym of two
            classes, an unknown parent, or a parent below itself.
    """
    require_columns(path, "csv", "class_id", "name")
    _check_columns(path)
    rows = [(row, _cells(row)) for row in table_rows(path, "csv")]
    numbers = [cells["class_id"] for _, cells in rows if cells["class_id"] is not None]
    _check_ids(path, rows, numbers)
    _check_names(rows)
    _check_parents(rows)
    if synonyms == "ignore":
        rows = [(row, cells | {"synonyms": []}) for row, cells in rows]
    frame = pl.DataFrame([cells for _, cells in rows], schema=Classes.create_empty().drop("place").schema)
    return frame.with_row_index("place").cast({"place": pl.Int32})


_Rows = Sequence[tuple[Row, Mapping[str, Any]]]
"""Each row with its checked cells."""


def _check_columns(path: str | Path) -> None:
    for column in table_columns(path, "csv"):
        near = get_close_matches(column.lower(), COLUMNS, n=1, cutoff=0.8)
        if column not in COLUMNS and near:
            expected = f"{', '.join(COLUMNS)}, or names unlike these"
            raise mistake(path, "columns", expected, f"'{column}'", f"did you mean '{near[0]}'?")


def _cells(row: Row) -> dict[str, Any]:
    """Return the cells of a class, checked one by one."""
    texts = {column: _text(row, column) for column in COLUMNS if column != "class_id"}
    if texts["name"] is None:
        raise mistake(row.where, "name", "the name of a class", "none", "name it, or remove the row")
    synonyms = [synonym.strip() for synonym in (texts["synonyms"] or "").split(";")]
    return texts | {"class_id": _class_id(row), "synonyms": list(filter(None, synonyms))}


def _class_id(row: Row) -> int | None:
    cell = row.cells["class_id"]
    if is_missing(cell):
        return None
    number = class_number(cell)
    if number is None or number >= MOST_CLASSES:
        expected = f"a whole number from 0 to {MOST_CLASSES - 1}"
        remedy = "count the classes from 0 (a row that is only a parent has no class id)"
        raise mistake(row.where, "class_id", expected, _shortened(cell), remedy)
    return number


def _text(row: Row, column: str) -> str | None:
    cell = str(row.cells.get(column) or "").strip()
    if not cell:
        return None
    if not cell.isprintable():
        raise mistake(
            row.where, column, "text on one line", _shortened(cell), "remove line breaks and control characters"
        )
    if column != "description" and ("," in cell or len(cell) > _LONGEST_NAME * (20 if column == "synonyms" else 1)):
        expected = f"text without a comma, of at most {_LONGEST_NAME} characters"
        remedy = "prompts list names with commas between them: write the name in another way"
        remedy = "put semicolons between synonyms" if column == "synonyms" else remedy
        raise mistake(row.where, column, expected, _shortened(cell), remedy)
    return cell


def _shortened(cell: object) -> str:
    text = repr(cell)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _check_ids(path: str | Path, rows: _Rows, numbers: Sequence[int]) -> None:
    if len(numbers) < 2:
        raise mistake(path, "class_id", "at least 2 classes", len(numbers), "list the classes")
    seen: set[int] = set()
    for row, cells in rows:
        if cells["class_id"] in seen:
            raise mistake(row.where, "class_id", "each class id once", f"{cells['class_id']} again", "number them anew")
        if cells["class_id"] is not None:
            seen.add(cells["class_id"])
    if holes := sorted(set(range(max(seen))) - seen):
        expected = f"all class ids from 0 to {max(seen)}"
        raise mistake(path, "class_id", expected, f"no {some(holes)}", "number the classes without a hole")


def _check_names(rows: _Rows) -> None:
    """Check that each name, key or synonym is of one class.

    Equivalent classes, which share a group, may share a name.
    """
    first: dict[str, tuple[Row, Mapping[str, Any]]] = {}
    for row, cells in rows:
        for text in dict.fromkeys(filter(None, (cells["name"], cells["key"], *cells["synonyms"]))):
            number = class_number(text)
            if number is not None and number != cells["class_id"]:
                remedy = "write it in words, as labels may have ids or names"
                raise mistake(row.where, "name", "no number but the class id itself", repr(text), remedy)
            earlier, other = first.setdefault(spelling(text), (row, cells))
            if other is not cells and not (cells["group"] and cells["group"] == other["group"]):
                found = f"{text!r} again after {earlier.where}"
                remedy = "rename one, or put both in one group if they are equivalent"
                raise mistake(row.where, "name", "names, keys and synonyms of one class each", found, remedy)


def _check_parents(rows: _Rows) -> None:
    named = {spelling(cells["name"]): cells for _, cells in rows}
    for row, cells in rows:
        parent = cells["parent"]
        if parent and spelling(parent) not in named:
            near = nearest(spelling(parent), named)
            remedy = f"did you mean '{near}'?" if near else "add a row for it, without a class id if it is no class"
            raise mistake(row.where, "parent", "the name in another row", repr(parent), remedy)
    for row, cells in rows:
        if circle := _circle(cells["name"], named):
            found = " → ".join(circle)
            raise mistake(row.where, "parent", "parents that end at a row without one", found, "remove one of them")


def _circle(name: str, named: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names from a row up to itself, or nothing."""
    chain = [name]
    while (parent := named[spelling(chain[-1])]["parent"]) and len(chain) <= len(named):
        chain.append(parent)
        if spelling(parent) == spelling(name):
            return chain
    return []
