from collections.abc import Iterator
from pathlib import Path

import pytest
import small_review
from imeval.base.errors import UserError
from imeval.viewer.review import Given, Review
from small_run import HEN, ODD_NAME, OSTRICH, ROOSTER


@pytest.fixture
def review(tmp_path: Path) -> Iterator[Review]:
    with small_review.reviewing(small_review.write(tmp_path)[1]) as opened:
        yield opened


def decide(review: Review, person: str, image: str, labels: list[int] | str, settles: bool = False) -> None:
    answer, classes = (labels, []) if isinstance(labels, str) else ("classes", labels)
    review.decide(person, image, Given(answer, classes), shown=0, settles=settles)


def test_the_disputed_images_and_the_control_sample_are_reviewed(review: Review) -> None:
    assert sorted(review.images) == ["a", ODD_NAME, "c", "d"]


def test_sources_that_propose_the_same_share_a_letter(review: Review) -> None:
    found = review.proposals(ODD_NAME)
    assert [one.letter for one in found] == ["A", "B"]
    assert {one.class_ids: set(one.sources) for one in found} == {
        (HEN,): {"labels", "good"},
        (ROOSTER,): {"imgt", "odd"},
    }


def test_labels_without_a_class_are_proposed_and_models_without_one_are_not(review: Review) -> None:
    found = {one.class_ids: one.sources for one in review.proposals("d")}
    assert found == {(ROOSTER,): ("imgt",), (): ("labels",), (OSTRICH,): ("good",)}


def test_a_decision_has_the_sources_that_were_taken_and_their_order(review: Review) -> None:
    decide(review, "anna", ODD_NAME, [HEN])
    decide(review, "anna", "d", "none")
    found = {one["image_id"]: one for one in review.decisions().to_dicts()}
    assert set(found[ODD_NAME]["sources"]) == {"labels", "good"}
    assert found["d"]["sources"] == ["labels"]
    assert found["d"]["order"] == review.order("d")
    assert (found["d"]["answer"], found["d"]["seed"]) == ("none", 0)
    # The page was shown in 1970: nobody looked at it all the time.
    assert found["d"]["seconds"] is None


def test_two_people_do_not_overwrite_each_other(review: Review) -> None:
    decide(review, "anna", "d", "none")
    decide(review, "ben", "d", [OSTRICH])
    assert review.decision("anna", "d")["labels"] == []
    assert review.decision("ben", "d")["labels"] == [OSTRICH]
    assert review.conflicts() == [("d", False)]


def test_a_further_person_settles_a_conflict(review: Review) -> None:
    decide(review, "anna", "d", "none")
    decide(review, "ben", "d", [OSTRICH])
    with pytest.raises(UserError, match="found ben, who is part of the conflict; let a person decide who has not"):
        decide(review, "ben", "d", "none", settles=True)
    decide(review, "cleo", "d", "none", settles=True)
    assert review.conflicts() == [("d", True)]
    with pytest.raises(UserError, match="expected an image on which people disagree, found 'a'"):
        decide(review, "cleo", "a", "none", settles=True)


def test_the_last_decision_is_taken_back_and_its_image_waits_again(review: Review) -> None:
    assert review.undo("anna") is None
    decide(review, "anna", "a", [ROOSTER])
    decide(review, "anna", "d", "none")
    assert review.undo("anna") == "d"
    assert review.progress("anna").decided == ["a"]
    assert "d" in review.progress("anna").waiting


def test_a_skipped_image_comes_last(review: Review) -> None:
    first = review.progress("anna").waiting[0]
    review.skip("anna", first)
    assert review.progress("anna").waiting[-1] == first
    assert review.progress("ben").waiting[0] == first


@pytest.mark.parametrize(
    ("image", "answer", "labels", "sentence"),
    [
        ("x", "none", [], "page: image: expected an image under review, found 'x'"),
        (
            "a",
            "classes",
            [1000],
            "page: labels: expected a class id from 0 to 999, found 1000; choose classes",
        ),
        (
            "a",
            "classes",
            [],
            "page: answer: expected classes or an answer without any, found the answer 'classes'",
        ),
        ("a", "none", [7], "page: answer: expected classes or an answer without any, found the answer 'none' with 1"),
        ("a", "perhaps", [], "page: answer: expected classes or an answer without any, found the answer 'perhaps'"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(review: Review, image, answer, labels, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        review.decide("anna", image, Given(answer, labels), shown=0, settles=False)
    assert str(caught.value).startswith(sentence)
    assert review.decisions().is_empty()


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x1b[2J"])
def test_a_person_has_a_name(review: Review, name: str) -> None:
    with pytest.raises(UserError, match="page: name: expected a name of 1 to 100 characters"):
        decide(review, name, "a", "none")


def test_everybody_who_shares_the_images_or_decided_one_is_listed(tmp_path: Path) -> None:
    _, reviewed = small_review.write(tmp_path, people=("anna", "ben"), overlap=1)
    with small_review.reviewing(reviewed) as review:
        decide(review, "cleo", "a", [ROOSTER])
        found = dict(review.people())
    assert list(found) == ["anna", "ben", "cleo"]
    assert sorted(found["anna"].waiting + found["ben"].waiting) == sorted(review.images)
    assert found["cleo"].waiting == []
