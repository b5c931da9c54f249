from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from imeval.annotation.assignment import assigned, lot, progress, proposal_order, review_order
from imeval.annotation.database import Action

IMAGES = [f"image {number}" for number in range(300)]
PEOPLE = ["anna", "ben", "cleo"]


def test_each_image_is_reviewed_by_as_many_people_as_are_asked_for() -> None:
    drawn = Counter(image for person in PEOPLE for image in assigned(IMAGES, person, PEOPLE, 2, seed=0))
    assert set(drawn.values()) == {2}
    assert len(drawn) == 300
    shares = [len(assigned(IMAGES, person, PEOPLE, 1, seed=0)) for person in PEOPLE]
    assert sum(shares) == 300
    assert min(shares) > 70


def test_without_people_everybody_reviews_all() -> None:
    assert assigned(IMAGES, "anybody", [], 2, seed=0) == IMAGES
    assert assigned(IMAGES, "anybody", PEOPLE, 2, seed=0) == []


@given(st.integers(0, 99), st.integers(1, 2))
def test_a_further_person_takes_images_over_and_moves_none_between_others(seed: int, overlap: int) -> None:
    few, many = PEOPLE[:2], PEOPLE
    for person in few:
        before, after = (set(assigned(IMAGES[:40], person, people, overlap, seed)) for people in (few, many))
        assert after <= before


def test_the_control_sample_stands_among_the_disputed_images() -> None:
    rows = {"image_id": IMAGES, "rank": list(range(1, 301)), "reason": ["disputed"] * 200 + ["control"] * 100}
    order = review_order(pl.DataFrame(rows), seed=0)
    assert sorted(order) == sorted(IMAGES)
    assert [image for image in order if image in IMAGES[:200]] == IMAGES[:200]
    places = [place for place, image in enumerate(order) if image not in IMAGES[:200]]
    assert 100 < sum(places) / len(places) < 200


def test_the_order_of_proposals_differs_by_image_and_hangs_on_the_seed() -> None:
    orders = Counter(tuple(proposal_order(image, ["imgt", "labels", "m"], 0)) for image in IMAGES)
    assert len(orders) == 6
    assert proposal_order("a", ["m", "imgt"], 0) == proposal_order("a", ["imgt", "m"], 0)
    assert lot(0, "a") != lot(1, "a")


def act(kind: str, image: str, seconds: float | None = None) -> Action:
    return Action(
        kind, "anna", image, "2026-11-28T10:00:00+00:00", {"answer": "none", "labels": [], "seconds": seconds}
    )


def test_progress_has_decided_images_in_their_order_and_skipped_ones_last() -> None:
    done = [act("skip", "a"), act("decide", "c", 4.0), act("decide", "b", 8.0), act("decide", "c"), act("skip", "d")]
    found = progress([*done, Action("decide", "ben", "e", "t", {})], "anna", list("abcdef"))
    assert (found.decided, found.waiting, found.seconds) == (["b", "c"], ["e", "f", "a", "d"], 8.0)
    assert progress([], "anna", ["a"]).seconds is None
