from imeval import tables
from made_tables import context


def test_table_2_counts_images_and_their_share() -> None:
    images, percent = tables.build("category_counts", context()).blocks[0].rows
    assert [cell.value for cell in images.cells[1:]] == [20, 13, 10, 3, 6, 4, 2, 1]
    assert [cell.value for cell in percent.cells[1:]] == [100, 65, 50, 15, 30, 20, 10, 5]
