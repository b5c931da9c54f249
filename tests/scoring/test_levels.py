from pathlib import Path

import polars as pl
from imeval.labels.class_lists import ClassList, read_class_list
from imeval.labels.contract import Labels
from imeval.mapping.contract import Predictions
from imeval.scoring.correctness import score
from imeval.scoring.levels import measure_levels

ANIMALS = """class_id,name,synonyms,parent
0,beagle,,dog
1,poodle,,dog
2,tabby,,cat
3,car,,
,dog,hound,animal
,cat,,animal
,animal,,
"""


def animals(folder: Path) -> ClassList:
    path = folder / "classes.csv"
    path.write_text(ANIMALS)
    return read_class_list(path)


def measured(classes: ClassList, *answers: tuple[int, str, int | None]) -> list[int]:
    """Return the right answers at each level; an answer is about a label, with a text and the class it is mapped to."""
    labels = [(str(place), label, [label], [label], [label], "S+") for place, (label, _, _) in enumerate(answers)]
    label_frame = pl.DataFrame(labels, schema=Labels.create_empty().schema, orient="row")
    predicted = [
        {"image_id": str(place), "run": 0, "status": "ok", "text": text, "class_id": class_id, "method": "embedding",
         "oop": False, "oop_as_written": False, "alone": False}
        for place, (_, text, class_id) in enumerate(answers)
    ]  # fmt: skip
    predictions = pl.DataFrame(predicted, schema=Predictions.create_empty().schema)
    scores = score(predictions, label_frame)
    facts = {"model": "m", "task": "ow", "errors": "exclude", "confidence": 0.95}
    frame = measure_levels(scores, predictions, label_frame, classes, **facts)
    assert set(frame["n"]) == {len(answers)}
    hits = {labels: frame.filter(labels=labels).sort("metric")["n_hit"].to_list() for labels in ("imgt", "regt")}
    assert hits["imgt"] == hits["regt"]
    return hits["regt"]


def test_chains_lead_from_a_class_to_its_highest_parent(tmp_path: Path) -> None:
    classes = animals(tmp_path)
    assert classes.chains[0] == ("beagle", "dog", "animal")
    assert classes.chains[3] == ("car",)
    assert classes.parents["hound"] == ("dog", "animal")


def test_dog_for_a_beagle_is_right_at_the_level_of_dogs(tmp_path: Path) -> None:
    classes = animals(tmp_path)
    # "Dog." and its synonym are nearest to the poodle, but name the parent.
    assert measured(classes, (0, "Dog.", 1)) == [0, 1, 1]
    assert measured(classes, (0, "hound", 1)) == [0, 1, 1]


def test_a_sibling_is_right_at_the_level_of_the_parent_and_a_cousin_above_it(tmp_path: Path) -> None:
    classes = animals(tmp_path)
    assert measured(classes, (0, "poodle", 1)) == [0, 1, 1]
    assert measured(classes, (0, "tabby", 2)) == [0, 0, 1]
    assert measured(classes, (0, "car", 3)) == [0, 0, 0]


def test_too_general_an_answer_is_wrong_below_its_level(tmp_path: Path) -> None:
    assert measured(animals(tmp_path), (0, "animal", 2)) == [0, 0, 1]


def test_a_class_without_parents_stays_at_its_own_level(tmp_path: Path) -> None:
    assert measured(animals(tmp_path), (3, "car", 3), (3, "dog", 0)) == [1, 1, 1]


def test_an_answer_without_a_class_is_right_at_no_level(tmp_path: Path) -> None:
    assert measured(animals(tmp_path), (0, "no idea", None)) == [0, 0, 0]


def test_a_list_without_parents_has_one_level() -> None:
    flat = ClassList(("hen", "dog"), chains=(("hen",), ("dog",)))
    assert measured(flat, (0, "hen", 0), (0, "dog", 1)) == [1]
