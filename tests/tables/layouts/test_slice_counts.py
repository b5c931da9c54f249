from imeval import tables
from imeval.tables.cells import Number
from imeval.tables.rendering import to_csv
from made_tables import headings
from sliced_tables import sliced

TABLE = tables.build("slice_counts", sliced())


def values(block: int) -> dict[str, list[float | None]]:
    return {
        str(row.cells[0]): [cell.value for cell in row.cells if isinstance(cell, Number)]
        for row in TABLE.blocks[block].rows
    }


def test_each_category_has_its_number_of_images_in_each_slice() -> None:
    assert headings(TABLE)[1:] == ["All", "0", "1", "2 and more"]
    assert values(0)["A"] == [20, 2, 10, 8]
    assert values(0)["S"] == [13, 0, 10, 3]


def test_shares_are_those_of_the_category() -> None:
    assert values(1)["A"] == [100, 10, 50, 40]
    assert [round(share or 0, 1) for share in values(1)["S"]] == [100, 0, 76.9, 23.1]


def test_the_csv_names_category_and_slice_of_each_number() -> None:
    first = to_csv(TABLE).splitlines()[2]
    assert "regt,A,images,2,20,2," in first
    assert first.endswith(",0")
