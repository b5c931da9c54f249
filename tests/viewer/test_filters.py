import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.viewer.filters import CHOICES, Filters, read_filters
from starlette.datastructures import QueryParams


def read(query: str) -> Filters:
    return read_filters(QueryParams(query))


def test_an_address_has_all_filters() -> None:
    filters = read("task=cw&category=S-&class=hen&right=a/cw&right=b/cw&wrong=c/cw&agree=3&correct=0&page=2")
    assert filters == Filters(
        task="cw",
        category="S-",
        of_class="hen",
        right=("a/cw", "b/cw"),
        wrong=("c/cw",),
        agree=3,
        correct=0,
        page=2,
    )


def test_an_empty_value_and_an_unknown_name_are_no_filter() -> None:
    assert read("category=&right=&right=&agree=&page=&colour=red") == Filters()


def test_an_address_leaves_defaults_out_and_starts_on_the_first_page() -> None:
    filters = read("category=S%2B&right=a/cw&page=3&text=a%26b")
    assert filters.address("/images") == "/images?category=S%2B&right=a%2Fcw&text=a%26b"
    assert filters.address("/images", page=4, category="") == "/images?right=a%2Fcw&text=a%26b&page=4"
    assert Filters().address("/image", id="x y") == "/image?id=x+y"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (
            "category=s-",
            "category: expected one of A, S, S+, S-, M, M+, M-, N, A-N, found 's-'; did you mean 'S-'?",
        ),
        ("oop=maybe", "oop: expected one of yes, no, found 'maybe'; did you mean 'yes'?"),
        ("agree=1", "agree: expected greater than or equal to 2, found '1'; correct it"),
        ("page=0", "page: expected greater than or equal to 1, found '0'; correct it"),
    ],
)
def test_a_value_that_a_filter_cannot_have_is_refused(query: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        read(query)
    assert str(caught.value) == f"address: {sentence}"


texts = st.text(st.characters(codec="utf-8"), max_size=5)


@given(
    st.builds(
        Filters,
        text=texts,
        of_class=texts,
        category=st.sampled_from(["", *CHOICES["category"]]),
        right=st.lists(texts.filter(bool), max_size=2).map(tuple),
        correct=st.none() | st.integers(0, 50),
    )
)
def test_filters_are_read_back_from_their_address(filters: Filters) -> None:
    assert read(filters.address("").removeprefix("?")) == filters
