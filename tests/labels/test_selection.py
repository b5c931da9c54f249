from imeval.labels.selection import BY_LABEL_SET, named_label_sets


def test_a_key_of_a_selection_names_one_label_set_or_several() -> None:
    selection = {"classes_of": "mustelidae", "images_of": ["real", "mturk"], "per_class": 1}
    assert named_label_sets(selection, *BY_LABEL_SET) == ["mustelidae", "real", "mturk"]
    assert named_label_sets(selection, "classes_of") == ["mustelidae"]
    assert named_label_sets({}, *BY_LABEL_SET) == []
