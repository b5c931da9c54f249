from pathlib import Path

import pytest
import small_run
from imeval.base.errors import UserError
from imeval.viewer.browsed import Browsed
from imeval.viewer.filters import Filters, read_filters
from imeval.viewer.reading import Results
from imeval.viewer.selecting import agreeing, classes_named, right_answers, select
from small_run import ODD_NAME
from starlette.datastructures import QueryParams


def left(browsed: Browsed, query: str) -> list[str]:
    selection = select(Results(browsed), read_filters(QueryParams(query)))
    return selection.images["image_id"][selection.rows].to_list()


@pytest.mark.parametrize(
    ("query", "images"),
    [
        ("", ["a", ODD_NAME, "c", "d", "e"]),
        ("category=S", ["a", ODD_NAME]),
        ("category=A", ["a", ODD_NAME, "c", "d"]),
        ("category=A-N", ["a", ODD_NAME, "c"]),
        ("class=8", [ODD_NAME, "c"]),
        ("class=HEN", [ODD_NAME, "c"]),
        ("right=good/cw&wrong=odd/cw", [ODD_NAME, "c"]),
        ("right=good&wrong=odd&task=cw", [ODD_NAME, "c"]),
        ("right=good/cw&right=odd/cw", ["a"]),
        ("right=odd/cw&truth=imgt", ["a", ODD_NAME]),
        ("wrong=good/cw", []),
        ("status=error", ["d"]),
        ("status=error&model=good", []),
        ("oop=yes", ["c"]),
        ("oop=yes&kind=wrong", ["c"]),
        ("kind=abstain", []),
        ("given=rooster&model=odd", ["a", ODD_NAME]),
        ("given=8", [ODD_NAME]),
        ("given=rooster&text=hen", []),
        ("text=ROOSTER", ["a", ODD_NAME, "c"]),
        ("text=rooster&model=odd", ["a", ODD_NAME]),
        ("text=rooster&status=error", []),
        ("text=.*", []),
        ("agree=2", ["a"]),
        ("correct=2", ["a"]),
        ("correct=1", [ODD_NAME, "c", "d"]),
        ("correct=0&model=odd", [ODD_NAME, "c", "d", "e"]),
        ("failed=yes", ["d", "e"]),
        ("category=S-&right=good/cw&text=hen", [ODD_NAME]),
        ("run=1", ["a", ODD_NAME, "c", "d", "e"]),
        ("run=1&right=good/cw", []),
    ],
)
def test_filters_leave_the_images_that_have_all_of_them(browsed: Browsed, query: str, images: list[str]) -> None:
    assert left(browsed, query) == images


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("model=god", "model: expected a model with answers about these images, found 'god'; did you mean 'good'?"),
        ("task=ow", "task: expected a task with answers about these images, found 'ow'; did you mean 'cw'?"),
        ("right=good", "right or wrong: expected <model>/<task>, found 'good/'; did you mean 'good/cw'?"),
        ("labels=real", "labels: expected a label set, found 'real'; did you mean 'regt'?"),
        ("images=smal", "images: expected an image set of the run, found 'smal'; did you mean 'small'?"),
        ("class=zebrra", "class: expected a class id or a part of a class name, found 'zebrra'; did you mean 'zebra'?"),
    ],
)
def test_a_name_that_the_run_does_not_have_is_refused(browsed: Browsed, query: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        left(browsed, query)
    assert str(caught.value) == f"address: {sentence}"


def test_classes_are_named_by_id_or_by_a_part_of_their_name() -> None:
    names = ["tench", "great white shark", "tiger shark"]
    assert classes_named("1", names) == [1]
    assert classes_named("Shark", names) == [1, 2]
    # The whole name of a class means this class alone.
    assert classes_named("hen", ["hen-of-the-woods", "Hen"]) == [1]
    with pytest.raises(UserError, match="found '3'"):
        classes_named("3", names)


def test_right_answers_and_equal_classes_are_counted(browsed: Browsed) -> None:
    selection = select(Results(browsed), Filters())
    assert right_answers(selection).to_list() == [2, 1, 1, 1, 0]
    assert agreeing(selection).to_list() == [2, 1, 1, 1, 0]


def test_a_run_without_answers_shows_its_images(tmp_path: Path) -> None:
    browsed = small_run.write(tmp_path, {})
    assert left(browsed, "category=N") == ["d"]
    assert left(browsed, "text=hen") == []
    assert left(browsed, "agree=2") == []


def test_an_image_has_neighbours_among_those_that_are_left(browsed: Browsed) -> None:
    selection = select(Results(browsed), read_filters(QueryParams("category=A-N")))
    assert selection.neighbours("a") == (None, ODD_NAME)
    assert selection.neighbours("c") == (ODD_NAME, None)
    # One that the filters do not leave stands between its neighbours.
    assert selection.neighbours("aa") == ("a", ODD_NAME)
    assert selection.neighbours("d") == ("c", None)
