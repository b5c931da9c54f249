from imeval.base.suggestions import did_you_mean


def test_the_nearest_name_is_suggested_or_all_are_listed() -> None:
    assert did_you_mean("tabel3", ["table3", "figure"]) == "did you mean 'table3'?"
    assert did_you_mean("x", ["table3", "figure"]) == "known are: figure, table3"
    assert did_you_mean("x", []) == "known are: none"
