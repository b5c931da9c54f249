import pytest
from imeval.base.errors import UserError
from imeval.labels.agreement import agreement_key, check_agreement

KEY = "label_sets.mine.expect_agreement"
IMGT = [10 * number + 1 for number in range(20)]


@pytest.mark.parametrize(
    ("shift", "message"),
    [
        (1, "found 0.0% over 20 images, but 100.0% with each class id one lower: off by one; count class ids from 0; "),
        (
            -1,
            "found 0.0% over 20 images, but 100.0% with each class id one higher: off by one; correct the class ids; ",
        ),
        (
            500,
            "found 0.0% over 20 images; check that it is of these images, and that its class ids follow the order of "
            "the synsets; ",
        ),
    ],
)
def test_classes_that_almost_never_agree_are_refused_with_the_likely_cause(shift: int, message: str) -> None:
    with pytest.raises(UserError) as caught:
        check_agreement("regt.csv", "labels", [(imgt, [imgt + shift]) for imgt in IMGT], KEY)
    assert str(caught.value) == (
        f"regt.csv: labels: expected agreement with the original labels on most images, {message}"
        f"if they differ on purpose, set {KEY}: false"
    )


@pytest.mark.parametrize(
    ("pairs", "key"),
    [
        ([(imgt, [imgt + 1]) for imgt in IMGT], None),
        # Too few images to judge.
        ([(imgt, [imgt + 1]) for imgt in IMGT[:9]], KEY),
        ([(imgt, []) for imgt in IMGT], KEY),
        # One image of 20 agrees; among several classes it may be any.
        ([(IMGT[0], [7, IMGT[0]]), *((imgt, [imgt + 1]) for imgt in IMGT[1:])], KEY),
    ],
)
def test_classes_pass_if_some_agree_or_few_can_be_compared_or_none_is_expected_to(pairs, key: str | None) -> None:
    check_agreement("regt.csv", "labels", pairs, key)


@pytest.mark.parametrize(
    ("entry", "key"), [({}, KEY), ({"expect_agreement": True}, KEY), ({"expect_agreement": False}, None)]
)
def test_an_entry_may_turn_the_check_off(entry: dict[str, bool], key: str | None) -> None:
    assert agreement_key("label_sets", "mine", entry) == key
