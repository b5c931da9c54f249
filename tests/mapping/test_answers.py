import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imeval.asking.clean_text import folded, unwrapped
from imeval.asking.contract import Responses
from imeval.base.errors import UserError
from imeval.labels.classes import class_names
from imeval.mapping import answers
from imeval.mapping.contract import Predictions
from imeval.models.contract import ClassEmbeddings, TextEmbeddings

NAMES = ["Tench", "hen", "hen of the woods", "missile", "missile"]


def responses(*texts: str | None, status: str = "ok") -> pl.DataFrame:
    rows = [
        {"image_id": f"{number:04d}", "run": 0, "request_key": "k", "position": 1, "text": text, "status": status}
        for number, text in enumerate(texts)
    ]
    return pl.DataFrame(rows, schema=Responses.create_empty().schema)


def class_embeddings(*vectors: list[float]) -> pl.DataFrame:
    columns = {"class_id": range(len(vectors)), "name": NAMES[: len(vectors)], "vector": vectors}
    return pl.DataFrame(columns, schema=ClassEmbeddings.create_empty().schema)


def text_embeddings(**vectors: list[float]) -> pl.DataFrame:
    columns = {"text": [text.replace("_", " ") for text in vectors], "vector": list(vectors.values())}
    return pl.DataFrame(columns, schema=TextEmbeddings.create_empty().schema)


def exactly(*texts: str | None, status: str = "ok") -> pl.DataFrame:
    return Predictions.validate(answers.map_responses(responses(*texts, status=status), NAMES, None, None, "exact"))


@pytest.mark.parametrize(
    ("text", "class_id"),
    [
        ("tench", 0),
        ("TENCH", 0),
        (" Tench\n", 0),
        ("hen of the woods", 2),
        ("a hen", None),
        ("", None),
        ("hen.", 1),
        ("<think>A hen?</think>\nTench.", 0),
        ("**Tench**", 0),
        ("\u201chen\u201d", 1),
        ("hen<|im_end|>", 1),
        (r"\boxed{hen}", 1),
        ("hen of&nbsp;the woods", 2),
        ('{"1": "hen"}', 1),
        ("<think>hen", None),
    ],
)
def test_an_answer_is_a_class_only_if_the_whole_of_it_is_the_name(text: str, class_id: int | None) -> None:
    (row,) = exactly(text).drop("oop_as_written", "alone").to_dicts()
    assert row == {
        "image_id": "0000", "run": 0, "status": "ok", "text": text, "class_id": class_id,
        "method": "none" if class_id is None else "exact", "similarity": None, "oop": class_id is None,
    }  # fmt: skip


AS_WRITTEN = pytest.mark.parametrize(
    ("text", "class_id", "as_written"),
    [
        ("TENCH", 0, 0),
        ("<think>A hen?</think>\n Tench ", 0, 0),
        ('{"1": "hen"}', 1, 1),
        ("hen<|im_end|>", 1, 1),
        ("hen.", 1, None),
        ("**Tench**", 0, None),
        ("hen of  the woods", 2, None),
        ("hen of&nbsp;the woods", 2, None),
        ("a hen", None, None),
    ],
)


@AS_WRITTEN
def test_an_answer_may_be_a_class_name_only_if_more_than_upper_case_is_ignored(
    text: str, class_id: int | None, as_written: int | None
) -> None:
    (row,) = exactly(text).to_dicts()
    assert (row["class_id"], row["oop"], row["oop_as_written"]) == (class_id, class_id is None, as_written is None)


@AS_WRITTEN
def test_the_papers_comparison_ignores_upper_case_alone(
    text: str, class_id: int | None, as_written: int | None
) -> None:
    reading = answers.Reading(comparison="lower_case")
    frame = answers.map_responses(responses(text), NAMES, None, None, "exact", reading=reading)
    assert frame.select("class_id", "oop", "oop_as_written").row(0) == (as_written, *[as_written is None] * 2)
    # What is then no class name is embedded.
    embedded = answers.texts_to_embed(responses(text), NAMES, "exact_then_embedding", reading)
    assert len(embedded) == (as_written is None)


@pytest.mark.parametrize(("text", "class_id"), [("<plan>a tench?</plan> hen", 1), ("<plan>hen", None), ("hen", 1)])
def test_thoughts_are_known_by_the_tags_of_the_model(text: str, class_id: int | None) -> None:
    reading = answers.Reading(thought_tags=["plan"])
    frame = answers.map_responses(responses(text), NAMES, None, None, "exact", reading=reading)
    assert frame["class_id"].to_list() == [class_id]
    if "<" in text:
        assert exactly(text)["class_id"].to_list() == [None]


@pytest.mark.parametrize(
    ("positions", "images_in_request", "statuses", "alone"),
    [
        ([1, 2, 3], [3, 3, 3], ["ok"] * 3, [False, False, False]),
        ([1, 2, 3], [3, 1, 1], ["ok", "ok", "unreadable"], [False, True, True]),
        ([1, 2, 3], [3, 1, 3], ["ok", "error", "ok"], [False, False, False]),
        # No request shows more than one image: none is alone among others.
        ([1, 1, 1], [1, 1, 1], ["ok"] * 3, [False, False, False]),
    ],
)
def test_an_answer_is_marked_that_was_given_alone_where_others_were_given_together(
    positions: list[int], images_in_request: list[int], statuses: list[str], alone: list[bool]
) -> None:
    texts = [None if status == "error" else "hen" for status in statuses]
    frame = responses(*texts).with_columns(
        pl.Series("position", positions),
        pl.Series("images_in_request", images_in_request),
        pl.Series("status", statuses),
    )
    assert answers.map_responses(frame, NAMES, None, None, "exact")["alone"].to_list() == alone


def test_a_name_of_two_classes_is_the_first() -> None:
    assert exactly("missile")["class_id"].to_list() == [3]


@pytest.mark.parametrize("status", ["refused", "empty", "error"])
def test_without_an_answer_there_is_no_class_and_nothing_out_of_prompt(status: str) -> None:
    predictions = exactly(None, status=status).select("status", "class_id", "method", "oop")
    assert predictions.rows() == [(status, None, "none", False)]


def test_an_answer_cut_off_counts_as_it_stands() -> None:
    assert exactly("hen", status="truncated").select("status", "class_id", "oop").rows() == [("truncated", 1, False)]


def test_cw_plus_takes_names_as_they_are_and_everything_else_to_the_nearest_class() -> None:
    classes = class_embeddings([1, 0], [0, 1])
    # "hen" has an embedding that would mislead, were it used.
    texts = text_embeddings(a_fat_fish=[0.8, 0.6], hen=[1, 0])
    answered = responses("hen", "a fat fish", "a fat fish ")
    frame = Predictions.validate(answers.map_responses(answered, NAMES, classes, texts, "exact_then_embedding")).select(
        "class_id", "method", pl.col("similarity").round(6), "oop"
    )
    assert frame.rows() == [
        (1, "exact", None, False),
        (0, "embedding", pytest.approx(0.8), True),
        (0, "embedding", pytest.approx(0.8), True),
    ]


def test_open_world_takes_every_answer_to_the_nearest_class() -> None:
    classes, texts = class_embeddings([1, 0], [0, 1]), text_embeddings(hen=[0, 1], fowl=[0.6, 0.8])
    frame = answers.map_responses(responses("hen", "fowl"), NAMES, classes, texts, "embedding")
    rows = Predictions.validate(frame).select("class_id", "method", "similarity", "oop").rows()
    assert rows == [(1, "embedding", 1.0, False), (1, "embedding", pytest.approx(0.8), True)]


def test_of_equally_near_classes_the_lowest_is_taken() -> None:
    classes, texts = class_embeddings([1, 0], [0, 1]), text_embeddings(both=[0.5**0.5, 0.5**0.5])
    assert answers.map_responses(responses("both"), NAMES, classes, texts, "embedding")["class_id"].to_list() == [0]


@pytest.mark.parametrize(
    ("rule", "texts"),
    [("exact", []), ("exact_then_embedding", ["a hen", "duck"]), ("embedding", ["HEN", "a hen", "duck", "hen"])],
)
def test_each_distinct_answer_that_a_rule_needs_is_embedded_once(rule: answers.Rule, texts: list[str]) -> None:
    answered = responses("hen", "duck", " duck", "HEN", "a hen", "duck\n", "  ", None)
    assert answers.texts_to_embed(answered, NAMES, rule) == texts


@pytest.mark.parametrize("rule", ["exact_then_embedding", "embedding"])
def test_an_answer_without_its_embedding_is_refused(rule: answers.Rule) -> None:
    classes, texts = class_embeddings([1, 0]), text_embeddings(duck=[1, 0])
    with pytest.raises(UserError, match=r"text embeddings: text: expected .*, found none of 'goose'"):
        answers.map_responses(responses("duck", "goose"), NAMES, classes, texts, rule)


@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_the_nearest_class_is_the_one_of_greatest_cosine_however_answers_are_blocked(count: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    vectors = generator.standard_normal((count + 5, 4)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    answered = [f"text {number}" for number in range(count)]
    names = ["a", "b", "c", "d", "e"]
    classes = class_embeddings(*vectors[count:].tolist()).with_columns(name=pl.Series(names))
    texts = pl.DataFrame(
        {"text": answered, "vector": vectors[:count].tolist()}, schema_overrides={"vector": pl.List(pl.Float32)}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(answers, "_TEXTS_AT_ONCE", 3)
        frame = answers.map_responses(responses(*answered), names, classes, texts, "embedding")
    assert frame["class_id"].to_list() == (vectors[:count] @ vectors[count:].T).argmax(axis=1).tolist()


def unread(*texts: str, status: str) -> pl.DataFrame:
    return responses(*texts, status=status).with_columns(error=pl.lit("no answer about this image in the text"))


@pytest.mark.parametrize("status", ["unreadable", "truncated"])
@pytest.mark.parametrize("rule", ["exact", "index", "exact_then_embedding", "embedding"])
def test_a_text_without_an_answer_has_no_class_and_is_kept_and_out_of_prompt(status: str, rule: answers.Rule) -> None:
    # Texts that would be answers: a class name, a class id, and one that an embedding would map.
    frame = unread("hen", "1", "a bird", status=status)
    assert answers.texts_to_embed(frame, NAMES, rule) == []
    embeddings = class_embeddings([1.0, 0.0], [0.0, 1.0]), text_embeddings(a_bird=[0.0, 1.0])
    mapped = Predictions.validate(answers.map_responses(frame, NAMES, *embeddings, rule))
    assert mapped.select("status", "text", "class_id", "method", "oop").rows() == [
        ("unreadable", text, None, "none", True) for text in ("hen", "1", "a bird")
    ]


def test_cleaning_leaves_every_class_name_as_it_is() -> None:
    names = class_names("clean")
    assert [unwrapped(name) for name in names] == list(names)
    assert len({folded(name) for name in names}) == len({name.lower() for name in names})


def test_an_embedded_answer_is_as_it_was_written_without_thoughts() -> None:
    answered = responses("<think>A tench?</think> A Fish.", "<think>Still looking at the tench")
    assert answers.texts_to_embed(answered, NAMES, "embedding") == ["A Fish."]


SYNONYMS = {"doctor fish": 0, "fowl": 1}


@pytest.mark.parametrize(
    ("text", "class_id", "oop_as_written"),
    [("Doctor fish", 0, False), ("fowl.", 1, True), ("hen", 1, False), ("a fowl", None, True)],
)
def test_an_answer_that_is_a_synonym_is_the_class(text: str, class_id: int | None, oop_as_written: bool) -> None:
    reading = answers.Reading(synonyms=SYNONYMS)
    (row,) = answers.map_responses(responses(text), NAMES, None, None, "exact", reading=reading).to_dicts()
    assert (row["class_id"], row["oop"]) == (class_id, class_id is None)
    assert row["oop_as_written"] is oop_as_written
    assert row["method"] == ("none" if class_id is None else "exact")


def test_in_the_open_world_a_synonym_is_the_class_whatever_its_embedding() -> None:
    classes, texts = class_embeddings([1.0, 0.0], [0.0, 1.0]), text_embeddings(fowl=[1.0, 0.0], hen=[0.6, 0.8])
    mapped = [
        answers.map_responses(
            responses("fowl", "hen"), NAMES[:2], classes, texts, "embedding", reading=answers.Reading(synonyms=synonyms)
        )
        for synonyms in (SYNONYMS, {})
    ]
    assert [frame["class_id"].to_list() for frame in mapped] == [[1, 1], [0, 1]]
    assert [frame["method"].to_list() for frame in mapped] == [["exact", "embedding"], ["embedding", "embedding"]]


def test_a_class_id_has_no_synonyms() -> None:
    reading = answers.Reading(synonyms={"1": 0})
    assert answers.map_responses(responses("1"), NAMES, None, None, "index", reading=reading)["class_id"].to_list() == [
        1
    ]


def test_a_synonym_needs_no_embedding_in_cw_plus() -> None:
    reading = answers.Reading(synonyms=SYNONYMS)
    assert answers.texts_to_embed(responses("fowl", "duck"), NAMES, "exact_then_embedding", reading) == ["duck"]
