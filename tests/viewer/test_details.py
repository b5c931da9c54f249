from dataclasses import replace
from pathlib import Path

import asked_run
import polars as pl
import pytest
from imeval.asking.prompts import ImagePart
from imeval.base import parquet
from imeval.choices.contract import Choices
from imeval.labels.classes import class_names
from imeval.models.contract import Outputs
from imeval.viewer import details
from imeval.viewer.browsed import AnswerFiles, Asked, Browsed
from imeval.viewer.details import Exchanged, Near
from imeval.viewer.pictures import Pictures
from small_run import HEN, ROOSTER


@pytest.fixture
def browsed(tmp_path: Path) -> Browsed:
    return asked_run.write(tmp_path)


@pytest.fixture
def talker(browsed: Browsed) -> AnswerFiles:
    return browsed.image_sets[0].answers[-1]


def exchanged(browsed: Browsed, image_id: str = "a") -> Exchanged | None:
    image_set, names = browsed.image_sets[0], class_names("clean")
    return details.exchanged(image_set.answers[-1], image_set, "regt", Pictures(), names=names, image=(image_id, 0))


def test_a_request_is_shown_as_it_was_sent(browsed: Browsed) -> None:
    found = exchanged(browsed)
    assert found is not None
    assert [(message.role, len(message.parts)) for message in found.messages] == [("system", 1), ("user", 3)]
    assert found.messages[1].parts[2] == " What is it?"
    assert found.is_as_sent is True


def test_a_template_that_changed_since_is_noticed(browsed: Browsed, talker: AnswerFiles) -> None:
    assert talker.asked is not None
    Path(talker.asked.prompt).write_text("{{ image }} Name it now.")
    found = exchanged(browsed)
    assert found is not None
    assert found.is_as_sent is False


def test_without_the_request_of_a_run_nothing_is_claimed(browsed: Browsed, talker: AnswerFiles) -> None:
    Path(talker.responses["regt"][0]).with_name("request.txt").unlink()
    found = exchanged(browsed)
    assert found is not None
    assert found.is_as_sent is None


def test_a_response_comes_from_the_store_with_its_thoughts(browsed: Browsed) -> None:
    found = exchanged(browsed)
    assert found is not None
    assert found.kept is not None
    assert (found.kept.text, found.kept.reasoning) == ("a hen", asked_run.THOUGHT)


def test_a_damaged_line_of_the_store_is_as_good_as_none(talker: AnswerFiles) -> None:
    store = Path(talker.store or "") / "ow-00000-of-00001.jsonl"
    store.write_bytes(store.read_bytes().replace(b"a dog", b"a cat"))
    assert details.stored(talker.store, "0" * 64) is None
    assert details.stored(talker.store, "f" * 64) is None
    assert details.stored(None, "0" * 64) is None


def test_an_image_that_was_not_asked_about_has_no_request(browsed: Browsed) -> None:
    assert exchanged(browsed, "c") is None


def test_the_nearest_class_names_have_their_cosines(talker: AnswerFiles) -> None:
    assert details.nearest_classes(talker, "<think>a cock?</think> a hen")[:2] == [
        Near(HEN, pytest.approx(0.8)),
        Near(ROOSTER, pytest.approx(0.6)),
    ]
    assert details.nearest_classes(talker, "a dog") == []
    assert details.nearest_classes(replace(talker, texts=None), "a hen") == []


def test_a_classifier_s_best_classes_have_their_scores(tmp_path: Path, talker: AnswerFiles) -> None:
    path = str(tmp_path / "outputs.parquet")
    row = {"image_id": ["a"], "class_ids": [[HEN, ROOSTER]], "scores": [[0.75, 0.25]]}
    parquet.write(path, Outputs, pl.DataFrame(row, schema=Outputs.create_empty().schema))
    files = replace(talker, outputs=["none.parquet", path])
    assert details.best_outputs(files, "a") == [Near(HEN, 0.75), Near(ROOSTER, 0.25)]
    assert details.best_outputs(files, "b") == []


def test_a_question_has_its_options_in_order(tmp_path: Path, talker: AnswerFiles) -> None:
    path = str(tmp_path / "choices.parquet")
    row = {"image_id": ["a"], "run": [0], "options": [[HEN, ROOSTER]], "sources": [["regt", "random"]]}
    frame = pl.DataFrame(row | {"imgt_option": [None], "regt_option": [0]}, schema=Choices.create_empty().schema)
    parquet.write(path, Choices, frame)
    files = replace(talker, choices={"regt": path})
    assert details.offered_options(files, "regt", "a", 0) == [HEN, ROOSTER]
    assert details.offered_options(files, "regt", "a", 1) == []
    assert details.offered_options(talker, "regt", "a", 0) == []


def test_a_question_is_written_with_its_options(tmp_path: Path) -> None:
    (tmp_path / "mc.jinja").write_text(
        "{{ image }} {% for letter, name in options %}{{ letter }}: {{ name }} {% endfor %}"
    )
    asked = Asked(str(tmp_path / "mc.jinja"), offers=True)
    messages = details.messages_about(asked, [ImagePart("a", "", b"")], ["hen", "dog"], [])
    assert messages[0].parts[2] == " A: hen B: dog"
    assert details.messages_about(asked, [ImagePart("a", "", b"")], [], []) == ()
