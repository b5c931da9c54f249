import pytest
from imeval.labels.classes import class_names
from imeval.viewer.class_search import ClassSearch, imagenet_synonyms

SEARCH = ClassSearch(class_names("clean"), imagenet_synonyms())


@pytest.mark.parametrize(
    ("query", "first"),
    [("hen", 8), ("HEN ", 8), ("391", 391), ("silver salmon", 391), ("coho", 391), ("tinca", 0), ("germ shep", 235)],
)
def test_a_class_is_found_by_its_name_a_synonym_the_beginnings_of_words_or_its_id(query: str, first: int) -> None:
    assert SEARCH.find(query)[0] == first


def test_names_that_begin_with_the_query_come_before_those_that_hold_it() -> None:
    found = SEARCH.find("shark")
    assert {3, 2} <= set(found)
    assert len(SEARCH.find("b")) == 12


@pytest.mark.parametrize("query", ["", "  ", "1000", "zzzz"])
def test_what_no_class_is_called_finds_nothing(query: str) -> None:
    assert SEARCH.find(query) == []


def test_synonyms_are_the_other_names() -> None:
    assert SEARCH.synonyms(0) == ("tinca tinca",)
    assert ClassSearch(["heron"], {0: ["grey heron", "Heron"]}).synonyms(0) == ("grey heron",)
