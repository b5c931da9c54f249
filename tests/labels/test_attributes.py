from imeval.labels import attributes
from imeval.labels.boxes import Boxes


def test_every_flag_is_a_column_of_boxes() -> None:
    columns = Boxes.column_names()
    assert columns[columns.index("crowd") :] == list(attributes.FLAGS)


def test_facts_of_boxes_and_of_labels_have_different_names() -> None:
    assert not set(attributes.OF_LABELS) & set(attributes.OF_BOXES)
