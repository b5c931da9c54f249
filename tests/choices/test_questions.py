from collections import Counter
from dataclasses import replace
from operator import eq

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imeval.base.errors import UserError
from imeval.choices.contract import Choices, Confusions
from imeval.choices.questions import Variant, choose, confused_classes, near_classes
from imeval.labels.classes import class_names
from imeval.labels.contract import Labels
from imeval.models.contract import ClassEmbeddings
from numpy.typing import NDArray
from scipy.stats import chi2

NAMES = [f"class {number}" for number in range(1000)]
VARIANT = Variant("mc.imgt_random", ("imgt",), "random", options=4, runs=3, seed=0, confeva="top", both_labels="slots")
CONFUSED = replace(VARIANT, name="mc.imgt_confeva", distractors="confusion")
BOTH = replace(CONFUSED, name="mc.imgt_regt_confeva", offered=("imgt", "regt"))
SHARED = replace(BOTH, both_labels="shared")


def labelled(*images: tuple[str, int, list[int], str], equivalent: dict[int, int] | None = None) -> pl.DataFrame:
    """Label images given as (image, original label, labels, category); `equivalent` classes are admissible together."""
    pairs = {**(equivalent or {}), **{b: a for a, b in (equivalent or {}).items()}}

    def admissible(labels: list[int]) -> list[int]:
        return sorted({*labels, *(pairs[label] for label in labels if label in pairs)})

    rows = [(image, imgt, admissible([imgt]), labels, admissible(labels), kind) for image, imgt, labels, kind in images]
    return pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")


def matrix(*pairs: tuple[int, int, int, float]) -> pl.DataFrame:
    return pl.DataFrame(pairs, schema=Confusions.create_empty().schema, orient="row")


def questions(labels: pl.DataFrame, variant: Variant, frame: pl.DataFrame | None = None) -> list[dict[str, object]]:
    candidates = None if frame is None else confused_classes(frame)
    made = choose(labels, NAMES, variant, candidates)
    return Choices.validate(made).to_dicts()


def offered(question: dict[str, object]) -> dict[int, str]:
    """Return where each option of a question comes from."""
    return dict(zip(question["options"], question["sources"], strict=True))


# The equivalence set E of the paper's supplement.
PAIRS = [
    *((620, 681), (836, 837), (713, 742), (975, 978), (638, 639), (454, 624)),
    *((657, 744), (461, 524), (435, 876), (248, 250), (482, 848), (725, 899)),
]
ONE = labelled(("a", 10, [10], "S+"))


def test_distractors_are_ordered_by_confusions_then_score_then_class_id() -> None:
    frame = matrix((10, 1, 2, 0.1), (10, 2, 5, 0.1), (10, 3, 2, 0.3), (10, 4, 2, 0.1), (10, 5, 0, 0.9))
    found = [candidate.class_id for candidate in confused_classes(frame)(10)]
    assert found == [2, 3, 1, 4, 5]


def test_too_few_confusions_fall_back_to_the_score_and_then_to_random_and_are_recorded() -> None:
    (first, *_) = questions(ONE, replace(CONFUSED, options=5), matrix((10, 1, 3, 0.2), (10, 2, 0, 0.1)))
    sources = offered(first)
    assert (sources[10], sources[1], sources[2]) == ("imgt", "confusion", "score")
    assert Counter(sources.values())["random"] == 2


def test_no_distractor_is_a_label_of_the_image_or_equivalent_to_one() -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (10, 3, 7, 0.1), (10, 4, 6, 0.1), (10, 5, 5, 0.1), (10, 6, 4, 0.1))
    images = labelled(("a", 10, [10, 1, 3], "M+"), equivalent={10: 2, 3: 4})
    (first, *_) = questions(images, replace(CONFUSED, options=3), frame)
    assert set(first["options"]) == {10, 5, 6}


def test_an_option_has_no_other_options_name() -> None:
    names = ["missile" if number in (1, 2) else name for number, name in enumerate(NAMES)]
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (10, 3, 7, 0.1))
    made = choose(ONE, names, replace(CONFUSED, options=3), confused_classes(frame))
    assert set(made["options"][0]) == {10, 1, 3}


def test_two_labels_share_the_places_in_turn_imgts_first() -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (20, 3, 9, 0.1), (20, 4, 8, 0.1))
    (four, *_) = questions(labelled(("a", 10, [20], "S-")), SHARED, frame)
    assert offered(four) == {10: "imgt", 20: "regt", 1: "confusion", 3: "confusion"}
    (five, *_) = questions(labelled(("a", 10, [20], "S-")), replace(SHARED, options=5), frame)
    assert set(five["options"]) == {10, 20, 1, 3, 2}


def test_two_labels_of_one_class_that_share_the_places_are_one_option_with_three_distractors() -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (10, 3, 7, 0.1))
    (first, *_) = questions(ONE, SHARED, frame)
    assert set(first["options"]) == {10, 1, 2, 3}
    assert first["imgt_option"] == first["regt_option"]


def test_in_slots_each_label_has_its_own_most_confused_class() -> None:
    # Of class 10, class 20 is confused most: it is the other label, and no distractor.
    frame = matrix((10, 20, 9, 0.1), (10, 1, 8, 0.1), (10, 2, 7, 0.1), (20, 3, 9, 0.1), (20, 4, 8, 0.1))
    for question in questions(labelled(("a", 10, [20], "S-")), BOTH, frame):
        assert offered(question) == {10: "imgt", 20: "regt", 1: "confusion", 3: "confusion"}


@pytest.mark.parametrize(("labels", "category"), [([10], "S+"), ([], "N")])
def test_in_slots_one_label_for_both_keeps_one_confused_class_and_two_random_ones(
    labels: list[int], category: str
) -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (10, 3, 7, 0.1))
    made = questions(labelled(("a", 10, labels, category)), BOTH, frame)
    for question in made:
        assert Counter(offered(question).values()) == {"imgt": 1, "confusion": 1, "random": 2}
        assert offered(question)[1] == "confusion"
    # Pinned, as a question must be the same on every machine.
    drawn = [sorted({*question["options"]} - {10, 1}) for question in made]
    assert drawn == [[142, 739], [303, 918], [542, 566]]


def test_in_slots_a_distractor_of_both_labels_leaves_a_place_for_a_random_class() -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (20, 1, 9, 0.1), (20, 3, 8, 0.1))
    for question in questions(labelled(("a", 10, [20], "S-")), BOTH, frame):
        sources = offered(question)
        assert (sources[10], sources[20], sources[1]) == ("imgt", "regt", "confusion")
        assert Counter(sources.values())["random"] == 1


def test_in_slots_the_original_label_has_the_odd_place() -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (20, 3, 9, 0.1), (20, 4, 8, 0.1))
    (five, *_) = questions(labelled(("a", 10, [20], "S-")), replace(BOTH, options=5), frame)
    assert set(five["options"]) == {10, 20, 1, 2, 3}


@pytest.mark.parametrize("variant", [CONFUSED, replace(CONFUSED, offered=("regt",))])
def test_a_question_with_one_label_has_no_slots(variant: Variant) -> None:
    frame = matrix((10, 1, 9, 0.1), (10, 2, 8, 0.1), (10, 3, 7, 0.1))
    shared = replace(variant, both_labels="shared")
    assert questions(ONE, variant, frame) == questions(ONE, shared, frame)


def asked_about_s_plus(variant: Variant) -> pl.DataFrame:
    """Make one question about each of 3,000 S+ images of 1,000 classes, each class confused with ten others."""
    draw = np.random.default_rng(0)
    others = {class_id: draw.permutation(1000)[:10] for class_id in range(1000)}
    rows = [
        (class_id, int(other), 20 - place, 0.1)
        for class_id, found in others.items()
        for place, other in enumerate(found)
        if other != class_id
    ]
    images = labelled(*((f"image {place}", place % 1000, [place % 1000], "S+") for place in range(3000)))
    return choose(images, NAMES, replace(variant, runs=1), confused_classes(matrix(*rows)))


def confused_distractors(made: pl.DataFrame) -> NDArray[np.integer]:
    return made["sources"].list.count_matches("confusion").to_numpy()


def test_on_s_plus_two_labels_have_one_confused_distractor_where_one_label_has_three() -> None:
    one, shared, slots = (asked_about_s_plus(variant) for variant in (CONFUSED, SHARED, BOTH))
    assert [set(confused_distractors(made)) for made in (one, shared, slots)] == [{3}, {3}, {1}]
    options = [[set(question) for question in made["options"]] for made in (one, shared, slots)]
    # Shared places ask what ImGT + confEVA(ImGT) asks about all 3,000 images, slots about none of them.
    assert sum(map(eq, options[0], options[1])) == 3000
    assert sum(map(eq, options[0], options[2])) == 0


def test_weighted_slots_draw_each_their_own_and_one_or_two_differ() -> None:
    counts = confused_distractors(asked_about_s_plus(replace(BOTH, confeva="weighted")))
    assert set(counts) == {1, 2}
    assert 1.8 < counts.mean() < 2


def test_sunglasses_are_offered_once_whichever_of_their_two_classes_regt_has() -> None:
    names = class_names("clean")
    assert names[836] == names[837] == "sunglasses"
    images = labelled(("a", 836, [837], "S+"), equivalent={836: 837})
    frame = matrix((836, 1, 9, 0.1), (836, 2, 8, 0.1), (836, 3, 7, 0.1), (837, 4, 9, 0.1))
    for question in choose(images, names, SHARED, confused_classes(frame)).to_dicts():
        assert offered(question) == {836: "imgt", 1: "confusion", 2: "confusion", 3: "confusion"}
        assert question["imgt_option"] == question["regt_option"] == question["options"].index(836)


def test_labels_of_one_name_are_one_option_even_where_no_equivalence_is_given() -> None:
    images = labelled(("a", 657, [744], "S-"))
    made = choose(images, class_names("clean"), replace(VARIANT, offered=("imgt", "regt")), None)
    assert all(657 in options and 744 not in options for options in made["options"])


def test_regt_alone_offers_its_own_label_of_an_equivalent_pair() -> None:
    images = labelled(("a", 836, [837], "S+"), equivalent={836: 837})
    (first, *_) = questions(images, replace(VARIANT, offered=("regt",)))
    assert offered(first)[837] == "regt"
    assert 836 not in first["options"]


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("others", [[], [5]], ids=["S+", "M+"])
def test_no_question_has_two_classes_of_an_equivalent_pair(pair: tuple[int, int], others: list[int]) -> None:
    names, variant = class_names("clean"), replace(VARIANT, offered=("imgt", "regt"), runs=20)
    for imgt, regt in (pair, pair[::-1]):
        images = labelled(("a", imgt, sorted([regt, *others]), "M+" if others else "S+"), equivalent=dict([pair]))
        for options in choose(images, names, variant, None)["options"]:
            assert len(set(pair) & set(options)) == 1
            assert len({names[option].casefold() for option in options}) == 4


def test_an_image_without_a_label_falls_back_to_its_imgt() -> None:
    images = labelled(("a", 10, [], "N"))
    (first, *_) = questions(images, replace(VARIANT, offered=("regt",)))
    assert first["regt_option"] is None
    assert first["options"][first["imgt_option"]] == 10


def test_of_several_labels_another_than_the_imgt_is_offered_the_same_in_every_run() -> None:
    images = labelled(*((f"{place}", 10, [10, 20, 30], "M+") for place in range(40)))
    made = questions(images, replace(VARIANT, offered=("regt",), runs=5))
    labels: dict[str, set[int]] = {}
    for question in made:
        labels.setdefault(question["image_id"], set()).add(question["options"][question["regt_option"]])
    assert all(len(found) == 1 for found in labels.values())
    assert set.union(*labels.values()) == {20, 30}


def test_a_weighted_draw_takes_confused_classes_alone_the_more_confused_more_often() -> None:
    frame = matrix((10, 1, 90, 0.1), (10, 2, 10, 0.1), (10, 3, 10, 0.1), (10, 4, 0, 0.9))
    made = questions(ONE, replace(CONFUSED, options=2, runs=300, confeva="weighted"), frame)
    drawn = Counter(option for question in made for option in question["options"] if option != 10)
    assert set(drawn) == {1, 2, 3}
    assert 0.75 < drawn[1] / 300 < 0.9


def test_near_names_are_the_nearest_in_the_text_encoders_space_ties_by_class_id() -> None:
    vectors = [[1.0, 0.0], [0.6, 0.8], [0.8, 0.6], [0.8, 0.6]]
    names = ["a", "b", "c", "d"]
    schema = ClassEmbeddings.create_empty().schema
    embedded = pl.DataFrame({"class_id": range(4), "name": names, "vector": vectors}, schema)
    found = near_classes(embedded)(0)
    assert [(candidate.class_id, candidate.source) for candidate in found] == [(2, "text"), (3, "text"), (1, "text")]


IMAGES = labelled(*((f"image {place}", place, [place], "S+") for place in range(200)))


def test_a_question_does_not_depend_on_the_other_images() -> None:
    alone = questions(IMAGES.filter(pl.col("image_id") == "image 7"), VARIANT)
    among = [question for question in questions(IMAGES, VARIANT) if question["image_id"] == "image 7"]
    assert alone == among


@pytest.mark.parametrize("change", [{"seed": 1}, {"name": "mc.other"}])
def test_another_seed_or_variant_makes_other_questions(change: dict[str, object]) -> None:
    assert questions(IMAGES, VARIANT) != questions(IMAGES, replace(VARIANT, **change))


def test_every_run_has_its_own_order_and_random_distractors() -> None:
    first, second, _ = questions(ONE, VARIANT)
    assert first["options"] != second["options"]
    assert set(first["options"]) != set(second["options"])


def test_a_question_is_the_same_on_every_machine() -> None:
    (first, *_) = questions(ONE, VARIANT)
    assert first["options"] == [10, 374, 504, 172]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 8))
def test_the_right_option_stands_at_every_place_equally_often(seed: int, options: int) -> None:
    made = choose(IMAGES, NAMES, replace(VARIANT, seed=seed, options=options, runs=5), None)
    counts = np.bincount(made["imgt_option"], minlength=options)
    expected = len(made) / options
    statistic = float(((counts - expected) ** 2 / expected).sum())
    # One of a million fair draws is less balanced.
    assert statistic < chi2.isf(1e-6, options - 1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 999), max_size=6, unique=True),
    st.integers(0, 999),
    st.sampled_from([("imgt",), ("regt",), ("imgt", "regt")]),
    st.integers(2, 26),
)
def test_every_question_has_its_options_each_once_and_no_admissible_distractor(
    labels: list[int], imgt: int, offer: tuple[str, ...], options: int
) -> None:
    category = "N" if not labels else ("S" if len(labels) == 1 else "M") + ("+" if imgt in labels else "-")
    images = labelled(("a", imgt, sorted(labels), category))
    for question in questions(images, replace(VARIANT, offered=offer, options=max(options, 3))):
        distractors = {option for option, source in offered(question).items() if source not in ("imgt", "regt")}
        assert len(set(question["options"])) == max(options, 3)
        assert not distractors & {imgt, *labels}


def test_with_few_classes_confusions_go_on_with_random_ones_until_there_are_no_more() -> None:
    frame = matrix((0, 2, 3, 0.5))
    (question, *_) = choose(labelled(("a", 0, [0], "S+")), NAMES[:5], CONFUSED, confused_classes(frame)).to_dicts()
    assert sorted(offered(question).values()) == ["confusion", "imgt", "random", "random"]
    assert offered(question)[2] == "confusion"
    (question, *_) = choose(labelled(("a", 0, [0], "S+")), NAMES[:3], CONFUSED, confused_classes(frame)).to_dicts()
    assert offered(question) == {0: "imgt", 2: "confusion", 1: "random"}
    assert Choices.is_valid(choose(labelled(("a", 0, [0, 1], "M+")), NAMES[:3], BOTH, None))


def test_classes_that_share_a_name_are_one_option() -> None:
    (question, *_) = choose(labelled(("a", 0, [0], "S+")), ["hen", "dog", "dog", "hen"], VARIANT, None).to_dicts()
    assert len(question["options"]) == 2


def test_an_image_of_which_every_class_is_right_cannot_be_asked_about() -> None:
    with pytest.raises(UserError, match=r"^image a: multiple choice: expected a class that is no label of the image"):
        choose(labelled(("a", 0, [0, 1, 2], "M+")), NAMES[:3], VARIANT, None)
