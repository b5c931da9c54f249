import random

import polars as pl
from hypothesis import given
from hypothesis import strategies as st
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.report.galleries import GALLERIES, IMAGES, Gallery, aligned, galleries
from imeval.scoring.contract import Scores
from made_answers import answers, labels


def by_question(*best, mapping=()) -> dict[str, Gallery]:
    return {gallery.question: gallery for gallery in galleries(labels(), best, mapping)}


def test_an_image_is_all_wrong_if_no_model_is_right_and_one_answered() -> None:
    found = by_question(answers("a", "0x01"), answers("b", "0x11"))
    assert found["Every model wrong"].places == (0,)


def test_a_gallery_holds_the_images_of_each_category_but_the_most_common() -> None:
    found = by_question(answers("a", "1111"))
    assert {text[:2]: gallery.places for text, gallery in found.items() if text[1:2] in "−+:"} == {
        "S−": (1,), "M−": (), "M+": (2,), "N:": (3,)
    }  # fmt: skip


def test_what_every_model_has_right_against_the_original_label_is_a_gallery_without_images_of_no_label() -> None:
    found = by_question(answers("a", "1111", imgt="1000"), answers("b", "1101", imgt="1000"))
    assert found["Every model right by the label set and wrong by the original label"].places == (1,)


def test_an_image_without_a_usable_answer_is_in_a_gallery_of_its_own() -> None:
    assert by_question(answers("a", "1x11"))["No usable answer by a model"].places == (1,)


def test_answers_out_of_the_prompt_are_those_that_a_task_has_mapped_to_a_class() -> None:
    best = answers("a", "1111")
    mapped = answers("a", "1011", task="CW+", oop="0123")
    found = by_question(best, mapping=[mapped])
    mended, lost = (found[f"A: out of prompt and {what}"] for what in ("mended", "mapped to a wrong class"))
    # Every class is correct on the image of N, the last one.
    assert (sorted(mended.places), lost.places) == ([0, 2], (1,))
    assert mended.answers == (mapped,)


def test_pairs_of_the_best_models_of_groups_come_first_then_those_where_the_worse_model_is_right() -> None:
    best = [answers("a", "1100"), answers("b", "1000"), answers("c", "0111", group="vlm"), answers("d", "0000")]
    pairs = {text: gallery.found for text, gallery in by_question(*best).items() if text.endswith("right")}
    assert list(pairs.items()) == [
        ("A wrong, C right", 2),
        ("C wrong, A right", 1),
        ("C wrong, B right", 1),
        ("B wrong, C right", 3),
        ("D wrong, C right", 3),
        ("D wrong, A right", 2),
        ("B wrong, A right", 1),
        ("D wrong, B right", 1),
    ]


def test_images_that_most_models_have_wrong_come_first_and_chance_decides_between_equals() -> None:
    found = by_question(answers("a", "0000"), answers("b", "1101"), answers("c", "1111"))
    # SHA-256 of "3", "0" and "1" begins with 4e, 5f and 6b.
    assert found["A wrong, C right"].places == (2, 3, 0, 1)


def test_there_are_twenty_galleries_of_24_images_at_most() -> None:
    draw = random.Random(0)
    rows = [(f"{place:05}", 1, [1], [1], [1], "S+") for place in range(300)]
    many = pl.DataFrame(rows, schema=Labels.create_empty().schema, orient="row")
    best = [answers(f"m{place}", "".join(draw.choices("01", k=300))) for place in range(13)]
    found = galleries(many, best, best)
    assert sum(gallery.found > 0 for gallery in found) == GALLERIES == 20
    assert max(len(gallery.places) for gallery in found) == IMAGES == 24


@given(st.lists(st.text("01x", min_size=4, max_size=4), min_size=1, max_size=4))
def test_a_gallery_shows_images_of_its_question_alone_each_once(hits: list[str]) -> None:
    best = [answers(f"m{place}", hit) for place, hit in enumerate(hits)]
    for gallery in galleries(labels(), best, best):
        assert len(set(gallery.places)) == len(gallery.places) == gallery.found
        if gallery.question.endswith("right"):
            wrong, right = gallery.answers
            assert all(right.right[place] and wrong.wrong[place] for place in gallery.places)


def test_answers_have_the_order_of_the_labels_and_the_first_run_alone() -> None:
    def rows(schema, *found) -> pl.DataFrame:
        return pl.DataFrame(found, schema=schema.create_empty().schema, orient="row")

    predictions = rows(
        Predictions,
        *(
            (name, run, "ok", f"{name}{run}", 1, "exact", None, False, False, False)
            for name in "3210"
            for run in (0, 1)
        ),
    )
    scores = rows(
        Scores,
        *((name, run, "S+", "answered", run == 0, True, False, False, False) for name in "0123" for run in (1, 0)),
    )
    frame = aligned(labels(), predictions, scores)
    assert frame["text"].to_list() == ["00", "10", "20", "30"]
    assert frame["imgt_correct"].all()
