"""Files that list classes: the equivalence set E, and the classes a study is confined to."""

from pathlib import Path

from imeval.errors import mistake
from imeval.rows import class_id, require_columns, table_rows


def read_equivalence(path: str | Path) -> tuple[frozenset[int], ...]:
    """Read the pairs of interchangeable classes, E of Section 2.2, in the file's order.

    Columns class_id_a, class_id_b; others are for the reader's eye.

    Raises:
        UserError: a class id outside 0-999, a pair of one class, a class in two pairs; names the line.
    """
    require_columns(path, "csv", "class_id_a", "class_id_b")
    pairs: list[frozenset[int]] = []
    paired: set[int] = set()
    for row in table_rows(path, "csv"):
        pair = frozenset(class_id(row.cells[column], row.where, column) for column in ("class_id_a", "class_id_b"))
        if len(pair) == 1:
            raise mistake(row.where, "class_id_b", "another class than class_id_a", min(pair), "correct the pair")
        if repeated := pair & paired:
            expected = "each class in one pair at most"
            raise mistake(row.where, "class_id_a, class_id_b", expected, f"{min(repeated)} again", "drop one pair")
        pairs.append(pair)
        paired |= pair
    return tuple(pairs)


def read_class_list(path: str | Path) -> frozenset[int]:
    """Read the class ids a study is confined to (the paper's 625) from the column class_id.

    Raises:
        UserError: a class id outside 0-999 or listed twice, or none at all; names the line.
    """
    require_columns(path, "csv", "class_id")
    classes: set[int] = set()
    for row in table_rows(path, "csv"):
        number = class_id(row.cells["class_id"], row.where, "class_id")
        if number in classes:
            raise mistake(row.where, "class_id", "each class once", f"{number} again", "remove one of the lines")
        classes.add(number)
    if not classes:
        raise mistake(path, "class_id", "a class id a line", "none", "list the classes")
    return frozenset(classes)
