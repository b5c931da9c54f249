import pytest
from imeval.base.errors import UserError
from imeval.tables.results import ACCURACY, ACCURACY_OF_ALL_IMAGES, Results, Slot
from made_tables import measured, measured_runs

REGT = Slot("accuracy", "regt", "A")


def test_accuracies_are_of_every_category_but_n() -> None:
    assert [(slot.labels, slot.category) for slot in ACCURACY] == [
        ("imgt", "A"), *(("regt", category) for category in ("A", "A-N", "S", "S+", "S-", "M", "M+", "M-")),
    ]  # fmt: skip
    assert (Slot("accuracy", "imgt", "A"), REGT, Slot("accuracy", "regt", "A-N")) == ACCURACY_OF_ALL_IMAGES


def test_a_number_is_in_percent_with_its_counts() -> None:
    number = Results(measured("lite0", "cw", imgt=12, regt=11, oop=3)).number("lite0", "cw", REGT, 2)
    assert (number.value, number.n, number.n_hit, number.n_oop) == (pytest.approx(55), 20, 11, 3)


def test_what_was_not_measured_is_refused_by_its_key() -> None:
    results = Results(measured("lite0", "cw", imgt=12, regt=11))
    assert ("lite0", "cw", REGT) in results
    assert ("lite0", "ow", REGT) not in results
    with pytest.raises(UserError, match="expected a row for lite0/ow/accuracy/regt/A, found none"):
        results.number("lite0", "ow", REGT, 2)


def test_out_of_prompt_images_are_counted_a_run() -> None:
    once = Results(measured("socratic", "cw", imgt=4, regt=5, oop=3)).out_of_prompt_images("socratic", "cw")
    assert (once.metric, once.value, once.decimals) == ("oop_images", 3, 0)
    never = Results(measured_runs("cw", [10, 12])).out_of_prompt_images("socratic", "cw", 2)
    assert (never.value, never.runs, never.decimals) == (0, 2, 2)
