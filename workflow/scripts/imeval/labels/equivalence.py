"""Groups of equivalent classes (E of Section 2.2)."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from imeval.base.errors import mistake
from imeval.base.user_json import read_json
from imeval.base.user_tables import Row, class_id, require_columns, table_columns, table_rows
from imeval.labels.objectnet import read_objects

OBJECTS = "objectnet_to_imagenet_1k.json"

Groups = Sequence[frozenset[int]]
"""Disjoint groups of two classes or more."""


def read_equivalence(path: str | Path) -> Groups:
    """Read groups of equivalent classes, in the order of the file.

    A CSV file has pairs, of which those that share a class are one group, or the class ids of a whole group. Other
    columns are ignored:

        class_id_a,class_id_b,names                  class_ids,names
        638,639,maillot / maillot                    638 639 445,swimwear
        639,445,maillot / bikini

    A file that ends with .json is the authors' `class_update_config.json`. Its key `hier_classes` changes no accuracy,
    and `image_overrides` names annotators whose labels already stand in their reannotation:

        {"eq_classes": {"maillot": [638, 639]}, "hier_classes": {}, "image_overrides": {}, "metadata": {}}

    ObjectNet's objectnet_to_imagenet_1k.json is such a file too: the classes of one object are a group.

    Raises:
        UserError: a class id outside 0-999, a group of one class, or a class in two groups.
    """
    if Path(path).name.lower().endswith((".json", ".json.gz")):
        if Path(path).name == OBJECTS:
            return _joined(frozenset(classes) for classes in read_objects(path).values() if len(classes) > 1)
        return _disjoint(_groups_of_json(path))
    if "class_ids" in table_columns(path, "csv"):
        return _disjoint((row.where, "class_ids", row.cells["class_ids"].split()) for row in table_rows(path, "csv"))
    return _joined_pairs(path)


def group_of(groups: Groups) -> dict[int, frozenset[int]]:
    """Return the group of each class that is in one."""
    return {number: group for group in groups for number in group}


def distinct(labels: Iterable[int], groups: Mapping[int, frozenset[int]]) -> int:
    """Count labels, those that are equivalent to each other once.

    `groups` has the group of each class.
    """
    return len({groups.get(number, frozenset({number})) for number in labels})


def _joined_pairs(path: str | Path) -> Groups:
    require_columns(path, "csv", "class_id_a", "class_id_b")
    return _joined(_pair(row) for row in table_rows(path, "csv"))


def _joined(parts: Iterable[frozenset[int]]) -> Groups:
    """Return parts as groups; those that share a class are one."""
    groups: list[frozenset[int]] = []
    for part in parts:
        # A group that grows keeps its place.
        joined = [group for group in groups if group & part]
        groups = [group for group in groups if group not in joined[1:]]
        if joined:
            groups[groups.index(joined[0])] = part.union(*joined)
        else:
            groups.append(part)
    return tuple(groups)


def _pair(row: Row) -> frozenset[int]:
    pair = frozenset(class_id(row.cells[column], row.where, column) for column in ("class_id_a", "class_id_b"))
    if len(pair) == 1:
        raise mistake(row.where, "class_id_b", "another class than class_id_a", min(pair), "correct the pair")
    return pair


def _groups_of_json(path: str | Path) -> list[tuple[str, str, Sequence[Any]]]:
    content = read_json(path)
    groups = content.get("eq_classes") if isinstance(content, dict) else None
    if not isinstance(groups, dict):
        expected, found = "an object {group: [class ids]}", "none" if groups is None else repr(groups)
        raise mistake(path, "eq_classes", expected, found, "use class_update_config.json as published")
    for name, listed in groups.items():
        if not isinstance(listed, list):
            raise mistake(path, f"eq_classes, group '{name}'", "a list of class ids", repr(listed), "correct it")
    return [(f"{path}, group '{name}'", "eq_classes", listed) for name, listed in groups.items()]


def _disjoint(listed: Iterable[tuple[str, str, Sequence[Any]]]) -> Groups:
    """Return listed groups as sets; an empty one is left out."""
    first: dict[int, str] = {}
    groups: list[frozenset[int]] = []
    for where, field, cells in listed:
        group = frozenset(class_id(cell, where, field) for cell in cells)
        if len(group) == 1:
            raise mistake(where, field, "two classes or more", min(group), "add the others, or remove the group")
        if repeated := group & set(first):
            number = min(repeated)
            found = f"{number} again after {first[number]}"
            raise mistake(where, field, "each class in one group", found, "join the two groups")
        first |= dict.fromkeys(group, where)
        if group:
            groups.append(group)
    return tuple(groups)
